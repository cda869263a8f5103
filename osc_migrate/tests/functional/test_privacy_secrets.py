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

import base64
from collections.abc import Callable, Mapping
import dataclasses
import functools
import json
import os
import pathlib
import re
import signal
import tempfile
from typing import Any, cast

from osc_migrate.tests.functional import base
from osc_migrate.tests.functional import draining
from osc_migrate.tests.functional import people
from osc_migrate.tests.functional import program
from osc_migrate.tests.functional import secrets

NAME = 'keeper'
#: What has to be spelled otherwise in a URL, in JSON and in a shell.
PASSWORD = 'pass/w+rd & "quotes" \\ %41é'
APPLICATION = 'application-credential$secret="1"'
USER_DATA = '#!/bin/sh\necho what-only-the-guest-may-know\n'
WRONG = 'not-the-passw"rd'
#: Fields of the client's own ``server show`` that hold what users wrote.
SHOWN = ('OS-EXT-SRV-ATTR:user_data', 'user_data')
CRASH = """
from osc_migrate import driver

def step(self):
    raise RuntimeError(f'web1\\x1b[2J of {self._door.api._compute!r}')

driver.Watch.step = step
"""

#: What was typed, as the client itself repeats it in its log.
OF_THE_CLIENT = re.compile(r'START with options: |options: Namespace\(')
#: Those in which the client is told a secret in different places.
DEBUGGED = ('command line', 'token', 'application credential', 'clouds.yaml')

Environment = Mapping[str, str]


@dataclasses.dataclass(frozen=True)
class Way:
    """A way to say who one is.

    :ivar environment: what it needs besides what every process has
    :ivar words: options of the client
    """

    environment: Environment
    words: tuple[str, ...] = ()


@functools.cache
def keeper() -> tuple[Any, Any]:
    """Return an admin whose secrets are known, and their credential.

    Kept for all tests, as keystone keeps the credential's roles for longer
    than the credential.
    """
    admin = base.person('admin').connection
    identity = cast(Any, admin.identity)
    user = identity.create_user(name=NAME, password=PASSWORD)
    identity.assign_project_role_to_user(
        admin.current_project_id, user, identity.find_role('admin')
    )
    connection = cast(Any, admin.connect_as(username=NAME, password=PASSWORD))
    credential = connection.identity.create_application_credential(
        user, NAME, secret=APPLICATION
    )
    return connection, credential


