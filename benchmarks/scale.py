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

"""How a drain scales, on a simulated Nova of ten thousand servers.

Hosts with more and more servers are drained out of a cloud with random
failures. The time that our own code takes is the process's own, less what
the simulation took, which it measures itself. Every outcome is
compared with what the simulation knows.

    python benchmarks/scale.py
"""

import argparse
import collections
from collections.abc import Iterable, Iterator, Sequence
import contextlib
import cProfile
import dataclasses
import gc
import math
import pathlib
import pstats
import random
import sys
import tempfile
import time
import tracemalloc

import osc_migrate
from osc_migrate import board as boards
from osc_migrate import convoy
from osc_migrate import door as doors
from osc_migrate import drain
from osc_migrate.engine import drain as plans
from osc_migrate.engine import facts
from osc_migrate.engine import rows as told_rows
from osc_migrate.engine import turns
from osc_migrate import storage
from osc_migrate.tests.simulation import agenda
from osc_migrate.tests.simulation import chances
from osc_migrate.tests.simulation import nova as novas
from osc_migrate.tests.simulation import population
from osc_migrate.tests.simulation import truth

PACKAGE = pathlib.Path(osc_migrate.__file__).parent
#: Python's frames of which one tells who allocated something.
FRAMES = 4
#: How often during a drain the memory is looked at.
SAMPLES = 4
SHARED = 'records_from'
#: Servers of a drain that is not counted: what is imported late.
WARM_UP = 20


