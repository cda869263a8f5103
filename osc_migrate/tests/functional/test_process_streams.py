# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License at
#
#      http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Output that is closed or full, and signals at odd moments."""

from collections.abc import Callable, Mapping
import contextlib
import dataclasses
import functools
import json
import signal
import time

from osc_migrate.tests.functional import asked_for
from osc_migrate.tests.functional import base
from osc_migrate.tests.functional import draining
from osc_migrate.tests.functional import host_lanes
from osc_migrate.tests.functional import people
from osc_migrate.tests.functional import program
from osc_migrate.tests.functional import signalling
from osc_migrate.tests.functional import truths

ON_A_TERMINAL = (
    'python -c "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode('
    'pty.spawn(sys.argv[1:])))" "$@" </dev/null'
)
#: Of a pipe, the exit code of the command.
FIRST = '; exit ${PIPESTATUS[0]}'
ASCII = {'LC_ALL': 'C', 'PYTHONUTF8': '0', 'PYTHONCOERCECLOCALE': '0'}
ACCENTED = 'w\N{LATIN SMALL LETTER E WITH ACUTE}b1'
COPYING = 'stopping and copying'


@dataclasses.dataclass(frozen=True)
class Shell:
    """How a shell has the command work.

    :ivar line: "$@" is the command
    :ivar says: a pattern for what is left of standard error
    :ivar document: whether standard output is left
    :ivar signals: come while the server is copied, one after the other
    """

    name: str
    line: str
    says: str = '^'
    document: bool = False
    drain: bool = False
    signals: tuple[signal.Signals, ...] = ()
    environment: Mapping[str, str] = dataclasses.field(default_factory=dict)
    server_name: str = ''


SHELLS = (
    Shell('full output', '"$@" >/dev/full', 'No space left'),
    Shell('full errors', '"$@" 2>/dev/full', document=True),
    Shell('both full', '"$@" >/dev/full 2>&1'),
    Shell('no output', '"$@" >&-', 'was moved'),
    Shell('no errors', '"$@" 2>&-', document=True),
    Shell('nothing at all', '"$@" <&- >&- 2>&-'),
    Shell('nobody reads', f'"$@" | head -c 0{FIRST}', 'was moved'),
    Shell('nobody reads errors', f'"$@" 2>&1 >/dev/null | head -c 0{FIRST}'),
    Shell('a drain and full output', '"$@" >/dev/full', 'No space left',
          drain=True),
    Shell('a drain and full errors', '"$@" 2>/dev/full', document=True,
          drain=True),
    Shell('a drain and nothing at all', '"$@" <&- >&- 2>&-', drain=True),
    Shell('a drain that nobody reads', f'"$@" 2>&1 | head -c 0{FIRST}',
          drain=True),
    Shell('a dumb terminal', f'TERM=dumb; export TERM; {ON_A_TERMINAL}'),
    Shell('a name in UTF-8', '"$@"', ACCENTED, document=True,
          environment={'LC_ALL': 'C'}, server_name=ACCENTED),
    Shell('a name that is no ASCII', '"$@"', r'w\\xe9b1', document=True,
          environment=ASCII, server_name=ACCENTED),
    Shell('SIGPIPE', 'exec "$@"', 'was moved', document=True,
          signals=(signal.SIGPIPE,)),
    Shell('stopped for a while', 'exec "$@"', 'was moved', document=True,
          signals=(signal.SIGTSTP, signal.SIGCONT)),
    Shell('signals that are ignored', 'trap "" HUP INT TERM; exec "$@"',
          'was moved', document=True, signals=signalling.ENDING),
    Shell('a drain with ignored signals', 'trap "" HUP INT TERM; exec "$@"',
          'is empty', document=True, drain=True, signals=signalling.ENDING),
)  # fmt: skip
#: Seconds after the start, and what comes then. The command may not be at
#: work yet, and what Python says of that is its own.
START = (
    (0.1, signal.SIGINT),
    (0.4, signal.SIGTERM),
    (0.8, signal.SIGHUP),
    (1.2, signal.SIGTERM),
)
#: No file may have more than 1024 bytes, and a plan of three servers has.
SMALL = 'ulimit -f 1; exec "$@"'
HELD = draining.stopped(migrate_disk_and_power_off='hold')


