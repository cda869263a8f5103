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

"""Runs that take over a move, or find that there is nothing to do."""

import dataclasses
from typing import Any

from osc_migrate.engine import move as moves
from osc_migrate.engine import request as requests
from osc_migrate import exceptions
from osc_migrate import result as results
from osc_migrate.tests.unit import fakes
from osc_migrate.tests.unit import rows
from osc_migrate.tests.unit import rows_attached
from osc_migrate.tests.unit import rows_live
from osc_migrate.tests.unit import rows_moved
from osc_migrate.tests.unit import test_operation
from osc_migrate.tests.unit import traces


GONE = exceptions.ApiError('Instance X could not be found.', status=404)


REVERTED = """
    0 REVERT_RESIZE/resize_reverting dst reverted
    5 ACTIVE src reverted
"""


@rows.each((*rows_attached.ATTACHED, *rows_attached.LIVE))
class TakenOver(test_operation.OperationTestCase):
    def check(self, row: rows_attached.Attached) -> None:
        clock = fakes.FakeClock()
        clock.pass_by(100.0)
        nova = fakes.ScriptedNova(
            clock,
            row.found,
            rows_moved.DONE,
            reverted=REVERTED,
            stopped='0.4 ACTIVE src cancelled',
            kind=row.kind,
            view=row.view,
        )
        nova.begin()
        gate = row.gate.played(clock) if row.gate else None
        result = self.run_it(
            nova,
            clock,
            gate,
            attach=True,
            migration=row.migration,
            wish=moves.Wish.ASK if gate else moves.Wish.CONFIRM,
            timeout=row.timeout,
            on_timeout=row.on_timeout,
        )
        # Counted from the record's creation, not from ours.
        self.assertAlmostEqual(
            clock.now() - 1000.0, result.duration or 0.0, delta=0.5
        )
        self.assertEqual(
            (row.outcome, row.changes), (result.outcome, nova.changes)
        )
        if row.gate is not None and gate is not None:
            self.assertEqual(row.gate.begins, bool(gate.arrivals))
        source = row.destination and 'src'
        self.assertEqual(
            (str(row.kind), traces.OURS, traces.REQUEST, source,
             row.destination, None),
            (
                result.migration_type,
                result.migration_id,
                result.request_id,
                result.source_host,
                result.destination_host,
                result.changes,
            ),
        )  # fmt: skip


