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

"""Many watches at once, turned by one hand."""

from collections.abc import Callable, Iterable, Mapping
import itertools
import random
from typing import Any

import testtools

from osc_migrate import driver
from osc_migrate import ending as endings
from osc_migrate.engine import facts
from osc_migrate.engine import move as moves
from osc_migrate.engine import outcomes
from osc_migrate.engine import turns
from osc_migrate import exceptions
from osc_migrate import fleet
from osc_migrate.tests.unit import fakes

#: Seconds between two looks at a server.
EVERY = 1.0
ENDING = endings.Ending(
    outcomes.Verdict(outcomes.Outcome.CONFIRMED, outcomes.Cause.ARRIVED),
    moves.Move(facts.Server('id', 'web1', 'p', 'ACTIVE')),
    facts.Snapshot(None),
)
REFUSED = exceptions.Refused('The server is locked.')


class Watch:
    """Ends after so many seconds.

    :ivar looks: When it was looked at.
    :ivar heard: When its check was listened to.
    :ivar closed: How often it was closed.
    """

    def __init__(
        self, clock: fakes.FakeClock, seconds: float, checked: float = 0.0
    ) -> None:
        self.due = clock.now()
        self.asking = checked > 0
        self.looks: list[float] = []
        self.heard: list[float] = []
        self.closed = 0
        self.breaks: BaseException | None = None
        self._clock = clock
        self._end = clock.now() + seconds
        self._answered = clock.now() + checked

    def listen(self, seconds: float) -> None:
        now = self._clock.now()
        if self.asking:
            self.heard.append(now)
        if self.asking and now >= self._answered:
            self.asking = False
            self.due = now

    def step(self) -> endings.Ending | None:
        if self.breaks is not None:
            raise self.breaks
        now = self._clock.now()
        self.looks.append(now)
        if now >= self._end:
            return ENDING
        self.due = now + EVERY
        return None

    def close(self) -> None:
        self.closed += 1


class FleetTestCase(testtools.TestCase):
    """A fleet of watches of which each test says how long they take.

    :ivar begun: The servers in the order in which they were begun.
    :ivar landed: What was told of each server, in that order.
    :ivar together: Who was in flight, whenever somebody was begun.
    """

    def setUp(self) -> None:
        super().setUp()
        self.clock = fakes.FakeClock()
        self.watches: dict[str, Watch] = {}
        self.begun: list[str] = []
        self.landed: list[fleet.Landed] = []
        self.together: list[set[str]] = []
        self.failing: set[str] = set()
        self.refusing: dict[str, BaseException] = {}
        self.seconds: Callable[[str], float] = lambda server_id: 10.0
        self.checked: dict[str, float] = {}
        self.on_begin: Callable[[str], None] = lambda server_id: None

    def made(
        self,
        parallel: int = 2,
        max_failures: int = 1,
        groups: Mapping[str, frozenset[str]] | None = None,
    ) -> fleet.Fleet:
        self.fleet = fleet.Fleet(
            self.clock,
            self.begin,
            self.land,
            groups or {},
            turns.Limits(parallel, max_failures),
        )
        return self.fleet

    def begin(self, server_id: str) -> driver.Watch:
        self.begun.append(server_id)
        if server_id in self.refusing:
            raise self.refusing[server_id]
        watch: Any = Watch(
            self.clock,
            self.seconds(server_id),
            self.checked.get(server_id, 0.0),
        )
        self.watches[server_id] = watch
        self.together.append({*self.fleet.in_flight, server_id})
        self.on_begin(server_id)
        found: driver.Watch = watch
        return found

    def land(self, landed: fleet.Landed) -> bool:
        self.landed.append(landed)
        return landed.server_id in self.failing

    def names(self) -> str:
        return ''.join(landed.server_id for landed in self.landed)

    def assert_all_closed_once(self, but: Iterable[str] = ()) -> None:
        for server_id, watch in self.watches.items():
            if server_id not in but:
                self.assertEqual(1, watch.closed, server_id)


