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

"""Where room is short, and what is said of it."""

from collections.abc import Mapping
import dataclasses

import testtools

from osc_migrate import capacity as looks
from osc_migrate.engine import capacity
from osc_migrate.engine import facts
from osc_migrate.engine import shortage
from osc_migrate import exceptions
from osc_migrate.tests.unit import rows


def memory(amount: int, **others: int) -> dict[str, int]:
    return {'MEMORY_MB': amount, **others}


@dataclasses.dataclass(frozen=True)
class Row:
    """What servers need, what hosts have free, and who finds no room.

    :ivar totals: Classes that are short for all together.
    :ivar nowhere: Servers that fit on no host.
    :ivar left: Servers that find none once the rest have moved.
    """

    name: str
    needs: Mapping[str, capacity.Resources]
    free: tuple[capacity.Resources, ...]
    left: str = ''
    nowhere: str = ''
    totals: tuple[capacity.Total, ...] = ()


OUTLOOKS = (
    Row('nobody needs anything', {}, (memory(1),)),
    Row('one fits', {'a': memory(4)}, (memory(4),)),
    Row(
        'the same gigabyte is not promised twice',
        {'a': memory(1), 'b': memory(1)}, (memory(1),),
        left='b', totals=(capacity.Total('MEMORY_MB', 2, 1),),
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
        nowhere='a', totals=(capacity.Total('MEMORY_MB', 17, 15),),
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
        (memory(8),), nowhere='a', totals=(capacity.Total('VGPU', 1, 0),),
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
        left='b', totals=(capacity.Total('VGPU', 2, 1),),
    ),
)  # fmt: skip


@rows.each(OUTLOOKS)
class OutlookTestCase(testtools.TestCase):
    def check(self, row: Row) -> None:
        needs = [capacity.Need(name, row.needs[name]) for name in row.needs]
        found = capacity.outlook(needs, row.free)
        self.assertEqual(row.totals, found.totals)
        self.assertEqual(row.nowhere, ''.join(n.name for n in found.nowhere))
        self.assertEqual(row.left, ''.join(n.name for n in found.left))


def host(name: str, usable: bool = True, **free: int) -> capacity.Place:
    return capacity.Place(name, usable, free)


def server(name: str) -> facts.Server:
    return facts.Server(f'id-{name}', name, 'ours', 'ACTIVE', host='host1')


@dataclasses.dataclass(frozen=True)
class Said:
    """What is said of servers that need so many MB each."""

    name: str
    needs: Mapping[str, int]
    places: tuple[capacity.Place, ...]
    says: tuple[str, ...] = ()
    destination: str | None = None


SAID = (
    Said('enough for all', {'web1': 1}, (host('host2', MEMORY_MB=1),)),
    Said(
        'nowhere to go', {'web1': 1}, (host('host2', False, MEMORY_MB=1),),
        (shortage.NO_HOST,),
    ),
    Said(
        'the destination is disabled', {'web1': 1},
        (host('host2', False, MEMORY_MB=1), host('host3', MEMORY_MB=1)),
        ('host2 is no compute host that is up and enabled: nothing can be '
         'moved there.',),
        'host2',
    ),
    Said(
        'there is no such destination', {'web1': 1},
        (host('host2', MEMORY_MB=1),),
        ('host9 is no compute host that is up and enabled: nothing can be '
         'moved there.',),
        'host9',
    ),
    Said(
        'one destination for all', {'web1': 2, 'web2': 2},
        (host('host2', MEMORY_MB=3), host('host3', MEMORY_MB=9)),
        ('All 2 servers together need more than is free on host2: MEMORY_MB '
         '4 needed, 3 free.',
         '1 of 2 servers may find no room on host2 once the others are '
         'there: web2 (MEMORY_MB 2).'),
        'host2',
    ),
    Said(
        'a host that is down has no room', {'web1': 2, 'web2': 2},
        (host('host2', MEMORY_MB=2), host('host3', False, MEMORY_MB=9)),
        ('All 2 servers together need more than is free on the other hosts: '
         'MEMORY_MB 4 needed, 2 free.',
         '1 of 2 servers may find no room on the other hosts once the others '
         'are there: web2 (MEMORY_MB 2).'),
    ),
    Said(
        'more than a few servers', {f'web{n}': 8 for n in range(1, 301)},
        (host('host2', MEMORY_MB=4), host('host3')),
        ('All 300 servers together need more than is free on the other hosts '
         'that have memory left: MEMORY_MB 2400 needed, 4 free.',
         '300 of 300 servers need more, each taken alone, than is free on '
         'any other host: web1 (MEMORY_MB 8), web2 (MEMORY_MB 8), web3 '
         '(MEMORY_MB 8) and 297 more.'),
    ),
    Said(
        'one server alone needs no sum', {'web1': 8},
        (host('host2', MEMORY_MB=4),),
        ('1 of 1 servers need more, each taken alone, than is free on any '
         'other host: web1 (MEMORY_MB 8).',),
    ),
    Said(
        'no memory anywhere, and nothing known of the rest',
        {'web1': 1, 'web2': 1}, (host('host2'), host('host3')),
        ('No memory is free on the other hosts, so there is no room for any '
         'of 2 servers.',),
    ),
    Said(
        'no memory on the destination', {'web1': 1},
        (host('host2'), host('host3', MEMORY_MB=9)),
        ('No memory is free on host2, so there is no room for any of 1 '
         'servers.',),
        'host2',
    ),
)  # fmt: skip


