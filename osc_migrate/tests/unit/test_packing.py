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

"""How many servers find room on how many hosts."""

from collections.abc import Mapping
import dataclasses

import testtools

from osc_migrate.engine import capacity
from osc_migrate.engine import packing
from osc_migrate.tests.unit import rows


def memory(amount: int, **others: int) -> dict[str, int]:
    return {'MEMORY_MB': amount, **others}


@dataclasses.dataclass(frozen=True)
class Row:
    """What servers need, what hosts have free, and who finds no room.

    :ivar totals: Classes that are short for all together.
    :ivar nowhere: Servers that fit on no host.
    :ivar left: Servers that find none once the rest have moved.
    :ivar kept: Servers that their group keeps from hosts with room.
    :ivar ruled_out: Numbers of the hosts that a server does not go to.
    :ivar apart: Groups of servers that keep apart.
    """

    name: str
    needs: Mapping[str, capacity.Resources]
    free: tuple[capacity.Resources, ...]
    left: str = ''
    nowhere: str = ''
    totals: tuple[packing.Total, ...] = ()
    kept: str = ''
    ruled_out: Mapping[str, str] = dataclasses.field(default_factory=dict)
    apart: Mapping[str, capacity.Apart] = dataclasses.field(
        default_factory=dict
    )


APART = capacity.Apart('g', 1, {})
OUTLOOKS = (
    Row('nobody needs anything', {}, (memory(1),)),
    Row('one fits', {'a': memory(4)}, (memory(4),)),
    Row(
        'the same gigabyte is not promised twice',
        {'a': memory(1), 'b': memory(1)}, (memory(1),),
        left='b', totals=(packing.Total('MEMORY_MB', 2, 1),),
    ),
    Row(
        'each on a host of its own', {'a': memory(3), 'b': memory(3)},
        (memory(4), memory(4)),
    ),
    Row(
        'enough in total, but in pieces', {'a': memory(3), 'b': memory(3)},
        (memory(4), memory(2)), left='b',
    ),
    Row(
        'too big for any host', {'a': memory(9), 'b': memory(1)},
        (memory(8), memory(8)), nowhere='a',
    ),
    Row(
        'what is too big takes no room from the rest',
        {'a': memory(9), 'b': memory(8)}, (memory(8), memory(7)),
        nowhere='a', totals=(packing.Total('MEMORY_MB', 17, 15),),
    ),
    Row(
        'the small do not take the room of the large',
        {'a': memory(1), 'b': memory(1), 'c': memory(6)},
        (memory(6), memory(2)),
    ),
    Row(
        'each goes where the least is left over',
        {'a': memory(4), 'b': memory(3), 'c': memory(3)},
        (memory(6), memory(4)),
    ),
    Row(
        'memory here and processors there are no room',
        {'a': memory(4, VCPU=4)}, (memory(4, VCPU=3), memory(3, VCPU=4)),
        nowhere='a',
    ),
    Row(
        'a host without a class has none of it', {'a': memory(1, VGPU=1)},
        (memory(8),), nowhere='a', totals=(packing.Total('VGPU', 1, 0),),
    ),
    Row(
        'from a volume: no disk is needed', {'a': memory(1)},
        (memory(1, DISK_GB=0),),
    ),
    Row(
        'a host with more in use than it has takes nothing from others',
        {'a': memory(3)}, (memory(-5), memory(3)),
    ),
    Row(
        'a class of which there is too little, and one of which is enough',
        {'a': memory(2, VGPU=1), 'b': memory(2, VGPU=1)},
        (memory(9, VGPU=1), memory(9)),
        left='b', totals=(packing.Total('VGPU', 2, 1),),
    ),
    Row(
        'room on a host that it does not go to is none',
        {'a': memory(1)}, (memory(8),), nowhere='a', ruled_out={'a': '1'},
    ),
    Row(
        'who may go to one host only gets it before who may go anywhere',
        {'a': memory(6), 'b': memory(5)}, (memory(6), memory(8)),
        ruled_out={'b': '2'}, left='',
    ),
    Row(
        'thirty of one zone are not promised its only gigabyte',
        {name: memory(1) for name in 'abc'}, (memory(1), memory(9)),
        ruled_out=dict.fromkeys('abc', '2'), left='bc',
    ),
    Row(
        'servers that keep apart are not put together',
        {name: memory(1) for name in 'abc'}, (memory(9), memory(9)),
        apart=dict.fromkeys('abc', APART), kept='c',
    ),
    Row(
        'of different flavors as well',
        {'a': memory(1), 'b': memory(2), 'c': memory(3)},
        (memory(9), memory(9)),
        apart=dict.fromkeys('abc', APART), kept='a',
    ),
    Row(
        'two of a group on one host, where its rules allow that',
        {name: memory(1) for name in 'abc'}, (memory(9), memory(9)),
        apart=dict.fromkeys('abc', capacity.Apart('g', 2, {})),
    ),
    Row(
        'members that stay where they are count',
        {name: memory(1) for name in 'ab'}, (memory(9), memory(9)),
        apart=dict.fromkeys('ab', capacity.Apart('g', 2, {'host1': 2,
                                                          'host2': 1})),
        kept='b',
    ),
    Row(
        'servers that keep apart, and have no room either',
        {name: memory(2) for name in 'abc'}, (memory(2), memory(3)),
        apart=dict.fromkeys('abc', APART), left='c',
        totals=(packing.Total('MEMORY_MB', 6, 5),),
    ),
    Row(
        'two groups do not mind each other',
        {'a': memory(1), 'b': memory(1)}, (memory(9),),
        apart={'a': APART, 'b': capacity.Apart('other', 1, {})},
    ),
)  # fmt: skip


@rows.each(OUTLOOKS)
class OutlookTestCase(testtools.TestCase):
    def check(self, row: Row) -> None:
        needs = [
            capacity.Need(
                name,
                row.needs[name],
                frozenset(f'host{n}' for n in row.ruled_out.get(name, '')),
                row.apart.get(name),
            )
            for name in row.needs
        ]
        places = [
            capacity.Place(f'host{number}', True, free)
            for number, free in enumerate(row.free, 1)
        ]
        found = packing.outlook(needs, places)
        self.assertEqual(row.totals, found.totals)
        nowhere = [
            need.name
            for need in needs
            if not any(packing.takes(need, place) for place in places)
        ]
        self.assertEqual(row.nowhere, ''.join(nowhere))
        self.assertEqual(row.left, ''.join(n.name for n in found.left))
        self.assertEqual(row.kept, ''.join(n.name for n in found.apart))
