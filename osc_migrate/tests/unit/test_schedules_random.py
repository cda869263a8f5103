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

"""Schedules at random: of each, what is said is held to what is so."""

import collections
from collections.abc import Callable
import os
from typing import TypeVar

import hypothesis
from hypothesis import strategies
import testtools

from osc_migrate.tests.simulation import honesty
from osc_migrate.tests.simulation import schedule as schedules
from osc_migrate.tests.simulation import stage
from osc_migrate.tests.simulation import strategies as schedule_strategies

T = TypeVar('T')

#: How many are played without being asked for: always the same ones.
FIXED = 1000
#: Outcomes that the fixed ones come to, so that they are no idle play.
MET = frozenset({
    'confirmed', 'completed', 'rolled-back', 'error', 'deleted', 'timeout',
    'reverted', 'check-failed', 'refused',
})  # fmt: skip


def campaign(
    found: strategies.SearchStrategy[T],
    check: Callable[[T], None],
    share: int = 1,
) -> None:
    """Play the fixed schedules, or as many others as are asked for.

    OSC_MIGRATE_SCHEDULES is their number, OSC_MIGRATE_SCHEDULES_SEED decides
    which ones.

    :param share: by which the number is divided
    """
    wanted = int(os.environ.get('OSC_MIGRATE_SCHEDULES', '0'))
    run = hypothesis.settings(
        max_examples=(wanted or FIXED) // share,
        derandomize=not wanted,
        database=None,
        deadline=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )(hypothesis.given(found)(check))
    seed = os.environ.get('OSC_MIGRATE_SCHEDULES_SEED')
    if wanted and seed is not None:
        run = hypothesis.seed(int(seed))(run)
    run()


class RandomScheduleTestCase(testtools.TestCase):
    def test_what_is_said_is_so_and_what_is_done_is_allowed(self) -> None:
        met: collections.Counter[str] = collections.Counter()
        window = 0

        def check(schedule: schedules.Schedule) -> None:
            nonlocal window
            played = stage.play(schedule)
            outcome = str(played.result.outcome) if played.result else ''
            met[outcome or 'refused'] += 1
            window += honesty.in_the_window(played)
            assert not (wrong := honesty.wrong(played)), wrong

        campaign(schedule_strategies.SCHEDULES, check)
        self.assertEqual(set(), MET - set(met), str(met))
        # Requests that hit what came between the look and the request.
        self.assertEqual(0, window)