@rows.each(SAID)
class SaidTestCase(testtools.TestCase):
    def check(self, row: Said) -> None:
        servers = [server(name) for name in row.needs]
        held = {f'id-{name}': memory(mb) for name, mb in row.needs.items()}
        said = shortage.told(
            servers, capacity.Seen(held, row.places), row.destination
        )
        if said and said[-1] == shortage.ONLY_FIGURES:
            said = said[:-1]
        self.assertEqual(row.says, said)


class WordsTestCase(testtools.TestCase):
    def test_whose_figures_they_are_is_said_with_a_shortage(self) -> None:
        seen = capacity.Seen(
            {'id-web1': memory(2)}, (host('host2', MEMORY_MB=1),)
        )
        said = shortage.told([server('web1')], seen, None)
        self.assertEqual(shortage.ONLY_FIGURES, said[-1])

    def test_servers_that_hold_nothing_are_not_promised_room(self) -> None:
        seen = capacity.Seen(
            {'id-web1': memory(1), 'id-other': memory(99)},
            (host('host2', MEMORY_MB=1),),
        )
        self.assertEqual(
            (
                'Placement shows nothing that 1 of 2 servers hold on the '
                'host where they are, so their needs were not counted: web2.',
            ),
            shortage.told([server('web1'), server('web2')], seen, None),
        )

    def test_a_name_cannot_steer_the_terminal_nor_fill_it(self) -> None:
        named = server('\x1b[31m' + 'x' * 80)
        said = shortage.told(
            [named],
            capacity.Seen({named.id: memory(2)}, (host('h', MEMORY_MB=1),)),
            None,
        )
        self.assertNotIn('\x1b', said[0])
        self.assertNotIn('x' * 40, said[0])


class FakeRoom:
    """Answers every look alike."""

    def __init__(self, answer: capacity.Seen | Exception) -> None:
        self.asked: list[str] = []
        self._answer = answer

    def look(self, host: str) -> capacity.Seen:
        self.asked.append(host)
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


class LookTestCase(testtools.TestCase):
    def test_the_host_is_looked_at_once_for_all_servers(self) -> None:
        room = FakeRoom(
            capacity.Seen({'id-a': memory(2)}, (host('host2', MEMORY_MB=1),))
        )
        said = looks.look(room, 'host1', None, [server('a')])
        self.assertEqual(['host1'], room.asked)
        self.assertIn('a (MEMORY_MB 2)', said[0])

    def test_with_nothing_to_move_nothing_is_asked(self) -> None:
        room = FakeRoom(exceptions.TransientError('down'))
        self.assertEqual((), looks.look(room, 'host1', None, []))
        self.assertEqual([], room.asked)

    def test_a_look_that_fails_says_why_in_one_line(self) -> None:
        for error, why in (
            (exceptions.ApiError('Forbidden.', status=403), 'Forbidden.'),
            (exceptions.TransientError('a\nb' * 500), 'a ba'),
            (RuntimeError(), 'RuntimeError'),
        ):
            said = looks.look(FakeRoom(error), 'host1', None, [server('a')])
            self.assertEqual(1, len(said))
            self.assertIn(f'was not looked at: {why}', said[0])
            self.assertNotIn('\n', said[0])
            self.assertLess(len(said[0]), 300)