class LimitsTestCase(FleetTestCase):
    def test_nothing_to_do(self) -> None:
        self.made().run('', '')
        self.assertEqual(([], [], []), (self.begun, self.landed,
                                        self.clock.slept))  # fmt: skip

    def test_each_server_is_begun_and_lands_once(self) -> None:
        self.made(parallel=3).run('xy', 'abcdef')
        self.assertEqual('xyabcdef', ''.join(self.begun))
        self.assertEqual('abcdefxy', ''.join(sorted(self.names())))
        self.assert_all_closed_once()
        self.assertEqual({}, self.fleet.in_flight)
        self.assertEqual((), self.fleet.waiting)

    def test_no_more_than_so_many_at_once(self) -> None:
        for parallel in (1, 2, 5):
            self.together = []
            self.made(parallel).run('', 'abcdefgh')
            self.assertEqual(parallel, max(map(len, self.together)))

    def test_a_free_place_is_taken_at_once(self) -> None:
        self.seconds = {
            'a': 100.0,
            'b': 10.0,
            'c': 10.0,
            'd': 10.0,
        }.__getitem__
        self.made().run('', 'abcd')
        self.assertEqual('abcd', ''.join(self.begun))
        self.assertEqual('bcda', self.names())

    def test_what_is_under_way_already_takes_its_place(self) -> None:
        self.made().run('xyz', 'ab')
        self.assertEqual('xyzab', ''.join(self.begun))
        self.assertEqual(
            [1, 2, 3, 1, 2], [len(them) for them in self.together]
        )

    def test_all_look_at_once_and_the_time_is_that_of_the_longest(
        self,
    ) -> None:
        before = self.clock.now()
        self.made(parallel=50).run('', [f'id-{n}' for n in range(50)])
        self.assertEqual(10.0, self.clock.now() - before)

    def test_a_look_comes_when_it_is_due(self) -> None:
        self.made().run('', 'ab')
        for watch in self.watches.values():
            pauses = {
                later - sooner
                for sooner, later in itertools.pairwise(watch.looks)
            }
            self.assertEqual({EVERY}, pauses)

    def test_members_of_a_group_never_meet(self) -> None:
        group = turns.ServerGroup('g', 'anti-affinity', frozenset('abcx'))
        self.made(4, groups=turns.apart([group])).run('x', 'abcdef')
        for them in self.together:
            self.assertLessEqual(len(them & group.members), 1, them)
        self.assertEqual('xdefabc', ''.join(self.begun))

    def test_drains_at_random(self) -> None:
        for seed in range(100):
            self.drain(random.Random(seed))
            self.assertEqual(
                sorted('abcdefghijkl'), sorted(self.names()), f'seed {seed}'
            )
            self.assert_all_closed_once()

    def drain(self, chance: random.Random) -> None:
        """A drain at random, of which everything is watched."""
        self.watches, self.together, self.landed = {}, [], []
        servers = list('abcdefghijkl')
        groups = [
            turns.ServerGroup(
                f'g{n}',
                'soft-anti-affinity',
                frozenset(chance.sample(servers, 3)),
            )
            for n in range(chance.randint(0, 3))
        ]
        self.seconds = lambda server_id: chance.uniform(0, 20)
        self.refusing = {'f': REFUSED} if chance.random() < 0.5 else {}
        self.failing = set(chance.sample(servers, 2))
        parallel = chance.randint(1, 5)
        chance.shuffle(servers)
        self.made(parallel, 0, turns.apart(groups)).run('', servers)
        for them in self.together:
            self.assertLessEqual(len(them), parallel)
            for group in groups:
                self.assertLessEqual(len(them & group.members), 1)


class FailuresTestCase(FleetTestCase):
    def test_nothing_is_begun_after_the_last_failure_allowed(self) -> None:
        for allowed, begun in ((1, 'ab'), (2, 'abc'), (3, 'abcd')):
            self.begun, self.landed = [], []
            self.failing = set('abcdefgh')
            self.seconds = lambda server_id: 10.0 * (ord(server_id) - 90)
            self.made(max_failures=allowed).run('', 'abcdefgh')
            self.assertEqual(begun, ''.join(self.begun))
            # Those in flight are waited for.
            self.assertEqual(begun, self.names())
            self.assertEqual('abcdefgh'[len(begun) :],
                             ''.join(self.fleet.waiting))  # fmt: skip
            self.assertEqual(len(begun), self.fleet.failures)

    def test_without_a_limit_all_are_tried(self) -> None:
        self.failing = set('abcdef')
        self.made(max_failures=0).run('', 'abcdef')
        self.assertEqual(6, len(self.landed))
        self.assertEqual(6, self.fleet.failures)

    def test_a_failure_of_what_was_under_way_counts(self) -> None:
        self.failing = {'x'}
        self.seconds = {'x': 5.0, 'y': 50.0}.__getitem__
        self.made().run('xy', 'abc')
        self.assertEqual('xy', self.names())
        self.assertEqual(('a', 'b', 'c'), self.fleet.waiting)

    def test_a_refusal_is_told_and_the_next_is_begun(self) -> None:
        self.refusing = {'a': REFUSED}
        self.made().run('', 'abc')
        self.assertEqual(fleet.Landed('a', refusal=REFUSED), self.landed[0])
        self.assertEqual('abc', self.names())
        self.assertIs(ENDING, self.landed[1].ending)
        self.assertIsNone(self.landed[1].refusal)
        self.assertEqual(0, self.fleet.failures)

    def test_a_refusal_that_is_a_failure_ends_it(self) -> None:
        self.refusing, self.failing = {'b': REFUSED}, {'b'}
        self.made().run('', 'abc')
        self.assertEqual('ab', ''.join(self.begun))
        self.assertEqual('ba', self.names())
        self.assertEqual(('c',), self.fleet.waiting)

    def test_a_refusal_takes_no_place(self) -> None:
        self.refusing = dict.fromkeys('abcd', REFUSED)
        self.made(parallel=1).run('', 'abcde')
        self.assertEqual([{'e'}], self.together)

    def test_nova_does_not_answer_when_it_is_asked(self) -> None:
        away = exceptions.TransientError('HTTP 502: Bad Gateway')
        self.refusing = {'x': away, 'a': away}
        self.made().run('x', 'ab')
        self.assertEqual([away, away, None],
                         [one.refusal for one in self.landed])  # fmt: skip


