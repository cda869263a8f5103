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

"""The door to Nova: what is asked on the wire, and what its answers mean."""

from collections.abc import Iterator
import contextlib
import json
from typing import Any

import testtools

from osc_migrate.cloud import nova
from osc_migrate.engine import facts
from osc_migrate import exceptions
from osc_migrate.tests.unit import fake_api
from osc_migrate.tests.unit.fake_api import reply

UUID = '4f6d9d2e-0000-4000-8000-000000000001'
SERVER = f'GET /v2.1/servers/{UUID}'
DETAIL = 'GET /v2.1/servers/detail'
RECORDS = 'GET /v2.1/os-migrations'
ACTIONS = f'GET /v2.1/servers/{UUID}/os-instance-actions'
EVENTS = f'{ACTIONS}/req-1'
SERVICES = 'GET /v2.1/os-services'
ACTION = f'POST /v2.1/servers/{UUID}/action'
COPIES = f'GET /v2.1/servers/{UUID}/migrations'
COPY = f'DELETE /v2.1/servers/{UUID}/migrations/7'
FORCE = f'POST /v2.1/servers/{UUID}/migrations/7/action'
OURS = facts.MigrationRecord('uuid-1', 'live-migration', 'running', id=7)

FORBIDDEN = reply(403, {'forbidden': {'message': 'Policy', 'code': 403}})
MISSING = reply(404, {'itemNotFound': {'message': 'No such', 'code': 404}})


def server(**more: Any) -> dict[str, Any]:
    return {'id': UUID, 'name': 'web-1', 'status': 'ACTIVE', **more}