@asked_for.campaign
class TestStreams(host_lanes.TestCase):
    def test_each(self) -> None:
        self.play_all(SHELLS, self._check)

    def _check(self, lane: host_lanes.Lane, shell: Shell) -> None:
        wanted = HELD if shell.signals else draining.STOPPED
        with lane.filled(wanted) as servers:
            (server,) = servers
            words = [*base.COMMAND, '-f', 'json', server.id]
            if shell.drain:
                words = lane.words(draining.DRAIN, lane.new_file())
            elif shell.server_name:
                lane.admin.compute.update_server(
                    server.id, name=shell.server_name
                )
            result = self._run(lane, shell, words, server)
            told = str(result)
            self.assertEqual(0, result.exit_code, told)
            self.assertRegex(result.stderr, shell.says, told)
            for trouble in ('Traceback', 'Exception ignored', '\x1b'):
                self.assertNotIn(trouble, told)
            if shell.document:
                self.assertTrue(json.loads(result.stdout), told)
            found = truths.truth(lane.admin, server)
            self.assertEqual(truths.MOVED_COLD, found, told)

    def _run(
        self,
        lane: host_lanes.Lane,
        shell: Shell,
        words: list[str],
        server: people.Server,
    ) -> program.Result:
        environment = {**self.cloud.environment(), **shell.environment}
        run = signalling.Run(environment, *words, shell=shell.line)
        with contextlib.closing(run):
            if shell.signals:
                run.until_it_says(COPYING)
                for number in shell.signals:
                    run.signal(number)
                    time.sleep(signalling.KEPT)
                lane.release(server)
            return run.wait()


@asked_for.campaign
class TestStartAndExit(host_lanes.TestCase):
    def test_each(self) -> None:
        """Before the command is at work it is asked for nothing."""
        checks: list[Callable[[host_lanes.Lane], None]] = [
            functools.partial(self._check_start, *row) for row in START
        ]
        checks += [self._check_exit, self._check_small]
        self.play_all(checks, lambda lane, check: check(lane))

    def _check_start(
        self, seconds: float, number: signal.Signals, lane: host_lanes.Lane
    ) -> None:
        with lane.filled(HELD) as (server,):
            words = [*base.COMMAND, '-f', 'json', server.id]
            run = signalling.Run(self.cloud.environment(), *words)
            with contextlib.closing(run):
                time.sleep(seconds)
                run.signal(number)
                result = run.wait()
            told = str(result)
            self.assertIn(abs(result.exit_code), (number, 128 + number), told)
            self.assertEqual('', result.stdout, told)
            asked = truths.truth(lane.admin, server).moves
            self.assertEqual(bool(asked), '--attach' in result.stderr, told)

    def _check_exit(self, lane: host_lanes.Lane) -> None:
        """The verdict is told: nothing makes less of it."""
        with lane.filled(draining.STOPPED) as (server,):
            words = [*base.COMMAND, '-f', 'json', server.id]
            run = signalling.Run(self.cloud.environment(), *words)
            with contextlib.closing(run):
                run.until_it_says('was moved')
                while not run.is_over:
                    for number in signalling.ENDING:
                        run.signal(number)
                result = run.wait()
            self.assertEqual(0, result.exit_code, str(result))
            self.assertEqual('confirmed', result.fields['outcome'])
            self.assertEqual(1, result.stderr.count('was moved'))
            self.assertNotIn('Traceback', result.stderr)

    def _check_small(self, lane: host_lanes.Lane) -> None:
        """A plan that cannot be written costs nothing but time."""
        file = lane.new_file()
        words = lane.words(draining.DRAIN, file)
        wanted = (draining.STOPPED,) * 3
        with lane.filled(*wanted) as servers:
            run = signalling.Run(self.cloud.environment(), *words, shell=SMALL)
            with contextlib.closing(run):
                result = run.wait()
            self.assertEqual(1, result.exit_code, str(result))
            self.assertEqual('', result.stdout)
            self.assertIn('File too large', result.stderr)
            self.assertEqual('enabled', lane.status)
            self.assertEqual([], list(file.parent.iterdir()))
            for server in servers:
                found = truths.truth(lane.admin, server)
                self.assertEqual(truths.Truth('SHUTOFF', False), found)
            again = lane.run(words)
            self.assertEqual(0, again.exit_code, str(again))
