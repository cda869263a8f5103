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

"""Rate and estimate of a copy, from what Nova's driver writes every 5 s."""

import testtools

from osc_migrate.engine import facts
from osc_migrate.engine import transfer

#: Seconds, processed and remaining, of a busy guest on libvirt.
BUSY = (
    (1, 0, 0),
    (6, 35335954, 153468928),
    (11, 77402354, 111484928),
    (16, 120307967, 67760128),
    (21, 162371372, 10317824),
)
TOTAL = 201859072


def seen(
    *reports: tuple[float, int, int], every: float = 1.0
) -> list[transfer.Estimate]:
    """The estimates of looks at a fixed distance, until 4 s after the last."""
    estimator = transfer.Estimator()
    estimates = []
    now = reports[0][0]
    while now < reports[-1][0] + 5:
        _at, processed, remaining = [r for r in reports if r[0] <= now][-1]
        total = TOTAL if processed or remaining else 0
        estimates.append(
            estimator.add(facts.Transfer(total, processed, remaining), now)
        )
        now += every
    return estimates


class EstimatorTestCase(testtools.TestCase):
    def test_one_report_tells_no_rate(self) -> None:
        self.assertEqual(
            {transfer.Estimate()}, set(seen((5.0, 100, 900), every=0.5))
        )

    def test_nothing_seen_tells_nothing(self) -> None:
        estimator = transfer.Estimator()
        self.assertEqual(transfer.Estimate(), estimator.add(None, 1.0))

    def test_a_steady_copy(self) -> None:
        last = seen((0, 0, 1000), (5, 100, 900), (10, 200, 800))[-1]
        self.assertEqual(transfer.Estimate(20.0, 40.0), last)

    def test_the_same_report_again_changes_nothing(self) -> None:
        estimates = seen((0, 0, 1000), (5, 100, 900))
        self.assertEqual({estimates[5]}, set(estimates[5:]))
        self.assertEqual(
            estimates[-1], seen((0, 0, 1000), (5, 100, 900), every=0.5)[-1]
        )

    def test_the_copy_of_a_busy_guest(self) -> None:
        last = seen(*BUSY[1:])[-1]
        # 8 MiB/s was the bandwidth.
        self.assertAlmostEqual(8.4e6, last.rate or 0.0, delta=2e5)
        assert last.seconds is not None
        self.assertGreater(last.seconds, 0)
        self.assertLess(last.seconds, 5)

    def test_zeros_before_the_first_report_do_not_count(self) -> None:
        last = seen((0, 0, 0), (5, 100, 900), (10, 200, 800))[-1]
        self.assertEqual(transfer.Estimate(20.0, 40.0), last)

    def test_nulls_that_became_zeros_are_no_end(self) -> None:
        estimates = seen(*BUSY[:2])
        self.assertNotIn(0.0, [e.seconds for e in estimates])

    def test_a_guest_that_writes_faster_has_no_estimate(self) -> None:
        last = seen((0, 0, 500), (5, 100, 600), (10, 200, 700))[-1]
        self.assertEqual(transfer.Estimate(20.0, None), last)

    def test_what_stands_still_has_no_estimate(self) -> None:
        last = seen((0, 100, 500), (5, 100, 500))[-1]
        self.assertIsNone(last.seconds)

    def test_only_the_last_reports_count(self) -> None:
        slow = [(5.0 * n, 10 * n, 10000 - 10 * n) for n in range(5)]
        fast = [(25.0 + 5 * n, 1000 * n, 9000 - 1000 * n) for n in range(6)]
        self.assertAlmostEqual(200.0, seen(*slow, *fast)[-1].rate or 0.0)

    def test_a_pass_that_begins_anew_is_no_negative_rate(self) -> None:
        last = seen((0, 500, 100), (5, 10, 800))[-1]
        self.assertEqual(0.0, last.rate)
        self.assertIsNone(last.seconds)

    def test_what_is_not_told_any_more_is_forgotten(self) -> None:
        estimator = transfer.Estimator()
        estimator.add(facts.Transfer(9, 0, 9), 0.0)
        estimator.add(facts.Transfer(9, 5, 4), 5.0)
        estimator.add(None, 6.0)
        self.assertEqual(
            transfer.Estimate(),
            estimator.add(facts.Transfer(9, 6, 3), 7.0),
        )

    def test_a_wait_of_days_holds_no_more_than_its_window(self) -> None:
        estimator = transfer.Estimator()
        for n in range(10_000):
            estimator.add(facts.Transfer(10**9, n, 10**9 - n), 5.0 * n)
        self.assertLessEqual(len(estimator._seen), 6)
