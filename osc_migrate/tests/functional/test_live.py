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

"""How live migrations end: every outcome that Nova brings them to."""

from osc_migrate.tests.functional import base
from osc_migrate.tests.functional import live_scenarios
from osc_migrate.tests.functional import people
from osc_migrate.tests.functional import together


@base.each(together.groups(live_scenarios.SCENARIOS))
class TestLiveOutcomes(base.TestCase):
    def check(self, group: together.Group[live_scenarios.Scenario]) -> None:
        together.check(group, self._check)

    def _check(self, scenario: live_scenarios.Scenario, host: str) -> None:
        server = self.boot(host=host, stopped=False, **scenario.steps)
        if scenario.paused:
            self.admin.pause(server)
        before = self.admin.look_at(server.id)
        run = self.start_migrate(server, '--live-migration')
        scenario.others(self, server, run)
        result = run.wait()

        self.assert_outcome(scenario.outcome, scenario.exit_code, result)
        self.assert_words(scenario, result)
        self.assertEqual('live-migration', result.fields['migration_type'])
        self.assertEqual(server.host, result.fields['source_host'])
        after = self.admin.look_at(server.id)
        destination = result.fields['destination_host']
        if scenario.on == 'nowhere':
            self.assertEqual('', after.status)
            return
        on = {
            'source': server.host,
            'destination': destination,
            'anywhere': after.host,
        }[scenario.on]
        self.assertEqual(scenario.chosen, destination is not None)
        self.assertNotEqual(server.host, destination)
        self.assert_nova_says(server, scenario.status, on, *scenario.records)
        self._check_what_was_asked(scenario, server)
        self.assertEqual(before.addresses, after.addresses)
        records = {r.uuid: r for r in self.admin.records(server.id)}
        record = records[result.fields['migration_id']]
        self.assertEqual(record.status, result.fields['migration_status'])
        if scenario.exit_code == 0:
            self.assertEqual({}, result.fields['changes'])
            self.assertEqual([], result.fields['warnings'])
            self.assertEqual(after.host_id, result.fields['hostId'])
        if scenario.status in ('ACTIVE', 'PAUSED'):
            self.assertEqual(on, self.admin.port_host(server.id))

    def _check_what_was_asked(
        self, scenario: live_scenarios.Scenario, server: people.Server
    ) -> None:
        """Nothing but the one move, and what others asked for."""
        actions = [a for a in self.admin.actions(server.id) if a != 'pause']
        self.assertEqual(
            [*scenario.asked, 'live-migration', 'create'], actions
        )
