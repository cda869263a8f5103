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

from osc_migrate import exceptions
from osc_migrate import result as results
from osc_migrate.tests.unit import fakes
from osc_migrate.tests.unit import rows
from osc_migrate.tests.unit import rows_moved
from osc_migrate.tests.unit import test_operation
from osc_migrate.tests.unit import traces


@dataclasses.dataclass(frozen=True)
class Attached:
    """A move that somebody asked for before."""

    name: str
    found: str
    outcome: str
    confirms: int = 0
    migration: str | None = None
    asked: bool = True


ATTACHED = (
    Attached(
        'while the disk is copied',
        '0 RESIZE/resize_migrating src migrating\n5 VERIFY_RESIZE dst '
        'finished',
        'confirmed', 1,
    ),
    Attached(
        'when it awaits confirmation',
        '0 VERIFY_RESIZE dst finished', 'confirmed', 1,
    ),
    Attached(
        'while somebody else confirms',
        '0 VERIFY_RESIZE dst confirming confirmResize:alice\n'
        '1 ACTIVE dst confirmed',
        'confirmed-elsewhere',
    ),
    Attached(
        'while somebody else reverts',
        '0 REVERT_RESIZE/resize_reverting dst reverting revertResize:bob\n'
        '1 REVERT_RESIZE/resize_reverting dst reverted\n'
        '5 ACTIVE src reverted',
        'reverted',
    ),
    Attached(
        'when it is confirmed already',
        '0 ACTIVE dst confirmed confirmResize:nova', 'auto-confirmed',
        migration=traces.OURS,
    ),
    Attached(
        'when it has rolled back already',
        '0 ACTIVE src error failed', 'rolled-back', migration=traces.OURS,
    ),
    Attached(
        'when the guest could not be started',
        '0 ERROR dst error failed', 'error', migration=traces.OURS,
    ),
    Attached(
        'when it was confirmed and the server moved on since',
        '0 ACTIVE third confirmed newer:migration=confirmed '
        'confirmResize:alice migrate:bob confirmResize:bob',
        'confirmed-elsewhere', migration=traces.OURS,
    ),
    Attached(
        'when it had rolled back and the server moved on since',
        '0 ACTIVE third error failed newer:migration=confirmed '
        'migrate:bob confirmResize:bob',
        'unknown', migration=traces.OURS,
    ),
)  # fmt: skip


@rows.each(ATTACHED)
class TakenOver(test_operation.OperationTestCase):
    def check(self, row: Attached) -> None:
        clock = fakes.FakeClock()
        clock.pass_by(100.0)
        nova = fakes.ScriptedNova(clock, row.found, rows_moved.DONE)
        nova.begin()
        result = self.run_it(nova, clock, attach=True, migration=row.migration)
        # Counted from the record's creation, not from ours.
        self.assertAlmostEqual(
            clock.now() - 1000.0, result.duration or 0.0, delta=0.5
        )
        self.assertEqual(
            (row.outcome, row.confirms, 0),
            (
                result.outcome,
                nova.requests['confirm'],
                nova.requests['migrate'],
            ),
        )
        self.assertEqual(
            (traces.OURS, traces.REQUEST, 'src', 'dst', None),
            (
                result.migration_id,
                result.request_id,
                result.source_host,
                result.destination_host,
                result.changes,
            ),
        )


class SourceHostTestCase(test_operation.OperationTestCase):
    def on(
        self, found: str, **asked: object
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

    def test_nothing_is_done_to_a_server_elsewhere(self) -> None:
        nova, result = self.on('0 ACTIVE dst confirmed')
        self.assertEqual(('not-on-source', 0), (
            result.outcome, result.exit_code,
        ))  # fmt: skip
        self.assertEqual(
            (0, 0, 0),
            (
                nova.requests['migrate'],
                nova.requests['confirm'],
                nova.requests['server'],
            ),
        )

    def test_a_move_away_from_the_source_is_taken_over(self) -> None:
        clock = fakes.FakeClock()
        nova = fakes.ScriptedNova(
            clock, '0 VERIFY_RESIZE dst finished', rows_moved.DONE
        )
        nova.begin()
        result = self.run_it(nova, clock, source_host='src')
        self.assertEqual(
            ('confirmed', 0), (result.outcome, nova.requests['migrate'])
        )


class DryRunTestCase(test_operation.OperationTestCase):
    def test_a_dry_run_asks_nothing_of_nova(self) -> None:
        clock = fakes.FakeClock()
        nova = fakes.ScriptedNova(clock, '0 404')
        result = self.run_it(nova, clock, dry_run=True)
        self.assertEqual(('planned', 0), (result.outcome, result.exit_code))
        self.assertEqual('src', result.source_host)
        self.assertEqual(
            0, nova.requests['migrate'] + nova.requests['confirm']
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
