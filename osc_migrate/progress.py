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
import os
from typing import cast, Protocol, TextIO, TYPE_CHECKING

from osc_migrate import clock as clocks
from osc_migrate import door as doors
from osc_migrate.engine.decisions import Phase
from osc_migrate.engine import facts
from osc_migrate.engine import text
from osc_migrate.engine import transfer
from osc_migrate import foot
from osc_migrate.i18n import _

if TYPE_CHECKING:
    from rich import console


class Stream(Protocol):
    """Where the reports go; it must not fail."""

    def write(self, text: str, /) -> int: ...

    def flush(self) -> None: ...

    def isatty(self) -> bool: ...


#: Phases in which the screen belongs to somebody else.
NOT_OURS = frozenset({Phase.CHECKING, Phase.ASKING})


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


def amount(count: float) -> str:
    """So many bytes, in the unit that fits."""
    for unit in ('B', 'KiB', 'MiB', 'GiB'):
        if count < 1024:
            break
        count /= 1024
    else:
        unit = 'TiB'
    return f'{count:.0f} {unit}' if unit == 'B' else f'{count:.1f} {unit}'


def describe_transfer(
    copied: facts.Transfer, estimate: transfer.Estimate
) -> str:
    """How far a copy is, as Nova's driver told it last.

    What one looks for comes first, as a narrow screen cuts the end off.
    What is left may become more again: the guest writes meanwhile.
    """
    if not copied.total:
        return _('nothing copied yet')
    said = []
    if estimate.seconds is not None:
        said.append(_('about %.0f s') % estimate.seconds)
    elif estimate.rate:
        said.append(_('not getting less'))
    if estimate.rate is not None:
        said.append(_('%s/s') % amount(estimate.rate))
    said.append(
        _('%(left)s of %(total)s left')
        % {'left': amount(copied.remaining), 'total': amount(copied.total)}
    )
    said.append(_('%s copied') % amount(copied.processed))
    return ', '.join(said)


class Quiet:
    """Tells nothing."""

    transfers = False

    def progress(self, progress: doors.Progress) -> None:
        pass

    def say(self, sentence: str) -> None:
        pass


class Lines:
    """One line for every change, with the time in UTC: for logs."""

    transfers = False

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
        self._write(f'{self._name}: {line}')

    def say(self, sentence: str) -> None:
        self._write(text.printable(sentence))

    def _write(self, line: str) -> None:
        time = self._clock.utc().strftime('%Y-%m-%dT%H:%M:%SZ')
        self._stream.write(f'{time} {line}\n')
        self._stream.flush()


class Terminal:
    """One live line, gone when the wait is over.

    It makes room while a check or a question uses the screen.

    :param screen: A console of rich's that is a terminal.
    """

    transfers = True

    def __init__(self, screen: 'console.Console', name: str) -> None:
        from rich import progress as rich_progress
        from rich import table

        # On a narrow screen the end is cut off, and not the columns before.
        fixed = table.Column(no_wrap=True, min_width=1)
        time = table.Column(no_wrap=True, min_width=len('0:00:00'))
        rest = table.Column(no_wrap=True, ratio=1, overflow='ellipsis')
        self._bar = rich_progress.Progress(
            rich_progress.SpinnerColumn(table_column=fixed),
            rich_progress.TimeElapsedColumn(table_column=time),
            rich_progress.TextColumn(
                '{task.description}', markup=False, table_column=rest
            ),
            console=screen,
            expand=True,
        )
        self._foot = foot.Foot(screen, self._bar.get_renderable)
        self._screen = screen
        self._estimator = transfer.Estimator()
        self._name = text.shortened(text.printable(name), screen.width // 4)
        self._task = self._bar.add_task(self._name, total=None)

    def progress(self, progress: doors.Progress) -> None:
        if progress.phase in NOT_OURS:
            self._make_room(progress)
            return
        line = f'{self._name}: {describe(progress)}'
        estimate = self._estimator.add(progress.transfer, progress.elapsed)
        if progress.transfer is not None:
            line += f': {describe_transfer(progress.transfer, estimate)}'
        self._bar.update(self._task, description=line)
        if in_foreground(self._screen):
            self._foot.start()
        self._foot.draw()

    def pause(self) -> None:
        """Give the screen back as it was; the next sign of life returns."""
        self._foot.stop()

    def say(self, sentence: str) -> None:
        self._foot.say(sentence)

    def _make_room(self, progress: doors.Progress) -> None:
        if not self._foot.is_drawn:
            return
        self.pause()
        self.say(f'{text.at_the_front(self._name)}: {describe(progress)}')

    @contextlib.contextmanager
    def shown(self) -> Iterator[None]:
        # Also where a signal comes while it starts.
        try:
            self._foot.start()
            yield
        finally:
            self._foot.stop()


def in_foreground(screen: 'console.Console') -> bool:
    """Whether the shell has given this program the terminal (``fg``)."""
    try:
        return os.tcgetpgrp(screen.file.fileno()) == os.getpgrp()
    except (OSError, ValueError):
        return True


@contextlib.contextmanager
def reporter(
    stream: Stream, clock: clocks.Clock, name: str, *, quiet: bool
) -> Iterator[doors.Observer]:
    """The observer that fits where the reports go."""
    if quiet:
        yield Quiet()
        return
    screen = screen_of(stream)
    if screen is None:
        yield Lines(stream, clock, name)
        return
    terminal = Terminal(screen, name)
    with terminal.shown():
        yield terminal


def screen_of(stream: Stream) -> 'console.Console | None':
    """A terminal that can redraw a line, or None."""
    if not stream.isatty():
        return None
    # Imported here: only a wait on a terminal pays for it.
    from rich import console

    screen = console.Console(file=cast(TextIO, stream), highlight=False)
    return None if screen.is_dumb_terminal else screen
