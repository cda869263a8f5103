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

from collections.abc import Iterable, Mapping
import dataclasses
from typing import ClassVar

import testtools

from osc_migrate import capacity as looks
from osc_migrate.engine.candidates import facts as candidate_facts
from osc_migrate.engine import capacity
from osc_migrate.engine import facts
from osc_migrate.engine import move as moves
from osc_migrate.engine import nowhere
from osc_migrate.engine import outcomes
from osc_migrate.engine import rows as told_rows
from osc_migrate.engine import shortage
from osc_migrate.engine import turns
from osc_migrate import exceptions
from osc_migrate.tests.unit import candidate_facts as made
from osc_migrate.tests.unit import rows

Missing = candidate_facts.Missing


def memory(amount: int, **others: int) -> dict[str, int]:
    return {'MEMORY_MB': amount, **others}


def host(name: str, usable: bool = True, **free: int) -> candidate_facts.Host:
    """Of a hypervisor with so much left, or with no memory at all."""
    rooms = {key: candidate_facts.Room(n, 0) for key, n in free.items()}
    own = made.provider(has=rooms, id=name)
    node = made.node(id=name, name=name)
    return candidate_facts.Host(
        name, 'nova', usable, True, node=dataclasses.replace(
            node, providers=(own,) if free else Missing.NOT_READ
        ),
    )  # fmt: skip


def server(name: str) -> facts.Server:
    return facts.Server(f'id-{name}', name, 'ours', 'ACTIVE', host='host1')


@dataclasses.dataclass(frozen=True)
class Said:
    """What is said of servers that need so many MB each."""

    name: str
    needs: Mapping[str, int]
    hosts: tuple[candidate_facts.Host, ...]
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
        said = told(servers, capacity.Seen(held, row.hosts), row.destination)
        if said and said[-1] == shortage.ONLY_FIGURES:
            said = said[:-1]
        self.assertEqual(row.says, said)


def told(
    servers: Iterable[facts.Server],
    seen: capacity.Seen,
    destination: str | None = None,
) -> tuple[str, ...]:
    return shortage.told(servers, {}, seen, destination).sentences


class WordsTestCase(testtools.TestCase):
    def test_whose_figures_they_are_is_said_with_a_shortage(self) -> None:
        seen = capacity.Seen(
            {'id-web1': memory(2)}, (host('host2', MEMORY_MB=1),)
        )
        said = told([server('web1')], seen)
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
            told([server('web1'), server('web2')], seen),
        )

    def test_what_was_not_looked_at_is_said(self) -> None:
        held = {f'id-{name}': memory(1) for name in ('web1', 'web2')}
        seen = capacity.Seen(
            held, (host('host2', MEMORY_MB=9),),
            unasked=frozenset({'id-web2'}), unlooked='No.',
        )  # fmt: skip
        self.assertEqual(
            (
                'Zones, traits and server groups were not looked at for any '
                'server: No.',
                'Placement was not asked what it offers for 1 of 2 servers, '
                'as their needs differ too much or it answers slowly: web2.',
            ),
            told([server('web1'), server('web2')], seen),
        )

    def test_a_name_cannot_steer_the_terminal_nor_fill_it(self) -> None:
        named = server('\x1b[31m' + 'x' * 80)
        said = told(
            [named],
            capacity.Seen({named.id: memory(2)}, (host('h', MEMORY_MB=1),)),
        )
        self.assertNotIn('\x1b', said[0])
        self.assertNotIn('x' * 40, said[0])


def refused(name: str, **free: int) -> candidate_facts.Host:
    """One that placement does not offer, and no figure says why."""
    one = host(name, True, **free)
    assert one.node is not None
    node = dataclasses.replace(one.node, offer=candidate_facts.Offer.NO)
    return dataclasses.replace(one, node=node)


