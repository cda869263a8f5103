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

"""Who may go next."""

from collections.abc import Mapping
import dataclasses
import random

import testtools

from osc_migrate.engine import turns
from osc_migrate.engine.turns import Limits
from osc_migrate.engine.turns import ServerGroup
from osc_migrate.tests.unit import rows


USUAL = Limits()
ALL = Limits(parallel=9)


@dataclasses.dataclass(frozen=True)
class Turn:
    """Who waits and who is in flight, a letter each, and who may start.

    :ivar apart: Servers of one group, group by group.
    """

    name: str
    waiting: str
    starts: str
    in_flight: str = ''
    apart: tuple[str, ...] = ()
    limits: Limits = USUAL
    failures: int = 0


TURNS = (
    Turn('nobody waits', '', ''),
    Turn('nobody waits, somebody is in flight', '', '', 'x'),
    Turn('two at once, in their order', 'abc', 'ab'),
    Turn('in the order in which they wait', 'cba', 'cb'),
    Turn('one place is left', 'abc', 'a', 'x'),
    Turn('no place is left', 'abc', '', 'xy'),
    Turn('more are under way than the limit', 'abc', '', 'xyz'),
    Turn('one at a time', 'abc', 'a', limits=Limits(parallel=1)),
    Turn('more places than servers', 'abc', 'abc', limits=ALL),
    Turn('never two of a group', 'abc', 'ac', apart=('ab',)),
    Turn('never two of a group, however many places', 'abcdef', 'ae',
         apart=('abcd', 'ef'), limits=ALL),
    Turn('one of the group is in flight', 'abc', 'b', 'x', apart=('ax',)),
    Turn('all of the group wait for the one in flight', 'abc', '', 'x',
         apart=('abcx',), limits=ALL),
    Turn('a server of two groups keeps both apart', 'abc', 'a',
         apart=('ab', 'ac'), limits=ALL),
    Turn('two groups that share a server', 'bca', 'bc', apart=('ab', 'ac'),
         limits=ALL),
    Turn('a group of others', 'abc', 'ab', apart=('pq',)),
    Turn('who has to wait does not take a place', 'abcd', 'ac',
         apart=('ab',)),
    Turn('the first failure ends it', 'abc', '', failures=1),
    Turn('more failures than allowed', 'abc', '', failures=3),
    Turn('a failure that is allowed', 'abc', 'ab', failures=1,
         limits=Limits(max_failures=2)),
    Turn('as many failures as allowed', 'abc', '', failures=2,
         limits=Limits(max_failures=2)),
    Turn('any number of failures', 'abc', 'ab', failures=99,
         limits=Limits(max_failures=0)),
)  # fmt: skip


def kept_apart(groups: tuple[str, ...]) -> dict[str, frozenset[str]]:
    return turns.apart(
        ServerGroup(f'group-{members}', 'anti-affinity', frozenset(members))
        for members in groups
    )


@rows.each(TURNS)
class NextUpTestCase(testtools.TestCase):
    def check(self, row: Turn) -> None:
        starts = turns.next_up(
            row.waiting,
            row.in_flight,
            kept_apart(row.apart),
            row.limits,
            row.failures,
        )
        self.assertEqual(row.starts, ''.join(starts))


class ApartTestCase(testtools.TestCase):
    def test_both_policies_of_anti_affinity(self) -> None:
        for policy, apart in (
            ('anti-affinity', True),
            ('soft-anti-affinity', True),
            ('affinity', False),
            ('soft-affinity', False),
            ('legacy', False),
        ):
            group = ServerGroup('g', policy, frozenset({'a', 'b'}))
            found = turns.apart([group])
            self.assertEqual(apart, 'a' in found and 'b' in found, policy)
            self.assertEqual(apart, bool(found), policy)

    def test_a_server_of_several_groups(self) -> None:
        found = turns.apart([
            ServerGroup('g1', 'anti-affinity', frozenset({'a', 'b'})),
            ServerGroup('g2', 'soft-anti-affinity', frozenset({'b', 'c'})),
            ServerGroup('g3', 'affinity', frozenset({'c', 'd'})),
        ])  # fmt: skip
        self.assertEqual(
            {
                'a': frozenset({'g1'}),
                'b': frozenset({'g1', 'g2'}),
                'c': frozenset({'g2'}),
            },
            found,
        )

    def test_a_group_without_members(self) -> None:
        empty = ServerGroup('g', 'anti-affinity', frozenset())
        self.assertEqual({}, turns.apart([empty]))


class AnyOrderTestCase(testtools.TestCase):
    """Drains at random, each from its seed."""

    def groups(
        self, chance: random.Random, servers: list[str]
    ) -> Mapping[str, frozenset[str]]:
        return kept_apart(
            tuple(
                ''.join(chance.sample(servers, chance.randint(1, 5)))
                for _group in range(chance.randint(0, 6))
            )
        )

    def test_nobody_meets_and_nobody_is_forgotten(self) -> None:
        for seed in range(300):
            self.drain(random.Random(seed), f'seed {seed}')

    def drain(self, chance: random.Random, seed: str) -> None:
        servers = list('abcdefghijklmnop')
        groups = self.groups(chance, servers)
        limits = Limits(chance.randint(1, 6), max_failures=0)
        chance.shuffle(servers)
        waiting = list(servers)
        in_flight: list[str] = []
        landed: list[str] = []
        while waiting or in_flight:
            started = list(
                turns.next_up(waiting, in_flight, groups, limits, 0)
            )
            order = [s for s in waiting if s in started]
            self.assertEqual(order, started, seed)
            waiting = [s for s in waiting if s not in started]
            in_flight += started
            self.assertLessEqual(len(in_flight), limits.parallel, seed)
            together = [g for s in in_flight for g in groups.get(s, ())]
            self.assertEqual(len(set(together)), len(together), seed)
            # Otherwise it would stand still for ever.
            self.assertTrue(in_flight, seed)
            landed.append(in_flight.pop(chance.randrange(len(in_flight))))
        self.assertEqual(sorted(servers), sorted(landed), seed)
