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

"""Signs of life: lines for logs, one line on a terminal, or none."""

import dataclasses
import io
from unittest import mock

import testtools

from osc_migrate import door as doors
from osc_migrate.engine.decisions import Phase
from osc_migrate.engine import facts
from osc_migrate.engine import transfer as transfers
from osc_migrate import progress
from osc_migrate.tests.unit import fakes
from osc_migrate.tests.unit import rows


class Tty(io.StringIO):
    def isatty(self) -> bool:
        return True


def at(
    phase: Phase,
    source: str | None = 'src',
    destination: str | None = 'dst',
    trouble: str | None = None,
    elapsed: float = 1.0,
    copied: facts.Transfer | None = None,
) -> doors.Progress:
    return doors.Progress(phase, source, destination, elapsed, trouble, copied)


@dataclasses.dataclass(frozen=True)
class Copied:
    """A report, what is estimated from it, and what is shown."""

    name: str
    transfer: facts.Transfer
    estimate: transfers.Estimate
    line: str


MEBI = 1024 * 1024
HALF = facts.Transfer(192 * MEBI, 96 * MEBI, 64 * MEBI)
COPIED = (
    Copied(
        'the first report', HALF, transfers.Estimate(),
        '64.0 MiB of 192.0 MiB left, 96.0 MiB copied',
    ),
    Copied(
        'rate and estimate', HALF, transfers.Estimate(8 * MEBI, 8.04),
        'about 8 s, 8.0 MiB/s, 64.0 MiB of 192.0 MiB left, 96.0 MiB copied',
    ),
    Copied(
        'a guest that writes faster', HALF, transfers.Estimate(8 * MEBI),
        'not getting less, 8.0 MiB/s, 64.0 MiB of 192.0 MiB left, 96.0 MiB '
        'copied',
    ),
    Copied(
        'a copy that stands still', HALF, transfers.Estimate(0.0),
        '0 B/s, 64.0 MiB of 192.0 MiB left, 96.0 MiB copied',
    ),
)  # fmt: skip


@rows.each(COPIED)
class DescribeTransferTestCase(testtools.TestCase):
    def check(self, row: Copied) -> None:
        self.assertEqual(
            row.line, progress.describe_transfer(row.transfer, row.estimate)
        )

    def test_amounts_have_the_unit_that_fits(self) -> None:
        for count, shown in (
            (0, '0 B'),
            (1023, '1023 B'),
            (1024, '1.0 KiB'),
            (1536 * MEBI, '1.5 GiB'),
            (1024 * 1024 * MEBI, '1.0 TiB'),
            (3000 * 1024 * 1024 * MEBI, '3000.0 TiB'),
        ):
            self.assertEqual(shown, progress.amount(count))

    def test_a_copy_of_which_nothing_is_known_yet_is_not_done(self) -> None:
        # What libvirt's driver writes before its first report.
        line = progress.describe_transfer(
            facts.Transfer(0, 0, 0), transfers.Estimate()
        )
        self.assertNotIn('0 B of 0 B left', line)


class DescribeTestCase(testtools.TestCase):
    def test_hosts_as_far_as_they_are_known(self) -> None:
        for source, destination, text in (
            ('src', 'dst', 'arrived (src -> dst)'),
            ('src', None, 'arrived (src)'),
            (None, None, 'arrived'),
        ):
            self.assertEqual(
                text,
                progress.describe(at(Phase.ARRIVED, source, destination)),
            )

    def test_a_destination_without_a_source_is_no_none(self) -> None:
        text = progress.describe(at(Phase.ARRIVED, None, 'dst'))
        self.assertNotIn('None', text)

    def test_trouble_is_told_on_the_same_line(self) -> None:
        text = progress.describe(at(Phase.REFUSED, trouble='No\n\x1b[2Jway'))
        self.assertEqual(
            'arrived, the confirm is refused (src -> dst): No ?[2Jway', text
        )


