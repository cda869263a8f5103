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

"""Lines at the foot of a terminal, drawn again and again, gone at the end."""

from collections.abc import Callable, Iterable, Iterator
import threading
from typing import TYPE_CHECKING

from osc_migrate.engine import text

if TYPE_CHECKING:
    from rich import console
    from rich import segment

#: Seconds between two drawings.
EVERY = 0.1
#: Takes away all from the cursor to the end of the screen. Not from the first
#: column on: at the top of the screen tmux would take that for a screen that
#: is cleared, and keep what was on it.
ERASE = '\r \x1b[J\r'
#: A line that is too long is cut off, in place of filling another row: a
#: terminal tells that it has become narrower when it is already.
CUT, WRAP = '\x1b[?7l', '\x1b[?7h'


class Foot:
    """Keeps lines below all that is said.

    The cursor rests at the beginning of the first of them. Where a terminal
    becomes narrower it breaks them, and moves the cursor with its line: what
    is behind it is ours, however many rows that takes by now. What was drawn
    is never counted, and no signal is needed.

    :param screen: A console of rich's that is a terminal.
    :param drawn: What is to be seen now.
    """

    def __init__(
        self,
        screen: 'console.Console',
        drawn: Callable[[], 'console.RenderableType'],
    ) -> None:
        self._screen = screen
        self._drawn = drawn
        self._lock = threading.RLock()
        self._gone: threading.Event | None = None

    @property
    def is_drawn(self) -> bool:
        """Whether the lines are on the screen."""
        return self._gone is not None

    def start(self) -> None:
        """Take the foot of the screen, until :meth:`stop`."""
        if self._gone is not None:
            return
        gone = self._gone = threading.Event()
        self._screen.show_cursor(False)
        self._draw(gone)
        threading.Thread(target=self._go_on, args=(gone,), daemon=True).start()

    def stop(self) -> None:
        """Give it back as it was."""
        with self._lock:
            if self._gone is None:
                return
            self._gone.set()
            self._gone = None
            self._put(ERASE)
            self._screen.show_cursor(True)

    def say(self, sentence: str) -> None:
        """A line that stays, above the others."""
        with self._lock, self._screen:
            if self._gone is not None:
                self._put(ERASE)
            self._screen.out(text.printable(sentence), highlight=False)
            if self._gone is not None:
                self._draw(self._gone)

    def draw(self) -> None:
        """Show what is new at once, if the lines are on the screen."""
        gone = self._gone
        if gone is not None:
            self._draw(gone)

    def _go_on(self, gone: threading.Event) -> None:
        while not gone.wait(EVERY):
            self._draw(gone)

    def _draw(self, gone: threading.Event) -> None:
        with self._lock:
            if gone.is_set():
                return
            lines = self._lines()
            up = len(lines) - 1
            self._put(
                ERASE + CUT,
                *_joined(lines),
                '\r' + (f'\x1b[{up}A' if up else '') + WRAP,
            )

    def _lines(self) -> 'list[list[segment.Segment]]':
        """As many as there is room for, and a row for the words above."""
        lines = self._screen.render_lines(self._drawn(), pad=False)
        return lines[: max(1, self._screen.height - 1)]

    def _put(self, *parts: 'str | segment.Segment') -> None:
        """Write it in one piece.

        :param parts: Codes, which take no room, or what is seen.
        """
        from rich import control
        from rich import segment

        written = []
        for part in parts:
            if isinstance(part, str):
                codes = [(segment.ControlType.CLEAR,)]
                part = segment.Segment(part, None, codes)
            one = control.Control()
            one.segment = part
            written.append(one)
        self._screen.control(*written)


def _joined(
    lines: 'Iterable[list[segment.Segment]]',
) -> 'Iterator[str | segment.Segment]':
    for number, line in enumerate(lines):
        if number:
            yield '\n'
        yield from line
