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

"""Records, actions and services: who may see what of them."""

from osc_migrate.engine import facts
from osc_migrate import exceptions
from osc_migrate.tests.unit import fake_api
from osc_migrate.tests.unit.fake_api import reply
from osc_migrate.tests.unit import test_nova


WHAT = ('total', 'processed', 'remaining')


class RecordsTestCase(test_nova.DoorTestCase):
    def test_a_manager_names_the_own_project(self) -> None:
        body = {
            'migrations': [
                {
                    'uuid': 'uuid-1',
                    'migration_type': 'migration',
                    'status': 'finished',
                    'source_compute': None,
                    'dest_compute': None,
                    'user_id': 'u',
                }
            ]
        }
        self.wire.on(test_nova.RECORDS, test_nova.FORBIDDEN, reply(200, body))
        self.assertEqual(
            (facts.MigrationRecord('uuid-1', 'migration', 'finished',
                                   user_id='u'),),
            self.door.records(test_nova.UUID),
        )  # fmt: skip
        self.door.records(test_nova.UUID)
        # The refusal is asked for once only.
        self.assertEqual(
            [None, fake_api.PROJECT, fake_api.PROJECT],
            [query.get('project_id') for query in self.wire.queries()],
        )
        self.assertEqual(
            {test_nova.UUID}, {q['instance_uuid'] for q in self.wire.queries()}
        )

    def test_a_member_sees_none(self) -> None:
        self.wire.on(test_nova.RECORDS, test_nova.FORBIDDEN)
        self.assertIs(facts.Missing.HIDDEN, self.door.records(test_nova.UUID))

    def test_a_cloud_below_2_80_does_not_know_project_id(self) -> None:
        wire = fake_api.Wire('2.79')
        wire.on(
            test_nova.RECORDS,
            test_nova.FORBIDDEN,
            reply(400, 'Additional properties'),
        )
        self.assertIs(
            facts.Missing.HIDDEN,
            fake_api.connect(wire).records(test_nova.UUID),
        )


class ActionsTestCase(test_nova.DoorTestCase):
    def test_actions_that_may_not_be_seen_are_hidden(self) -> None:
        for answer in (test_nova.FORBIDDEN, test_nova.MISSING):
            self.wire.on(test_nova.ACTIONS, answer)
            self.assertIs(
                facts.Missing.HIDDEN, self.door.actions(test_nova.UUID)
            )

    def test_events_that_may_not_be_seen_are_none(self) -> None:
        for answer in (
            test_nova.FORBIDDEN,
            test_nova.MISSING,
            reply(200, {'instanceAction': {'action': 'migrate'}}),
        ):
            self.wire.on(test_nova.EVENTS, answer)
            self.assertEqual((), self.door.events(test_nova.UUID, 'req-1'))

    def test_events_are_read_with_their_details(self) -> None:
        event = {'event': 'compute_x', 'result': 'Error', 'details': 'Boom'}
        self.wire.on(
            test_nova.EVENTS,
            reply(200, {'instanceAction': {'events': [event]}}),
        )
        self.assertEqual(
            (facts.ActionEvent('compute_x', 'Error', 'Boom'),),
            self.door.events(test_nova.UUID, 'req-1'),
        )

    def test_a_compute_service(self) -> None:
        row = {'host': 'h', 'state': 'up', 'status': 'enabled'}
        for more, expected in (
            ({}, (True, True)),
            ({'state': 'down'}, (False, True)),
            ({'status': 'disabled'}, (True, False)),
            ({'forced_down': True}, (False, True)),
        ):
            self.wire.on(
                test_nova.SERVICES, reply(200, {'services': [{**row, **more}]})
            )
            found = self.door.service('h')
            self.assertEqual(expected, (found.up, found.enabled))

    def test_a_token_that_is_not_taken_hides_no_compute_service(self) -> None:
        refused = {'error': {'code': 401, 'message': 'Unauthorized'}}
        self.wire.on(test_nova.SERVICES, reply(401, refused))
        error = self.assertRaises(exceptions.ApiError, self.door.service, 'h')
        self.assertEqual(401, error.status)

    def test_a_compute_service_that_is_not_there_or_not_shown(self) -> None:
        self.wire.on(test_nova.SERVICES, reply(200, {'services': []}))
        self.assertIs(facts.Missing.NOT_READ, self.door.service('h'))
        self.wire.on(test_nova.SERVICES, test_nova.FORBIDDEN)
        self.assertIs(facts.Missing.HIDDEN, self.door.service('h'))


class TransferTestCase(test_nova.DoorTestCase):
    def copied(self, *rows: dict[str, object]) -> facts.Transfer | None:
        self.wire.on(test_nova.COPIES, reply(200, {'migrations': list(rows)}))
        found: facts.Transfer | None = self.door.transfer(
            test_nova.UUID, test_nova.OURS
        )
        return found

    def row(self, **more: object) -> dict[str, object]:
        of_memory = {f'memory_{what}_bytes': 0 for what in WHAT}
        of_disk = {f'disk_{what}_bytes': 0 for what in WHAT}
        return {
            'id': 7, 'uuid': 'uuid-1', 'status': 'running', **of_memory,
            **of_disk, **more,
        }  # fmt: skip

    def test_bytes_of_memory_and_disk(self) -> None:
        self.assertEqual(
            facts.Transfer(201859072, 35335954, 153468928 + 4096),
            self.copied(
                self.row(
                    memory_total_bytes=201859072,
                    memory_processed_bytes=35335954,
                    memory_remaining_bytes=153468928,
                    disk_remaining_bytes=4096,
                )
            ),
        )

    def test_nulls_before_the_first_report_tell_nothing(self) -> None:
        nothing = {f'memory_{what}_bytes': None for what in WHAT}
        disks = {f'disk_{what}_bytes': None for what in WHAT}
        self.assertIsNone(self.copied(self.row(**nothing, **disks)))

    def test_disks_that_are_not_told_are_left_out(self) -> None:
        row = self.row(memory_total_bytes=10, disk_total_bytes=None)
        self.assertEqual(facts.Transfer(10, 0, 0), self.copied(row))

    def test_a_list_without_ours_tells_nothing(self) -> None:
        self.assertIsNone(self.copied())
        self.assertIsNone(self.copied(self.row(uuid='another')))

    def test_404_is_no_end_and_no_fault(self) -> None:
        for answer in (test_nova.MISSING, test_nova.FORBIDDEN):
            self.wire.on(test_nova.COPIES, answer)
            self.assertIsNone(
                self.door.transfer(test_nova.UUID, test_nova.OURS)
            )

    def test_what_is_not_novas_is_a_fault(self) -> None:
        for row in (self.row(memory_total_bytes='many'), 'a row'):
            self.wire.on(test_nova.COPIES, reply(200, {'migrations': [row]}))
            self.assertRaises(
                exceptions.TransientError,
                self.door.transfer, test_nova.UUID, test_nova.OURS,
            )  # fmt: skip
