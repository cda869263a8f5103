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
from unittest import mock

import testtools

from osc_migrate.engine import request as requests
from osc_migrate import exceptions
from osc_migrate import operation
from osc_migrate import result as results
from osc_migrate.tests.unit import fakes
from osc_migrate.tests.unit import rows
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


class OperationTestCase(testtools.TestCase):
    def run_it(
        self, nova: fakes.ScriptedNova, clock: fakes.FakeClock, **asked: object
    ) -> results.Result:
        request = dataclasses.replace(
            requests.Request(traces.SERVER_ID),
            **asked,  # type: ignore[arg-type]
        )
        with mock.patch('random.uniform', max):
            return operation.Operation(nova, clock, fakes.Observer()).run(
                request
            )


@rows.each(STARTS)
class Started(OperationTestCase):
    def check(self, start: Start) -> None:
        clock = fakes.FakeClock()
        nova = fakes.ScriptedNova(
            clock,
            start.trace,
            start.after,
            migrates=start.answers,
            before=start.before,
        )
        result = self.run_it(nova, clock, timeout=start.timeout)
        self.assertEqual(
            (start.sent, start.outcome, start.request_id),
            (nova.requests['migrate'], result.outcome, result.request_id),
        )
        if start.outcome in ('unknown', 'conflict'):
            self.assertEqual(0, nova.requests['confirm'])


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
