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

"""Drains that are killed, as seeds draw them.

What happens comes from a seed alone; what comes of it does not, as Nova and
the command take the time that they take.
"""

from collections.abc import Iterable
import dataclasses
import random

from osc_migrate.tests.functional import draining

#: Seconds until a run says its first line, or more.
BEGINS = 3.0
#: How many lines it says of each server.
LINES = 5
#: Seconds after a line, at most.
PAUSE = 0.8
#: Steps at which a server may take longer, by the way in which it moves.
SLOW_LIVE = ('pre_live_migration', 'live_migration', 'live_migration_arrived')
SLOW_COLD = (
    'prep_resize', 'migrate_disk_and_power_off', 'finish_migration',
    'confirm_migration',
)  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Moment:
    """When a run is killed.

    :ivar lines: how many it has said; lines last as long as the work does,
        on a machine that is busy as well
    :ivar seconds: after that
    """

    lines: int
    seconds: float


@dataclasses.dataclass(frozen=True)
class Story:
    """What happens, all of it drawn from one seed.

    :ivar kills: the moment for each run that is killed
    """

    seed: int
    servers: tuple[draining.Wanted, ...]
    parallel: int
    kills: tuple[Moment, ...]


def tell(seed: int, share: float) -> Story:
    """Draw a story.

    :param share: how far the first run comes, of 1
    """
    draw = random.Random(seed)
    servers = tuple(_server(draw) for _one in range(draw.randint(2, 4)))
    parallel = draw.randint(1, 3)
    kills = [_moment(draw, len(servers), share)]
    if draw.random() < 0.4:
        kills.append(_moment(draw, len(servers), draw.random()))
    return Story(seed, servers, parallel, tuple(kills))


def _moment(draw: random.Random, count: int, share: float) -> Moment:
    """Draw a moment.

    :param count: of servers
    """
    lines = int(share * (2 + LINES * count))
    if not lines:
        # Before the first request or during those of the plan.
        return Moment(0, draw.uniform(0.0, BEGINS))
    if lines > 1:
        # Those of the plan are said all at once.
        lines += count
    return Moment(lines, draw.uniform(0.0, PAUSE))


def tell_all(seeds: Iterable[int], furthest: float = 1.0) -> tuple[Story, ...]:
    """Draw stories whose first kills are spread over the whole run.

    :param furthest: how far the last of them comes, of 1
    """
    seeds = tuple(seeds)
    step = furthest / len(seeds)
    shares = [step * (place + 0.5) for place in range(len(seeds))]
    random.Random(len(seeds)).shuffle(shares)
    return tuple(
        tell(seed, share) for seed, share in zip(seeds, shares, strict=True)
    )


def _server(draw: random.Random) -> draining.Wanted:
    stopped = draw.random() < 0.5
    steps = {}
    if draw.random() < 0.4:
        step = draw.choice(SLOW_COLD if stopped else SLOW_LIVE)
        steps[step] = f'delay={draw.randint(1, 2)}'
    return draining.Wanted(stopped, steps)
