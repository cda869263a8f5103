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

"""Schedules at random, as hypothesis makes them."""

from hypothesis import strategies

from osc_migrate.engine import request as requests
from osc_migrate.tests.simulation.chances import Fate
from osc_migrate.tests.simulation import others
from osc_migrate.tests.simulation import schedule as schedules
from osc_migrate.tests.simulation.schedule import Start
from osc_migrate.tests.simulation.schedule import Wish

#: Moments, in seconds: most of a move takes place in the first twenty.
MOMENTS = strategies.integers(0, 200).map(lambda tenths: tenths / 10)
LATE = strategies.sampled_from((25.0, 40.0, 70.0))
REQUESTS = strategies.integers(1, 40)
DEEDS = strategies.sampled_from(others.Deed)
EARLY = strategies.integers(1, 10)
ACTS = (
    strategies.builds(schedules.Act, DEEDS, at=MOMENTS | LATE)
    | strategies.builds(schedules.Act, DEEDS, request=EARLY | REQUESTS)
)  # fmt: skip
#: A new move is asked for by the third request.
TROUBLES = strategies.builds(
    schedules.Trouble,
    EARLY | REQUESTS,
    strategies.sampled_from(schedules.Fault),
    strategies.sampled_from((1, 1, 1, 2, 5, 20)),
)
SLOW = strategies.builds(
    schedules.Slow,
    strategies.integers(1, 30),
    strategies.sampled_from((0.5, 1.0, 3.0, 10.0, 20.0)),
)
LATE_READS = strategies.sampled_from((0.0, 0.3, 1.0, 3.0))
LAGS = strategies.just(schedules.Lag()) | strategies.builds(
    schedules.Lag, LATE_READS, LATE_READS, LATE_READS, strategies.booleans()
)
#: What comes first is what a counterexample shrinks to; what comes often is
#: what most runs meet.
METHODS = strategies.sampled_from(
    (*requests.Method, requests.Method.COLD, requests.Method.COLD)
)
FATES = strategies.sampled_from(
    (Fate.GOOD,) * 12 + tuple(fate for fate in Fate if fate != Fate.DELETED)
)
WISHES = strategies.sampled_from((Wish.CONFIRM,) * 4 + tuple(Wish))
STARTS = strategies.sampled_from(
    (Start.NEW,) * 5 + (Start.REPEATABLE, Start.ATTACH, Start.NAMED)
)
LIVE = frozenset({requests.Method.LIVE, requests.Method.AUTO})


def _fitting(schedule: schedules.Schedule) -> bool:
    """Whether the options can be meant together."""
    live = schedule.method in LIVE and schedule.was != 'stopped'
    cold = schedule.method is requests.Method.COLD
    if schedule.was == 'paused' and cold:
        return False
    if schedule.was == 'stopped' and schedule.method is requests.Method.LIVE:
        return False
    return schedule.on_timeout == 'leave' or live


SCHEDULES = strategies.builds(
    schedules.Schedule,
    method=METHODS,
    wish=WISHES,
    start=STARTS,
    timeout=strategies.sampled_from((600.0,) * 5 + (120.0, 30.0, 9.0, 3.0)),
    poll_interval=strategies.sampled_from((5.0, 1.0, 0.5, 30.0)),
    on_timeout=strategies.sampled_from(
        ('leave', 'leave', 'abort', 'force-complete')
    ),
    was=strategies.sampled_from(('active',) * 6 + ('stopped', 'paused')),
    fate=FATES,
    seed=strategies.integers(0, 1000),
    later=MOMENTS,
    stale=strategies.sampled_from(
        (None,) * 6 + ('pre-migrating', 'migrating')
    ),
    acts=strategies.lists(ACTS, max_size=3).map(tuple),
    troubles=strategies.lists(TROUBLES, max_size=2).map(tuple),
    slow=strategies.lists(SLOW, max_size=3).map(tuple),
    lag=LAGS,
).filter(_fitting)
