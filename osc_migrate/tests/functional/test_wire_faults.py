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

"""Faults on the wire, at every step of a run.

A part of the matrix that stays the same; all of it is played by ``python -m
osc_migrate.tests.functional.wire_campaign``.
"""

import collections

from osc_migrate.tests.functional import asked_for
from osc_migrate.tests.functional import base
from osc_migrate.tests.functional import history
from osc_migrate.tests.functional import wire_cells
from osc_migrate.tests.functional import wire_playing
from osc_migrate.tests import wire

#: Two faults in one run: seeds, and how many runs of each.
SEEDS, EACH = (1, 2), 6
TOLD_APART = history.Since(
    '2.90', 'the final show is asked in another one than what decides'
)


class TestChosen(base.TestCase):
    def test_what_is_chosen_is_enough(self) -> None:
        steps = collections.defaultdict(set)
        faults = collections.defaultdict(set)
        for cell in wire_cells.chosen():
            steps[cell.row.step].add(cell.column.name)
            faults[cell.column.fault].add(cell.row.step)
        self.assertEqual({row.step for row in wire_cells.ROWS}, set(steps))
        self.assertEqual(set(wire.FAULTS), set(faults))
        self.assertLessEqual(4, min(map(len, steps.values())))
        self.assertLessEqual(3, min(map(len, faults.values())))


@TOLD_APART
class TestWhatIsAsked(base.TestCase):
    """Every fault at every request that has Nova do something."""

    def play(self, name: str) -> None:
        wire_playing.assert_all(
            self.cloud,
            [c for c in wire_cells.chosen() if c.row.name == name],
        )

    def test_the_request(self) -> None:
        self.play('request, cold')

    def test_the_confirm(self) -> None:
        self.play('confirm')

    def test_the_revert(self) -> None:
        self.play('revert')


@asked_for.campaign
@TOLD_APART
class TestWhatIsRead(base.TestCase):
    """Some faults at every other step."""

    def test_every_other_step(self) -> None:
        wire_playing.assert_all(
            self.cloud,
            [
                cell
                for cell in wire_cells.chosen()
                if cell.row.name not in wire_cells.IN_FULL
            ],
        )

    def test_two_faults_in_one_run(self) -> None:
        wire_playing.assert_all(
            self.cloud,
            [cell for seed in SEEDS for cell in wire_cells.pairs(seed, EACH)],
        )
