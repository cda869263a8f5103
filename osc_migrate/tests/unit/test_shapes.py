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

"""What Nova writes, read as facts."""

from typing import Any

import testtools

from osc_migrate.cloud import shapes
from osc_migrate.engine import facts

BODY: dict[str, Any] = {
    'id': 'id-1',
    'name': 'web-1',
    'tenant_id': 'p',
    'status': 'ACTIVE',
    'hostId': 'abc',
    'locked': True,
    'metadata': {'tier': 'front'},
    'key_name': 'key',
    'tags': ['b', 'a'],
    'addresses': {
        'net': [{'addr': '10.0.0.9'}, {'addr': '10.0.0.4', 'version': 4}]
    },
    'flavor': {'vcpus': 1, 'original_name': 'm1', 'links': []},
    'security_groups': [{'name': 'web'}, {'name': 'default'}],
    'os-extended-volumes:volumes_attached': [{'id': 'v2'}, {'id': 'v1'}],
    'OS-EXT-STS:power_state': 1,
    'OS-EXT-STS:vm_state': 'active',
    'OS-EXT-STS:task_state': 'resize_prep',
    'OS-EXT-SRV-ATTR:host': 'src',
}


class ServerTestCase(testtools.TestCase):
    def test_a_server_as_an_admin_sees_it(self) -> None:
        found = shapes.server(BODY)
        self.assertEqual(
            ('id-1', 'web-1', 'p', 'ACTIVE', 'active', 'resize_prep', 'src',
             'abc', True, None),
            (found.id, found.name, found.project_id, found.status,
             found.vm_state, found.task_state, found.host, found.host_id,
             found.locked, found.fault),
        )  # fmt: skip

    def test_identity_does_not_depend_on_the_order_of_lists(self) -> None:
        self.assertEqual(
            {
                'name': 'web-1',
                'metadata': {'tier': 'front'},
                'key_name': 'key',
                'tags': ['a', 'b'],
                'addresses': {'net': ['10.0.0.4', '10.0.0.9']},
                'flavor': {'vcpus': 1, 'original_name': 'm1'},
                'security_groups': ['default', 'web'],
                'volumes': ['v1', 'v2'],
                'power_state': 'Running',
            },
            dict(shapes.server(BODY).identity),
        )

    def test_what_is_not_shown_is_not_in_the_identity(self) -> None:
        least = {'id': 'id-1', 'status': 'UNKNOWN'}
        found = shapes.server(least)
        self.assertEqual({}, dict(found.identity))
        self.assertEqual(('id-1', None), (found.name, found.host_id))

    def test_a_power_state_that_nobody_knows_is_shown_as_it_is(self) -> None:
        found = shapes.server({**BODY, 'OS-EXT-STS:power_state': 99})
        self.assertEqual(99, found.identity['power_state'])

    def test_a_fault_with_and_without_details(self) -> None:
        for fault, expected in (
            ({'message': 'Boom', 'details': 'd'}, facts.Fault('Boom', 'd')),
            ({'message': 'Boom'}, facts.Fault('Boom')),
            ({'message': None}, facts.Fault('')),
        ):
            body = {**BODY, 'fault': fault}
            self.assertEqual(expected, shapes.server(body).fault)

    def test_a_server_before_its_first_boot_has_no_host_id(self) -> None:
        self.assertIsNone(shapes.server({**BODY, 'hostId': ''}).host_id)


class RowsTestCase(testtools.TestCase):
    def test_a_record(self) -> None:
        body = {
            'uuid': 'u', 'migration_type': 'resize', 'status': 'finished',
            'source_compute': 'a', 'dest_compute': 'b', 'user_id': 'x',
            'created_at': 't',
        }  # fmt: skip
        self.assertEqual(
            facts.MigrationRecord('u', 'resize', 'finished', 'a', 'b', 'x',
                                  't'),
            shapes.record(body),
        )  # fmt: skip

    def test_an_action_of_novas_own_has_no_user(self) -> None:
        body = {'request_id': 'r', 'action': 'confirmResize', 'user_id': None}
        self.assertEqual(
            facts.InstanceAction('r', 'confirmResize'), shapes.action(body)
        )
