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

"""A clock that is wrong, or jumps, changes no verdict and moves no limit."""

from collections.abc import Callable
import dataclasses
import datetime
from typing import Any

import testtools

from osc_migrate.cloud import dates
from osc_migrate.engine import move as moves
from osc_migrate.engine import request as requests
from osc_migrate import start
from osc_migrate.tests.unit import fake_api
from osc_migrate.tests.unit import fake_host
from osc_migrate.tests.unit import fakes
from osc_migrate.tests.unit import rows
from osc_migrate.tests.unit import rows_live
from osc_migrate.tests.unit import rows_moved
from osc_migrate.tests.unit import test_nova
from osc_migrate.tests.unit import test_operation
from osc_migrate.tests.unit import traces

HOUR = datetime.timedelta(hours=1)
DATE = 'Sat, 01 Aug 2026 12:00:00 GMT'
Wrong = datetime.timedelta
RIGHT = Wrong()


@dataclasses.dataclass(frozen=True)
class Clocked:
    """How the time of day of this machine is wrong, in the course of a run.

    :ivar before: by how much it is ahead of Nova's
    :ivar under_way: the same, after the request
    """

    name: str
    before: Wrong = RIGHT
    under_way: Wrong = RIGHT


CLOCKS = (
    Clocked('right'),
    Clocked('hours ahead', 5 * HOUR, 5 * HOUR),
    Clocked('hours behind', -5 * HOUR, -5 * HOUR),
    Clocked('a year behind', -365 * 24 * HOUR, -365 * 24 * HOUR),
    Clocked('set forward under way', RIGHT, 5 * HOUR),
    Clocked('set back under way', RIGHT, -5 * HOUR),
    Clocked('put right under way', -5 * HOUR, RIGHT),
)


class Setting(fakes.Observer):
    """Somebody sets the clock at the first sign of life after the request."""

    def __init__(self, clock: fakes.FakeClock, wrong: Wrong) -> None:
        super().__init__()
        self._clock = clock
        self._wrong = wrong

    def progress(self, progress: Any) -> None:
        super().progress(progress)
        self._clock.wrong = self._wrong


@rows.each(CLOCKS)
class OneServer(test_operation.OperationTestCase):
    def ended(
        self, row: Clocked, nova: fakes.ScriptedNova, clock: fakes.FakeClock,
        **asked: Any,
    ) -> Any:  # fmt: skip
        clock.wrong = row.before
        observer = Setting(clock, row.under_way)
        return self.run_it(nova, clock, observer=observer, **asked)

    def check(self, row: Clocked) -> None:
        self.check_moved(row, fakes.TAKEN, traces.ADMIN)
        # Which action is ours, then only the time tells.
        self.check_moved(row, fakes.LOST_TAKEN, traces.ADMIN)
        self.check_moved(row, fakes.LOST_TAKEN, traces.MEMBER)
        self.check_live(row)
        self.check_elsewhere(row)
        self.check_never_taken(row)
        self.check_limit(row)
        self.check_attached(row)

    def check_moved(
        self, row: Clocked, answer: fakes.Answer, view: traces.View
    ) -> None:
        clock = fakes.FakeClock()
        nova = fakes.ScriptedNova(
            clock, rows_moved.ARRIVED, rows_moved.DONE, migrates=(answer,),
            view=view,
        )  # fmt: skip
        result = self.ended(row, nova, clock)
        self.assertEqual('confirmed', result.outcome, result)
        self.assertEqual({'migrate': 1, 'confirm': 1}, nova.changes)
        self.assertEqual(traces.REQUEST, result.request_id)
        self.assertAlmostEqual(16, result.duration, delta=5)

    def check_live(self, row: Clocked) -> None:
        clock = fakes.FakeClock()
        nova = fakes.ScriptedNova(
            clock, rows_live.MOVED, kind=moves.Kind.LIVE,
            migrates=(fakes.LOST_TAKEN,),
        )  # fmt: skip
        result = self.ended(row, nova, clock, method=requests.Method.LIVE)
        self.assertEqual('completed', result.outcome, result)
        self.assertEqual({'live-migrate': 1}, nova.changes)

    def check_elsewhere(self, row: Clocked) -> None:
        """Who confirmed is told by the order of the actions."""
        clock = fakes.FakeClock()
        nova = fakes.ScriptedNova(
            clock,
            rows_moved.ARRIVED,
            rows_moved.SOMEBODY_CONFIRMED,
            confirms=(fakes.ALREADY,),
            migrates=(fakes.LOST_TAKEN,),
        )
        result = self.ended(row, nova, clock)
        self.assertEqual('confirmed-elsewhere', result.outcome, result)

    def check_never_taken(self, row: Clocked) -> None:
        """An action of yesterday is not taken for ours."""
        clock = fakes.FakeClock()
        clock.wrong = row.before
        nova = fakes.ScriptedNova(
            clock, '0 RESIZE/resize_prep src pre-migrating',
            migrates=(fakes.LOST, fakes.TAKEN),
            before='0 ACTIVE src - migrate:me',
        )  # fmt: skip
        move = moves.Move(traces.server('ACTIVE'), user_id=traces.ME)
        asked = start.migration(nova, clock, move, None)
        self.assertEqual(2, nova.requests['migrate'])
        self.assertEqual(traces.REQUEST, asked.request_id)

    def check_limit(self, row: Clocked) -> None:
        clock = fakes.FakeClock()
        nova = fakes.ScriptedNova(clock, '0 RESIZE/resize_prep src migrating')
        result = self.ended(row, nova, clock, timeout=100.0)
        self.assertEqual('timeout', result.outcome)
        self.assertAlmostEqual(100.0, clock.now() - 1000.0, delta=1.0)
        self.assertAlmostEqual(100.0, result.duration, delta=1.0)

    def check_attached(self, row: Clocked) -> None:
        """Counted from the creation of the record, which Nova stamped."""
        clock = fakes.FakeClock()
        clock.pass_by(100.0)
        nova = fakes.ScriptedNova(
            clock, '0 VERIFY_RESIZE dst finished', rows_moved.DONE
        )
        nova.begin()
        result = self.ended(row, nova, clock, attach=True)
        self.assertEqual('confirmed', result.outcome)
        self.assertAlmostEqual(
            clock.now() - 1000.0, result.duration, delta=1.0
        )


