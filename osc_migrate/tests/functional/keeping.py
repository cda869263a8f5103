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

"""An admin whose secrets are known, and a search of all that comes out."""

import base64
from collections.abc import Mapping
import dataclasses
import functools
import json
import os
import pathlib
import re
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
#: What was typed, as the client itself repeats it in its log.
OF_THE_CLIENT = re.compile(r'START with options: |options: Namespace\(')
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


class TestCase(draining.TestCase):
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
