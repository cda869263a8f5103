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

"""The same command line, begun again at every phase of one move."""

from collections.abc import Iterable

from osc_migrate.tests.functional import base
from osc_migrate.tests.functional import gathering
from osc_migrate.tests.functional import meanwhile_live
from osc_migrate.tests.functional import people
from osc_migrate.tests.functional import program

LIVE = '--live-migration'
#: No status of a record, which is still `running` then.
ARRIVED = 'at rest on the destination'


class TestRunbook(base.TestCase):
    def _go_through(
        self,
        server: people.Server,
        phases: Iterable[tuple[str, str]],
        *options: str,
    ) -> program.Result:
        """Kill the run in each phase, and begin anew in the same phase.

        :param phases: what Nova is waited for to say, and what a run that
            begins then says
        """
        options = ('--source-host', server.host, *options)
        run = self.start_migrate(server, *options)
        for reached, said in phases:
            if reached == ARRIVED:
                people.eventually(
                    lambda: self.admin.look_at(server.id),
                    lambda seen: (
                        seen.host != server.host and not seen.task_state
                    ),
                )
            else:
                self.admin.await_record(server.id, reached)
            run.kill()
            run = self.start_migrate(server, *options)
            run.until_it_says(said)
            self.cloud.release(server.id)
        result = run.wait()
        self.assert_exit(0, result)
        self.assertEqual(server.host, result.fields['source_host'])

        again = self.migrate(server, *options)
        self.assert_outcome('not-on-source', 0, again)
        self.assertIsNone(again.fields['migration_id'])
        moves = [
            action
            for action in self.admin.actions(server.id)
            if action not in ('create', 'confirmResize')
        ]
        self.assertEqual(1, len(moves), str(moves))
        return result

    def test_cold(self) -> None:
        server = self.boot(
            prep_resize='hold',
            migrate_disk_and_power_off='hold',
            finish_migration='hold',
            confirm_migration='hold',
        )
        result = self._go_through(
            server,
            (
                ('pre-migrating', 'choosing a compute host'),
                ('migrating', 'stopping and copying'),
                ('post-migrating', 'starting on the destination'),
                ('confirming', 'confirming'),
            ),
        )
        self.assertIn(
            result.fields['outcome'], ('confirmed', 'confirmed-elsewhere')
        )
        self.assert_nova_says(
            server, 'ACTIVE', result.fields['destination_host'], 'confirmed'
        )

    def test_while_it_awaits_confirmation(self) -> None:
        server = self.boot()
        options = ('--source-host', server.host)
        run = self.start_migrate(server, *options, '--check', 'sleep 60')
        run.until_it_says('checking')
        run.kill()
        result = self.migrate(server, *options)
        self.assert_outcome('confirmed', 0, result)
        self.assert_nova_says(
            server, 'ACTIVE', result.fields['destination_host'], 'confirmed'
        )
        self.assertEqual(
            ['confirmResize', 'migrate', 'create'],
            self.admin.actions(server.id),
        )

    def test_live(self) -> None:
        server = self.boot(
            pre_live_migration='hold',
            live_migration='hold',
            live_migration_arrived='hold',
        )
        result = self._go_through(
            server,
            (
                ('preparing', meanwhile_live.PREPARING),
                ('running', meanwhile_live.COPYING),
                (ARRIVED, 'making sure'),
            ),
            LIVE,
        )
        self.assertEqual('completed', result.fields['outcome'])
        self.assert_nova_says(
            server, 'ACTIVE', result.fields['destination_host'], 'completed'
        )

    def test_two_ask_at_the_same_moment(self) -> None:
        for options, status in (((), 'confirmed'), ((LIVE,), 'completed')):
            server = self.boot()
            options = ('--source-host', server.host, *options)
            compute = self.cloud.endpoints['compute']
            with gathering.gathering(compute, 2) as url:
                door = self.another_clouds_yaml(compute_endpoint_override=url)
                runs = [
                    self.start_migrate(server, *options, environment=door)
                    for _run in range(2)
                ]
                results = [run.wait() for run in runs]
            host = self.admin.look_at(server.id).host
            for result in results:
                self.assert_exit(0, result)
                self.assertIn(status, result.fields['outcome'])
                self.assertEqual(host, result.fields['destination_host'])
            self.assertNotEqual(server.host, host)
            self.assert_nova_says(server, 'ACTIVE', host, status)
