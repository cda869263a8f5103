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

"""Faults of the judging core that somebody might build in: each is found.

A fault is put into the product, and the schedules that have a name are
played: of one of them what is said, or done, has to be wrong then.
"""

from collections.abc import Callable
import dataclasses
from typing import Any
from unittest import mock

import testtools

from osc_migrate.engine import case as cases
from osc_migrate.engine import cold
from osc_migrate.engine import decisions
from osc_migrate.engine import live
from osc_migrate.engine import move as moves
from osc_migrate.engine import outcomes
from osc_migrate import holding
from osc_migrate.tests.simulation import honesty
from osc_migrate.tests.simulation import stage
from osc_migrate.tests.unit import rows
from osc_migrate.tests.unit import rows_schedules
from osc_migrate import verification


@dataclasses.dataclass(frozen=True)
class Mutant:
    """A fault of the product.

    :ivar where: What has the attribute.
    :ivar becomes: Makes of what is there what is there instead.
    """

    name: str
    where: Any
    attribute: str
    becomes: Callable[[Any], Any]


def _active_is_confirmed(_cold: Any) -> Any:
    return {**cold.BY_RECORD, 'finished': cold.confirmed}


def _seen_twice(_find: Any) -> Any:
    def is_new(self: Any, hold: decisions.Hold, began: float) -> bool:
        self.hold, self._since = hold, began - hold.seconds
        return False

    return is_new


def _error_is_no_end(rolled_back: Any) -> Any:
    def tell(case: cases.Case) -> decisions.Decision:
        return case.hold(
            outcomes.Outcome.ROLLED_BACK, outcomes.Cause.RECORD_ERROR, 0.0
        )

    return {**cold.BY_RECORD, 'error': tell}


def _live_is_back_at_once(_by_record: Any) -> Any:
    def tell(case: cases.Case) -> decisions.Decision:
        return case.hold(
            outcomes.Outcome.ROLLED_BACK, outcomes.Cause.LIVE_FAILED, 0.0
        )

    return {**live.BY_RECORD, 'failed': tell, 'error': tell}


def _nobody_is_foreign(_foreign: Any) -> Any:
    return lambda self: None


def _whoever_confirmed(_asked: Any) -> Any:
    def confirmed(case: cases.Case) -> decisions.Decision:
        return case.hold(
            outcomes.Outcome.CONFIRMED, outcomes.Cause.ARRIVED, 0.5
        )

    return {**cold.BY_RECORD, 'confirmed': confirmed}


def _without_a_check(_decide: Any) -> Any:
    return {**cold.WISHES, moves.Wish.ASK: decisions.Confirm()}


def _source_is_up(_down: Any) -> Any:
    return lambda self, host: False


MUTANTS = (
    Mutant('ACTIVE with a record that is finished is confirmed',
           cold, 'BY_RECORD', _active_is_confirmed),
    Mutant('no second look', holding.Holding, 'is_new', _seen_twice),
    Mutant('whoever confirmed, it was us', cold, 'BY_RECORD',
           _whoever_confirmed),
    Mutant('a record in error is rolled back at once', cold, 'BY_RECORD',
           _error_is_no_end),
    Mutant('a live migration in error is rolled back at once', live,
           'BY_RECORD', _live_is_back_at_once),
    Mutant('the moves of others are not looked for', cases.Case,
           'foreign_move', _nobody_is_foreign),
    Mutant('confirmed without the check', cold, 'WISHES', _without_a_check),
    Mutant('reverted whether the source is up or not',
           verification.Verification, '_is_down', _source_is_up),
)  # fmt: skip


@rows.each(MUTANTS)
class MutantTestCase(testtools.TestCase):
    def check(self, row: Mutant) -> None:
        made = row.becomes(getattr(row.where, row.attribute))
        with mock.patch.object(row.where, row.attribute, made):
            found = [
                case.name for case in rows_schedules.ROWS if _is_wrong(case)
            ]
        self.assertNotEqual([], found)
        self.assertEqual([], [
            case.name for case in rows_schedules.ROWS if _is_wrong(case)
        ])  # fmt: skip


def _is_wrong(case: rows_schedules.Row) -> bool:
    """Whether what is said or done in a named schedule is wrong."""
    try:
        return bool(honesty.wrong(stage.play(case.schedule)))
    except AssertionError:
        return True
