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

"""Migrations that others began, or another run of the command."""

from osc_migrate.tests.functional import base
from osc_migrate.tests.functional import history
from osc_migrate.tests.functional import meanwhile_live
from osc_migrate.tests.functional import people

LIVE = '--live-migration'


class TestAttach(base.TestCase):
    @history.Since('32', 'a manager moves servers of the own project')
    def test_live_migration_of_somebody_else(self) -> None:
        server = self.boot(
            user='member', pre_live_migration='hold', live_migration='hold'
        )
        base.person('manager').migrate_live(server)
        for phase in (meanwhile_live.PREPARING, meanwhile_live.COPYING):
            run = self.start_migrate(server, '--attach')
            run.until_it_says(phase)
            run.kill()
            if phase == meanwhile_live.PREPARING:
                self.cloud.release(server.id)
        (record,) = self.admin.records(server.id)
        options = ('--attach', '--migration', record.uuid)
        run = self.start_migrate(server, *options)
        run.until_it_says(meanwhile_live.COPYING)
        self.cloud.release(server.id)
        for result in (run.wait(), self.migrate(server, *options)):
            self.assert_outcome('completed', 0, result)
            self.assertEqual(record.uuid, result.fields['migration_id'])
            self.assertEqual(server.host, result.fields['source_host'])
            self.assertIsNone(result.fields['changes'])
            self.assert_nova_says(
                server, 'ACTIVE', result.fields['destination_host'],
                'completed',
            )  # fmt: skip
        self.assertEqual(
            ['live-migration', 'create'], self.admin.actions(server.id)
        )

    def test_cold_one_is_not_aborted(self) -> None:
        server = self.boot(migrate_disk_and_power_off='hold')
        self.admin.migrate(server)
        self.admin.await_record(server.id, 'migrating')
        result = self.migrate(server, '--attach', '--on-timeout', 'abort')
        self.assert_exit(2, result)
        self.assertIn('this one is cold', result.stderr)
        result = self.migrate(server, '--attach', LIVE)
        self.assert_refused(result, 'is a cold one', 'Leave --live-migration')
        self.cloud.release(server.id)
        result = self.migrate(server, '--attach')
        self.assert_outcome('confirmed', 0, result)

    def test_says_how_a_live_migration_ended(self) -> None:
        server = self.boot()
        for steps, status, said in (
            ('', 'completed', ('completed', 0)),
            ('roll-back,fail=copy', 'failed', ('rolled-back', 3)),
            ('linger=0,fail=copy', 'error', ('error', 4)),
        ):
            self.admin.steer(server, live_migration=steps)
            self.admin.migrate_live(server)
            self.admin.await_record(server.id, status)
            seen = self.admin.await_status(server.id, 'ACTIVE', 'ERROR')
            before = self.admin.actions(server.id)
            (record, *_others) = self.admin.records(server.id)
            options = ('--attach', '--migration', record.uuid)
            result = self.migrate(server, *options)
            self.assert_outcome(*said, result)
            self.assertEqual(record.uuid, result.fields['migration_id'])
            self.assertEqual(status, result.fields['migration_status'])
            self.assertEqual(before, self.admin.actions(server.id))
        self.assertEqual('ERROR', seen.status)
        result = self.migrate(server, '--attach')
        self.assert_refused(result, 'in flight or awaits', 'Without --attach')

    def test_evacuation_is_never_taken_over(self) -> None:
        server = self.boot()
        # One that succeeds would keep its source down for good.
        self.admin.steer(server, spawn='hold,fail=nova')
        self.force_down(server.host)
        self.admin.evacuate(server)
        (record,) = people.eventually(
            lambda: self.admin.records(server.id),
            lambda records: len(records) == 1,
        )
        options = (
            ('--attach',),
            ('--attach', '--migration', record.uuid),
            ('--source-host', server.host),
        )
        for words in options:
            result = self.migrate(server, *words)
            self.assert_refused(result, 'an evacuation', 'migration list')
        self.cloud.release(server.id)
        self.admin.await_record(server.id, 'failed')
        result = self.migrate(server, *options[1])
        self.assert_refused(result, 'an evacuation', 'migration list')
        self.assertEqual(['evacuate', 'create'], self.admin.actions(server.id))
