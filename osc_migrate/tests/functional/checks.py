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

"""Checks that a test starts, holds and looks at."""

import pathlib
import shlex
import tempfile

from osc_migrate.tests.functional import base
from osc_migrate.tests.functional import people
from osc_migrate.tests.functional import program

#: Says who it is, and goes on once a file is there.
WAITING = """
echo $$ > {directory}/pid
until [ -e {directory}/go ]; do sleep 0.1; done
exit {code}
"""


class Case(base.TestCase):
    """Has a directory for its checks."""

    def setUp(self) -> None:
        super().setUp()
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = pathlib.Path(directory.name)

    def script(self, text: str, mode: int = 0o755) -> str:
        """Return the path of a check that does this."""
        path = self.directory / 'check me'
        path.write_text(f'#!/bin/sh\n{text}\n')
        path.chmod(mode)
        return shlex.quote(str(path))

    def waiting_check(self, code: int) -> str:
        """Return a check that ends with this code once it may."""
        return self.script(WAITING.format(directory=self.directory, code=code))

    def let_it_end(self) -> None:
        (self.directory / 'go').touch()

    def process_of_the_check(self) -> int:
        path = self.directory / 'pid'
        return people.eventually(
            lambda: int(path.read_text() if path.exists() else 0),
            lambda number: number > 0,
        )

    def assert_reverted(
        self, server: people.Server, status: str, result: program.Result
    ) -> None:
        """Nova is done with it, and the server is as it was."""
        self.assert_outcome('reverted', 6, result)
        self.assert_nova_says(server, status, server.host, 'reverted')
        self.assertEqual('reverted', result.fields['migration_status'])
        self.assertEqual(status, result.fields['status'])
        self.assertEqual({}, result.fields['changes'])
        self.assertEqual(server.host, self.admin.port_host(server.id))
        self.assertEqual(
            ['revertResize', 'migrate'], self.admin.actions(server.id)[:2]
        )
