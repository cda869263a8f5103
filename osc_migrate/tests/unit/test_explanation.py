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
from typing import Any
from unittest import mock

from osc_migrate.engine import facts
from osc_migrate.engine import move as moves
from osc_migrate.engine import request as requests
from osc_migrate import exceptions
from osc_migrate import gate as gates
from osc_migrate import result as results
from osc_migrate.tests.unit import fakes
from osc_migrate.tests.unit import rows
from osc_migrate.tests.unit import rows_gate
from osc_migrate.tests.unit import rows_live
from osc_migrate.tests.unit import rows_live_failed
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
        **asked: Any,
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

    def test_a_stopped_server_that_says_active_afterwards_is_told(
        self,
    ) -> None:
        # As Nova up to 19 leaves it; the guest is off.
        clock = fakes.FakeClock()
        nova = fakes.ScriptedNova(
            clock, rows_stayed.NO_VALID_HOST, before='0 SHUTOFF src -'
        )
        result = self.run_it(nova, clock)
        self.assertEqual('rolled-back', result.outcome)
        self.assertIn(
            'The status was SHUTOFF and is ACTIVE now.', result.warnings
        )

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
        self.assertEqual(
            'The migration failed; Nova gives no reason.', result.reason
        )

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


class LiveTestCase(test_operation.OperationTestCase):
    """Ends of live migrations, and of checks."""

    def ended(
        self,
        trace: str,
        events: tuple[facts.ActionEvent, ...] = (),
        *,
        gate: rows.Gated | None = None,
        stopped: str = '',
        stops: tuple[fakes.Answer, ...] = (fakes.TAKEN,),
        view: traces.View = traces.ADMIN,
        **asked: Any,
    ) -> results.Result:
        clock = fakes.FakeClock()
        nova = fakes.ScriptedNova(
            clock,
            trace,
            kind=moves.Kind.LIVE,
            events={traces.REQUEST: events},
            stopped=stopped,
            stops=stops,
            view=view,
        )
        return self.run_it(
            nova,
            clock,
            gate.played(clock) if gate else None,
            method=requests.Method.LIVE,
            **asked,
        )

    def test_a_success_fills_every_field(self) -> None:
        result = self.ended(rows_live.MOVED)
        shown = {name: getattr(result, name) for name in results.FIELDS}
        self.assertAlmostEqual(31.7, shown.pop('duration'), delta=1.5)
        self.assertEqual(
            {
                'outcome': 'completed',
                'reason': None,
                'hint': None,
                'migration_id': traces.OURS,
                'migration_type': 'live-migration',
                'migration_status': 'completed',
                'source_host': 'src',
                'destination_host': 'dst',
                'request_id': traces.REQUEST,
                'changes': {},
                'warnings': (),
            },
            shown,
        )

    def test_no_valid_host_is_told_in_novas_words(self) -> None:
        words = (
            'No valid host was found. There are not enough hosts available.'
        )
        result = self.ended(
            '0.1 MIGRATING/migrating src accepted\n'
            '0.4 ACTIVE src error dest=- failed',
            (
                facts.ActionEvent(
                    'conductor_live_migrate_instance', 'Error', words
                ),
            ),
        )
        self.assertEqual(
            ('rolled-back', words), (result.outcome, result.reason)
        )
        self.assertIn('No host passed the scheduler', str(result.hint))

    def test_an_error_while_the_guest_runs_names_what_mends_it(self) -> None:
        result = self.ended(rows_live_failed.ABORTED)
        self.assertEqual(('error', 4), (result.outcome, result.exit_code))
        self.assertIn('user-alice', str(result.reason))
        self.assertIn('server set --state active', str(result.hint))
        self.assertIn('src', str(result.hint))

    def test_a_failed_check_is_told_with_the_way_back(self) -> None:
        result = self.ended(
            rows_live.MOVED,
            gate=rows.Gated(gates.Answer.REVERT, 1.0, 'It failed.'),
            wish=moves.Wish.ASK,
        )
        self.assertEqual(
            ('check-failed', 'It failed.', {}),
            (result.outcome, result.reason, result.changes),
        )
        self.assertIn('--live-migration --host src', str(result.hint))

    def test_who_may_read_no_records_is_not_told_of_records(self) -> None:
        result = self.ended(rows_live_failed.FAILED, view=traces.MEMBER)
        self.assertEqual('rolled-back', result.outcome)
        self.assertNotIn('migration record', str(result.reason))

    def test_what_was_lost_was_not_refused(self) -> None:
        result = self.ended(
            rows_live.COPYING,
            stops=(fakes.LOST,),
            timeout=60.0,
            on_timeout='abort',
        )
        self.assertEqual('timeout', result.outcome)
        self.assertIn('The answer was lost.', str(result.reason))
        self.assertNotIn('refused', str(result.reason))

    def test_a_refusal_that_was_overtaken_is_not_told_of_the_limit(
        self,
    ) -> None:
        for answer in (fakes.ALREADY, fakes.LOST_TAKEN):
            clock = fakes.FakeClock()
            nova = fakes.ScriptedNova(
                clock,
                rows_moved.ARRIVED,
                '0.0 VERIFY_RESIZE dst confirming confirmResize:alice',
                confirms=(answer,),
            )
            result = self.run_it(nova, clock, timeout=60.0)
            self.assertEqual(
                (
                    'timeout',
                    'The time limit was reached while Nova was at work.',
                ),
                (result.outcome, result.reason),
            )

    def test_a_failed_revert_is_told_by_its_own_steps(self) -> None:
        clock = fakes.FakeClock()
        step = facts.ActionEvent(
            'compute_finish_revert_resize', 'Error', 'Boom'
        )
        nova = fakes.ScriptedNova(
            clock,
            rows_moved.ARRIVED,
            reverted='0.5 ERROR src error',
            events={'req-revert': (step,)},
        )
        result = self.run_it(
            nova, clock, rows_gate.FAILS.played(clock), wish=moves.Wish.ASK
        )
        self.assertEqual(('error', 'Boom'), (result.outcome, result.reason))
        self.assertIn('Look for the guest on src and dst', str(result.hint))

    def test_a_revert_that_is_not_begun_says_why_and_what_then(self) -> None:
        clock = fakes.FakeClock()
        nova = fakes.ScriptedNova(
            clock, rows_moved.ARRIVED, services=rows_gate.DOWN
        )
        result = self.run_it(
            nova, clock, rows_gate.FAILS.played(clock), wish=moves.Wish.ASK
        )
        self.assertEqual(
            ('unconfirmed', 4, 'finished'),
            (result.outcome, result.exit_code, result.migration_status),
        )
        self.assertEqual(
            'The check exited with code 1. No revert was begun: the compute '
            'service of src is down.',
            result.reason,
        )
        self.assertIn('Start nova-compute on src', str(result.hint))

    def test_a_check_is_told_where_the_server_is(self) -> None:
        clock = fakes.FakeClock()
        gate = rows_gate.PASSES.played(clock)
        nova = fakes.ScriptedNova(clock, rows_moved.ARRIVED, rows_moved.DONE)
        self.run_it(nova, clock, gate, wish=moves.Wish.ASK)
        (arrival,) = gate.arrivals
        self.assertEqual(
            ('src', 'dst', 'dst', 'VERIFY_RESIZE'),
            (
                arrival.source_host,
                arrival.destination_host,
                arrival.server.host,
                arrival.server.status,
            ),
        )
