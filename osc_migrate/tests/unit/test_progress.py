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

import io

import testtools

from osc_migrate import door as doors
from osc_migrate.engine.decisions import Phase
from osc_migrate import progress
from osc_migrate.tests.unit import fakes


class Tty(io.StringIO):
    def isatty(self) -> bool:
        return True


def at(
    phase: Phase,
    source: str | None = 'src',
    destination: str | None = 'dst',
    trouble: str | None = None,
) -> doors.Progress:
    return doors.Progress(phase, source, destination, 1.0, trouble)


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
        self.assertIn('\x1b[2K', text)

    def test_square_brackets_are_no_markup(self) -> None:
        text = self.shown(Tty(), at(Phase.COPYING, 'src[bold]', '[/x]'))
        self.assertIn('src[bold]', text)

    def test_quiet_means_nothing_at_all(self) -> None:
        for stream in (io.StringIO(), Tty()):
            self.assertEqual(
                '', self.shown(stream, at(Phase.COPYING), quiet=True)
            )
