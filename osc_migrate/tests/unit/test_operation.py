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

"""A run from the options to the result, where the start matters."""

import contextlib
import dataclasses
from typing import Any
from unittest import mock

import testtools

from osc_migrate.engine import move as moves
from osc_migrate.engine import request as requests
from osc_migrate import exceptions
from osc_migrate import operation
from osc_migrate import result as results
from osc_migrate.tests.unit import fakes
from osc_migrate.tests.unit import rows
from osc_migrate.tests.unit import rows_live
from osc_migrate.tests.unit import rows_moved
from osc_migrate.tests.unit import rows_stayed
from osc_migrate.tests.unit import traces


@dataclasses.dataclass(frozen=True)
class Start:
    """What Nova answered to the request, what it did, and what we say."""

    name: str
    answers: tuple[fakes.Answer, ...]
    sent: int
    outcome: str
    request_id: str | None = None
    trace: str = rows_moved.ARRIVED
    after: str = rows_moved.DONE
    before: str = '0 ACTIVE src -'
    timeout: float = 120.0
    kind: moves.Kind = moves.Kind.COLD
    view: traces.View = traces.ADMIN


STARTS = (
    Start('taken', (fakes.TAKEN,), 1, 'confirmed', traces.REQUEST),
    Start(
        'busy at first', (fakes.BUSY, fakes.BUSY, fakes.TAKEN), 3,
        'confirmed', traces.REQUEST,
    ),
    Start(
        'taken and the answer lost', (fakes.LOST_TAKEN,), 1, 'confirmed',
        traces.REQUEST,
    ),
    Start(
        'lost on its way, sent once more', (fakes.LOST, fakes.TAKEN), 2,
        'confirmed', traces.REQUEST,
    ),
    Start(
        'lost on its way, the second answer lost as well',
        (fakes.LOST, fakes.LOST_TAKEN), 2, 'confirmed', traces.REQUEST,
    ),
    Start(
        'lost, then refused because it is at work after all',
        (fakes.LOST, dataclasses.replace(fakes.AT_WORK, takes=True)), 2,
        'confirmed', traces.REQUEST,
    ),
    Start(
        'no valid host', (fakes.TAKEN,), 1, 'rolled-back', traces.REQUEST,
        trace=rows_stayed.NO_VALID_HOST,
    ),
    Start(
        'lost twice and never taken, after a move of ours yesterday',
        (fakes.LOST,), 2, 'unknown', None,
        before='0 ACTIVE src - migrate:me',
    ),
    Start(
        'lost twice and never taken, and the time limit is near',
        (fakes.LOST,), 2, 'unknown', None, timeout=40.0,
    ),
    Start(
        'lost, and the record does not say that it is of others',
        (fakes.LOST, dataclasses.replace(fakes.AT_WORK, takes=True)), 2,
        'conflict', None,
        trace="""
        0.0 RESIZE/resize_prep src pre-migrating anonymous foreign """
        """migrate:bob
        9.0 VERIFY_RESIZE dst finished anonymous foreign
        """,
    ),
    Start(
        'lost, and somebody else moves the server meanwhile',
        (fakes.LOST, dataclasses.replace(fakes.AT_WORK, takes=True)), 2,
        'conflict', None,
        trace="""
        0.0 RESIZE/resize_prep src - foreign migrate:bob """
        """newer:migration=migrating
        9.0 VERIFY_RESIZE dst - foreign newer:migration=finished
        """,
    ),
)  # fmt: skip
LIVE = tuple(
    dataclasses.replace(
        start, kind=moves.Kind.LIVE, trace=rows_live.MOVED, after=''
    )
    for start in (
        Start('live, taken', (fakes.TAKEN,), 1, 'completed', traces.REQUEST),
        Start(
            'live, busy at first', (fakes.BUSY, fakes.TAKEN), 2, 'completed',
            traces.REQUEST,
        ),
        Start(
            'live, taken and the answer lost', (fakes.LOST_TAKEN,), 1,
            'completed', traces.REQUEST,
        ),
        Start(
            'live, taken and the answer lost, to a manager',
            (fakes.LOST_TAKEN,), 1, 'completed', traces.REQUEST,
            view=traces.MANAGER,
        ),
        Start(
            'live, taken and the answer lost, to a member',
            (fakes.LOST_TAKEN,), 1, 'completed', traces.REQUEST,
            view=traces.MEMBER,
        ),
        Start(
            'live, lost on its way, sent once more',
            (fakes.LOST, fakes.TAKEN), 2, 'completed', traces.REQUEST,
        ),
        Start(
            'live, lost twice and never taken, after one of yesterday',
            (fakes.LOST,), 2, 'unknown', None,
            before='0 ACTIVE src - live-migration:me',
        ),
    )
)  # fmt: skip
LIVE_OF_OTHERS = (
    Start(
        'live, lost, and somebody else moves the server meanwhile',
        (fakes.LOST, dataclasses.replace(fakes.AT_WORK, takes=True)), 2,
        'conflict', None,
        trace="""
        0.0 MIGRATING/migrating src - foreign live-migration:bob """
        """newer:live-migration=running
        9.0 ACTIVE dst - foreign newer:live-migration=completed
        """,
        kind=moves.Kind.LIVE,
    ),
    Start(
        'live, lost, and the record does not say that it is of others',
        (fakes.LOST, dataclasses.replace(fakes.AT_WORK, takes=True)), 2,
        'conflict', None,
        trace="""
        0.0 MIGRATING/migrating src running anonymous foreign """
        """live-migration:bob
        9.0 ACTIVE dst completed anonymous foreign
        """,
        kind=moves.Kind.LIVE,
    ),
)  # fmt: skip