class RuledOutTestCase(testtools.TestCase):
    """Servers that no host takes although there is room."""

    ROOM: ClassVar = {'VCPU': 99, 'MEMORY_MB': 640, 'DISK_GB': 99}
    HOSTS = (
        refused('host2', **ROOM),
        dataclasses.replace(host('host3', True, **ROOM), zone='west'),
        host('host4', False, **ROOM),
    )

    def told(
        self,
        *names: str,
        kind: moves.Kind = moves.Kind.COLD,
        destination: str | None = None,
        **changes: object,
    ) -> shortage.Told:
        look = made.seen(
            server=made.server(**changes),
            hosts=self.HOSTS,
            aggregates=(made.aggregate('host3', availability_zone='west'),),
            kind=kind,
            destination=destination,
        )
        ids = [f'id-{name}' for name in names]
        seen = capacity.Seen(
            dict.fromkeys(ids, memory(64)), self.HOSTS,
            dict.fromkeys(ids, look),
        )  # fmt: skip
        kinds = dict.fromkeys(ids, kind)
        return shortage.told(map(server, names), kinds, seen, destination)

    def planned(
        self,
        said: shortage.Told,
        kind: moves.Kind = moves.Kind.COLD,
        destination: str | None = None,
    ) -> dict[str, str | None]:
        """What their rows say."""
        plan = [
            told_rows.of(one.server, 'host1', destination)
            for one in said.refused.values()
        ]
        kinds = dict.fromkeys(said.refused, kind)
        told = nowhere.in_plan(plan, said.refused, kinds, destination)
        return {row.server_id: row.reason for row in told}

    def test_in_a_group_that_keeps_together(self) -> None:
        said = self.told('web1', group=made.group('affinity', a='host1'))
        self.assertEqual(
            ('1 of 1 servers are ruled out of every other host: web1 (host2, '
             'one of 3: server group web (affinity) is on host1). Host by '
             'host: openstack server migrate-candidates id-web1',),
            said.sentences,
        )  # fmt: skip
        self.assertEqual(
            {'id-web1': 'No other host can take it as it is now (host2, one '
                        'of 3: server group web (affinity) is on host1): '
                        'openstack server migrate-candidates id-web1'},
            self.planned(said),
        )  # fmt: skip

    def test_the_command_asks_for_the_same_move(self) -> None:
        said = self.told(
            'web1', kind=moves.Kind.LIVE, destination='host2',
            group=made.group('affinity', a='host1'),
        )  # fmt: skip
        self.assertEqual(
            {'id-web1': 'Nova would refuse its destination now (host2: '
                        'server group web (affinity) is on host1): openstack '
                        'server migrate-candidates --live-migration --host '
                        'host2 id-web1'},
            self.planned(said, moves.Kind.LIVE, 'host2'),
        )  # fmt: skip
        self.assertIn('ruled out of host2', said.sentences[0])

    def test_one_reason_for_all_hosts_is_told_once(self) -> None:
        refused = nowhere.Refused(
            server('web1'), (('host2', 'full'), ('host3', 'full')), False
        )
        self.assertEqual('each of 2: full', nowhere.why(refused.hosts))

    def test_once_nova_found_no_host_the_row_says_why(self) -> None:
        said = self.told('web1', group=made.group('affinity', a='host1'))
        row = told_rows.of(server('web1'), 'host1', None)
        ended = [
            dataclasses.replace(
                row, outcome=outcomes.Outcome.ROLLED_BACK,
                reason='No valid host was found.',
            ),
            dataclasses.replace(row, server_id='id-web2'),
        ]  # fmt: skip
        self.assertEqual({'id-web1'}, nowhere.unplaced(ended))
        old = dataclasses.replace(ended[0], outcome=told_rows.Fate.REFUSED)
        self.assertEqual({'id-web1'}, nowhere.unplaced([old]))
        self.assertEqual(
            ['No valid host was found. As seen now: host2, one of 3: server '
             'group web (affinity) is on host1.', None],
            [row.reason for row in nowhere.in_report(ended, said.refused)],
        )  # fmt: skip

    def test_many_are_named_in_one_sentence(self) -> None:
        names = [f'web{n}' for n in range(1, 10)]
        said = self.told(*names, group=made.group('affinity', a='host1'))
        self.assertEqual(1, len(said.sentences))
        self.assertIn('9 of 9', said.sentences[0])
        self.assertIn(' and 6 more. Host by', said.sentences[0])
        self.assertEqual(9, len(said.refused))

    def test_of_one_zone_share_what_is_free_there(self) -> None:
        names = [f'web{n}' for n in range(1, 13)]
        said = self.told(*names, pinned_zone='west')
        self.assertEqual({}, said.refused)
        self.assertIn('2 of 12 servers may find no room', said.sentences[0])

    def test_a_group_that_keeps_apart_is_named_and_no_figure(self) -> None:
        said = self.told(
            'web1', 'web2', 'web3', group=made.group('anti-affinity')
        )
        self.assertEqual(
            ('1 of 3 servers may find no host once the others are there, as '
             'their server group keeps its members apart: web3.',),
            said.sentences,
        )  # fmt: skip

    def test_what_hosts_share_is_not_missing_where_placement_offers(
        self,
    ) -> None:
        """The disk of host2 is in a provider that several hosts use."""
        one = host('host2', VCPU=9, MEMORY_MB=640)
        look = made.seen(hosts=(one,))
        held = {'id-web1': {'VCPU': 1, 'MEMORY_MB': 64, 'DISK_GB': 1}}
        seen = capacity.Seen(held, (one,), {'id-web1': look})
        refused = shortage.told([server('web1')], {}, seen, None).refused
        self.assertEqual({}, refused)
        # Nobody asked placement for it.
        held['id-web1']['VGPU'] = 1
        refused = shortage.told([server('web1')], {}, seen, None).refused
        self.assertEqual({'id-web1'}, set(refused))

    def test_nothing_is_claimed_of_a_host_without_a_hypervisor(self) -> None:
        one = made.host(node=None)
        look = made.seen(hosts=(one,))
        seen = capacity.Seen({}, (one,), {'id-web1': look})
        said = shortage.told([server('web1')], {}, seen, None)
        self.assertEqual({}, said.refused)
        self.assertNotIn(shortage.NO_HOST, said.sentences)

    def test_placement_may_take_every_host_for_disabled(self) -> None:
        one = made.host(node=made.node(
            made.provider('COMPUTE_STATUS_DISABLED'),
            offer=candidate_facts.Offer.NO,
        ))  # fmt: skip
        look = made.seen(hosts=(one,))
        seen = capacity.Seen({}, (one,), {'id-web1': look})
        said = told([server('web1')], seen)
        self.assertIn('a restart of nova-compute corrects that)', said[0])
        self.assertNotIn(shortage.NO_HOST, said)

    def test_what_hangs_on_configuration_rules_nothing_out(self) -> None:
        said = self.told('web1', group=Missing.HIDDEN)
        self.assertEqual(shortage.Told(), said)


