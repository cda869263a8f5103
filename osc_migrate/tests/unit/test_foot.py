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

"""Lines at the foot of a terminal leave nothing behind, whatever its size."""

import contextlib
import dataclasses
import io
import random
import time
from typing import Any
from unittest import mock

import fixtures
from rich import console
import testtools

from osc_migrate import board as boards
from osc_migrate.engine.decisions import Phase
from osc_migrate import foot
from osc_migrate import progress
from osc_migrate.tests import screens
from osc_migrate.tests.unit import fakes
from osc_migrate.tests.unit import rows
from osc_migrate.tests.unit import test_board

SAID = 'Server web1 was moved from src to dst and confirmed in 12 s.'
NAME = 'a server whose name is as long as a name may be, or nearly so'


class Tty(io.StringIO):
    """A terminal of which one can see what it shows."""

    def __init__(self, size: tuple[int, int]) -> None:
        super().__init__()
        self.screen = screens.Screen(*size)

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self.screen.write(text)
        return len(text)


@dataclasses.dataclass(frozen=True)
class Sizes:
    """How a terminal is resized: rows and columns one after the other.

    :ivar late: how many drawings are made for the size before
    """

    name: str
    sizes: tuple[tuple[int, int], ...]
    late: int = 0


def at_random(seed: int) -> tuple[tuple[int, int], ...]:
    draw = random.Random(seed)
    return tuple(
        (draw.randint(1, 50), draw.choice((1, 2, 3, 7, 20, 40, 80, 200)))
        for _one in range(15)
    )


SIZES = (
    Sizes('as it was', ((24, 80),)),
    Sizes('narrower', ((24, 80), (24, 40))),
    Sizes('much narrower', ((24, 200), (24, 9))),
    Sizes('wider', ((24, 40), (24, 80))),
    Sizes('down to one character', ((24, 40), (5, 10), (1, 1))),
    Sizes('down to one character and up',
          ((24, 40), (5, 10), (1, 1), (5, 10), (24, 80), (50, 200))),
    Sizes('told late that it is narrower', ((24, 80), (24, 40), (24, 20)), 2),
    *(Sizes(f'at random {seed}', at_random(seed)) for seed in range(3)),
)  # fmt: skip


@rows.each(SIZES)
class Resized(testtools.TestCase):
    def check(self, row: Sizes) -> None:
        # Nothing is drawn but what the test asks for.
        self.useFixture(fixtures.MockPatchObject(foot, 'EVERY', 3600.0))
        for show in (self._one_server, self._many):
            stream = Tty(row.sizes[0])
            with self._sized(row.sizes[0]):
                stream.write('$ openstack\n')
            show(stream, row)
            stream.write(SAID)
            self.assertEqual(f'$ openstack\n{SAID}', stream.screen.text)
            self.assertTrue(stream.screen.cursor_shown)

    @contextlib.contextmanager
    def _sized(self, size: tuple[int, int]) -> Any:
        """What the terminal tells of its size."""
        told = console.ConsoleDimensions(size[1], size[0])
        with (
            mock.patch.object(console.Console, 'size', told),
            mock.patch.object(console.Console, 'width', size[1]),
            mock.patch.object(console.Console, 'height', size[0]),
        ):
            yield

    def _turn(self, stream: Tty, row: Sizes, draw: Any) -> None:
        told = row.sizes[0]
        for size in row.sizes:
            stream.screen.resize(*size)
            with self._sized(told):
                for _late in range(row.late):
                    draw()
            told = size
            with self._sized(told):
                draw()
                draw()

    def _one_server(self, stream: Tty, row: Sizes) -> None:
        clock = fakes.FakeClock()
        with contextlib.ExitStack() as stack:
            with self._sized(row.sizes[0]):
                observer = stack.enter_context(
                    progress.reporter(stream, clock, NAME, quiet=False)
                )
            self._turn(
                stream, row,
                lambda: observer.progress(test_board.at(Phase.COPYING)),
            )  # fmt: skip

    def _many(self, stream: Tty, row: Sizes) -> None:
        clock = fakes.FakeClock()
        with contextlib.ExitStack() as stack:
            with self._sized(row.sizes[0]):
                board = stack.enter_context(
                    boards.board(stream, clock, quiet=False)
                )
                board.begin(3)
                observers = [
                    board.observer(test_board.server(f'{NAME} {number}'))
                    for number in range(3)
                ]

            def draw() -> None:
                for observer in observers:
                    observer.progress(test_board.at(Phase.COPYING))

            self._turn(stream, row, draw)


class FootTestCase(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.stream = Tty((24, 80))
        screen = console.Console(
            file=self.stream, force_terminal=True, width=80, height=24
        )
        self.lines = ['first', 'second']
        self.foot = foot.Foot(screen, lambda: '\n'.join(self.lines))
        self.addCleanup(self.foot.stop)

    @property
    def text(self) -> str:
        return self.stream.screen.text

    def test_it_is_drawn_again_and_again(self) -> None:
        self.foot.start()
        self.assertEqual('first\nsecond', self.text)
        self.lines = ['third']
        until = time.monotonic() + 60.0
        while self.text != 'third' and time.monotonic() < until:
            time.sleep(foot.EVERY / 10)
        self.assertEqual('third', self.text)

    def test_what_is_said_stays_above(self) -> None:
        self.foot.say('before')
        self.foot.start()
        self.foot.say('meanwhile\x1b')
        self.assertEqual('before\nmeanwhile?\nfirst\nsecond', self.text)
        self.assertFalse(self.stream.screen.cursor_shown)
        self.foot.stop()
        self.foot.say('after')
        self.assertEqual('before\nmeanwhile?\nafter', self.text)

    def test_ctrl_c_that_the_terminal_shows_goes_with_it(self) -> None:
        self.foot.start()
        self.stream.write('^C')
        self.foot.stop()
        self.assertEqual('', self.text)

    def test_more_lines_than_rows(self) -> None:
        self.lines = [f'line {number}' for number in range(100)]
        self.foot.start()
        self.foot.draw()
        self.assertEqual(23, len(self.text.splitlines()))
        self.foot.stop()
        self.assertEqual('', self.text)

    def test_once_is_enough(self) -> None:
        for _time in range(2):
            self.foot.start()
        self.assertTrue(self.foot.is_drawn)
        for _time in range(2):
            self.foot.stop()
        self.assertFalse(self.foot.is_drawn)
        self.foot.draw()
        self.assertEqual('', self.text)
