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

"""Compute hosts that are disabled or down when they are needed."""

from osc_migrate.tests.functional import base
from osc_migrate.tests.functional import history
from osc_migrate.tests.functional import meanwhile

NO_HOST = 'No valid host was found'
#: Older ones refuse the request when the scheduler has found none.
ANSWERS_FIRST = history.Since('21', 'answers before it looks for a host')


class TestNoDestination(base.TestCase):
    @ANSWERS_FIRST
    def test_all_others_are_disabled(self) -> None:
        for stopped, status in ((False, 'ACTIVE'), (True, 'SHUTOFF')):
            server = self.boot(stopped=stopped)
            self.disable(*self.other_hosts(server))
            result = self.migrate(server)

            self.assert_outcome('rolled-back', 3, result)
            self.assertRegex(result.fields['reason'], NO_HOST)
            command = f'openstack server migrate-candidates {server.id}'
            self.assertIn(command, result.fields['hint'])
            for host in self.other_hosts(server):
                said = f'{host} .*its compute service is disabled'
                self.assertRegex(result.stderr, said)
            self.assertIsNone(result.fields['destination_host'])
            self.assertEqual({}, result.fields['changes'])
            self.assert_nova_says(server, status, server.host, 'error')
            for host in self.other_hosts(server):
                self.admin.enable(host)

    @ANSWERS_FIRST
    def test_the_chosen_one_is_disabled(self) -> None:
        server = self.boot()
        host = self.other_hosts(server)[0]
        self.disable(host)
        result = self.migrate(server, '--host', host)

        self.assert_outcome('rolled-back', 3, result)
        self.assertRegex(result.fields['reason'], NO_HOST)
        self.assertIn(
            f'openstack compute service set --enable {host}',
            result.fields['hint'],
        )
        self.assert_nova_says(server, 'ACTIVE', server.host, 'error')

        planned = self.migrate(server, '--host', host, '--dry-run')
        self.assert_refused(planned, f'{host} is disabled.*no valid host')

    @ANSWERS_FIRST
    def test_the_chosen_one_is_down(self) -> None:
        server = self.boot()
        host = self.other_hosts(server)[0]
        self.force_down(host)
        result = self.migrate(server, '--host', host)

        self.assert_outcome('rolled-back', 3, result)
        self.assertRegex(result.fields['reason'], NO_HOST)
        self.assertIn(f'{host} is down', result.fields['hint'])
        self.assert_nova_says(server, 'ACTIVE', server.host, 'error')

    def test_a_dry_run_says_every_reason_at_once(self) -> None:
        server = self.boot()
        host = self.other_hosts(server)[0]
        self.admin.compute.pause_server(server.id)
        self.admin.await_status(server.id, 'PAUSED')
        self.force_down(server.host)
        self.force_down(host)
        result = self.migrate(server, '--host', host, '--dry-run')
        for reason in (
            'vm_state paused',
            f'service of {server.host} is down',
            f'service of {host} is down',
        ):
            self.assert_refused(result, reason)
        self.assertEqual(['pause', 'create'], self.admin.actions(server.id))


class TestSourceDown(base.TestCase):
    def test_the_confirm_waits_for_the_source(self) -> None:
        server = self.boot(finish_migration='hold')
        run = self.start_migrate(server, '--timeout', '60')
        meanwhile.the_source_dies(self, server, run)
        run.until_it_says('confirm is refused')
        self.admin.force_down(server.host, False)
        result = run.wait()

        self.assert_outcome('confirmed', 0, result)
        self.assert_nova_says(
            server, 'ACTIVE', result.fields['destination_host'], 'confirmed'
        )

    def test_the_confirm_is_refused_until_the_time_limit(self) -> None:
        server = self.boot(finish_migration='hold')
        run = self.start_migrate(server, '--timeout', '15')
        meanwhile.the_source_dies(self, server, run)
        result = run.wait()

        self.assert_outcome('unconfirmed', 4, result)
        self.assertIn('Service is unavailable', result.fields['reason'])
        self.assertIn('Do not revert', result.fields['hint'])
        destination = result.fields['destination_host']
        self.assert_nova_says(server, 'VERIFY_RESIZE', destination, 'finished')

        self.admin.force_down(server.host, False)
        attached = self.migrate(server, '--attach')
        self.assert_outcome('confirmed', 0, attached)
        self.assert_nova_says(server, 'ACTIVE', destination, 'confirmed')
