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

"""Many moves on a terminal: a line for each that is in flight, and a bar."""

from collections.abc import Iterator, Sequence
import contextlib
from typing import TYPE_CHECKING

from osc_migrate import clock as clocks
from osc_migrate import door as doors
from osc_migrate.engine import facts
from osc_migrate.engine import rows
from osc_migrate.engine import text
from osc_migrate.engine import transfer
from osc_migrate import foot
from osc_migrate.i18n import _
from osc_migrate import progress

if TYPE_CHECKING:
    from rich import console
    from rich import progress as rich_progress


class Dashboard:
    """Live lines at the foot of the screen; what is over scrolls up.

    :param screen: A console of rich's that is a terminal.
    """

    def __init__(self, screen: 'console.Console', clock: clocks.Clock) -> None:
        self._screen = screen
        self._clock = clock
        self._began = clock.now()
        self.bars = _bars(screen)
        self._all: rich_progress.TaskID | None = None
        self._lines: dict[str, rich_progress.TaskID] = {}
        self._ends: float | None = None
        self._foot = foot.Foot(screen, self.bars.get_renderable)
        self._checked: set[str] = set()
        self._count = self._landed = self._moved = self._failed = 0

    @contextlib.contextmanager
    def shown(self) -> Iterator[None]:
        """Give the screen back at the end, whatever happens."""
        try:
            yield
        finally:
            self.pause()

    @property
    def is_drawn(self) -> bool:
        """Whether the lines are on the screen."""
        return self._foot.is_drawn

    def pause(self) -> None:
        """Give the screen back as it was; the next sign of life returns."""
        self._foot.stop()

    def make_room(self, server_id: str, line: str) -> None:
        """A check of this server uses the screen from now on."""
        if server_id not in self._checked:
            self._checked.add(server_id)
            self.pause()
            self.say(line)

    def _draw(self) -> None:
        """Show the lines, unless they are, or somebody has the screen."""
        wanted = self._count and not self._checked
        if not wanted or self.is_drawn:
            return
        if progress.in_foreground(self._screen):
            self._foot.start()

    def say(self, sentence: str) -> None:
        self._foot.say(sentence)

    def plan(self, planned: Sequence[rows.Row]) -> None:
        for line in rows.outline(planned):
            self.say(line)

    def begin(self, count: int) -> None:
        self._count = count
        self._began = self._clock.now()
        if count:
            self._all = self.bars.add_task('', total=count)
            self._count_up()
            self._draw()

    def observer(self, server: facts.Server) -> doors.Observer:
        name = text.printable(server.name)
        name = text.shortened(name, self._screen.width // 4)
        self._lines[server.id] = self.bars.add_task(name, total=None)
        self._count_up()
        return Line(self, server.id, name)

    def tell(
        self, server_id: str, line: str, copied: float | None = None
    ) -> None:
        """The live line of one server.

        :param copied: Which part of it, 0 to 1; None where that is not known.
        """
        self._checked.discard(server_id)
        self._draw()
        task = self._lines.get(server_id)
        if task is None:
            return
        self.bars.update(task, description=line)
        if copied is not None:
            # A total that was given once cannot be taken back.
            self.bars.update(task, total=1.0, completed=copied)
        self._count_up()

    def landed(self, row: rows.Row) -> None:
        self._checked.discard(row.server_id)
        task = self._lines.pop(row.server_id, None)
        if task is not None:
            self.bars.remove_task(task)
        self._landed += 1
        self._failed += row.failed
        self._moved += row.outcome in rows.ARRIVED and not row.failed
        now = self._clock.now()
        left = time_left(now - self._began, self._landed, self._count)
        self._ends = None if left is None else now + left
        self.say(rows.describe(row))
        self._count_up()

    def _count_up(self) -> None:
        if self._all is None:
            return
        said = _('%(moved)s moved, %(failed)s failed, %(waiting)s waiting') % {
            'moved': self._moved,
            'failed': self._failed,
            'waiting': self._count - self._landed - len(self._lines),
        }
        if self._ends is not None:
            left = max(0.0, self._ends - self._clock.now())
            said += _(', about %s left') % _clock_time(left)
        self.bars.update(self._all, completed=self._landed, description=said)
        self._foot.draw()


def _bars(screen: 'console.Console') -> 'rich_progress.Progress':
    """Time, words and bar of each."""
    from rich import progress as rich_progress
    from rich import progress_bar
    from rich import table

    class Bar(rich_progress.ProgressColumn):
        """Nothing where nothing is counted."""

        def render(self, task: rich_progress.Task) -> 'console.RenderableType':
            if task.total is None:
                return ''
            return progress_bar.ProgressBar(
                total=task.total,
                completed=task.completed,
                width=max(8, screen.width // 5),
            )

    fixed = table.Column(no_wrap=True, min_width=len('0:00:00'))
    rest = table.Column(no_wrap=True, ratio=1, overflow='ellipsis')
    return rich_progress.Progress(
        rich_progress.TimeElapsedColumn(table_column=fixed),
        rich_progress.TextColumn(
            '{task.description}', markup=False, table_column=rest
        ),
        Bar(),
        console=screen,
        expand=True,
    )


class Line:
    """The live line of one server on the dashboard."""

    transfers = True

    def __init__(
        self, dashboard: Dashboard, server_id: str, name: str
    ) -> None:
        self._dashboard = dashboard
        self._server_id = server_id
        self._name = name
        self._estimator = transfer.Estimator()

    def progress(self, told: doors.Progress) -> None:
        said = progress.describe(told)
        if told.phase in progress.NOT_OURS:
            self._dashboard.make_room(
                self._server_id, f'{text.at_the_front(self._name)}: {said}'
            )
            return
        line = f'{self._name}: {said}'
        estimate = self._estimator.add(told.transfer, told.elapsed)
        copied = None
        if told.transfer is not None:
            line += f': {progress.describe_transfer(told.transfer, estimate)}'
            if told.transfer.total:
                copied = 1.0 - told.transfer.remaining / told.transfer.total
        self._dashboard.tell(self._server_id, line, copied)

    def say(self, sentence: str) -> None:
        self._dashboard.say(sentence)


def time_left(elapsed: float, done: int, count: int) -> float | None:
    """Seconds that the rest takes, if it goes on as it went.

    :param elapsed: Seconds since the first was begun.
    :returns: None while none is done, or where nothing is left.
    """
    if not done or done >= count:
        return None
    return elapsed / done * (count - done)


def _clock_time(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f'{hours}:{minutes:02}:{rest:02}'
