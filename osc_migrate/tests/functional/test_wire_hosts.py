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

"""Drains and restores between which and the cloud something goes wrong.

All faults at all steps are played by :mod:`.wire_hosts_matrix`.
"""

from collections.abc import Callable
from concurrent import futures
import math
from typing import ClassVar

import testtools

from osc_migrate.tests import cloud as test_cloud
from osc_migrate.tests.functional import asked_for
from osc_migrate.tests.functional import base
from osc_migrate.tests.functional import draining
from osc_migrate.tests.functional import wire_hosts_back
from osc_migrate.tests.functional import wire_hosts_cells
from osc_migrate.tests.functional import wire_hosts_lanes
from osc_migrate.tests import wire

SIX = (
    draining.STOPPED, draining.active(live_migration='delay=2'),
) * 3  # fmt: skip
#: Requests in a minute of outage, of the run as a whole: the pauses between
#: them double from 0.5 s up to 10 s, and each is up to a half shorter.
IN_A_MINUTE = 22


@asked_for.campaign
class TestWireHosts(testtools.TestCase):
    """What is asked of Nova afterwards is what the run has told."""

    cloud: ClassVar[test_cloud.Cloud]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.cloud = base.started(
            cls.addClassCleanup, computes=2 * wire_hosts_lanes.LANES
        )

    def test_what_a_run_says_is_true_and_nothing_is_done_twice(self) -> None:
        """A fault that passes costs no run its end; others say what is left.

        Of these, the same command ends it once the cloud is back.
        """
        codes: dict[wire_hosts_cells.Cell, int] = {}

        def note(
            cell: wire_hosts_cells.Cell,
            told: wire_hosts_lanes.Told | Exception,
        ) -> None:
            if isinstance(told, wire_hosts_lanes.Told):
                codes[cell] = told.exit_code

        expected = {
            **wire_hosts_cells.FOR_GOOD,
            **dict.fromkeys(wire_hosts_cells.CHOSEN, 0),
        }
        runs = [(cell,) for cell in expected]
        wire_hosts_lanes.play_all(self.cloud, runs, note)
        self.assertEqual(expected, codes)


@asked_for.campaign
class TestPages(testtools.TestCase):
    """Listings of more than a page: none of their servers is left out."""

    def test_a_fault_at_the_second_page_loses_no_server(self) -> None:
        cloud = base.started(
            self.addCleanup,
            computes=4,
            wishes=test_cloud.Wishes(nova={'api': {'max_limit': '2'}}),
        )
        told: dict[wire_hosts_cells.Cell, str] = {}
        wire_hosts_lanes.play_all(
            cloud,
            [(cell,) for cell in wire_hosts_cells.SECOND_PAGES],
            lambda cell, end: told.update({cell: str(end)}),
            (*wire_hosts_lanes.WANTED, *wire_hosts_lanes.WANTED[1:]),
        )
        self.assertEqual(
            dict.fromkeys(wire_hosts_cells.SECOND_PAGES, '0'), told
        )


@asked_for.campaign
class TestTakenBack(testtools.TestCase):
    """What a check sends back, whatever the revert meets."""

    def test_each_server_is_reverted_once_and_it_is_told(self) -> None:
        lanes = 2
        cloud = base.started(self.addCleanup, computes=2 * lanes)
        wrong = draining.Wrong()

        def play(lane: int) -> None:
            hosts = cloud.compute_hosts[2 * lane : 2 * lane + 2]
            host = wire_hosts_back.Host(cloud, hosts)
            for fault in wire_hosts_back.FAULTS[lane::lanes]:
                with wrong.noted(fault):
                    host.play(fault)

        with futures.ThreadPoolExecutor(lanes) as pool:
            tuple(pool.map(play, range(lanes)))
        wrong.tell()


@asked_for.campaign
class TestAway(testtools.TestCase):
    """A cloud that is away for a minute, and what is asked meanwhile."""

    def setUp(self) -> None:
        super().setUp()
        self.cloud = base.started(
            self.addCleanup, computes=2 * wire_hosts_lanes.LANES
        )

    def test_a_minute_costs_a_minute_and_nothing_else(self) -> None:
        """Three drains of six servers each, side by side."""
        played = (
            self._refuses_connections, self._answers_502, self._token_expires,
        )  # fmt: skip
        hosts = self.cloud.compute_hosts
        count = wire_hosts_lanes.LANES
        lanes = [
            wire_hosts_lanes.Lane(self.cloud, n, hosts[n::count], SIX)
            for n in range(count)
        ]
        with futures.ThreadPoolExecutor(count) as pool:
            ends = [
                pool.submit(play, lane)
                for play, lane in zip(played, lanes, strict=True)
            ]
        for end in ends:
            end.result()

    def _refuses_connections(self, lane: wire_hosts_lanes.Lane) -> None:
        passed = lane.drained(
            lambda between: between.fail(
                'host records', 'away-refusing', wire.When(3), lasts=60.0
            )
        )
        self.assertTrue(any(one.fault == 'away-refusing' for one in passed))

    def _answers_502(self, lane: wire_hosts_lanes.Lane) -> None:
        """All six are in flight."""
        passed = lane.drained(
            self._from('host records', 3, '502', 60.0), '--parallel', '6'
        )
        faulted = [one for one in passed if one.fault]
        self.assertLess(len(faulted), IN_A_MINUTE)
        self.assertGreater(faulted[-1].time - faulted[0].time, 40.0)

    def _token_expires(self, lane: wire_hosts_lanes.Lane) -> None:
        passed = lane.drained(
            lambda between: between.fail(
                'host records', '401-once', wire.When(3)
            ),
            '--parallel', '6',
        )  # fmt: skip
        (met,) = [one for one in passed if one.fault]
        renewed = [
            one
            for one in passed
            if one.step == 'token' and one.time > met.time
        ]
        self.assertEqual(1, len(renewed))

    def _from(
        self, step: str, first: int, fault: str, seconds: float
    ) -> Callable[[wire.Wire], None]:
        """From a request on, all requests meet a fault for a while."""

        def fail(between: wire.Wire) -> None:
            held = between.hold(step, wire.BEFORE, first)
            pool = futures.ThreadPoolExecutor(1)
            pool.submit(let_go, between, held)
            pool.shutdown(wait=False)

        def let_go(between: wire.Wire, held: wire.Held) -> None:
            held.reached()
            between.fail(wire.ANY, fault, wire.When(1, math.inf, seconds))
            held.release()

        return fail
