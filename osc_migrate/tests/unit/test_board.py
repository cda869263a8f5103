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

"""The progress of many moves: in a log, and on a terminal."""

from collections.abc import Iterator
import contextlib
import dataclasses
import io
import re
from unittest import mock

from rich import console
import testtools

from osc_migrate import board as boards
from osc_migrate import dashboard
from osc_migrate import door as doors
from osc_migrate.engine.decisions import Phase
from osc_migrate.engine import facts
from osc_migrate.engine import outcomes
from osc_migrate.engine.outcomes import Outcome
from osc_migrate.engine import rows as told_rows
from osc_migrate.engine.rows import Fate
from osc_migrate.tests.unit import fakes
from osc_migrate.tests.unit import rows

MEBI = 1024 * 1024
#: Commands to a terminal, and what they are about (ECMA-48).
CONTROL = re.compile(r'\x1b\[[0-9;?]*[A-Za-z]')


class Tty(io.StringIO):
    def isatty(self) -> bool:
        return True


def server(name: str = 'web1') -> facts.Server:
    return facts.Server(f'id-of-{name}', name, 'project', 'ACTIVE')


def row(
    name: str = 'web1',
    outcome: Outcome | Fate = Outcome.CONFIRMED,
    reason: str | None = None,
) -> told_rows.Row:
    return told_rows.Row(
        f'id-of-{name}', name, 'project', 'migration', 'src', 'dst', outcome,
        reason,
    )  # fmt: skip


def at(
    phase: Phase,
    elapsed: float = 1.0,
    copied: facts.Transfer | None = None,
    trouble: str | None = None,
) -> doors.Progress:
    return doors.Progress(phase, 'src', 'dst', elapsed, trouble, copied)


class LinesTestCase(testtools.TestCase):
    @contextlib.contextmanager
    def board(self, *, quiet: bool = False) -> Iterator[doors.Board]:
        self.clock = fakes.FakeClock()
        self.stream = io.StringIO()
        with boards.board(self.stream, self.clock, quiet=quiet) as board:
            yield board

    @property
    def lines(self) -> list[str]:
        """What was written, without the time."""
        found = self.stream.getvalue().splitlines()
        for line in found:
            self.assertRegex(line, r'^2026-08-01T12:\d\d:\d\dZ ')
        return [line.partition(' ')[2] for line in found]

    def test_a_drain_in_a_log(self) -> None:
        with self.board() as board:
            board.say('Compute host src is disabled.')
            refused = row('web2', Fate.REFUSED, 'It is locked.')
            board.plan([row(outcome=Outcome.PLANNED), refused])
            board.begin(2)
            observer = board.observer(server())
            for phase in (Phase.REQUESTED, Phase.COPYING, Phase.COPYING):
                observer.progress(at(phase))
                self.clock.sleep(1.0)
            board.landed(row())
            board.landed(row('web3', Outcome.ROLLED_BACK, 'No valid host.'))
        self.assertEqual(
            [
                'Compute host src is disabled.',
                'web1: cold (src -> dst)',
                'web2: refused (src -> dst): It is locked.',
                'Plan: 1 cold, 1 refused',
                f'web1: {Phase.REQUESTED} (src -> dst)',
                f'web1: {Phase.COPYING} (src -> dst)',
                '1/2 web1: confirmed (src -> dst)',
                '2/2 web3: rolled-back (src -> dst): No valid host.',
            ],
            self.lines,
        )

    def test_the_time_is_that_of_the_event(self) -> None:
        with self.board() as board:
            self.clock.sleep(61.0)
            board.say('Later.')
        self.assertEqual('2026-08-01T12:01:01Z Later.\n',
                         self.stream.getvalue())  # fmt: skip

    def test_quiet_is_quiet(self) -> None:
        with self.board(quiet=True) as board:
            board.say('Compute host src is disabled.')
            board.plan([row()])
            board.begin(1)
            observer = board.observer(server())
            observer.progress(at(Phase.QUEUED))
            observer.say('Moved live.')
            board.pause()
            board.landed(row())
        self.assertEqual('', self.stream.getvalue())
        self.assertFalse(observer.transfers)

    def test_no_name_and_no_fault_commands_a_terminal(self) -> None:
        evil = 'w\x1b]0;x\x07eb\n\x9b31m'
        with self.board() as board:
            board.say(evil)
            board.plan([row(evil, Outcome.PLANNED), row(evil, Fate.REFUSED)])
            board.begin(1)
            board.observer(server(evil)).progress(
                at(Phase.COPYING, trouble=evil)
            )
            board.landed(row(evil, Outcome.ERROR, evil))
        self.assertEqual(6, len(self.lines))
        self.assertRegex(self.stream.getvalue(), r'^[ -~\n]*$')

    def test_bytes_are_nothing_for_a_log(self) -> None:
        with self.board() as board:
            self.assertFalse(board.observer(server()).transfers)

    def test_that_live_migrations_queue_is_said_once(self) -> None:
        with self.board() as board:
            for name in ('web1', 'web2', 'web3'):
                observer = board.observer(server(name))
                for phase in (Phase.REQUESTED, Phase.QUEUED, Phase.QUEUED):
                    observer.progress(at(phase))
        self.assertEqual(1, self.lines.count(boards.QUEUE))
        self.assertIn('max_concurrent_live_migrations', boards.QUEUE)

    def test_where_none_queues_it_is_not_said(self) -> None:
        with self.board() as board:
            observer = board.observer(server())
            for phase in Phase:
                if phase is not Phase.QUEUED:
                    observer.progress(at(phase))
            observer.say('It is moved live.')
        self.assertNotIn(boards.QUEUE, self.lines)
        self.assertIn('It is moved live.', self.lines)


