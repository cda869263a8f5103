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

"""The progress of many moves: drawn on a terminal, as lines, or not at all."""

from collections.abc import Callable, Iterator, Sequence
import contextlib

from osc_migrate import clock as clocks
from osc_migrate import dashboard
from osc_migrate import door as doors
from osc_migrate.engine.decisions import Phase
from osc_migrate.engine import facts
from osc_migrate.engine import rows
from osc_migrate.i18n import _
from osc_migrate import progress

QUEUE = _(
    'Live migrations wait in the queue of the source: Nova runs one at a '
    'time, unless max_concurrent_live_migrations of nova-compute says '
    'otherwise.'
)


class Quiet:
    """Tells nothing."""

    def say(self, sentence: str) -> None:
        pass

    def plan(self, planned: Sequence[rows.Row]) -> None:
        pass

    def begin(self, count: int) -> None:
        pass

    def observer(self, server: facts.Server) -> doors.Observer:
        return progress.Quiet()

    def landed(self, row: rows.Row) -> None:
        pass

    def pause(self) -> None:
        pass


class Lines:
    """One line for every event, with the time in UTC: for logs."""

    def __init__(self, stream: progress.Stream, clock: clocks.Clock) -> None:
        self._stream = stream
        self._clock = clock
        self._log = progress.Lines(stream, clock, '')
        self._count = self._landed = 0

    def say(self, sentence: str) -> None:
        self._log.say(sentence)

    def plan(self, planned: Sequence[rows.Row]) -> None:
        for line in rows.outline(planned):
            self.say(line)

    def begin(self, count: int) -> None:
        self._count = count

    def observer(self, server: facts.Server) -> doors.Observer:
        return progress.Lines(self._stream, self._clock, server.name)

    def landed(self, row: rows.Row) -> None:
        self._landed += 1
        self.say(f'{self._landed}/{self._count} {rows.describe(row)}')

    def pause(self) -> None:
        pass


class Attentive:
    """A board that says once what not everybody knows of Nova."""

    def __init__(self, board: doors.Board) -> None:
        self._board = board
        self._said = False
        self.say = board.say
        self.plan = board.plan
        self.begin = board.begin
        self.landed = board.landed
        self.pause = board.pause

    def observer(self, server: facts.Server) -> doors.Observer:
        return _Attentive(self._board.observer(server), self._notice)

    def _notice(self, told: doors.Progress) -> None:
        if told.phase is Phase.QUEUED and not self._said:
            self._said = True
            self._board.say(QUEUE)


class _Attentive:
    """The observer of one server that passes everything on."""

    def __init__(
        self,
        observer: doors.Observer,
        notice: Callable[[doors.Progress], None],
    ) -> None:
        self._observer = observer
        self._notice = notice
        self.transfers = observer.transfers
        self.say = observer.say

    def progress(self, told: doors.Progress) -> None:
        self._notice(told)
        self._observer.progress(told)


@contextlib.contextmanager
def board(
    stream: progress.Stream, clock: clocks.Clock, *, quiet: bool
) -> Iterator[doors.Board]:
    """The board that fits where the reports go."""
    if quiet:
        yield Quiet()
        return
    screen = progress.screen_of(stream)
    if screen is None:
        yield Attentive(Lines(stream, clock))
        return
    terminal = dashboard.Dashboard(screen, clock)
    with terminal.shown():
        yield Attentive(terminal)
