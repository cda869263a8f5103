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

"""Names, faults and reasons that others wrote steer nothing and forge nothing.

What Nova lets through is asked of Nova itself.
"""

import json
import os
import pathlib
import shlex
import signal
import sys

from openstack import exceptions as sdk_exceptions

from osc_migrate.tests.functional import base
from osc_migrate.tests.functional import draining
from osc_migrate.tests.functional import harmless
from osc_migrate.tests.functional import people
from osc_migrate.tests.functional import program
from osc_migrate.tests.functional import terminal
from osc_migrate.tests.functional import truths

#: What Nova refuses in a server's name: control and format characters, line
#: and paragraph separators, and all beyond the Basic Multilingual Plane.
REFUSED = (
    'a\x1b[2J', 'a\nb', 'a\tb', 'a\x7fb', 'a\x85b', 'a\x9b2J', 'a\u00adb',
    'a\u061cb', 'a\u200bb', 'a\u2028b', 'a\u202eb', 'a\u2066b', 'a\ufeffb',
    'a\ue000b', 'a\U0001f4a9b', ' ', '',
)  # fmt: skip
#: Markup, formats, words of a shell; a line that would pass for ours; an
#: option, a script that is read from right to left, blanks of all kinds and
#: characters that show nothing or pile up.
MARKUP = '[red]a[/] [link=https://example.com] :skull: %s {id}'
SHELL = '$(touch canary) `touch canary`; touch canary #\'"\\ & !1'
LINE = f'Hint: {harmless.FORGED} web1'
BLANKS = '-f  \u05d0\u05d1 \u00a0\u3000\u2800\u115f\u0301\u0489'
NAMES = (MARKUP, SHELL, LINE, BLANKS)
TABLE = ('-f', 'table')
CARRY_ON = 'Carry on with: '


class Case(draining.TestCase):
    def rename(self, server: people.Server, name: str) -> people.Server:
        self.admin.compute.update_server(server.id, name=name)
        return people.Server(server.id, name, server.host)

    def on_terminal(self, *words: str) -> program.Result:
        """Return what a run leaves that has standard error on a terminal."""
        running = terminal.OnTerminal(self.cloud.environment(), *words)
        self.addCleanup(running.close)
        return running.wait()

    def assert_table(self, result: program.Result) -> None:
        """Standard output is a table, each line of which is ours."""
        harmless.assert_text(result.stdout)
        lines = result.stdout.splitlines()
        self.assertGreater(len(lines), 4)
        for line in lines:
            self.assertIn(line[:1], '+|', result.stdout)


class TestNames(Case):
    def test_what_nova_takes_for_a_name(self) -> None:
        server = self.boot_one()
        for name in REFUSED:
            error = self.assertRaises(
                sdk_exceptions.BadRequestException, self.rename, server, name
            )
            self.assertIn('name', str(error))
        for name in (*NAMES, 'a\n'):
            self.rename(server, name)
            found = self.admin.compute.get_server(server.id).name
            self.assertEqual(name.strip(), found)