class ReporterTestCase(testtools.TestCase):
    def shown(
        self, stream: io.StringIO, *told: doors.Progress, quiet: bool = False
    ) -> str:
        clock = fakes.FakeClock()
        with progress.reporter(
            stream, clock, 'web\x1b-1', quiet=quiet
        ) as observer:
            for one in told:
                observer.progress(one)
                clock.sleep(1.0)
        return stream.getvalue()

    def test_a_log_gets_one_line_a_change(self) -> None:
        self.assertEqual(
            '2026-08-01T12:00:00Z web?-1: requested (src)\n'
            '2026-08-01T12:00:02Z web?-1: confirming (src -> dst)\n',
            self.shown(
                io.StringIO(),
                at(Phase.REQUESTED, destination=None),
                at(Phase.REQUESTED, destination=None),
                at(Phase.CONFIRMING),
            ),
        )

    def test_a_terminal_gets_one_line_that_goes_away(self) -> None:
        text = self.shown(Tty(), at(Phase.COPYING), at(Phase.CONFIRMING))
        self.assertIn('web?-1', text)
        # Erased at the end: nothing of it stays before the result.
        self.assertTrue(text.endswith('\x1b[J\r\x1b[?25h'), text)

    def test_square_brackets_are_no_markup(self) -> None:
        text = self.shown(Tty(), at(Phase.COPYING, 'src[bold]', '[/x]'))
        self.assertIn('src[bold]', text)

    def test_bytes_are_drawn_on_a_terminal_and_not_in_a_log(self) -> None:
        told = [
            at(Phase.TRANSFERRING, elapsed=5.0,
               copied=facts.Transfer(MEBI, 0, MEBI)),
            at(Phase.TRANSFERRING, elapsed=10.0,
               copied=facts.Transfer(MEBI, MEBI // 2, MEBI // 2)),
        ]  # fmt: skip
        wide = mock.patch.dict('os.environ', {'COLUMNS': '160'})
        with wide:
            shown = self.shown(Tty(), *told)
        self.assertIn('512.0 KiB copied', shown)
        self.assertIn('about 5 s', shown)
        self.assertEqual(1, self.shown(io.StringIO(), *told).count('\n'))

    def test_only_a_terminal_wants_bytes(self) -> None:
        clock = fakes.FakeClock()
        for stream, quiet, wanted in (
            (Tty(), False, True),
            (Tty(), True, False),
            (io.StringIO(), False, False),
        ):
            with progress.reporter(
                stream, clock, 'web', quiet=quiet
            ) as observer:
                self.assertIs(wanted, observer.transfers)

    def test_a_sentence_stands_by_itself(self) -> None:
        clock = fakes.FakeClock()
        for stream, quiet, shown in (
            (io.StringIO(), False, '2026-08-01T12:00:00Z Live?.\n'),
            (io.StringIO(), True, ''),
        ):
            with progress.reporter(
                stream, clock, 'web', quiet=quiet
            ) as observer:
                observer.say('Live\x1b.')
            self.assertEqual(shown, stream.getvalue())

    def test_a_sentence_stays_on_a_terminal(self) -> None:
        clock = fakes.FakeClock()
        stream = Tty()
        with progress.reporter(stream, clock, 'web', quiet=False) as observer:
            observer.progress(at(Phase.COPYING))
            observer.say('[bold]Live\x1b.')
            said = stream.getvalue()
        self.assertIn('[bold]Live?.\n', said)

    def test_the_line_makes_room_for_a_check_and_comes_back(self) -> None:
        for phase in (Phase.CHECKING, Phase.ASKING):
            clock = fakes.FakeClock()
            stream = Tty()
            with progress.reporter(
                stream, clock, 'web', quiet=False
            ) as observer:
                observer.progress(at(Phase.STARTING))
                observer.progress(at(phase))
                room = len(stream.getvalue())
                # What the check writes is not written over.
                observer.progress(at(phase))
                self.assertEqual('', stream.getvalue()[room:])
                observer.progress(at(Phase.CONFIRMING))
            shown = stream.getvalue()
            self.assertIn(f'web: {phase} (src -> dst)\n', shown[:room])
            self.assertIn('confirming', shown[room:])

    def test_a_log_tells_of_a_check_once(self) -> None:
        shown = self.shown(
            io.StringIO(), at(Phase.CHECKING), at(Phase.CHECKING)
        )
        self.assertEqual(1, shown.count('checking (src -> dst)\n'))

    def test_quiet_means_nothing_at_all(self) -> None:
        for stream in (io.StringIO(), Tty()):
            self.assertEqual(
                '', self.shown(stream, at(Phase.COPYING), quiet=True)
            )