class Case(draining.TestCase):
    """Has an admin with known secrets, in several ways, and a server."""

    def setUp(self) -> None:
        super().setUp()
        self.directory = pathlib.Path(
            tempfile.mkdtemp(dir=self.cloud.directory)
        )
        self.keeper, self.credential = keeper()
        self.secrets = secrets.Secrets(
            {
                'the password': PASSWORD,
                'a wrong password': WRONG,
                'the secret of the application credential': APPLICATION,
                'the user data': USER_DATA,
                'the password of the server': 'the-password-of-root',
            }
        )
        self.ways = self._ways()

    def _ways(self) -> dict[str, Way]:
        """The same person in every way that the client knows."""
        entry = self._entry()
        auth = {**entry['auth'], 'username': NAME, 'password': PASSWORD}
        url = {'OS_AUTH_URL': auth['auth_url'], 'OS_IDENTITY_API_VERSION': '3'}
        place = {
            'OS_PROJECT_NAME': auth['project_name'],
            'OS_PROJECT_DOMAIN_NAME': 'Default',
        }
        user = {'OS_USERNAME': NAME, 'OS_USER_DOMAIN_NAME': 'Default'}
        credential = {
            'auth_url': auth['auth_url'],
            'application_credential_id': self.credential.id,
            'application_credential_secret': APPLICATION,
        }
        by_credential = {
            **entry,
            'auth_type': 'v3applicationcredential',
            'auth': credential,
        }
        token = self.keeper.session.get_token()
        return {
            'clouds.yaml': Way(self._cloud({**entry, 'auth': auth})),
            'environment': Way(
                {**url, **place, **user, 'OS_PASSWORD': PASSWORD}
            ),
            'command line': Way(
                {**url, **place, **user}, ('--os-password', PASSWORD)
            ),
            'token': Way(
                {**url, **place},
                ('--os-auth-type', 'v3token', '--os-token', token),
            ),
            'application credential': Way(self._cloud(by_credential)),
            'wrong password': Way(
                {**url, **place, **user}, ('--os-password', WRONG)
            ),
        }

    def _entry(self) -> dict[str, Any]:
        text = self.cloud.clouds_yaml.read_text()
        return cast(dict[str, Any], json.loads(text)['clouds']['admin'])

    def _cloud(self, entry: Mapping[str, Any]) -> Environment:
        directory = tempfile.mkdtemp(dir=self.directory)
        path = pathlib.Path(directory, 'clouds.yaml')
        path.write_text(json.dumps({'clouds': {NAME: entry}}))
        return {'OS_CLIENT_CONFIG_FILE': str(path), 'OS_CLOUD': NAME}

    def boot_one_with_secrets(self, **steps: str) -> people.Server:
        server_id = self.admin.boot(
            'web1',
            people.metadata(steps),
            self.host,
            user_data=base64.b64encode(USER_DATA.encode()).decode(),
            admin_password='the-password-of-root',
        )
        self.addCleanup(self._remove, server_id)
        self.admin.await_status(server_id, 'ACTIVE')
        return people.Server(server_id, 'web1', self.host)

    def run_as(
        self,
        way: str,
        *words: str,
        environment: Environment | None = None,
    ) -> program.Running:
        """Start the client in one of the ways, with a log file."""
        plain = self.cloud.environment()
        for name in [name for name in plain if name.startswith('OS_')]:
            del plain[name]
        how = self.ways[way]
        self.log = self.directory / f'log-{len(os.listdir(self.directory))}'
        running = program.Running(
            {**plain, **how.environment, **(environment or {})},
            *how.words, '--log-file', str(self.log), *words,
        )  # fmt: skip
        self.addCleanup(running.close)
        return running

    def everything(self, result: program.Result) -> str:
        """Return all that came out, but for what ``server show`` prints."""
        stdout = result.stdout
        if stdout:
            found = json.loads(stdout)
            for field in SHOWN if isinstance(found, dict) else ():
                found.pop(field, None)
            stdout = json.dumps(found)
        plan = self.file.read_text() if self.file.exists() else ''
        logged = [*result.stderr.splitlines(), *self.log.open()]
        said = (line for line in logged if not OF_THE_CLIENT.search(line))
        return '\n'.join([stdout, plan, *said])

    def found_in(self, result: program.Result) -> frozenset[str]:
        return self.secrets.found_in(self.everything(result))

    def assert_kept(self, result: program.Result) -> None:
        """No secret is anywhere.

        With -vv the client writes down all answers of the APIs, and an admin
        is answered with the user data: see ``TestDebug``.
        """
        bodies = {'the user data'} if '-vv' in result.words else set()
        # Without what was said, which is long: the kind of leak tells.
        self.assertEqual(frozenset(), self.found_in(result) - bodies)


class TestOneServer(Case):
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


class TestDebug(Case):
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


class TestHost(Case):
    """A drain and the way back, with a plan, a check and a failure."""

    def test_however_it_ends(self) -> None:
        server = self.boot_one_with_secrets(pre_live_migration='fail=nova')
        result = self._run(draining.DRAIN, 'environment', '-vv')
        self.assert_exit(8, result)
        self.assert_kept(result)

        self.admin.steer(server, pre_live_migration='', live_migration='hold')
        run = self._start(draining.DRAIN, 'command line', '-v')
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
        return self._start(command, way, *words).wait()

    def _start(  # type: ignore[override]
        self, command: tuple[str, ...], way: str, *words: str
    ) -> program.Running:
        verbose, *options = words
        return self.run_as(
            way, verbose, *command, '-f', 'json', '--yes', *options,
            '--plan', str(self.file), self.host,
        )  # fmt: skip
