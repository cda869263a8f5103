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

"""A command that gets a signal at one exact step of its work."""

from collections.abc import Callable, Iterable, Iterator
from concurrent import futures
import contextlib
import dataclasses
import os
import re
import signal
import sys
import time
from typing import Any, Generic, Protocol, TypeVar

import testtools

from osc_migrate.tests.functional import base
from osc_migrate.tests.functional import people
from osc_migrate.tests.functional import program
from osc_migrate.tests.wire import hold
from osc_migrate.tests.wire import wire

#: How many cells are worked on at once: most of a move is waiting.
WIDTH = 5
#: Set, it has every signal sent at every step, and not each at some.
EVERY = 'OSC_MIGRATE_EVERY_SIGNAL'
#: Seconds for a signal to have reached a run that keeps it back.
KEPT = 0.5
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
#: What a run keeps back until the answer is there.
SHIELDED = frozenset({'request', 'confirm', 'revert', 'disable', 'enable'})

T = TypeVar('T')


class Row(Protocol):
    """Where signals come."""

    @property
    def begins_again(self) -> bool:
        """Whether the same command is run again after SIGKILL."""


R = TypeVar('R', bound=Row)


class Run(program.Running):
    """A run that may be over at any moment."""

    @property
    def is_over(self) -> bool:
        return self._process.poll() is not None

    def says(self, pattern: str) -> bool:
        """Whether standard error holds the pattern by now."""
        return re.search(pattern, self._said()) is not None


@dataclasses.dataclass(frozen=True)
class Point:
    """Where a run is when the signal comes.

    :ivar step: of the requests, see :mod:`osc_migrate.tests.wire.steps`
    :ivar where: whether the service has carried it out by then
    :ivar number: of the request among those of its step
    """

    step: str
    where: str = hold.AFTER
    number: int = 1

    @property
    def name(self) -> str:
        step = self.step.replace('-', '_').replace(' ', '_')
        return f'{self.where}_{step}_{self.number}'


def signals_of(rows: Iterable[R]) -> list[tuple[R, signal.Signals]]:
    """Return which signal comes at which row.

    One of those that can be heeded, in turn, and SIGKILL.
    """
    cells: list[tuple[R, signal.Signals]] = []
    for place, row in enumerate(rows):
        heeded = ENDING if os.environ.get(EVERY) else ENDING[place % 3 :][:1]
        killed = (signal.SIGKILL,) if row.begins_again else ()
        cells += [(row, number) for number in (*heeded, *killed)]
    return cells


@dataclasses.dataclass(frozen=True)
class Group(Generic[R]):
    """Cells that are worked on at once."""

    name: str
    cells: tuple[tuple[R, signal.Signals], ...]


def groups(rows: Iterable[R]) -> Iterator[Group[R]]:
    """Put the cells of these rows together, so many as are worked on."""
    cells = signals_of(rows)
    for first in range(0, len(cells), WIDTH):
        yield Group(
            f'cells_{first + 1}_and_on', tuple(cells[first : first + WIDTH])
        )


def struck(
    cloud: Any,
    words: Iterable[str],
    point: Point,
    *numbers: signal.Signals,
    waits: bool = False,
) -> program.Result:
    """Return what a run leaves behind that gets these signals there.

    What is held goes on to the service, whether the run is there or not.

    :param waits: whether it waits for whatever is under way
    """
    with contextlib.ExitStack() as stack:
        proxy = stack.enter_context(wire.Wire(cloud))
        held = proxy.hold(point.step, point.where, point.number)
        run = Run(proxy.environment(), *words)
        stack.callback(run.close)
        people.eventually(lambda: held.is_reached or run.is_over, bool)
        if not held.is_reached:
            raise AssertionError(f'It did not come to {point}:\n{run.wait()}')
        for number in numbers:
            run.signal(number)
        waits = waits or point.step in SHIELDED
        if waits and signal.SIGKILL not in numbers:
            time.sleep(KEPT)
            held.release()
        if signal.SIGPIPE in numbers:
            held.release()
        result = run.wait()
        held.release()
        proxy.settle()
    return result


def side_by_side(rows: Iterable[T], check: Callable[[T], object]) -> None:
    """Check every row; say of all what is wrong."""
    rows = tuple(rows)
    with futures.ThreadPoolExecutor(WIDTH) as pool:
        checks = [pool.submit(check, row) for row in rows]
    wrong: list[Any] = []
    for row, done in zip(rows, checks, strict=True):
        try:
            done.result()
        except Exception as error:
            error.add_note(f'in the case {row}')
            wrong.append(sys.exc_info())
    if wrong:
        raise testtools.MultipleExceptions(*wrong)


class TestCase(base.TestCase):
    """Knows what a run has to say that a signal ended."""

    def assert_ended(
        self, number: signal.Signals, result: program.Result
    ) -> None:
        """By the signal, with nothing on standard output."""
        self.assertEqual('', result.stdout, str(result))
        if number == signal.SIGKILL:
            self.assertEqual(-number, result.exit_code, str(result))
            return
        self.assert_exit(128 + number, result)
        self.assertNotIn('Error', result.stderr)
