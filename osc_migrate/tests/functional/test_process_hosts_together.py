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

"""Two runs on the same compute host at once: each server moves once."""

from collections.abc import Iterable, Sequence
import contextlib
import dataclasses
import enum
import time

from osc_migrate.tests.functional import asked_for
from osc_migrate.tests.functional import base
from osc_migrate.tests.functional import draining
from osc_migrate.tests.functional import host_lanes
from osc_migrate.tests.functional import meanwhile_live
from osc_migrate.tests.functional import people
from osc_migrate.tests.functional import program
from osc_migrate.tests.functional import signalling
from osc_migrate.tests.functional import truths

COPYING = f'stopping and copying|{meanwhile_live.COPYING}'
WANTED = (
    draining.stopped(migrate_disk_and_power_off='hold'),
    draining.active(live_migration='hold'),
)
AWAY = (truths.MOVED_COLD, truths.MOVED_LIVE)
HOME = (truths.BACK_COLD, truths.BACK_LIVE)
HAS_IT = 'Another run is at work with the plan|was replaced meanwhile'
#: What a run says of a server that is where it was to go.
ARRIVED = frozenset({'completed', 'confirmed', 'confirmed-elsewhere'})
#: What it says of one that another run moves and has yet to confirm.
NOT_OURS = frozenset({'awaiting-confirmation', 'refused'})


class Plan(enum.StrEnum):
    """Which plan the second run has, seen from the first."""

    SAME = 'same plan'
    OTHER = 'another plan'
    NONE = 'no plan'


@dataclasses.dataclass(frozen=True)
class Pair:
    """Two drains of one host, the second some seconds later."""

    plan: Plan
    later: float


PAIRS = (
    Pair(Plan.SAME, 0.0),
    Pair(Plan.SAME, 2.0),
    Pair(Plan.OTHER, 0.0),
    Pair(Plan.OTHER, 0.5),
    Pair(Plan.NONE, 0.0),
    Pair(Plan.NONE, 2.0),
)


class Runs:
    """Runs on the host of a lane, which end with the ``with`` block."""

    def __init__(self, lane: host_lanes.Lane) -> None:
        self._lane = lane
        self._stack = contextlib.ExitStack()
        self._runs: list[signalling.Run] = []

    def __enter__(self) -> 'Runs':
        return self

    def __exit__(self, *_raised: object) -> None:
        self._stack.close()

    def start(self, words: Iterable[str]) -> signalling.Run:
        run = signalling.Run(self._lane.cloud.environment(), *words)
        self._stack.callback(run.close)
        self._runs.append(run)
        return run

    def at_the_copy(self) -> None:
        """Return once each run is over, or has come to what is held."""
        people.eventually(
            lambda: all(r.is_over or r.says(COPYING) for r in self._runs), bool
        )

    def ended(self) -> list[program.Result]:
        return [run.wait() for run in self._runs]


@asked_for.campaign
class TestTwoDrains(host_lanes.TestCase):
    def test_at_once(self) -> None:
        self.play_all(PAIRS, self._check)

    def _check(self, lane: host_lanes.Lane, pair: Pair) -> None:
        first = None if pair.plan is Plan.NONE else lane.new_file()
        second = lane.new_file() if pair.plan is Plan.OTHER else first
        with lane.filled(*WANTED) as servers, Runs(lane) as runs:
            runs.start(lane.words(draining.DRAIN, first))
            time.sleep(pair.later)
            runs.start(lane.words(draining.DRAIN, second))
            runs.at_the_copy()
            lane.release(*servers)
            results = runs.ended()
            told = '\n'.join(map(str, results))
            assert_truth(self, lane, AWAY, servers, told)
            self.assertEqual(('disabled', True), (lane.status, lane.is_empty))
        self.assertNotIn('Traceback', told)
        results.sort(key=lambda result: result.exit_code)
        self.assertEqual(0, results[0].exit_code, told)
        if pair.plan is Plan.SAME:
            assert_refused(self, results[1], HAS_IT)
            results = results[:1]
        self._assert_told(results, told)

    def _assert_told(self, results: list[program.Result], told: str) -> None:
        """One of them confirms, and both say where the servers are."""
        outcomes = [draining.outcomes(result) for result in results]
        confirmed = [found['web1'] for found in outcomes].count('confirmed')
        self.assertEqual(1, confirmed, told)
        for result, found in zip(results, outcomes, strict=True):
            self.assertEqual({'web1', 'web2'}, found.keys(), told)
            elsewhere = set(found.values()) - ARRIVED
            self.assertLessEqual(elsewhere, NOT_OURS, told)
            if result.exit_code:
                self.assertEqual(8, result.exit_code, told)
                self.assertTrue(elsewhere, told)


