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

"""`--os-compute-api-version` changes columns, and no verdict."""

import dataclasses

from osc_migrate.tests.functional import base
from osc_migrate.tests.functional import history

HISTORY = ('2.1', '2.60')


@dataclasses.dataclass(frozen=True)
class Version:
    name: str
    microversion: str


VERSIONS = tuple(Version(v.replace('.', '_'), v) for v in HISTORY)


@base.each(VERSIONS)
class TestMicroversions(base.TestCase):
    def check(self, version: Version) -> None:
        older = ('--os-compute-api-version', version.microversion)
        server = self.boot(migrate_disk_and_power_off='fail=ssh')
        command = (*older, *base.COMMAND, '-f', 'json', server.id)
        failed = self.start(*command).wait()
        self.assert_outcome('rolled-back', 3, failed)
        if not self.lacks(history.DETAILS):
            self.assertIn('ssh command', failed.fields['reason'])
            self.assertIn('SSH', failed.fields['hint'])
        self.assert_nova_says(server, 'ACTIVE', server.host, 'error')

        self.admin.steer(server, migrate_disk_and_power_off='')
        moved = self.start(*command).wait()
        self.assert_outcome('confirmed', 0, moved)
        self.assertEqual({}, moved.fields['changes'])
        destination = moved.fields['destination_host']
        self.assert_nova_says(
            server, 'ACTIVE', destination, 'confirmed', 'error'
        )

        show = (*older, 'server', 'show', '-f', 'json', server.id)
        shown = self.start(*show).wait()
        self.assertEqual([*shown.fields, *base.FIELDS], list(moved.fields))
