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

"""A wait of days costs in its last hour what it cost in its first."""

from collections.abc import Mapping
import dataclasses
import tracemalloc

import testtools

from osc_migrate.tests.simulation import waits
from osc_migrate.tests.unit import rows

HOUR = waits.HOUR
#: Bytes that may come within a wait: the samples themselves, above all.
FLAT = 16 * 1024
#: Seconds of the processor for a simulated day, on a slow machine.
CHEAP = 20.0


@dataclasses.dataclass(frozen=True)
class Row:
    """A wait, and what it may cost.

    :ivar poll_interval: As ``--poll-interval``.
    :ivar hourly: The most requests of each kind in an hour; others: none.
    :ivar at_least: Of all kinds together, in an hour.
    """

    name: str
    wait: waits.Wait
    outcome: str
    poll_interval: float
    hourly: Mapping[str, int]
    at_least: int


CHECKED = dataclasses.replace(waits.CHECKED, days=0.25, check=0.25)
ROWS = (
    Row('a live migration of three days', waits.LIVE, 'completed', 60.0,
        {'records': 61, 'server': 61, 'actions': 61}, 170),
    Row('a source that is down for two days', waits.SOURCE_DOWN, 'confirmed',
        60.0,
        {'records': 61, 'server': 61, 'actions': 61, 'confirm': 61}, 230),
    Row('three hours of a live migration, looked at as usual',
        dataclasses.replace(waits.LIVE, days=0.125), 'completed', 5.0,
        {'records': 720, 'server': 241, 'actions': 61, 'transfer': 720}, 1400),
    Row('three hours of a source that is down, looked at as usual',
        dataclasses.replace(waits.SOURCE_DOWN, days=0.125), 'confirmed', 5.0,
        {'records': 780, 'server': 720, 'actions': 720, 'confirm': 720}, 2700),
    Row('a check of six hours', CHECKED, 'confirmed', 60.0,
        {'records': 61, 'server': 61, 'actions': 61}, 170),
    Row('a check of six hours, looked at as usual', CHECKED,
        'confirmed', 5.0, {'records': 241, 'server': 241, 'actions': 241},
        700),
)  # fmt: skip


@rows.each(ROWS)
class LongWaitTestCase(testtools.TestCase):
    def check(self, row: Row) -> None:
        last = row.wait.days * waits.DAY - HOUR
        moments = (HOUR, 2 * HOUR, last - HOUR, last)
        tracemalloc.start()
        self.addCleanup(tracemalloc.stop)
        played = waits.play(row.wait, row.poll_interval, moments)
        self.assertEqual({row.outcome: 1}, dict(played.outcomes))
        # The end is noticed within two looks.
        self.assertLessEqual(
            played.seconds,
            row.wait.days * waits.DAY + 2 * row.poll_interval + 30.0,
        )
        self.assertLessEqual(played.grown(HOUR, last), FLAT)
        for first, second in ((HOUR, 2 * HOUR), (last - HOUR, last)):
            asked = played.between(first, second)
            self.assertGreaterEqual(asked.total(), row.at_least, asked)
            for kind, count in asked.items():
                self.assertLessEqual(count, row.hourly.get(kind, 0), kind)
        spent = played.samples[-1].processor
        self.assertLessEqual(spent / row.wait.days, CHEAP)


class LongDrainTestCase(testtools.TestCase):
    def test_a_drain_of_hours(self) -> None:
        tracemalloc.start()
        self.addCleanup(tracemalloc.stop)
        played = waits.play_drain(16, 60.0, (HOUR, 2 * HOUR, 3 * HOUR))
        self.assertEqual({'completed': 16}, dict(played.outcomes))
        self.assertGreater(played.seconds, 3 * HOUR)
        # A row, an action and a record for each of the servers that moved
        # between the two, in the simulation as well.
        self.assertLessEqual(played.grown(HOUR, 3 * HOUR), 4 * FLAT)
        for first in (HOUR, 2 * HOUR):
            asked = played.between(first, first + HOUR)
            self.assertLessEqual(asked['records_from'], 600)
            self.assertLessEqual(asked.total(), 1500, asked)