class DashboardTestCase(testtools.TestCase):
    """On a screen of 100 columns that stays in memory."""

    def setUp(self) -> None:
        super().setUp()
        self.clock = fakes.FakeClock()
        self.stream = Tty()
        self.screen = console.Console(
            file=self.stream, force_terminal=True, width=100, height=25,
            highlight=False, _environ={},
        )  # fmt: skip
        self.board = dashboard.Dashboard(self.screen, self.clock)

    @contextlib.contextmanager
    def shown(self) -> Iterator[dashboard.Dashboard]:
        with self.board.shown():
            yield self.board

    def drawn(self) -> list[str]:
        """The live lines as they would stand on the screen now."""
        blank = console.Console(
            file=io.StringIO(), width=100, height=25, _environ={}
        )
        lines = (
            ''.join(segment.text for segment in line)
            for line in blank.render_lines(self.board.bars.get_renderable())
        )
        return [re.sub(r'[━╸╺\s]+', ' ', line).strip() for line in lines]

    def counts(self) -> str:
        """The line of the whole, without its time."""
        return self.drawn()[0].partition(' ')[2]

    @property
    def text(self) -> str:
        return CONTROL.sub('', self.stream.getvalue())

    def test_counts_and_a_line_for_each_in_flight(self) -> None:
        with self.shown() as board:
            board.begin(5)
            self.assertEqual('0 moved, 0 failed, 5 waiting', self.counts())
            for name in ('web1', 'web2'):
                board.observer(server(name)).progress(at(Phase.COPYING))
            self.assertEqual('0 moved, 0 failed, 3 waiting', self.counts())
            lines = self.drawn()
            self.assertEqual(3, len(lines))
            self.assertIn(f'web1: {Phase.COPYING} (src -> dst)', lines[1])
            self.assertIn('web2', lines[2])
            board.landed(row('web1'))
            self.assertEqual(
                '1 moved, 0 failed, 3 waiting', self.counts()[:28]
            )
            board.landed(row('web2', Outcome.ERROR))
            # One that was refused when its turn came.
            board.landed(row('web3', Fate.REFUSED))
            self.assertEqual(
                '1 moved, 2 failed, 2 waiting', self.counts()[:28]
            )
            self.assertEqual(1, len(self.drawn()))

    def test_what_has_gone_by_itself_is_neither_moved_nor_failed(self) -> None:
        every = (*Outcome, *Fate)
        with self.shown() as board:
            board.begin(len(every))
            for number, outcome in enumerate(every):
                board.landed(row(f'web{number}', outcome))
            failed = sum(row(outcome=one).failed for one in every)
            self.assertEqual(
                f'4 moved, {failed} failed, 0 waiting', self.counts()
            )
        self.assertEqual(set(outcomes.EXIT_CODES), set(Outcome))

    def test_what_is_over_scrolls_up(self) -> None:
        with self.shown() as board:
            board.begin(2)
            board.landed(row('web1'))
            board.landed(row('web2', Outcome.ERROR, 'It is off.'))
        self.assertIn('web1: confirmed (src -> dst)\n', self.text)
        self.assertIn('web2: error (src -> dst): It is off.\n', self.text)

    def test_the_time_that_is_left(self) -> None:
        with self.shown() as board:
            board.begin(4)
            self.clock.sleep(30.0)
            self.assertNotIn('left', self.counts())
            board.landed(row('web1'))
            self.assertIn('about 0:01:30 left', self.counts())
            self.clock.sleep(30.0)
            board.landed(row('web2', Outcome.ERROR))
            self.assertIn('about 0:01:00 left', self.counts())
            for name in ('web3', 'web4'):
                board.landed(row(name))
            self.assertNotIn('left', self.counts())

    def test_it_counts_down_until_the_next_is_done(self) -> None:
        with self.shown() as board:
            board.begin(3)
            observer = board.observer(server('web2'))
            self.clock.sleep(30.0)
            board.landed(row('web1'))
            for seconds, left in ((20.0, '0:00:40'), (60.0, '0:00:00')):
                self.clock.sleep(seconds)
                observer.progress(at(Phase.COPYING))
                self.assertIn(f'about {left} left', self.counts())

    def test_the_time_counts_from_the_first_move(self) -> None:
        # The plan was looked at for an hour before.
        self.clock.sleep(3600.0)
        with self.shown() as board:
            board.begin(2)
            self.clock.sleep(10.0)
            board.landed(row())
            self.assertIn('about 0:00:10 left', self.counts())

    def test_a_live_migration_shows_its_bytes(self) -> None:
        with self.shown() as board:
            board.begin(1)
            observer = board.observer(server())
            self.assertTrue(observer.transfers)
            observer.progress(
                at(Phase.TRANSFERRING, 5.0, facts.Transfer(MEBI, 0, MEBI))
            )
            half = facts.Transfer(MEBI, MEBI // 2, MEBI // 2)
            observer.progress(at(Phase.TRANSFERRING, 10.0, half))
            task = self.board.bars.tasks[1]
            self.assertEqual((0.5, 1.0), (task.completed, task.total))
            self.assertIn('about 5 s', task.description)
            # The copy is over: it is not told any more how far it is.
            observer.progress(at(Phase.SWITCHING, 11.0))
            self.assertEqual((0.5, 1.0), (task.completed, task.total))

    def test_a_copy_of_which_nothing_is_known_has_no_bar(self) -> None:
        with self.shown() as board:
            board.begin(1)
            # What the driver tells before its first report.
            board.observer(server()).progress(
                at(Phase.TRANSFERRING, 5.0, facts.Transfer(0, 0, 0))
            )
            self.assertIsNone(self.board.bars.tasks[1].total)

    def test_nothing_to_do_draws_nothing(self) -> None:
        with self.shown() as board:
            board.begin(0)
        self.assertEqual('', self.stream.getvalue())

    def test_a_plan_and_a_sentence_are_plain(self) -> None:
        with self.shown() as board:
            board.say('[bold]host1[/bold] is disabled.')
            board.plan([row(outcome=Outcome.PLANNED)])
        self.assertEqual(
            '[bold]host1[/bold] is disabled.\nweb1: cold (src -> dst)\n'
            'Plan: 1 cold\n',
            self.text,
        )

    def test_no_name_and_no_fault_commands_the_screen(self) -> None:
        evil = 'w\x1b]0;x\x07eb[red]'
        with self.shown() as board:
            board.say(evil)
            board.begin(1)
            board.observer(server(evil)).progress(
                at(Phase.COPYING, trouble=evil)
            )
            self.assertIn('w?]0;x?eb[red]', self.drawn()[1])
            board.landed(row(evil, Outcome.ERROR, evil))
        self.assertNotIn('\x1b]', self.stream.getvalue())
        self.assertNotIn('\x07', self.stream.getvalue())

    def test_a_long_name_leaves_room_for_what_happens(self) -> None:
        with self.shown() as board:
            board.begin(1)
            observer = board.observer(server('w' * 200))
            observer.progress(at(Phase.COPYING))
            self.assertIn(str(Phase.COPYING), self.drawn()[1])

    def test_it_fits_a_narrow_screen(self) -> None:
        self.screen.width = 40
        with self.shown() as board:
            board.begin(1)
            board.observer(server('w' * 200)).progress(at(Phase.COPYING))
        for line in re.split(r'[\r\n]', self.text):
            self.assertLessEqual(len(line), 40)

    def test_the_screen_is_given_back_whatever_happens(self) -> None:
        def broken() -> None:
            with self.shown() as board:
                board.begin(1)
                raise KeyboardInterrupt

        self.assertRaises(KeyboardInterrupt, broken)
        self.assertFalse(self.board.is_drawn)
        # The cursor is shown again, and no live line is left.
        text = self.stream.getvalue()
        self.assertGreater(text.rfind('\x1b[?25h'), text.rfind('\x1b[?25l'))

    def test_a_pause_and_the_next_sign_of_life(self) -> None:
        with self.shown() as board:
            board.begin(1)
            observer = board.observer(server())
            board.pause()
            self.assertFalse(self.board.is_drawn)
            with mock.patch(
                'osc_migrate.progress.in_foreground', lambda _screen: False
            ):
                observer.progress(at(Phase.COPYING))
                self.assertFalse(self.board.is_drawn)
            observer.progress(at(Phase.COPYING))
            self.assertTrue(self.board.is_drawn)

    def test_who_landed_is_drawn_no_more(self) -> None:
        with self.shown() as board:
            board.begin(1)
            observer = board.observer(server())
            board.landed(row())
            observer.progress(at(Phase.COPYING))
            self.assertEqual(1, len(self.drawn()))


class ChosenTestCase(testtools.TestCase):
    def test_a_terminal_gets_the_dashboard_and_is_told_once(self) -> None:
        stream = Tty()
        wide = mock.patch.dict(
            'os.environ', {'TERM': 'xterm', 'COLUMNS': '200'}
        )
        with wide, boards.board(
            stream, fakes.FakeClock(), quiet=False
        ) as board:  # fmt: skip
            board.begin(2)
            for name in ('web1', 'web2'):
                observer = board.observer(server(name))
                self.assertTrue(observer.transfers)
                observer.progress(at(Phase.QUEUED))
            board.landed(row())
            board.pause()
        text = CONTROL.sub('', stream.getvalue())
        self.assertEqual(1, text.count('max_concurrent_live_migrations'))
        self.assertIn('web1: confirmed (src -> dst)', text)

    def test_a_terminal_that_cannot_redraw_gets_lines(self) -> None:
        stream = Tty()
        with mock.patch.dict('os.environ', {'TERM': 'dumb'}):
            with boards.board(
                stream, fakes.FakeClock(), quiet=False
            ) as board:  # fmt: skip
                board.say('Disabled.')
        self.assertEqual('2026-08-01T12:00:00Z Disabled.\n', stream.getvalue())


@dataclasses.dataclass(frozen=True)
class Left:
    """So many of so many are done after some seconds: what is left."""

    name: str
    elapsed: float
    done: int
    count: int
    seconds: float | None


LEFT = (
    Left('none is done', 100.0, 0, 10, None),
    Left('there are none', 100.0, 0, 0, None),
    Left('all are done', 100.0, 10, 10, None),
    Left('half is done', 100.0, 5, 10, 100.0),
    Left('the first is done', 10.0, 1, 100, 990.0),
    Left('at once', 0.0, 1, 2, 0.0),
)  # fmt: skip


@rows.each(LEFT)
class LeftTestCase(testtools.TestCase):
    def check(self, row: Left) -> None:
        self.assertEqual(
            row.seconds, dashboard.time_left(row.elapsed, row.done, row.count)
        )
