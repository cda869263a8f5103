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

"""Looks come often at first, and faults make them rare."""

import testtools

from osc_migrate import pace


class IntervalTestCase(testtools.TestCase):
    def test_the_first_look_comes_soon(self) -> None:
        self.assertEqual(pace.SHORTEST, pace.interval(0, 5.0))

    def test_the_pause_grows_with_the_phase_up_to_the_bound(self) -> None:
        pauses = [pace.interval(s, 5.0) for s in range(0, 200, 10)]
        self.assertEqual(sorted(pauses), pauses)
        self.assertEqual(5.0, pauses[-1])

    def test_the_bound_holds_for_the_first_look_too(self) -> None:
        self.assertEqual(0.1, pace.interval(0, 0.1))

    def test_the_end_is_noticed_within_a_tenth_of_the_phase(self) -> None:
        for seconds in (10.0, 60.0, 600.0):
            self.assertLessEqual(pace.interval(seconds, 5.0), seconds / 10)


class BackoffTestCase(testtools.TestCase):
    def many(self, faults: int, retry_after: float | None) -> list[float]:
        return [pace.backoff(faults, retry_after) for _ in range(200)]

    def test_it_doubles_within_its_jitter(self) -> None:
        for faults, longest in ((1, 0.5), (2, 1.0), (3, 2.0), (5, 8.0)):
            pauses = self.many(faults, None)
            self.assertLessEqual(max(pauses), longest)
            self.assertGreaterEqual(min(pauses), longest / 2)
            self.assertGreater(len(set(pauses)), 1, 'no jitter')

    def test_it_ends_at_half_a_minute(self) -> None:
        for faults in (7, 50, 10**9):
            pauses = self.many(faults, None)
            self.assertLessEqual(max(pauses), pace.LONGEST_BACKOFF)
            self.assertGreaterEqual(min(pauses), pace.LONGEST_BACKOFF / 2)

    def test_what_the_api_asks_for_is_kept(self) -> None:
        self.assertEqual({90.0}, set(self.many(1, 90.0)))

    def test_asking_to_come_at_once_is_not(self) -> None:
        self.assertGreaterEqual(min(self.many(1, 0.0)), 0.25)
