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

"""Waits of days on the simulated clock, and what they cost meanwhile."""

import collections
from collections.abc import Callable, Iterable, Iterator
import contextlib
import dataclasses
import functools
import gc
import resource
import time
import tracemalloc
from unittest import mock

from osc_migrate import board as boards
from osc_migrate import convoy
from osc_migrate import door as doors
from osc_migrate import drain
from osc_migrate.engine import decisions
from osc_migrate.engine import drain as plans
from osc_migrate.engine import move as moves
from osc_migrate.engine import request as requests
from osc_migrate.engine import turns
from osc_migrate import gate as gates
from osc_migrate import operation
from osc_migrate import progress
from osc_migrate.tests.simulation import agenda
from osc_migrate.tests.simulation import chances
from osc_migrate.tests.simulation import live
from osc_migrate.tests.simulation import nova as novas
from osc_migrate.tests.simulation import population

HOUR, DAY = 3600.0, 24 * 3600.0
SERVER = 'web1'
#: Seconds that the copy of a slow live migration takes at least; at most it
#: is twice as many.
COPIES = 600.0


@dataclasses.dataclass(frozen=True, slots=True)
class Sample:
    """What had been spent and was held at one moment.

    :ivar at: Seconds of the simulated clock.
    :ivar memory: Bytes that Python holds, 0 where that is not traced.
    :ivar resident: KiB, the most that the process has ever had in memory.
    :ivar processor: Seconds of the processor, without the simulation's.
    """

    at: float
    memory: int
    resident: int
    processor: float
    requests: collections.Counter[str]


@dataclasses.dataclass(frozen=True, slots=True)
class Played:
    """A wait that is over.

    :ivar outcomes: How many servers ended how.
    :ivar seconds: From the first request to the last, simulated.
    """

    outcomes: collections.Counter[str]
    seconds: float
    samples: tuple[Sample, ...]

    def between(self, first: float, last: float) -> collections.Counter[str]:
        """Requests between two samples, by their kind."""
        found = {sample.at: sample.requests for sample in self.samples}
        return found[last] - found[first]

    def grown(self, first: float, last: float) -> int:
        """Bytes that came between two samples, and stayed."""
        found = {sample.at: sample.memory for sample in self.samples}
        return found[last] - found[first]


class Lines(progress.Lines):
    """Lines for a log that nobody keeps; the bytes are asked for, too."""

    transfers = True

    def __init__(self, clock: agenda.Clock) -> None:
        super().__init__(self, clock, SERVER)

    def write(self, text: str) -> int:
        return len(text)

    def flush(self) -> None:
        """Nothing is held back."""

    def isatty(self) -> bool:
        return False


class Board(boards.Quiet):
    """Counts how the moves ended."""

    def __init__(self, clock: agenda.Clock) -> None:
        self._clock = clock

    def observer(self, server: object) -> doors.Observer:
        return Lines(self._clock)


class Check:
    """A check that passes after so many seconds."""

    after_live = True
    phase = decisions.Phase.CHECKING

    def __init__(self, clock: agenda.Clock, seconds: float) -> None:
        self._clock = clock
        self._seconds = seconds
        self._until: float | None = None

    def wait(
        self, arrival: gates.Arrival, seconds: float
    ) -> gates.Answered | None:
        if self._until is None:
            self._until = self._clock.now() + self._seconds
        left = max(0.0, self._until - self._clock.now())
        self._clock.sleep(min(seconds, left))
        if self._clock.now() < self._until:
            return None
        return gates.Answered(gates.Answer.CONFIRM)

    def close(self) -> None:
        """Nothing runs."""


class Sampler:
    """Looks at the costs when the simulated clock says so."""

    def __init__(self, clock: agenda.Clock, nova: novas.Nova) -> None:
        self.samples: list[Sample] = []
        self._clock = clock
        self._nova = nova
        self._began = time.process_time()

    def at(self, moments: Iterable[float]) -> None:
        for moment in moments:
            self._clock.after(moment, functools.partial(self._look, moment))

    def _look(self, moment: float) -> None:
        gc.collect()
        memory = (
            tracemalloc.get_traced_memory()[0]
            if tracemalloc.is_tracing()
            else 0
        )
        spent = time.process_time() - self._began
        self.samples.append(
            Sample(
                moment,
                memory,
                resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
                spent - self._clock.meter.seconds,
                collections.Counter(self._nova.requests),
            )
        )