@asked_for.campaign
class TestOthers(host_lanes.TestCase):
    """A drain, and what else somebody may begin meanwhile."""

    def test_at_once(self) -> None:
        rows = (self._restore, self._single_first, self._single_second)
        self.play_all(rows, lambda lane, check: check(lane))

    def _restore(self, lane: host_lanes.Lane) -> None:
        """Who works with the plan is alone with it, there and back."""
        file = lane.new_file()
        drain = lane.words(draining.DRAIN, file)
        restore = lane.words(draining.RESTORE, file)
        with lane.filled(*WANTED) as servers:
            for mine, others, after in (
                (drain, restore, AWAY), (restore, drain, HOME),
            ):  # fmt: skip
                with Runs(lane) as runs:
                    runs.start(mine)
                    runs.at_the_copy()
                    assert_refused(self, lane.run(others), HAS_IT)
                    lane.release(*servers)
                    (result,) = runs.ended()
                self.assertEqual(0, result.exit_code, str(result))
                assert_truth(self, lane, after, servers, str(result))
            self.assertEqual('enabled', lane.status)

    def _single_first(self, lane: host_lanes.Lane) -> None:
        """The drain waits for it, and leaves the confirm to it."""
        with lane.filled(*WANTED) as servers, Runs(lane) as runs:
            runs.start([*base.COMMAND, '-f', 'json', servers[0].id])
            runs.at_the_copy()
            runs.start(lane.words(draining.DRAIN, lane.new_file()))
            runs.at_the_copy()
            lane.release(*servers)
            single, drain = runs.ended()
            told = f'{single}\n{drain}'
            assert_truth(self, lane, AWAY, servers, told)
        self.assertEqual('confirmed', single.fields['outcome'], told)
        found = draining.outcomes(drain)
        self.assertIn(
            found['web1'], {'confirmed-elsewhere', 'awaiting-confirmation'}
        )
        self.assertEqual('completed', found['web2'])
        self.assertIn(drain.exit_code, (0, 8), told)

    def _single_second(self, lane: host_lanes.Lane) -> None:
        """What a drain moves is not asked for once more."""
        with lane.filled(*WANTED) as servers, Runs(lane) as runs:
            runs.start(lane.words(draining.DRAIN, lane.new_file()))
            runs.at_the_copy()
            options = ((), ('--live-migration',))
            for server, option in zip(servers, options, strict=True):
                single = [*base.COMMAND, '-f', 'json', *option, server.id]
                assert_refused(self, lane.run(single), 'task_state')
            lane.release(*servers)
            (result,) = runs.ended()
            self.assertEqual(0, result.exit_code, str(result))
            assert_truth(self, lane, AWAY, servers, str(result))


def assert_refused(
    test: host_lanes.TestCase, result: program.Result, sentence: str
) -> None:
    test.assertEqual((1, ''), (result.exit_code, result.stdout), str(result))
    test.assertRegex(result.stderr, sentence)


def assert_truth(
    test: host_lanes.TestCase,
    lane: host_lanes.Lane,
    expected: Sequence[truths.Truth],
    servers: Sequence[people.Server],
    told: str,
) -> None:
    found = tuple(truths.truth(lane.admin, server) for server in servers)
    test.assertEqual(tuple(expected), found, told)
