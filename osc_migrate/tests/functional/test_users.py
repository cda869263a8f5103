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

"""What a server's own people may do, and what they are told."""

from osc_migrate.tests.functional import base
from osc_migrate.tests.functional import history

HOSTS = ('source_host', 'destination_host')
TOLD_TO_ASK = 'takes an admin or, from Nova 32 on, a manager of the project'


@history.Since('32', 'a manager moves servers of the own project')
class TestManager(base.TestCase):
    def test_moves_a_server_of_the_own_project(self) -> None:
        server = self.boot(user='member')
        before = self.admin.look_at(server.id)
        result = self.migrate('web1', user='manager')

        self.assert_outcome('confirmed', 0, result)
        for field in HOSTS:
            self.assertIsNone(result.fields[field])
        after = self.admin.look_at(server.id)
        self.assertNotEqual(server.host, after.host)
        self.assertNotEqual(before.host_id, after.host_id)
        self.assertEqual(after.host_id, result.fields['hostId'])
        self.assertEqual({}, result.fields['changes'])
        self.assert_nova_says(server, 'ACTIVE', after.host, 'confirmed')
        (record,) = self.admin.records(server.id)
        self.assertEqual(record.uuid, result.fields['migration_id'])

    def test_is_told_of_a_rollback(self) -> None:
        server = self.boot(
            user='member', migrate_disk_and_power_off='fail=ssh'
        )
        result = self.migrate(server, user='manager')

        self.assert_outcome('rolled-back', 3, result)
        for field in HOSTS:
            self.assertIsNone(result.fields[field])
        self.assert_nova_says(server, 'ACTIVE', server.host, 'error')
        self.assertRegex(result.stderr, 'Reason: .+\nHint: .+\nRequest ID: ')

    def test_may_not_choose_the_host(self) -> None:
        server = self.boot(user='member')
        host = self.other_hosts(server)[0]
        result = self.migrate(server, '--host', host, user='manager')
        self.assert_refused(result, 'migrate:host', '--host takes an admin')
        self.assert_untouched(server)

    def test_moves_no_locked_server(self) -> None:
        server = self.boot(user='member')
        self.admin.compute.lock_server(server.id)
        result = self.migrate(server, user='manager')
        self.assert_refused(result, 'is locked', 'openstack server unlock')
        self.assertEqual(['lock', 'create'], self.admin.actions(server.id))


class TestNotAllowed(base.TestCase):
    def test_member_and_reader(self) -> None:
        server = self.boot(user='member')
        for user in ('member', 'reader'):
            result = self.migrate(server, user=user)
            self.assert_refused(result, 'migrate', TOLD_TO_ASK)
        self.assert_untouched(server)

    def test_server_of_others_does_not_exist(self) -> None:
        server = self.boot(user='other')
        for user in ('manager', 'member'):
            for name in (server.id, server.name):
                result = self.migrate(name, user=user)
                self.assert_refused(result, f'{name}.*exists')
        self.assert_untouched(server)


class TestAdmin(base.TestCase):
    def test_moves_a_locked_server_and_is_warned(self) -> None:
        server = self.boot(user='member')
        self.admin.compute.lock_server(server.id)
        result = self.migrate('web1')

        self.assert_outcome('confirmed', 0, result)
        (warning,) = result.fields['warnings']
        self.assertIn('locked', warning)
        self.assertIn(f'Warning: {warning}', result.stderr)
        self.assertIs(True, result.fields['locked'])
        self.assert_nova_says(
            server, 'ACTIVE', result.fields['destination_host'], 'confirmed'
        )
