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

"""Whole moves on clouds of many ages, from one microversion to another."""

import dataclasses

import osc_migrate
from osc_migrate.engine import move as moves
from osc_migrate.tests.unit import played_wire
from osc_migrate.tests.unit import rows
from osc_migrate.tests.unit import rows_gate
from osc_migrate.tests.unit import rows_limit
from osc_migrate.tests.unit import rows_live
from osc_migrate.tests.unit import test_api
from osc_migrate.tests.unit import traces

LIVE = moves.Kind.LIVE


@dataclasses.dataclass(frozen=True)
class Replay:
    """A whole move, and the microversion of every request of it."""

    name: str
    newest: str
    spoken: str
    kind: moves.Kind = moves.Kind.COLD


REPLAYS = (
    Replay('cold on the newest', '2.104', '2.84'),
    Replay('live on the newest', '2.104', '2.84', LIVE),
    Replay('cold where requesters are not shown', '2.79', '2.79'),
    Replay('live where requesters are not shown', '2.79', '2.79', LIVE),
    Replay('cold on the oldest', '2.59', '2.59'),
    Replay('live on the oldest', '2.59', '2.59', LIVE),
)


@rows.each(REPLAYS)
class ReplayTestCase(test_api.ApiTestCase):
    def check(self, row: Replay) -> None:
        cold = row.kind is moves.Kind.COLD
        played = (self.cold if cold else self.live)(newest=row.newest)
        result = self.run_it(played, live_migration=not cold)
        self.assertEqual({f'compute {row.spoken}'}, set(played[2].spoken))
        self.assertEqual(
            {'migrate': 1, 'confirm': 1} if cold else {'live-migrate': 1},
            played[1].changes,
        )
        self.assertEqual(
            (
                'confirmed' if cold else 'completed', 0, None, None,
                traces.OURS, str(row.kind), 'src', 'dst', {}, (),
            ),
            (
                result.outcome, result.exit_code, result.reason, result.hint,
                result.migration_id, result.migration_type,
                result.source_host, result.destination_host, result.changes,
                result.warnings,
            ),
        )  # fmt: skip


class OldTestCase(test_api.ApiTestCase):
    def test_a_nova_that_is_too_old_is_refused_with_the_sentence(self) -> None:
        played = self.cold(newest='2.53')
        refused = self.assertRaises(osc_migrate.Refused, self.run_it, played)
        self.assertEqual(
            'This needs Nova with microversion 2.59 (Rocky) or newer; the '
            'cloud stops at 2.53.',
            refused.message,
        )
        self.assertEqual(0, played[1].total)

    def test_attach_check_and_abort_on_the_oldest(self) -> None:
        found = '0 VERIFY_RESIZE dst finished'
        played = played_wire.play(
            found, reverted=rows_gate.REVERTED, newest='2.59'
        )
        played[1].begin()
        result = self.run_it(played, attach=True, check=lambda arrival: False)
        self.assertEqual('reverted', result.outcome)
        self.assertEqual({'revert': 1}, played[1].changes)
        played = played_wire.play(
            rows_live.COPYING, kind=LIVE, stopped=rows_limit.CANCELLED,
            newest='2.59',
        )  # fmt: skip
        result = self.run_it(
            played, auto=True, timeout=30.0, on_timeout='abort'
        )
        self.assertEqual('aborted', result.outcome)
        self.assertEqual({'live-migrate': 1, 'abort': 1}, played[1].changes)
        self.assertEqual({'compute 2.59'}, set(played[2].spoken))
