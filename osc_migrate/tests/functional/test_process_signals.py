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

"""A signal at every step of a move: one move, one confirm, and the truth."""

import dataclasses
import signal
from typing import Any

from osc_migrate.tests.functional import asked_for
from osc_migrate.tests.functional import base
from osc_migrate.tests.functional import people
from osc_migrate.tests.functional import program
from osc_migrate.tests.functional import signalling
from osc_migrate.tests.functional import truths
from osc_migrate.tests.wire import hold

Point = signalling.Point
AFTER, BEFORE = hold.AFTER, hold.BEFORE
LIVE = '--live-migration'
ARRIVED = frozenset({'confirmed', 'confirmed-elsewhere', 'completed'})
MOVED_COLD = truths.Truth('ACTIVE', True, 1, 1, ('confirmed',))
MOVED_LIVE = truths.MOVED_LIVE
REVERTED = truths.Truth('ACTIVE', False, 1, 0, ('reverted',))
UNTOUCHED = truths.Truth('ACTIVE', False)
#: The wire holds this one up although the command is not at work yet.
NOT_AT_WORK = frozenset({'token'})
BEFORE_THE_REQUEST = ('token', 'discovery', 'look-up')


@dataclasses.dataclass(frozen=True)
class Step:
    """A step of a move of one server.

    :ivar truth: what Nova says in the end, after the wait was taken up
    """

    point: Point
    options: tuple[str, ...] = ()
    truth: truths.Truth = MOVED_COLD

    @property
    def is_asked(self) -> bool:
        """Whether Nova was, or may have been, asked by then."""
        first = self.point.step == 'records' and self.point.number == 1
        return not first and self.point.step not in BEFORE_THE_REQUEST

    @property
    def begins_again(self) -> bool:
        """It would move once more what a check has brought back."""
        return self.is_asked and self.truth is not REVERTED


def live(point: Point) -> Step:
    return Step(point, (LIVE,), MOVED_LIVE)


def reverting(point: Point) -> Step:
    return Step(point, ('--check', 'false'), REVERTED)


STEPS = (
    Step(Point('token')),
    Step(Point('discovery', BEFORE)),
    Step(Point('look-up')),
    Step(Point('records', BEFORE)),
    Step(Point('request', BEFORE)),
    Step(Point('request')),
    Step(Point('records', number=3)),
    Step(Point('actions')),
    Step(Point('confirm', BEFORE)),
    Step(Point('confirm')),
    Step(Point('ports', BEFORE)),
    Step(Point('final show', BEFORE)),
    reverting(Point('service')),
    reverting(Point('revert', BEFORE)),
    reverting(Point('revert')),
    live(Point('request', BEFORE)),
    live(Point('request')),
    live(Point('records', number=3)),
    live(Point('ports')),
    live(Point('final show')),
)


Cell = tuple[Step, signal.Signals]


@asked_for.campaign
@base.each(signalling.groups(STEPS))
class TestSignals(signalling.TestCase):
    def check(self, group: signalling.Group[Step]) -> None:
        signalling.side_by_side(group.cells, self._check)

    def _check(self, cell: Cell) -> None:
        step, number = cell
        server = self.boot(f'web-{step.point.name}-{number.name}')
        # By its ID it is found without a look-up.
        is_named = step.point.step == 'look-up'
        name = server.name if is_named else server.id
        words = [*base.COMMAND, '-f', 'json', *step.options, name]
        if number == signal.SIGKILL:
            words += ['--source-host', server.host]
        result = signalling.struck(self.cloud, words, step.point, number)
        if step.point.step in NOT_AT_WORK:
            self.assertIn(abs(result.exit_code), (number, 128 + number))
            self.assertEqual('', result.stdout)
        else:
            self.assert_ended(number, result)
        if number == signal.SIGKILL:
            self._begin_again(words, step, server)
        elif step.point.step not in NOT_AT_WORK:
            self._take_up(step, server, result)

    def _begin_again(
        self, words: list[str], step: Step, server: people.Server
    ) -> None:
        """The same command is all that is needed."""
        again = self.start(*words).wait()
        self.assert_exit(0, again)
        outcomes = ARRIVED | {'not-on-source'}
        self.assertIn(again.fields['outcome'], outcomes, str(again))
        self._assert_truth(step.truth, server)

    def _take_up(
        self, step: Step, server: people.Server, result: program.Result
    ) -> None:
        """The command that was told is."""
        if not step.is_asked:
            self.assertIn('before anything was asked', result.stderr)
            self.assertNotIn('--attach', result.stderr)
            self._assert_truth(UNTOUCHED, server)
            return
        if step.point.step == 'final show':
            self.assertIn('was moved', result.stderr)
            self.assertNotIn('--attach', result.stderr)
            self._assert_truth(step.truth, server)
            return
        # Also where the answer was under way, it was waited for.
        self.assertRegex(result.stderr, r'Request ID: req-', str(result))
        again = self.follow(result.resume)
        if step.truth is REVERTED:
            self.assert_outcome('reverted', 6, again)
        else:
            self.assert_exit(0, again)
            self.assertIn(again.fields['outcome'], ARRIVED, str(again))
        self._assert_truth(step.truth, server)

    def _assert_truth(
        self, expected: truths.Truth, server: people.Server
    ) -> None:
        found: Any = people.eventually(
            lambda: truths.truth(self.admin, server),
            lambda seen: seen.task_state is None,
        )
        self.assertEqual(expected, found, server.name)