@dataclasses.dataclass(frozen=True, slots=True)
class Wait:
    """One server, and what keeps its move from ending.

    :ivar days: How long.
    :ivar begin: Arranges that, once the clock and Nova are there.
    :ivar check: Days that a check takes.
    """

    name: str
    days: float
    method: requests.Method
    odds: chances.Chances = chances.CALM
    begin: Callable[['Wait', agenda.Clock, novas.Nova], None] = (
        lambda _wait, _clock, _nova: None
    )
    check: float = 0.0


def _copies(wait: Wait, clock: agenda.Clock, nova: novas.Nova) -> None:
    """The guest writes faster than is copied, until somebody forces it."""

    def force() -> None:
        (server,) = nova.world.named(SERVER)
        (record,) = nova.world.records_of(server.id)
        nova.api.force_complete(server.id, record.id or 0, 'user-other')

    clock.after(wait.days * DAY, force)


def _is_down(wait: Wait, clock: agenda.Clock, nova: novas.Nova) -> None:
    """The source's compute service goes down under way, and comes back."""

    def up(is_up: bool) -> None:
        services = nova.world.services
        services[population.FIRST] = dataclasses.replace(
            services[population.FIRST], up=is_up
        )

    clock.after(2.0, functools.partial(up, False))
    clock.after(wait.days * DAY, functools.partial(up, True))


STUCK = chances.Chances({chances.Fate.STUCK: 1.0})
LIVE = Wait(
    'a live migration that copies', 3.0, requests.Method.LIVE, STUCK, _copies
)
SOURCE_DOWN = Wait(
    'VERIFY_RESIZE while the source is down', 2.0, requests.Method.COLD,
    begin=_is_down,
)  # fmt: skip
CHECKED = Wait('a check', 0.5, requests.Method.COLD, check=0.5)


def play(wait: Wait, poll_interval: float, moments: Iterable[float]) -> Played:
    """Move one server with no time limit.

    :param poll_interval: As ``--poll-interval``.
    :param moments: Seconds after the begin at which to take a sample.
    """
    clock = agenda.Clock()
    size = population.Size(1, on_first=1, shutoff=0.0)
    nova = novas.Nova(clock, size, wait.odds)
    sampler = Sampler(clock, nova)
    wait.begin(wait, clock, nova)
    gate = Check(clock, wait.check * DAY) if wait.check else None
    run = operation.Operation(nova, clock, Lines(clock), gate)
    sampler.at(moments)
    result = run.run(
        requests.Request(
            SERVER,
            wait.method,
            wish=moves.Wish.ASK if gate else moves.Wish.CONFIRM,
            timeout=0.0,
            poll_interval=poll_interval,
        )
    )
    return Played(
        collections.Counter([str(result.outcome)]),
        clock.now(),
        tuple(sampler.samples),
    )


def play_drain(
    servers: int, poll_interval: float, moments: Iterable[float]
) -> Played:
    """Drain a host whose live migrations take ten to twenty minutes each."""
    clock = agenda.Clock()
    size = population.Size(servers, on_first=servers, shutoff=0.0)
    nova = novas.Nova(clock, size)
    sampler = Sampler(clock, nova)
    sampler.at(moments)
    request = plans.Request(
        population.FIRST,
        limits=turns.Limits(2, max_failures=0),
        timeout=0.0,
        poll_interval=poll_interval,
    )
    with _slow_copies():
        run = drain.Drain(
            request, convoy.Means(nova, nova, clock, Board(clock))
        )
        run.plan()
        rows = run.run().rows
    return Played(
        collections.Counter(str(row.outcome) for row in rows),
        clock.now(),
        tuple(sampler.samples),
    )


@contextlib.contextmanager
def _slow_copies() -> Iterator[None]:
    # While the source copies, nothing is written.
    slow = tuple(
        dataclasses.replace(step, shortest=COPIES, longest=2 * COPIES)
        if not step.writes
        else step
        for step in live.MOVES[chances.Fate.GOOD]
    )
    with mock.patch.dict(live.MOVES, {chances.Fate.GOOD: slow}):
        yield
