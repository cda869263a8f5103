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

"""What the result says of an end, and that saying it cannot fail."""

from collections.abc import Mapping
from unittest import mock

from osc_migrate.engine import facts
from osc_migrate import exceptions
from osc_migrate import result as results
from osc_migrate.tests.unit import fakes
from osc_migrate.tests.unit import rows_moved
from osc_migrate.tests.unit import rows_stayed
from osc_migrate.tests.unit import test_operation
from osc_migrate.tests.unit import traces


class ExplanationTestCase(test_operation.OperationTestCase):
    def ended(
        self,
        trace: str,
        events: tuple[facts.ActionEvent, ...] = (),
        services: Mapping[str, facts.ComputeService] | None = None,
        **asked: object,
    ) -> results.Result:
        clock = fakes.FakeClock()
        nova = fakes.ScriptedNova(
            clock,
            trace,
            rows_moved.DONE,
            events={traces.REQUEST: events},
            services=services,
        )
        return self.run_it(nova, clock, **asked)

    def test_a_success_fills_every_field(self) -> None:
        result = self.ended(rows_moved.ARRIVED)
        shown = {name: getattr(result, name) for name in results.FIELDS}
        self.assertAlmostEqual(12, shown.pop('duration'), delta=1.5)
        self.assertEqual(
            {
                'outcome': 'confirmed',
                'reason': None,
                'hint': None,
                'migration_id': traces.OURS,
                'migration_type': 'migration',
                'migration_status': 'confirmed',
                'source_host': 'src',
                'destination_host': 'dst',
                'request_id': traces.REQUEST,
                'changes': {},
                'warnings': (),
            },
            shown,
        )

    def test_no_valid_host_is_told_in_novas_words(self) -> None:
        words = 'No valid host was found. No valid host found for cold migrate'
        result = self.ended(
            rows_stayed.NO_VALID_HOST,
            (
                facts.ActionEvent('conductor_migrate_server', 'Error', words),
                facts.ActionEvent('cold_migrate', 'Error', words),
            ),
        )
        self.assertEqual(words, result.reason)
        self.assertIn('No host passed the scheduler', str(result.hint))
        self.assertEqual((3, 'error'), (result.exit_code, 'error'))
        self.assertEqual('error', result.migration_status)

    def test_a_destination_that_is_disabled_is_named(self) -> None:
        service = facts.ComputeService('other', up=True, enabled=False)
        result = self.ended(
            rows_stayed.NO_VALID_HOST,
            services={'other': service},
            host='other',
        )
        self.assertIn('set --enable other nova-compute', str(result.hint))

    def test_the_host_that_was_asked_for_is_passed_on(self) -> None:
        clock = fakes.FakeClock()
        nova = fakes.ScriptedNova(clock, rows_moved.ARRIVED, rows_moved.DONE)
        self.run_it(nova, clock, host='other')
        self.assertEqual(['other'], nova.hosts_asked)

    def test_an_end_that_cannot_be_explained_is_told_all_the_same(
        self,
    ) -> None:
        clock = fakes.FakeClock()
        nova = fakes.ScriptedNova(clock, rows_stayed.NO_VALID_HOST)
        failure = exceptions.TransientError('HTTP 502: Bad Gateway')
        with mock.patch.object(nova, 'events', side_effect=failure):
            result = self.run_it(nova, clock)
        self.assertEqual('rolled-back', result.outcome)
        self.assertEqual('The migration record is in error.', result.reason)

    def test_a_member_is_warned_of_what_was_not_seen(self) -> None:
        clock = fakes.FakeClock()
        nova = fakes.ScriptedNova(
            clock, rows_moved.ARRIVED, rows_moved.DONE, view=traces.MEMBER
        )
        result = self.run_it(nova, clock)
        self.assertEqual('confirmed', result.outcome)
        self.assertEqual(
            (None, None, None),
            (result.migration_id, result.source_host, result.destination_host),
        )
        self.assertIn('may not be read by this user', result.warnings[0])

    def test_an_unreadable_end_is_told_with_the_fault(self) -> None:
        result = self.ended(
            '0.2 RESIZE/resize_prep src -\n1 fault', timeout=20.0
        )
        self.assertEqual(
            ('unknown', 'HTTP 502: Bad Gateway'),
            (result.outcome, result.reason),
        )

    def test_a_failed_clean_up_is_told_by_the_steps_of_the_confirm(
        self,
    ) -> None:
        clock = fakes.FakeClock()
        step = facts.ActionEvent('compute_confirm_resize', 'Error', 'Boom')
        other = facts.ActionEvent('compute_x', 'Error', 'Retried')
        nova = fakes.ScriptedNova(
            clock,
            rows_moved.ARRIVED,
            '0 VERIFY_RESIZE dst confirming\n1 ERROR dst error',
            events={'req-confirm': (step,), traces.REQUEST: (other,)},
        )
        result = self.run_it(nova, clock)
        self.assertEqual(('error', 'Boom'), (result.outcome, result.reason))

    def test_who_deleted_the_server_is_named(self) -> None:
        result = self.ended(
            '0.2 RESIZE/resize_prep src pre-migrating\n3 404 delete:bob'
        )
        self.assertEqual(('deleted', 4), (result.outcome, result.exit_code))
        self.assertIn('user-bob', str(result.reason))

    def test_a_conflict_says_how_ours_had_ended(self) -> None:
        result = self.ended(
            '0.2 RESIZE/resize_prep src pre-migrating\n'
            '3 RESIZE/resize_prep src error newer:resize=migrating resize:bob'
        )
        self.assertEqual('conflict', result.outcome)
        self.assertIn('Ours had ended as error.', str(result.reason))