class Board(boards.Quiet):
    """Counts what is told, and looks at the memory now and then.

    :ivar looks: How often a server was looked at.
    :ivar memory: Bytes, the most that our own code was seen to hold.
    """

    transfers = False

    def __init__(self, *, traced: bool) -> None:
        self.looks = 0
        self.memory = 0
        self.outcomes: collections.Counter[str] = collections.Counter()
        self._traced = traced
        self._every = 1

    def begin(self, count: int) -> None:
        self._every = max(1, count // SAMPLES)

    def observer(self, server: facts.Server) -> doors.Observer:
        return self

    def progress(self, progress: doors.Progress) -> None:
        self.looks += 1

    def landed(self, row: told_rows.Row) -> None:
        self.outcomes[str(row.outcome)] += 1
        if self._traced and self.outcomes.total() % self._every == 0:
            self.sample()

    def sample(self) -> None:
        self.memory = max(self.memory, held())


def held() -> int:
    """Bytes that were allocated by our own code and are held."""
    snapshot = tracemalloc.take_snapshot()
    return sum(
        one.size
        for one in snapshot.statistics('traceback')
        if _ours(one.traceback)
    )


def _ours(traceback: tracemalloc.Traceback) -> bool:
    """Whether the innermost frame of the package is no test."""
    for frame in reversed(traceback):
        path = pathlib.PurePath(frame.filename)
        if path.is_relative_to(PACKAGE):
            return path.relative_to(PACKAGE).parts[0] != 'tests'
    return False


@dataclasses.dataclass(frozen=True)
class Measured:
    """One drain.

    :ivar ours: Seconds of the processor that our own code took.
    :ivar ticks: How often it slept.
    :ivar simulated: Seconds that the drain took on the simulated clock.
    :ivar shared: Pages of the host's migrations that were read.
    :ivar requests: All others.
    """

    servers: int
    parallel: int
    ours: float
    ticks: int
    looks: int
    shared: int
    requests: int
    simulated: float
    outcomes: collections.Counter[str]
    memory: int
    wrong: list[str]
    unexplained: int

    @property
    def tick(self) -> float:
        """Microseconds of our own in a tick."""
        return 1e6 * self.ours / self.ticks


def measure(
    servers: int,
    parallel: int,
    options: argparse.Namespace,
    *,
    traced: bool = False,
    profile: cProfile.Profile | None = None,
) -> Measured:
    """Drain one host."""
    random.seed(options.seed)
    clock = agenda.Clock()
    size = population.Size(
        max(options.cloud, servers), options.hosts, on_first=servers,
        pairs=servers // 20, history=options.history,
    )  # fmt: skip
    nova = novas.Nova(
        clock, size, chances.ROUGH, seed=options.seed,
        live_at_once=options.live_at_once, latency=options.latency,
    )  # fmt: skip
    expected = [s.id for s in nova.world.servers_on(population.FIRST)]
    board = Board(traced=traced)
    request = plans.Request(
        population.FIRST, limits=turns.Limits(parallel, max_failures=0)
    )
    gc.collect()
    gc.freeze()
    if traced:
        tracemalloc.start(FRAMES)
    if profile is not None:
        profile.enable()
    began = time.process_time()
    means = convoy.Means(nova, nova, clock, board)
    with kept(options.file) as file:
        run = drain.Drain(request, means, file)
        run.plan()
        rows = run.run().rows
    ours = time.process_time() - began - clock.meter.seconds
    if profile is not None:
        profile.disable()
    if traced:
        board.sample()
        tracemalloc.stop()
    gc.unfreeze()
    simulated = clock.now()
    requests = nova.requests.total() - nova.requests[SHARED]
    nova.settle()
    return Measured(
        servers, parallel, ours, clock.sleeps, board.looks,
        nova.requests[SHARED], requests, simulated, board.outcomes,
        board.memory, truth.contradictions(nova, rows, expected),
        len(truth.unexplained(nova, rows)),
    )  # fmt: skip


@contextlib.contextmanager
def kept(wanted: bool) -> Iterator[storage.PlanFile | None]:
    """A file for the plan, if one is wanted."""
    if not wanted:
        yield None
        return
    with tempfile.TemporaryDirectory() as directory:
        name = str(pathlib.Path(directory, 'plan.json'))
        with storage.PlanFile(name) as file:
            yield file


def slope(points: Iterable[tuple[float, float]]) -> float:
    """The exponent with which the second grows in the first (log-log)."""
    logs = [(math.log(x), math.log(y)) for x, y in points]
    mean_x = sum(x for x, _y in logs) / len(logs)
    mean_y = sum(y for _x, y in logs) / len(logs)
    return sum((x - mean_x) * (y - mean_y) for x, y in logs) / sum(
        (x - mean_x) ** 2 for x, _y in logs
    )


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A simple table of reStructuredText."""
    lines = [head, *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    rule = '  '.join('=' * width for width in widths)
    texts = [
        '  '.join(
            cell.rjust(width) for cell, width in zip(line, widths, strict=True)
        )
        for line in lines
    ]
    return '\n'.join([rule, texts[0], rule, *texts[1:], rule])


HEAD = (
    'Servers', 'At once', 'Seconds', 'Ticks', 'µs/tick', 'Looks',
    'µs/look', 'Requests/server', 'Requests/tick', 'Listings/server',
    'Hours', 'Failed', 'KiB', 'KiB/server',
)  # fmt: skip
GOOD = frozenset({'confirmed', 'completed'})


def row_of(one: Measured, memory: int) -> tuple[str, ...]:
    failed = sum(n for what, n in one.outcomes.items() if what not in GOOD)
    return (
        str(one.servers), str(one.parallel), f'{one.ours:.2f}',
        str(one.ticks), f'{one.tick:.0f}', str(one.looks),
        f'{1e6 * one.ours / one.looks:.0f}',
        f'{one.requests / one.servers:.1f}',
        f'{one.requests / one.ticks:.2f}',
        f'{one.shared / one.servers:.1f}',
        f'{one.simulated / 3600:.1f}', str(failed),
        f'{memory / 1024:.0f}' if memory else '-',
        f'{memory / 1024 / one.servers:.1f}' if memory else '-',
    )  # fmt: skip


def slopes(runs: Sequence[Measured], memory: dict[int, int]) -> list[str]:
    """How fast it grows, a sentence each."""
    said = []
    for parallel in sorted({one.parallel for one in runs}):
        same = [one for one in runs if one.parallel == parallel]
        if len(same) > 1:
            tick = slope((one.servers, one.tick) for one in same)
            all_of_it = slope((one.servers, one.ours) for one in same)
            said.append(
                f'{parallel} at once, with the servers planned: time per '
                f'tick ^{tick:.2f}, in all ^{all_of_it:.2f}'
            )
    for servers in sorted({one.servers for one in runs}):
        same = [one for one in runs if one.servers == servers]
        if len(same) > 1:
            tick = slope((one.parallel, one.tick) for one in same)
            all_of_it = slope((one.parallel, one.ours) for one in same)
            said.append(
                f'{servers} servers, with those in flight: time per tick '
                f'^{tick:.2f}, in all ^{all_of_it:.2f}'
            )
    if len(memory) > 1:
        said.append(f'Memory with the servers: ^{slope(memory.items()):.2f}')
    return said


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition('\n')[0])
    add = parser.add_argument
    add('--sizes', type=int, nargs='+', default=[100, 300, 1000, 3000, 10000])
    add('--parallel', type=int, nargs='+', default=[2, 20, 200])
    add('--cloud', type=int, default=10000, help='servers in all')
    add('--hosts', type=int, default=200)
    add('--history', type=int, default=1000,
        help='migrations from the host that are over')  # fmt: skip
    add('--live-at-once', type=int, default=1)
    add('--latency', type=float, default=novas.LATENCY,
        help='seconds that a request takes')  # fmt: skip
    add('--seed', type=int, default=1)
    add('--memory', type=int, default=20,
        help='trace the memory with so many at once, 0: never')  # fmt: skip
    add('--file', action='store_true', help='keep the plan in a file')
    add('--profile', action='store_true', help='where the time goes')
    options = parser.parse_args()
    runs, cells, memory = [], [], {}
    profile = cProfile.Profile() if options.profile else None
    measure(WARM_UP, 2, options)
    for parallel in options.parallel:
        for servers in options.sizes:
            one = measure(servers, parallel, options, profile=profile)
            if parallel == options.memory:
                memory[servers] = measure(
                    servers, parallel, options, traced=True
                ).memory
            runs.append(one)
            here = memory.get(servers, 0) if parallel == options.memory else 0
            cells.append(row_of(one, here))
            print('  '.join(cells[-1]), dict(one.outcomes), file=sys.stderr)
            for sentence in one.wrong:
                print('WRONG:', sentence, file=sys.stderr)
    print(table(HEAD, cells))
    print('\n' + '\n'.join(f'- {one}' for one in slopes(runs, memory)))
    wrong = sum(len(one.wrong) for one in runs)
    told = sum(one.outcomes.total() for one in runs)
    unexplained = sum(one.unexplained for one in runs)
    print(
        f'- {told} outcomes, {wrong} of them not as it was; '
        f'{unexplained} failures without the reason that Nova gives'
    )
    if profile is not None:
        own = r'osc_migrate/(?!tests)'
        pstats.Stats(profile).sort_stats('tottime').print_stats(own, 30)
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main())