class TestHostile(Case):
    def setUp(self) -> None:
        super().setUp()
        banner = 'fail=banner'
        servers = self.boot_all(
            draining.active(pre_live_migration=banner),
            draining.stopped(prep_resize=banner),
            draining.stopped(finish_migration=banner),
            draining.ACTIVE,
        )
        self.servers = [
            self.rename(server, name)
            for server, name in zip(servers, NAMES, strict=True)
        ]
        for server in self.servers:
            self.admin.compute.set_server_metadata(
                server.id, note=harmless.HOSTILE
            )
        (service,) = self.admin.compute.services(
            host=self.host, binary='nova-compute'
        )
        self.admin.compute.disable_service(
            service, disabled_reason=harmless.HOSTILE
        )

    def test_drained_on_a_terminal_and_through_a_pipe(self) -> None:
        planned = self.start(*draining.DRAIN, '--dry-run', self.host).wait()
        self.assert_exit(0, planned)
        self.assert_table(planned)
        harmless.assert_text(planned.stderr)

        words = (
            *draining.DRAIN, '--yes', '--max-failures', '9',
            '--plan', str(self.file),
        )  # fmt: skip
        drained = self.on_terminal(*words, '-f', 'json', self.host)
        self.assert_exit(8, drained)
        harmless.assert_screen(drained.stderr)
        self.assertIn('is disabled already (a?[2J', drained.stderr)
        rows = {row['Name']: row for row in json.loads(drained.stdout)}
        self.assertEqual(
            {
                MARKUP: 'rolled-back', SHELL: 'error', LINE: 'error',
                BLANKS: 'completed',
            },
            {name: row['Outcome'] for name, row in rows.items()},
        )  # fmt: skip
        # It came as far as us, and machines get it as it was written.
        for name in (MARKUP, SHELL, LINE):
            self.assertIn('Welcome\x1b[2J', rows[name]['Reason'])

        # The one that is well is tried again.
        again = self.start(*words, *TABLE, self.host).wait()
        self.assert_exit(8, again)
        self.assert_table(again)
        harmless.assert_text(again.stderr)
        self.assertIn('Welcome?[2J', again.stderr)
        self.assert_truth(truths.MOVED_LIVE, self.servers[3])

    def test_moved_on_a_terminal_and_through_a_pipe(self) -> None:
        first, second, _third, last = self.servers
        failed = self.start(
            *base.COMMAND, *TABLE, '--live-migration', first.name
        ).wait()
        self.assert_exit(3, failed)
        self.assert_table(failed)
        harmless.assert_text(failed.stderr)
        self.assertRegex(failed.stderr, r'(?m)^Reason: .*Welcome\?\[2J')

        failed = self.on_terminal(*base.COMMAND, *TABLE, second.name)
        self.assert_exit(4, failed)
        self.assert_table(failed)
        harmless.assert_screen(failed.stderr)
        self.assertIn('Welcome?[2J', failed.stderr)

        # To the one that was disabled, from where it is.
        self.admin.migrate_live(last)
        self.admin.await_record(last.id, 'completed')
        refused = self.start(
            *base.COMMAND, '--dry-run', '--live-migration',
            '--host', self.host, last.id,
        ).wait()  # fmt: skip
        self.assert_refused(refused, r'is disabled \(a\?\[2J')
        harmless.assert_text(refused.stderr)


class TestCommands(Case):
    """What a run prints to be carried on with is one command, and that one."""

    def test_carried_on_by_a_shell(self) -> None:
        server = self.boot_one(draining.stopped(finish_migration='hold'))
        server = self.rename(server, SHELL)
        folder = self.file.parent / '$(touch canary) "\'\\; [red]'
        folder.mkdir()
        file = folder / '-plan\n\x1b[2J`touch canary`'
        check = shlex.join(['test', '$(touch canary)', '!=', '"\'\\'])
        options = ('--server', SHELL, '--check', check, '--plan', str(file))
        run = self.start(
            *draining.DRAIN, '-f', 'json', '--yes', *options, self.host
        )
        run.until_it_says('starting on the destination')
        run.signal(signal.SIGINT)
        run.until_it_says('Once more leaves at once')
        run.signal(signal.SIGINT)
        interrupted = run.wait()
        self.assert_exit(130, interrupted)
        harmless.assert_text(interrupted.stderr)
        self.cloud.release(server.id)

        said = interrupted.stderr.splitlines()
        lines = {
            line.partition(CARRY_ON)[2] for line in said if CARRY_ON in line
        }
        (line,) = lines
        ran = self._run_by_a_shell(line)
        self.assert_exit(0, ran)
        harmless.assert_text(ran.stderr)
        (row,) = json.loads(ran.stdout)
        self.assertEqual((SHELL, 'confirmed'), (row['Name'], row['Outcome']))
        self.assert_truth(truths.MOVED_COLD, server)
        draining.assert_readable(file)
        self.assertEqual([], list(self.file.parent.rglob('canary')))

    def _run_by_a_shell(self, line: str) -> program.Result:
        """Paste a line, in a folder where it would leave its traces."""
        folder = shlex.quote(str(self.file.parent))
        binaries = pathlib.Path(sys.executable).parent
        path = f'{binaries}{os.pathsep}{os.environ["PATH"]}'
        run = program.Running(
            {**self.cloud.environment(), 'PATH': path},
            shell=f'cd {folder} && {line}',
        )
        self.addCleanup(run.close)
        return run.wait()
