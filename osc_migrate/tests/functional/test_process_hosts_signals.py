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

"""A signal at every step of a drain and a restore: nothing done twice."""

from collections.abc import Iterator, Sequence
import dataclasses
import json
import os
import signal

from osc_migrate.tests.functional import draining
from osc_migrate.tests.functional import host_lanes
from osc_migrate.tests.functional import people
from osc_migrate.tests.functional import program
from osc_migrate.tests.functional import signalling
from osc_migrate.tests.functional import truths
from osc_migrate.tests.wire import hold

Point = signalling.Point
AFTER, BEFORE = hold.AFTER, hold.BEFORE
SIGNALS = (*signalling.ENDING, signal.SIGKILL)
WANTED = (draining.STOPPED, draining.ACTIVE)
AWAY = (truths.MOVED_COLD, truths.MOVED_LIVE)
HOME = (truths.BACK_COLD, truths.BACK_LIVE)
CARRY_ON = 'Carry on with: '


@dataclasses.dataclass(frozen=True)
class Step:
    """A step of a drain, or of a restore.

    :ivar moves: whether servers may be in flight, which are waited for
    """

    point: Point
    back: bool = False
    moves: bool = True


def back(point: Point, moves: bool = True) -> Step:
    return Step(point, True, moves)


STEPS = (
    Step(Point('service', BEFORE), moves=False),
    Step(Point('disable', BEFORE), moves=False),
    Step(Point('disable'), moves=False),
    Step(Point('host servers', BEFORE), moves=False),
    Step(Point('groups'), moves=False),
    Step(Point('request', BEFORE)),
    Step(Point('request')),
    Step(Point('request', number=2)),
    Step(Point('confirm', BEFORE)),
    Step(Point('confirm')),
    Step(Point('host servers', number=2)),
    back(Point('service'), moves=False),
    back(Point('enable', BEFORE)),
    back(Point('enable')),
    back(Point('request')),
    back(Point('confirm')),
)
Cell = tuple[Step, signal.Signals]


def cells() -> Iterator[Cell]:
    """Each step with a signal in turn, or on demand with each."""
    for place, step in enumerate(STEPS):
        first = place % len(SIGNALS)
        every = os.environ.get(signalling.EVERY)
        for number in SIGNALS if every else SIGNALS[first:][:1]:
            yield step, number


class TestSignals(host_lanes.TestCase):
    def test_at_each_step(self) -> None:
        self.play_all(cells(), self._check)

    def _check(self, lane: host_lanes.Lane, cell: Cell) -> None:
        step, number = cell
        file = lane.new_file()
        words = lane.words(draining.DRAIN, file)
        with lane.filled(*WANTED) as servers:
            if step.back:
                before = lane.run(words)
                self.assertEqual(0, before.exit_code, str(before))
                words = lane.words(draining.RESTORE, file)
            result = signalling.struck(
                self.cloud, words, step.point, number, waits=step.moves
            )
            if number == signal.SIGKILL:
                self.assertEqual(-number, result.exit_code, str(result))
                self.assertEqual('', result.stdout)
            else:
                self._assert_told(lane, step, number, result)
            if file.exists():
                draining.assert_readable(file)
            again = lane.run(words)
            told = f'{result}\n{again}'
            self._assert_end(lane, step, servers, again, told)

    def _assert_told(
        self,
        lane: host_lanes.Lane,
        step: Step,
        number: signal.Signals,
        result: program.Result,
    ) -> None:
        """What is said of the host and of the servers is so."""
        self.assertEqual(128 + number, result.exit_code, str(result))
        self.assertNotIn('Traceback', result.stderr)
        self.assertNotIn('Error', result.stderr)
        self.assertIn('nterrupted', result.stderr)
        if not step.moves:
            self.assertEqual('', result.stdout, str(result))
            status = 'disabled' if step.back else 'enabled'
            self.assertEqual(status, lane.status, str(result))
            return
        self.assertIn(CARRY_ON, result.stderr)
        rows = json.loads(result.stdout)
        self.assertEqual(2, len(rows), str(result))
        left = truths.servers_on(lane.admin, lane.host)
        for row in rows:
            arrived = row['Outcome'] in ('completed', 'confirmed')
            is_here = row['Server ID'] in left
            self.assertEqual(arrived, is_here == step.back, str(result))
        self.assertEqual(
            'enabled' if step.back else 'disabled', lane.status, str(result)
        )

    def _assert_end(
        self,
        lane: host_lanes.Lane,
        step: Step,
        servers: Sequence[people.Server],
        again: program.Result,
        told: str,
    ) -> None:
        """The same command ends it: one move, one confirm of each."""
        if again.exit_code == 1 and not again.stdout:
            # Nothing was left to be done.
            self.assertRegex(again.stderr, 'is finished|are back since', told)
        else:
            self.assertEqual(0, again.exit_code, told)
        found = tuple(truths.truth(lane.admin, server) for server in servers)
        self.assertEqual(HOME if step.back else AWAY, found, told)
        self.assertEqual(
            'enabled' if step.back else 'disabled', lane.status, told
        )
