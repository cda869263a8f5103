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

"""What looks like an end and is none, as real hosts showed it."""

from osc_migrate.tests.functional import base
from osc_migrate.tests.functional import people


class TestColdEnds(base.TestCase):
    def test_active_for_seconds_before_error(self) -> None:
        server = self.boot(prep_resize='fail=nova', reschedule='delay=3')
        result = self.migrate(server)
        self.assert_outcome('error', 4, result)
        self.assertIn('Steered failure', result.fields['reason'])
        self.assert_nova_says(server, 'ERROR', server.host, 'error')

    def test_a_confirm_for_a_dead_source_is_done_when_it_is_back(
        self,
    ) -> None:
        server = self.boot(confirm_migration='hold,down,hold,up')
        run = self.start_migrate(server)
        run.until_it_says('confirming')
        self.admin.await_record(server.id, 'confirming')
        # Nova has not noticed yet; then it has.
        self.cloud.release(server.id)
        people.eventually(
            lambda: self.admin.state(server.host), lambda s: s == 'down'
        )
        self.assert_nova_says(
            server, 'VERIFY_RESIZE', self.other(server), 'confirming'
        )
        self.cloud.release(server.id)
        result = run.wait()
        self.assert_outcome('confirmed', 0, result)
        self.assert_nova_says(
            server, 'ACTIVE', result.fields['destination_host'], 'confirmed'
        )

    def other(self, server: people.Server) -> str | None:
        return self.admin.look_at(server.id).host