class StoppingTestCase(FleetTestCase):
    def test_nothing_new_is_begun_and_those_in_flight_are_waited_for(
        self,
    ) -> None:
        def stop(server_id: str) -> None:
            if server_id == 'c':
                self.fleet.stopping = True

        self.on_begin = stop
        self.made().run('', 'abcdef')
        self.assertEqual('abc', ''.join(self.begun))
        self.assertEqual('abc', self.names())
        self.assertEqual(('d', 'e', 'f'), self.fleet.waiting)
        self.assert_all_closed_once()

    def test_stopped_before_the_first(self) -> None:
        self.made().stopping = True
        self.fleet.run('x', 'ab')
        # What Nova does already is followed.
        self.assertEqual('x', self.names())
        self.assertEqual(('a', 'b'), self.fleet.waiting)

    def test_an_exception_closes_everything_and_passes(self) -> None:
        def interrupt(server_id: str) -> None:
            if server_id == 'b':
                self.watches['a'].breaks = KeyboardInterrupt()

        self.on_begin = interrupt
        self.made(3)
        self.assertRaises(KeyboardInterrupt, self.fleet.run, '', 'abcde')
        self.assert_all_closed_once()
        # What is told to whoever waits for them.
        self.assertEqual(['a', 'b', 'c'], list(self.fleet.in_flight))
        self.assertEqual(('d', 'e'), self.fleet.waiting)

    def test_an_exception_while_it_sleeps(self) -> None:
        def sleep(seconds: float) -> None:
            raise KeyboardInterrupt

        self.clock.sleep = sleep  # type: ignore[method-assign]
        self.made()
        self.assertRaises(KeyboardInterrupt, self.fleet.run, 'x', 'abc')
        self.assert_all_closed_once()
        self.assertEqual(['x', 'a'], list(self.fleet.in_flight))

    def test_an_exception_while_one_is_begun(self) -> None:
        self.refusing = {'b': KeyboardInterrupt()}
        self.made()
        self.assertRaises(KeyboardInterrupt, self.fleet.run, '', 'abc')
        self.assert_all_closed_once()
        self.assertEqual(['a'], list(self.fleet.in_flight))
        self.assertEqual([], self.landed)


class ListeningTestCase(FleetTestCase):
    def test_a_check_is_listened_to_while_it_runs(self) -> None:
        self.checked = {'a': 0.55}
        self.seconds = {'a': 0.0, 'b': 30.0}.__getitem__
        self.made()
        watch_a: list[Watch] = []

        def ask(server_id: str) -> None:
            if server_id == 'a':
                # Nobody looks before the check is over.
                self.watches['a'].due = float('inf')
                watch_a.append(self.watches['a'])

        self.on_begin = ask
        before = self.clock.now()
        self.fleet.run('', 'ab')
        heard = [at - before for at in watch_a[0].heard]
        self.assertEqual(sorted(heard), heard)
        for sooner, later in itertools.pairwise(heard):
            self.assertLessEqual(later - sooner, fleet.LISTEN_EVERY + 1e-9)
        # The answer is acted on at once.
        self.assertEqual(heard[-1], watch_a[0].looks[0] - before)
        self.assertAlmostEqual(0.6, heard[-1])

    def test_nobody_is_looked_at_more_often_for_it(self) -> None:
        self.checked = {'a': 5.0}
        self.seconds = {'a': 0.0, 'b': 10.0}.__getitem__
        self.made()
        self.on_begin = lambda server_id: setattr(
            self.watches[server_id], 'due',
            float('inf') if server_id == 'a' else self.clock.now(),
        )  # fmt: skip
        self.fleet.run('', 'ab')
        self.assertLessEqual(len(self.watches['b'].looks), 11)

    def test_without_a_check_it_sleeps_to_the_next_look(self) -> None:
        self.made().run('', 'a')
        self.assertEqual({0.0, EVERY}, set(self.clock.slept))