class DoorTestCase(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.wire = fake_api.Wire()
        self._door: Any = None

    @property
    def door(self) -> Any:
        if self._door is None:
            self._door = fake_api.connect(self.wire)
        return self._door


class WireTestCase(DoorTestCase):
    def test_every_request_names_its_microversion(self) -> None:
        self.wire.on(SERVER, reply(200, {'server': server()}))
        self.wire.on(DETAIL, reply(200, {'servers': []}))
        self.wire.on(RECORDS, reply(200, {'migrations': []}))
        self.wire.on(ACTIONS, reply(200, {'instanceActions': []}))
        self.wire.on(EVENTS, reply(200, {'instanceAction': {}}))
        self.wire.on(SERVICES, reply(200, {'services': []}))
        self.wire.on(ACTION, reply(202))
        self.wire.on(COPIES, reply(200, {'migrations': []}))
        self.wire.on(COPY, reply(202))
        self.wire.on(FORCE, reply(202))
        self.door.find('web-1')
        self.door.server(UUID)
        self.door.records(UUID)
        self.door.actions(UUID)
        self.door.events(UUID, 'req-1')
        self.door.service('host1')
        self.door.cold_migrate(UUID, None)
        self.door.live_migrate(UUID, None, None)
        self.door.confirm(UUID)
        self.door.revert(UUID)
        self.door.transfer(UUID, OURS)
        self.door.abort(UUID, 7)
        self.door.force_complete(UUID, 7)
        self.assertEqual(
            ['compute 2.84'] * 13,
            [r.headers['OpenStack-API-Version'] for r in self.wire.to_nova],
        )

    def test_an_older_nova_is_used_as_far_as_it_goes(self) -> None:
        for newest, used in (('2.59', '2.59'), ('2.79', '2.79')):
            wire = fake_api.Wire(newest)
            wire.on(SERVER, reply(200, {'server': server()}))
            fake_api.connect(wire).server(UUID)
            self.assertEqual(
                f'compute {used}',
                wire.to_nova[-1].headers['OpenStack-API-Version'],
            )

    def test_a_nova_that_is_too_old_is_refused_with_a_sentence(self) -> None:
        for newest in ('2.53', '2.58'):
            refused = self.assertRaises(
                exceptions.Refused,
                fake_api.connect,
                fake_api.Wire(newest),
            )
            self.assertIn('microversion 2.59', refused.message)
            self.assertIn(newest, refused.message)

    def test_an_endpoint_that_says_nothing_is_asked_again(self) -> None:
        self.assertRaises(
            exceptions.TransientError, fake_api.connect, fake_api.Wire(None)
        )

    def test_no_request_waits_for_ever(self) -> None:
        self.wire.on(SERVER, reply(200, {'server': server()}))
        self.door.server(UUID)
        self.assertNotIn(None, self.wire.timeouts[-1:])

    def test_a_look_waits_no_longer_than_the_client_was_told(self) -> None:
        self.wire.on(SERVER, reply(200, {'server': server()}))
        connection = fake_api.connection_to(self.wire)
        connection.session.timeout = 5.0
        door = nova.Nova(connection)
        for hurry, waits in ((None, 5.0), (20.0, 5.0), (2.0, 2.0)):
            if hurry is not None:
                door.hurry(hurry)
            door.server(UUID)
            self.assertEqual(waits, self.wire.timeouts[-1])

    def test_who_asks_is_read_from_the_token(self) -> None:
        self.wire.roles = ['manager']
        self.assertEqual(
            (fake_api.USER, fake_api.PROJECT, frozenset({'manager'})),
            (self.door.user_id, self.door.project_id, self.door.roles),
        )


class ServersTestCase(DoorTestCase):
    def test_a_server_that_is_gone_is_none(self) -> None:
        self.wire.on(SERVER, MISSING)
        self.assertIsNone(self.door.server(UUID))

    def test_a_uuid_is_looked_for_as_an_id(self) -> None:
        self.wire.on(SERVER, reply(200, {'server': server()}))
        for given in (UUID, UUID.upper()):
            self.assertEqual(
                [UUID], [found.id for found in self.door.find(given)]
            )

    def test_a_name_that_looks_like_a_uuid_is_found_as_a_name(self) -> None:
        named = server(id='other', name=UUID)
        self.wire.on(SERVER, MISSING)
        self.wire.on(DETAIL, reply(200, {'servers': [named]}))
        self.assertEqual(
            ['other'], [found.id for found in self.door.find(UUID)]
        )

    def test_a_name_is_looked_for_exactly_and_everywhere(self) -> None:
        self.wire.on(DETAIL, reply(200, {'servers': [server()]}))
        self.assertEqual(1, len(self.door.find('web-1')))
        self.assertEqual(
            [{'name': '^web\\-1$', 'all_tenants': '1'}], self.wire.queries()
        )

    def test_a_name_with_signs_of_a_pattern_means_itself(self) -> None:
        for name in ('web.*', 'a+b', 'db[1]', '^x$', 'a|b', '100%&x=y'):
            others = [server(), server(id='hit', name=name)]
            self.wire.on(DETAIL, reply(200, {'servers': others}))
            self.assertEqual(
                ['hit'], [found.id for found in self.door.find(name)]
            )

    def test_a_caller_without_all_projects_gets_the_own(self) -> None:
        self.wire.on(DETAIL, FORBIDDEN, reply(200, {'servers': [server()]}))
        self.assertEqual(1, len(self.door.find('web-1')))
        self.assertNotIn('all_tenants', self.wire.queries()[-1])

    def test_a_no_that_is_not_about_all_projects_is_passed_on(self) -> None:
        self.wire.on(DETAIL, reply(400, {'badRequest': {'message': 'No'}}))
        error = self.assertRaises(exceptions.ApiError, self.door.find, 'web-1')
        self.assertEqual(400, error.status)

    def test_a_long_list_is_read_to_its_end(self) -> None:
        more = {'servers_links': [{'rel': 'next', 'href': 'x'}]}
        second = server(id='second')
        self.wire.on(
            DETAIL,
            reply(200, {'servers': [server()], **more}),
            reply(200, {'servers': [second]}),
        )
        self.assertEqual(
            [UUID, 'second'],
            [found.id for found in self.door.find('web-1')],
        )
        self.assertEqual(UUID, self.wire.queries()[-1]['marker'])

    def test_a_server_of_a_cell_that_is_down(self) -> None:
        body = {'id': UUID, 'status': 'UNKNOWN', 'tenant_id': 'p'}
        self.wire.on(SERVER, reply(200, {'server': body}))
        found = self.door.server(UUID)
        self.assertEqual(
            ('UNKNOWN', UUID, None, None),
            (found.status, found.name, found.task_state, found.host),
        )


class PostsTestCase(DoorTestCase):
    def sent(self) -> object:
        body: Any = self.wire.to_nova[-1].body
        return json.loads(body)

    def test_the_request_id_is_novas_answer(self) -> None:
        self.wire.on(ACTION, reply(202, x_openstack_request_id='req-7'))
        self.assertEqual('req-7', self.door.cold_migrate(UUID, None))
        self.assertEqual({'migrate': None}, self.sent())

    def test_a_destination_is_sent(self) -> None:
        self.wire.on(ACTION, reply(202))
        self.door.cold_migrate(UUID, 'host2')
        self.assertEqual({'migrate': {'host': 'host2'}}, self.sent())

    def test_a_confirm(self) -> None:
        self.wire.on(ACTION, reply(204, x_openstack_request_id='req-8'))
        self.assertEqual('req-8', self.door.confirm(UUID))
        self.assertEqual({'confirmResize': None}, self.sent())

    def test_a_live_migration_leaves_disks_and_host_to_nova(self) -> None:
        self.wire.on(ACTION, reply(202, x_openstack_request_id='req-7'))
        self.assertEqual('req-7', self.door.live_migrate(UUID, None, None))
        self.assertEqual(
            {'os-migrateLive': {'host': None, 'block_migration': 'auto'}},
            self.sent(),
        )

    def test_a_live_migration_as_it_was_asked_for(self) -> None:
        self.wire.on(ACTION, reply(202))
        for disks in (True, False):
            self.door.live_migrate(UUID, 'host2', disks)
            # Without force: the scheduler has its say.
            self.assertEqual(
                {'os-migrateLive': {'host': 'host2',
                                    'block_migration': disks}},
                self.sent(),
            )  # fmt: skip

    def test_a_revert(self) -> None:
        self.wire.on(ACTION, reply(202, x_openstack_request_id='req-8'))
        self.assertEqual('req-8', self.door.revert(UUID))
        self.assertEqual({'revertResize': None}, self.sent())

    def test_an_abort(self) -> None:
        self.wire.on(COPY, reply(202, x_openstack_request_id='req-8'))
        self.assertEqual('req-8', self.door.abort(UUID, 7))
        self.assertIsNone(self.wire.to_nova[-1].body)

    def test_a_completion_by_force(self) -> None:
        self.wire.on(FORCE, reply(202, x_openstack_request_id='req-8'))
        self.assertEqual('req-8', self.door.force_complete(UUID, 7))
        self.assertEqual({'force_complete': None}, self.sent())

    def test_what_nova_does_not_do_now_is_told_in_its_words(self) -> None:
        words = 'Migration 7 state of instance X is preparing.'
        no = reply(400, {'badRequest': {'message': words, 'code': 400}})
        self.wire.on(COPY, no)
        self.wire.on(FORCE, no)
        for ask in (self.door.abort, self.door.force_complete):
            error = self.assertRaises(exceptions.ApiError, ask, UUID, 7)
            self.assertEqual((words, 400), (error.message, error.status))

    def test_a_refused_post_is_sent_once_and_told_in_novas_words(
        self,
    ) -> None:
        self.wire.on(
            ACTION,
            reply(
                409,
                {'conflictingRequest': {'message': 'Is locked', 'code': 409}},
                x_openstack_request_id='req-9',
            ),
        )
        error = self.assertRaises(
            exceptions.ApiError, self.door.cold_migrate, UUID, None
        )
        self.assertEqual(
            ('Is locked', 409, 'req-9'),
            (error.message, error.status, error.request_id),
        )
        self.assertEqual(1, len(self.wire.to_nova))

    def test_posts_are_shielded_and_reads_are_not(self) -> None:
        shielded: list[bool] = []

        @contextlib.contextmanager
        def shield() -> Iterator[None]:
            before = len(self.wire.to_nova)
            yield
            shielded.append(len(self.wire.to_nova) == before + 1)

        door = fake_api.connect(self.wire, shield)
        self.wire.on(ACTION, reply(202))
        self.wire.on(SERVER, reply(200, {'server': server()}))
        door.server(UUID)
        door.cold_migrate(UUID, None)
        door.confirm(UUID)
        self.wire.on(COPY, reply(202))
        self.wire.on(FORCE, reply(202))
        door.live_migrate(UUID, None, None)
        door.revert(UUID)
        door.abort(UUID, 7)
        door.force_complete(UUID, 7)
        self.assertEqual([True] * 6, shielded)