class Skewed:
    """The clock of a simulation as a machine has it that is wrong."""

    def __init__(self, clock: Any, wrong: Wrong) -> None:
        self._clock = clock
        self._wrong = wrong

    def __getattr__(self, name: str) -> Any:
        return getattr(self._clock, name)

    def utc(self) -> datetime.datetime:
        return datetime.datetime.fromisoformat(
            (self._clock.utc() + self._wrong).isoformat()
        )


@rows.each(CLOCKS)
class Drain(fake_host.HostTestCase):
    """A plan that is begun by one clock, and carried on by another."""

    def check(self, row: Clocked) -> None:
        for event in ('before', 'after'):
            self.cloud(3)
            self.path.unlink(missing_ok=True)
            true = self.clock
            self.clock = Skewed(true, row.before)  # type: ignore[assignment]
            self._kill(event)
            self.clock = Skewed(  # type: ignore[assignment]
                true, row.under_way
            )
            began = true.now()
            report = self.drained()
            found = self.outcomes(report.rows)
            self.assertEqual({'confirmed'}, set(found.values()), event)
            self.assertEqual(0, report.exit_code)
            self.assertEqual(3, sum(self.nova.api.begun.values()), event)
            self.assertEqual(3, sum(self.nova.api.confirmed.values()))
            self.assertLess(true.now() - began, 100.0)

    def _kill(self, event: str) -> None:
        """At the second request, before or after Nova took it."""
        at: dict[str, Callable[[], None]] = getattr(self.nova, event)
        at['migrate'] = fake_host.nth(2, fake_host.Killed())
        self.assertRaises(fake_host.Killed, self.drained)
        at.clear()


class ServersClock(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.now = 50.0
        self.clock = dates.ServersClock(lambda: self.now)

    def test_nothing_is_known_before_an_answer(self) -> None:
        self.assertIsNone(self.clock.utc())

    def test_it_goes_on_after_an_answer(self) -> None:
        self.clock.hear({'Date': DATE})
        self.now += 90
        self.assertEqual(
            fakes.NOON + datetime.timedelta(seconds=90), self.clock.utc()
        )

    def test_what_is_no_date_changes_nothing(self) -> None:
        self.clock.hear({'Date': DATE})
        for headers in ({}, {'Date': ''}, {'Date': 'soon'}):
            self.clock.hear(headers)
            self.assertEqual(fakes.NOON, self.clock.utc())

    def test_the_door_takes_it_from_novas_answers(self) -> None:
        wire = fake_api.Wire()
        wire.on(test_nova.SERVER, fake_api.reply(404, {}, Date=DATE))
        door = fake_api.connect(wire)
        self.assertIsNone(door.utc())
        door.server(test_nova.UUID)
        told = door.utc()
        assert told is not None
        self.assertLess(abs(told - fakes.NOON), datetime.timedelta(seconds=60))
