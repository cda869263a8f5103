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

"""What the driver reports, drawn on a terminal, as lines, or not at all."""

from collections.abc import Iterator
import contextlib
from typing import cast, Protocol, TextIO, TYPE_CHECKING

from osc_migrate import clock as clocks
from osc_migrate import door as doors
from osc_migrate.engine import text

if TYPE_CHECKING:
    from rich import console


class Stream(Protocol):
    """Where the reports go; it must not fail."""

    def write(self, text: str, /) -> int: ...

    def flush(self) -> None: ...

    def isatty(self) -> bool: ...


def describe(progress: doors.Progress) -> str:
    """Phase and hosts on one line, safe for a terminal."""
    line = str(progress.phase)
    source, destination = progress.source_host, progress.destination_host
    if destination:
        hosts = f'{source} -> {destination}' if source else f'to {destination}'
        line += f' ({hosts})'
    elif source:
        line += f' ({source})'
    if progress.trouble:
        line += f': {progress.trouble}'
    return text.printable(line)


class Quiet:
    """Tells nothing."""

    def progress(self, progress: doors.Progress) -> None:
        pass


class Lines:
    """One line for every change, with the time in UTC: for logs."""

    def __init__(self, stream: Stream, clock: clocks.Clock, name: str) -> None:
        self._stream = stream
        self._clock = clock
        self._name = text.printable(name)
        self._last = ''

    def progress(self, progress: doors.Progress) -> None:
        line = describe(progress)
        if line == self._last:
            return
        self._last = line
        time = self._clock.utc().strftime('%Y-%m-%dT%H:%M:%SZ')
        self._stream.write(f'{time} {self._name}: {line}\n')
        self._stream.flush()


class Terminal:
    """One live line, gone when the wait is over.

    :param screen: A console of rich's that is a terminal.
    """

    def __init__(self, screen: 'console.Console', name: str) -> None:
        from rich import progress as rich_progress

        self._bar = rich_progress.Progress(
            rich_progress.SpinnerColumn(),
            # Before the rest: on a narrow screen the end is cut off.
            rich_progress.TimeElapsedColumn(),
            rich_progress.TextColumn('{task.description}', markup=False),
            console=screen,
            transient=True,
        )
        self._name = text.shortened(text.printable(name), screen.width // 4)
        self._task = self._bar.add_task(self._name, total=None)

    def progress(self, progress: doors.Progress) -> None:
        self._bar.update(
            self._task, description=f'{self._name}: {describe(progress)}'
        )

    @contextlib.contextmanager
    def shown(self) -> Iterator[None]:
        with self._bar:
            yield


@contextlib.contextmanager
def reporter(
    stream: Stream, clock: clocks.Clock, name: str, *, quiet: bool
) -> Iterator[doors.Observer]:
    """The observer that fits where the reports go."""
    if quiet:
        yield Quiet()
        return
    screen = _screen(stream)
    if screen is None:
        yield Lines(stream, clock, name)
        return
    terminal = Terminal(screen, name)
    with terminal.shown():
        yield terminal


def _screen(stream: Stream) -> 'console.Console | None':
    """A terminal that can redraw a line, or None."""
    if not stream.isatty():
        return None
    # Imported here: only a wait on a terminal pays for it.
    from rich import console

    screen = console.Console(file=cast(TextIO, stream), highlight=False)
    return None if screen.is_dumb_terminal else screen
