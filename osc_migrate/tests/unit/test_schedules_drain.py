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

"""Drains at random: what is told of each server is held to what is so."""

import collections
import dataclasses

from hypothesis import strategies
import testtools

from osc_migrate import exceptions
from osc_migrate.tests.simulation import chances
from osc_migrate.tests.simulation import population
from osc_migrate.tests.simulation import truth
from osc_migrate.tests.unit import test_scale
from osc_migrate.tests.unit import test_schedules_random

#: How many schedules of one server there are for each drain.
SHARE = 10
#: What the fixed ones come to.
MET = frozenset({
    'confirmed', 'completed', 'rolled-back', 'error', 'deleted',
})  # fmt: skip

SHARES = strategies.floats(0.0, 0.3)
ODDS = strategies.builds(
    chances.Chances,
    fates=strategies.dictionaries(
        strategies.sampled_from(sorted(chances.MIXED)), SHARES, max_size=4
    ),
    unreadable=SHARES,
    busy=SHARES,
    vanished=strategies.floats(0.0, 0.1),
    unanswered=strategies.floats(0.0, 0.1),
)


@dataclasses.dataclass(frozen=True)
class Weather:
    """A drain, and what goes wrong meanwhile."""

    seed: int
    odds: chances.Chances
    servers: int
    parallel: int
    pairs: int


WEATHERS = strategies.builds(
    Weather,
    seed=strategies.integers(0, 2**32),
    odds=ODDS,
    servers=strategies.integers(1, 12),
    parallel=strategies.integers(1, 12),
    pairs=strategies.integers(0, 3),
)


class RandomDrainTestCase(testtools.TestCase):
    def test_a_restart_is_told_although_the_api_fails_now_and_then(
        self,
    ) -> None:
        restarts = {chances.Fate.RESTARTED: 1.0}
        for unreadable in (0.05, 0.2):
            run = test_scale.drained(
                7, chances.Chances(restarts, unreadable), servers=4, pairs=0
            )
            told = {str(row.outcome) for row in run.report.rows}
            self.assertEqual({'rolled-back'}, told, str(unreadable))

    def test_what_is_told_of_each_server_is_so(self) -> None:
        met: collections.Counter[str] = collections.Counter()

        def check(weather: Weather) -> None:
            servers = weather.servers
            try:
                run = test_scale.drained(
                    weather.seed,
                    weather.odds,
                    servers=servers,
                    parallel=weather.parallel,
                    pairs=min(weather.pairs, servers // 2),
                )
            except exceptions.TransientError:
                # Nova could not be asked while the plan was made.
                met['refused'] += 1
                return
            told, emptiness = run.report.rows, run.report.emptiness
            met.update(str(row.outcome) for row in told)
            expected = [population.server_id(n) for n in range(servers)]
            wrong = truth.contradictions(run.nova, told, expected)
            assert not wrong, wrong
            assert not run.board.met, run.board.met
            left = {s.id for s in run.nova.world.servers_on(population.FIRST)}
            if run.report.emptiness.unread is None:
                assert left == {s.id for s in emptiness.remaining}

        test_schedules_random.campaign(WEATHERS, check, SHARE)
        self.assertEqual(set(), MET - set(met), str(met))