class FakeRoom:
    """Answers every look alike."""

    def __init__(self, answer: capacity.Seen | Exception) -> None:
        self.asked: list[str] = []
        self._answer = answer

    def look(
        self,
        host: str,
        kinds: Mapping[str, moves.Kind],
        destination: str | None,
        groups: Iterable[turns.ServerGroup],
    ) -> capacity.Seen:
        self.asked.append(host)
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


def looked(room: FakeRoom, *servers: facts.Server) -> shortage.Told:
    return looks.look(room, 'host1', None, servers, {}, ())


class LookTestCase(testtools.TestCase):
    def test_the_host_is_looked_at_once_for_all_servers(self) -> None:
        room = FakeRoom(
            capacity.Seen({'id-a': memory(2)}, (host('host2', MEMORY_MB=1),))
        )
        said = looked(room, server('a')).sentences
        self.assertEqual(['host1'], room.asked)
        self.assertIn('a (MEMORY_MB 2)', said[0])

    def test_with_nothing_to_move_nothing_is_asked(self) -> None:
        room = FakeRoom(exceptions.TransientError('down'))
        self.assertEqual(shortage.Told(), looked(room))
        self.assertEqual([], room.asked)

    def test_a_look_that_fails_says_why_in_one_line(self) -> None:
        for error, why in (
            (exceptions.ApiError('Forbidden.', status=403), 'Forbidden.'),
            (exceptions.TransientError('a\nb' * 500), 'a ba'),
            (RuntimeError(), 'RuntimeError'),
        ):
            said = looked(FakeRoom(error), server('a')).sentences
            self.assertEqual(1, len(said))
            self.assertIn(f'was not looked at: {why}', said[0])
            self.assertNotIn('\n', said[0])
            self.assertLess(len(said[0]), 300)