class SourceHostTestCase(test_operation.OperationTestCase):
    def on(
        self, found: str, **asked: Any
    ) -> tuple[fakes.ScriptedNova, results.Result]:
        clock = fakes.FakeClock()
        nova = fakes.ScriptedNova(
            clock, rows_moved.ARRIVED, rows_moved.DONE, before=found
        )
        return nova, self.run_it(nova, clock, source_host='src', **asked)

    def test_a_server_on_the_source_is_moved(self) -> None:
        nova, result = self.on('0 ACTIVE src -')
        self.assertEqual('confirmed', result.outcome)
        self.assertEqual(1, nova.requests['migrate'])

    def test_the_move_of_another_run_that_was_quicker_is_followed(
        self,
    ) -> None:
        clock = fakes.FakeClock()
        nova = fakes.ScriptedNova(
            clock,
            rows_moved.ARRIVED,
            rows_moved.DONE,
            migrates=(dataclasses.replace(fakes.AT_WORK, takes=True),),
        )
        result = self.run_it(nova, clock, source_host='src')
        self.assertEqual(
            ('confirmed', traces.OURS, None),
            (result.outcome, result.migration_id, result.changes),
        )
        self.assertEqual(1, nova.requests['migrate'])

    def test_what_nova_refuses_for_good_is_refused(self) -> None:
        clock = fakes.FakeClock()
        nova = fakes.ScriptedNova(
            clock, rows_moved.ARRIVED, migrates=(fakes.LOCKED,)
        )
        refused = self.assertRaises(
            exceptions.Refused,
            self.run_it, nova, clock, source_host='src',
        )  # fmt: skip
        self.assertIn('is locked', refused.message)

    def test_nothing_is_done_to_a_server_elsewhere(self) -> None:
        nova, result = self.on('0 ACTIVE dst confirmed')
        self.assertEqual(('not-on-source', 0), (
            result.outcome, result.exit_code,
        ))  # fmt: skip
        self.assertEqual({}, nova.changes)
        # Once more after the records: they belong to where it is.
        self.assertEqual(1, nova.requests['server'])

    def test_a_move_away_from_the_source_is_taken_over(self) -> None:
        clock = fakes.FakeClock()
        nova = fakes.ScriptedNova(
            clock, '0 VERIFY_RESIZE dst finished', rows_moved.DONE
        )
        nova.begin()
        result = self.run_it(nova, clock, source_host='src')
        self.assertEqual(
            ('confirmed', {'confirm': 1}), (result.outcome, nova.changes)
        )

    def test_a_live_move_away_from_the_source_is_taken_over(self) -> None:
        for found in (rows_live.MOVED, '0 ACTIVE dst running\n'
                      '0.9 ACTIVE dst completed'):  # fmt: skip
            clock = fakes.FakeClock()
            nova = fakes.ScriptedNova(clock, found, kind=moves.Kind.LIVE)
            nova.begin()
            result = self.run_it(
                nova, clock, source_host='src', method=requests.Method.LIVE
            )
            self.assertEqual(('completed', {}), (result.outcome, nova.changes))

    def test_a_move_that_begins_between_two_reads_is_taken_over(self) -> None:
        clock = fakes.FakeClock()
        nova = fakes.ScriptedNova(
            clock,
            '0 ACTIVE src -\n0.03 RESIZE/resize_prep src -\n'
            '0.4 RESIZE/resize_migrating src migrating\n'
            '9 VERIFY_RESIZE dst finished',
            rows_moved.DONE,
        )
        nova.begin()
        result = self.run_it(nova, clock, source_host='src')
        self.assertEqual(
            ('confirmed', {'confirm': 1}), (result.outcome, nova.changes)
        )

    def test_a_server_that_leaves_between_two_reads_is_elsewhere(self) -> None:
        clock = fakes.FakeClock()
        nova = fakes.ScriptedNova(
            clock, '0 VERIFY_RESIZE dst confirming\n0.03 ACTIVE dst confirmed'
        )
        nova.begin()
        result = self.run_it(nova, clock, source_host='src')
        self.assertEqual(('not-on-source', {}), (result.outcome, nova.changes))

    def test_a_server_that_is_deleted_between_two_reads_is_not_moved(
        self,
    ) -> None:
        clock = fakes.FakeClock()
        nova = fakes.ScriptedNova(
            clock,
            '0 404',
            before='0 ACTIVE src -\n0.03 404',
            migrates=(fakes.Answer(GONE),),
        )
        self.assertRaises(
            exceptions.Refused, self.run_it, nova, clock, source_host='src'
        )


class DryRunTestCase(test_operation.OperationTestCase):
    def test_a_dry_run_asks_nothing_of_nova(self) -> None:
        clock = fakes.FakeClock()
        nova = fakes.ScriptedNova(clock, '0 404')
        result = self.run_it(nova, clock, dry_run=True)
        self.assertEqual(('planned', 0), (result.outcome, result.exit_code))
        self.assertEqual('src', result.source_host)
        self.assertEqual({}, nova.changes)

    def test_a_dry_run_of_a_live_migration_says_so(self) -> None:
        clock = fakes.FakeClock()
        nova = fakes.ScriptedNova(clock, '0 404')
        result = self.run_it(
            nova, clock, dry_run=True, method=requests.Method.AUTO
        )
        self.assertEqual(
            ('planned', 'live-migration', {}),
            (result.outcome, result.migration_type, nova.changes),
        )

    def test_a_dry_run_says_what_would_be_taken_over(self) -> None:
        clock = fakes.FakeClock()
        nova = fakes.ScriptedNova(clock, '0 VERIFY_RESIZE dst finished')
        nova.begin()
        result = self.run_it(nova, clock, dry_run=True, attach=True)
        self.assertEqual(
            ('planned', traces.OURS, 'finished'),
            (result.outcome, result.migration_id, result.migration_status),
        )

    def test_a_dry_run_refuses_with_every_reason(self) -> None:
        clock = fakes.FakeClock()
        nova = fakes.ScriptedNova(clock, '0 404', before='0 PAUSED src -')
        refused = self.assertRaises(
            exceptions.Refused,
            self.run_it, nova, clock, dry_run=True, host='nowhere',
        )  # fmt: skip
        self.assertEqual(
            [
                'The server is in vm_state paused.',
                'Compute host nowhere could not be found.',
            ],
            refused.message.splitlines(),
        )
        self.assertIn('openstack server unpause', str(refused.hint))
