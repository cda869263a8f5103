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

"""No password, no token and nobody's user data comes out, however it ends."""

from collections.abc import Callable
import signal

from osc_migrate.tests.functional import base
from osc_migrate.tests.functional import draining
from osc_migrate.tests.functional import keeping
from osc_migrate.tests.functional import people
from osc_migrate.tests.functional import program

CRASH = """
from osc_migrate import driver

def step(self):
    raise RuntimeError(f'web1\\x1b[2J of {self._door.api._compute!r}')

driver.Watch.step = step
"""
#: Those in which the client is told a secret in different places.
DEBUGGED = ('command line', 'token', 'application credential', 'clouds.yaml')


class TestOneServer(keeping.TestCase):
    """Each ending once, each in another way to say who one is."""

    def migrate_as(
        self, way: str, server: people.Server, *words: str
    ) -> program.Running:
        verbose = [word for word in words if word.startswith('-v')]
        rest = [word for word in words if not word.startswith('-v')]
        return self.run_as(
            way, *verbose, *base.COMMAND, '-f', 'json', *rest, server.id
        )

    def test_however_it_ends(self) -> None:
        server = self.boot_one_with_secrets(
            migrate_disk_and_power_off='fail=ssh'
        )
        endings: list[tuple[str, Callable[[people.Server], None]]] = [
            ('failed', self._fails),
            ('refused', self._is_refused),
            ('not let in', self._is_not_let_in),
            ('given up', self._takes_too_long),
            ('interrupted', self._is_interrupted),
            ('succeeded', self._succeeds),
            ('crashed', self._crashes),
        ]
        wrong = draining.Wrong()
        for name, end in endings:
            with wrong.noted(name):
                end(server)
        wrong.tell()

    def _fails(self, server: people.Server) -> None:
        result = self.migrate_as('environment', server, '-vv').wait()
        self.assert_outcome('rolled-back', 3, result)
        self.assert_kept(result)

    def _is_refused(self, server: people.Server) -> None:
        result = self.migrate_as(
            'command line', server, '-v', '--host', 'nowhere'
        ).wait()
        self.assert_refused(result, 'nowhere')
        self.assert_kept(result)

    def _is_not_let_in(self, server: people.Server) -> None:
        result = self.migrate_as('wrong password', server, '-vv').wait()
        self.assert_refused(result, '401')
        self.assert_kept(result)

    def _takes_too_long(self, server: people.Server) -> None:
        """The command that takes it up again is for whoever sees the log."""
        self.admin.steer(server, migrate_disk_and_power_off='hold')
        result = self.migrate_as(
            'token', server, '-v', '--timeout', '2'
        ).wait()
        self.assert_outcome('timeout', 5, result)
        self.assert_kept(result)
        self.assertNotIn('token', result.resume.replace('v3token', ''))

    def _is_interrupted(self, server: people.Server) -> None:
        run = self.migrate_as('application credential', server, '--attach')
        run.until_it_says('stopping and copying')
        run.signal(signal.SIGINT)
        result = run.wait()
        self.assert_exit(130, result)
        self.assert_kept(result)
        self.cloud.release(server.id)
        self.admin.await_status(server.id, 'VERIFY_RESIZE')

    def _succeeds(self, server: people.Server) -> None:
        result = self.migrate_as(
            'clouds.yaml', server, '-vv', '--attach', '--check', 'env'
        ).wait()
        self.assert_outcome('confirmed', 0, result)
        self.assert_kept(result)
        # The check gets the environment, and nothing that was not in it.
        self.assertIn('OS_CLOUD=keeper\n', result.stderr)

    def _crashes(self, server: people.Server) -> None:
        """Nova goes on, and is not forgotten for a fault of the program."""
        self.admin.steer(server, migrate_disk_and_power_off='')
        (self.directory / 'sitecustomize.py').write_text(CRASH)
        result = self.run_as(
            'environment', '-vv', *base.COMMAND, '-f', 'json', server.id,
            environment={'PYTHONPATH': str(self.directory)},
        ).wait()  # fmt: skip
        self.assertEqual(9, result.exit_code)
        self.assertEqual('', result.stdout)
        self.assertIn('by a fault of its own: RuntimeError: web1?[2J',
                      result.stderr)  # fmt: skip
        self.assert_kept(result)
        again = self.follow(result.resume)
        self.assertEqual(0, again.exit_code, str(again))
        self.assertIn('was moved', again.stderr)

    def test_a_result_that_cannot_be_shown(self) -> None:
        """The verdict stands, whatever is the matter with the columns."""
        server = self.boot_one_with_secrets()
        result = self.run_as(
            'environment', *base.COMMAND, '-c', 'nonsense', server.id
        ).wait()
        self.assert_exit(0, result)
        self.assertEqual('', result.stdout)
        self.assertIn('was moved from', result.stderr)
        self.assertIn('could not be shown', result.stderr)
        self.assertEqual('ACTIVE', self.admin.look_at(server.id).status)


class TestDebug(keeping.TestCase):
    """``--debug`` tells no more than that of the client itself."""

    def test_no_more_than_server_show(self) -> None:
        server = self.boot_one_with_secrets()
        wrong = draining.Wrong()
        for way in DEBUGGED:
            with wrong.noted(way):
                self._check(way, server)
        wrong.tell()

    def _check(self, way: str, server: people.Server) -> None:
        shown = self.run_as(
            way, '--debug', 'server', 'show', '-f', 'json', server.id
        ).wait()
        theirs = self.found_in(shown)
        words = ('--dry-run',) if way != 'clouds.yaml' else ()
        ours = self.run_as(
            way, '--debug', *base.COMMAND, '-f', 'json', *words, server.id
        ).wait()
        self.assertEqual((0, 0), (shown.exit_code, ours.exit_code))
        found = self.found_in(ours)
        self.assertEqual(frozenset(), found - theirs)
        self.assertNotIn('a token', found)


class TestHost(keeping.TestCase):
    """A drain and the way back, with a plan, a check and a failure."""

    def test_however_it_ends(self) -> None:
        server = self.boot_one_with_secrets(pre_live_migration='fail=nova')
        result = self._run(draining.DRAIN, 'environment', '-vv')
        self.assert_exit(8, result)
        self.assert_kept(result)

        self.admin.steer(server, pre_live_migration='', live_migration='hold')
        run = self._begin(draining.DRAIN, 'command line', '-v')
        run.until_it_says('copying memory')
        run.signal(signal.SIGTERM)
        run.until_it_says('Once more leaves at once')
        run.signal(signal.SIGTERM)
        result = run.wait()
        self.assert_exit(143, result)
        self.assert_kept(result)
        self.cloud.release(server.id)

        result = self._run(draining.DRAIN, 'application credential', '-vv')
        self.assert_exit(0, result)
        self.assert_kept(result)
        self.admin.steer(server, live_migration='')
        result = self._run(
            draining.RESTORE, 'token', '-vv', '--check', 'false'
        )
        self.assert_exit(8, result)
        self.assert_kept(result)
        result = self._run(draining.RESTORE, 'wrong password', '-vv')
        self.assert_refused(result, '401')
        self.assert_kept(result)

    def _run(
        self, command: tuple[str, ...], way: str, *words: str
    ) -> program.Result:
        return self._begin(command, way, *words).wait()

    def _begin(
        self, command: tuple[str, ...], way: str, *words: str
    ) -> program.Running:
        verbose, *options = words
        return self.run_as(
            way, verbose, *command, '-f', 'json', '--yes', *options,
            '--plan', str(self.file), self.host,
        )  # fmt: skip
