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

"""A drain of hundreds of servers, held to what the simulation knows."""

from collections.abc import Iterable
import dataclasses
import random
import time

import testtools

from osc_migrate import board as boards
from osc_migrate import convoy
from osc_migrate import door as doors
from osc_migrate import drain
from osc_migrate.engine import drain as plans
from osc_migrate.engine import facts
from osc_migrate.engine import outcomes
from osc_migrate.engine import rows as told_rows
from osc_migrate.engine import turns
from osc_migrate.tests.simulation import agenda
from osc_migrate.tests.simulation import chances
from osc_migrate.tests.simulation import nova as novas
from osc_migrate.tests.simulation import population
from osc_migrate.tests.simulation import truth
from osc_migrate.tests.unit import rows

#: Seconds of the processor that a drain of 200 servers may take.
QUICK = 2.0
SHARED = 'records_from'


class Board(boards.Quiet):
    """Looks who is under way.

    :ivar most: The most that were in flight together.
    :ivar met: Servers that were in flight with one they are kept apart from.
    """

    def __init__(self, groups: Iterable[turns.ServerGroup]) -> None:
        self.most = 0
        self.met: set[str] = set()
        self._in_flight: set[str] = set()
        self._apart = [group.members for group in groups]

    def observer(self, server: facts.Server) -> doors.Observer:
        self._in_flight.add(server.id)
        self.most = max(self.most, len(self._in_flight))
        for members in self._apart:
            together = members & self._in_flight
            self.met |= together if len(together) > 1 else set()
        return super().observer(server)

    def landed(self, row: told_rows.Row) -> None:
        self._in_flight.discard(row.server_id)


@dataclasses.dataclass(frozen=True)
class Drained:
    """What came of a drain, and what it cost."""

    nova: novas.Nova
    report: drain.Report
    board: Board
    seconds: float

    @property
    def asked(self) -> int:
        """Requests besides the listing that all share."""
        return self.nova.requests.total() - self.nova.requests[SHARED]


def drained(
    seed: int,
    odds: chances.Chances,
    *,
    servers: int = 200,
    parallel: int = 10,
    pairs: int = 10,
) -> Drained:
    """Drain one host of twenty."""
    # The jitter of pauses after a fault is the only dice of the product.
    random.seed(seed)
    clock = agenda.Clock()
    size = population.Size(2 * servers, 20, servers, pairs=pairs, history=300)
    nova = novas.Nova(clock, size, odds, seed=seed)
    board = Board(nova.world.groups)
    began = time.process_time()
    run = drain.Drain(
        plans.Request(population.FIRST, limits=turns.Limits(parallel, 0)),
        convoy.Means(nova, nova, clock, board),
    )
    run.plan()
    report = run.run()
    seconds = time.process_time() - began
    nova.settle()
    return Drained(nova, report, board, seconds)


@dataclasses.dataclass(frozen=True)
class Weather:
    """What a drain meets."""

    name: str
    seed: int
    odds: chances.Chances
    #: Requests of a server besides the shared listing.
    requests: float = 13.0
    parallel: int = 10
    #: How many are in flight at the most: of a pair only one.
    most: int = 10


WEATHERS = (
    Weather('nothing goes wrong', 1, chances.CALM, 11.0),
    Weather('moves fail', 2, chances.Chances(chances.MIXED)),
    Weather('moves and requests fail', 3, chances.ROUGH),
    Weather('two at once', 5, chances.ROUGH, parallel=2, most=2),
    Weather('all at once', 6, chances.ROUGH, 18.0, parallel=200,
            most=190),
)  # fmt: skip


@rows.each(WEATHERS)
class DrainTestCase(testtools.TestCase):
    def check(self, row: Weather) -> None:
        run = drained(row.seed, row.odds, parallel=row.parallel)
        told = run.report.rows
        expected = map(population.server_id, range(200))
        self.assertEqual([], truth.contradictions(run.nova, told, expected))
        self.assertEqual(row.most, run.board.most)
        self.assertEqual(set(), run.board.met)
        self.assertLess(run.asked / 200, row.requests)
        self.assertLess(run.seconds, QUICK)
        left = {server.id for server in run.nova.servers_on(population.FIRST)}
        self.assertEqual(
            left, {server.id for server in run.report.emptiness.remaining}
        )


class GrowthTestCase(testtools.TestCase):
    def test_requests_for_a_server_do_not_grow_with_their_number(self) -> None:
        few = drained(8, chances.CALM, servers=50)
        many = drained(8, chances.CALM, servers=200)
        self.assertLess(many.asked / 200, 1.25 * few.asked / 50)
        self.assertLess(
            many.nova.requests[SHARED] / 200,
            1.25 * few.nova.requests[SHARED] / 50,
        )


#: What is not so, in place of what is.
LIES: dict[str, outcomes.Outcome] = {
    outcomes.Outcome.CONFIRMED: outcomes.Outcome.ROLLED_BACK,
    outcomes.Outcome.COMPLETED: outcomes.Outcome.CONFIRMED,
    outcomes.Outcome.ROLLED_BACK: outcomes.Outcome.ERROR,
    outcomes.Outcome.ERROR: outcomes.Outcome.COMPLETED,
    outcomes.Outcome.DELETED: outcomes.Outcome.UNKNOWN,
}
#: One move in two fails.
FAILING = {fate: 6 * share for fate, share in chances.MIXED.items()}


class TruthTestCase(testtools.TestCase):
    def test_every_lie_is_found(self) -> None:
        run = drained(9, chances.Chances(FAILING), servers=100)
        told = run.report.rows
        self.assertEqual(set(LIES), {row.outcome for row in told})
        for row in told:
            lie = dataclasses.replace(row, outcome=LIES[row.outcome])
            self.assertEqual(
                1, len(truth.contradictions(run.nova, [lie], [])), str(lie)
            )

    def test_a_wrong_destination_is_found(self) -> None:
        run = drained(9, chances.CALM, servers=10)
        for row in run.report.rows:
            for host in (None, population.FIRST, 'host99'):
                lie = dataclasses.replace(row, destination_host=host)
                self.assertEqual(
                    1, len(truth.contradictions(run.nova, [lie], [])), str(lie)
                )

    def test_a_server_that_is_forgotten_or_told_twice_is_found(self) -> None:
        run = drained(9, chances.CALM, servers=10)
        told = run.report.rows
        expected = [row.server_id for row in told]
        self.assertEqual([], truth.contradictions(run.nova, told, expected))
        for some in (told[1:], (*told, told[0])):
            self.assertEqual(
                1, len(truth.contradictions(run.nova, some, expected))
            )