class OperationTestCase(testtools.TestCase):
    def run_it(
        self,
        nova: fakes.ScriptedNova,
        clock: fakes.FakeClock,
        gate: fakes.Gate | None = None,
        observer: fakes.Observer | None = None,
        **asked: Any,
    ) -> results.Result:
        request = dataclasses.replace(
            requests.Request(traces.SERVER_ID),
            **asked,
        )
        run = operation.Operation(
            nova, clock, observer or fakes.Observer(), gate
        )
        with mock.patch('random.uniform', max):
            return run.run(request)


@rows.each((*STARTS, *LIVE, *LIVE_OF_OTHERS))
class Started(OperationTestCase):
    def check(self, start: Start) -> None:
        clock = fakes.FakeClock()
        nova = fakes.ScriptedNova(
            clock,
            start.trace,
            start.after,
            migrates=start.answers,
            before=start.before,
            kind=start.kind,
            view=start.view,
        )
        live = start.kind is moves.Kind.LIVE
        method = requests.Method.LIVE if live else requests.Method.COLD
        result = self.run_it(nova, clock, timeout=start.timeout, method=method)
        sent = nova.requests['live-migrate' if live else 'migrate']
        self.assertEqual(
            (start.sent, start.outcome, start.request_id),
            (sent, result.outcome, result.request_id),
        )
        self.assertEqual(str(start.kind), result.migration_type)
        if start.outcome in ('unknown', 'conflict'):
            self.assertEqual(0, nova.requests['confirm'])


REFUSED = fakes.Answer(exceptions.ApiError('No.', status=409))


class Asked(testtools.TestCase):
    def asked(self, trace: str, request: requests.Request) -> bool:
        clock = fakes.FakeClock()
        nova = fakes.ScriptedNova(clock, trace, rows_moved.DONE)
        nova.begin()
        run = operation.Operation(nova, clock, fakes.Observer())
        with contextlib.suppress(exceptions.Refused):
            run.run(request)
        return run.asked

    def test_what_an_interrupt_must_say_of_nova(self) -> None:
        request = requests.Request(traces.SERVER_ID)
        attach = dataclasses.replace(request, attach=True)
        self.assertFalse(self.asked('0 404', request))
        self.assertFalse(self.asked('0 ACTIVE src -', attach))
        self.assertTrue(self.asked('0 VERIFY_RESIZE dst finished', attach))


class AutoTestCase(OperationTestCase):
    """``--auto`` picks by the status, and says what it picked."""

    def picked(self, status: str) -> tuple[list[str], dict[str, int]]:
        clock = fakes.FakeClock()
        observer = fakes.Observer()
        nova = fakes.ScriptedNova(
            clock, '0 404', before=f'0 {status} src -', migrates=(REFUSED,)
        )
        self.assertRaises(
            exceptions.Refused,
            self.run_it, nova, clock, observer=observer,
            method=requests.Method.AUTO,
        )  # fmt: skip
        return observer.said, nova.changes

    def test_what_runs_is_moved_live(self) -> None:
        for status in ('ACTIVE', 'PAUSED'):
            said, asked = self.picked(status)
            self.assertEqual({'live-migrate': 1}, asked)
            self.assertEqual(
                [f'Server web-1 is {status}: it is moved live.'], said
            )

    def test_what_is_off_is_moved_cold(self) -> None:
        said, asked = self.picked('SHUTOFF')
        self.assertEqual({'migrate': 1}, asked)
        self.assertEqual(['Server web-1 is SHUTOFF: it is moved cold.'], said)

    def test_who_says_how_is_told_nothing(self) -> None:
        clock = fakes.FakeClock()
        observer = fakes.Observer()
        nova = fakes.ScriptedNova(clock, rows_moved.ARRIVED, rows_moved.DONE)
        self.run_it(nova, clock, observer=observer)
        self.assertEqual([], observer.said)

    def test_how_the_disks_are_moved_is_passed_on(self) -> None:
        for given in (None, True, False):
            clock = fakes.FakeClock()
            nova = fakes.ScriptedNova(
                clock, rows_live.MOVED, kind=moves.Kind.LIVE
            )
            self.run_it(
                nova, clock, method=requests.Method.LIVE, host='dst',
                block_migration=given,
            )  # fmt: skip
            self.assertIs(given, nova.block_migration)
            self.assertEqual(['dst'], nova.hosts_asked)

    def test_a_contradiction_asks_nova_nothing(self) -> None:
        clock = fakes.FakeClock()
        nova = fakes.ScriptedNova(clock, '0 404')
        self.assertRaises(
            exceptions.UsageError,
            self.run_it, nova, clock, on_timeout='abort',
        )  # fmt: skip
        self.assertEqual(0, nova.total)

    def test_auto_with_abort_is_refused_for_what_is_moved_cold(self) -> None:
        clock = fakes.FakeClock()
        nova = fakes.ScriptedNova(clock, '0 404', before='0 SHUTOFF src -')
        wrong = self.assertRaises(
            exceptions.UsageError,
            self.run_it, nova, clock, on_timeout='abort',
            method=requests.Method.AUTO,
        )  # fmt: skip
        self.assertIn('--on-timeout abort', wrong.message)
        self.assertEqual({}, nova.changes)
