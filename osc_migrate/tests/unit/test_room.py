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

"""Room on compute hosts: what is asked on the wire, and what it says."""

from collections.abc import Mapping
from typing import Any
import urllib.parse

from requests import exceptions as requests_exceptions
import testtools

from osc_migrate.cloud import nova
from osc_migrate.cloud import offers
from osc_migrate.cloud import room
from osc_migrate.engine.candidates import facts
from osc_migrate.engine.candidates.facts import Missing
from osc_migrate.engine.candidates import together
from osc_migrate.engine import capacity
from osc_migrate.engine import move as moves
from osc_migrate.engine import turns
from osc_migrate import exceptions
from osc_migrate.tests.unit.candidate_bodies import candidates_of
from osc_migrate.tests.unit.candidate_bodies import HOST
from osc_migrate.tests.unit.candidate_bodies import hypervisor
from osc_migrate.tests.unit.candidate_bodies import server
from osc_migrate.tests.unit.candidate_bodies import service
from osc_migrate.tests.unit import fake_api
from osc_migrate.tests.unit.fake_api import reply
from osc_migrate.tests.unit import fakes

SERVICES = 'GET /v2.1/os-services'
HYPERVISORS = 'GET /v2.1/os-hypervisors/detail'
AGGREGATES = 'GET /v2.1/os-aggregates'
SERVERS = 'GET /v2.1/servers/detail'
IMAGE = 'GET /v2/images/image-id'
PROVIDERS = 'GET /placement/resource_providers'
CANDIDATES = 'GET /placement/allocation_candidates'


def summary(
    root: str, *traits: str, **amounts: tuple[int, int]
) -> dict[str, object]:
    """What is there and what is used of each class of one provider."""
    return {
        'root_provider_uuid': root,
        'parent_provider_uuid': None,
        'traits': list(traits),
        'resources': {
            name: {'capacity': there, 'used': used}
            for name, (there, used) in amounts.items()
        },
    }


def big(root: str) -> dict[str, object]:
    """Room for hundreds."""
    return summary(root, VCPU=(999, 0), MEMORY_MB=(99999, 0), DISK_GB=(999, 0))


def tree(*providers: str) -> fake_api.Reply:
    rows = [{'uuid': one, 'name': f'{one}-name'} for one in providers]
    return reply(200, {'resource_providers': rows})


class Slow(fakes.FakeClock):
    """Most of the time that there is has passed at each look at it."""

    def now(self) -> float:
        self.pass_by(room.LONGEST * 0.6)
        return super().now()


class RoomTestCase(testtools.TestCase):
    """web1-id is on host1; host2 has room."""

    def setUp(self) -> None:
        super().setUp()
        self.clock = fakes.FakeClock()
        self.wire = fake_api.Wire()
        self.wire.catalog['placement'] = fake_api.PLACEMENT
        self.wire.catalog['image'] = 'http://glance.test'
        self.on_hosts(1, 2)
        self.wire.on(AGGREGATES, reply(200, {'aggregates': []}))
        self.on_servers(server())
        self.wire.on(IMAGE, reply(200, {'id': 'image-id'}))
        for number in range(2, 501):
            # Nothing more is told of a host that lacks something.
            self.wire.on(f'{PROVIDERS}/p{number}/allocations', reply(404))
        self.wire.on(PROVIDERS, tree('p1'))
        self.on_held('p1', **{'web1-id': {'VCPU': 1, 'MEMORY_MB': 64}})
        self.on_summaries(p2=summary('p2', VCPU=(8, 3), MEMORY_MB=(512, 64)))

    def on_hosts(self, *numbers: int, **services: dict[str, str]) -> None:
        """Hosts; ``host2={...}`` changes the row of its service."""
        rows = [
            service(f'host{n}', **services.get(f'host{n}', {}))
            for n in numbers
        ]
        self.wire.on(SERVICES, reply(200, {'services': rows}))
        found = [hypervisor(n) for n in numbers]
        self.wire.on(HYPERVISORS, reply(200, {'hypervisors': found}))

    def on_servers(self, *found: dict[str, Any]) -> None:
        self.wire.on(SERVERS, reply(200, {'servers': list(found)}))

    def on_held(self, provider: str, **consumers: dict[str, int]) -> None:
        held = {c: {'resources': r} for c, r in consumers.items()}
        self.wire.on(
            f'{PROVIDERS}/{provider}/allocations',
            reply(200, {'allocations': held}),
        )

    def on_summaries(self, **summaries: dict[str, object]) -> None:
        """All of these are offered."""
        self.wire.on(CANDIDATES, candidates_of(*summaries, **summaries))

    def on_inventory(self, provider: str, **more: int) -> None:
        room = {
            'total': 999, 'reserved': 0, 'allocation_ratio': 1.0,
            'min_unit': 1, 'max_unit': 999, 'step_size': 1, **more,
        }  # fmt: skip
        classes = ('VCPU', 'MEMORY_MB', 'DISK_GB')
        self.wire.on(
            f'{PROVIDERS}/{provider}/inventories',
            reply(200, {'inventories': dict.fromkeys(classes, room)}),
        )

    def look(
        self, *groups: turns.ServerGroup, ids: tuple[str, ...] = ('web1-id',)
    ) -> capacity.Seen:
        connection = fake_api.connection_to(self.wire)
        api = nova.Nova(connection).api
        return room.Room(connection, api, self.clock).look(
            'host1', dict.fromkeys(ids, moves.Kind.COLD), None, groups
        )

    def free(self) -> dict[str, capacity.Resources]:
        places = capacity.places(self.look().hosts, None)
        return {p.host: p.free for p in places if p.usable}

    def ruled_out(
        self, *groups: turns.ServerGroup, ids: tuple[str, ...] = ('web1-id',)
    ) -> dict[str, Mapping[str, str]]:
        found = together.judged(self.look(*groups, ids=ids).looks)
        return {key: one.ruled_out for key, one in found.items()}

    @property
    def paths(self) -> list[str]:
        """What was asked, but for keystone and the discovery."""
        asked = [f'{r.method} {r.path_url}' for r in self.wire.asked]
        return [
            path
            for path in asked
            if '/v3' not in path and not path.rstrip('/').endswith('/v2.1')
        ]


class RequestsTestCase(RoomTestCase):
    def test_a_few_requests_however_many_servers(self) -> None:
        ids = tuple(f'id-{n}' for n in range(300))
        self.on_servers(*(server(id=one) for one in ids))
        self.on_held('p1', **{one: {'MEMORY_MB': 1} for one in ids})
        seen = self.look(ids=ids)
        self.assertEqual(300, len(seen.looks))
        self.assertEqual(
            [
                f'{SERVICES}?binary=nova-compute',
                HYPERVISORS,
                f'{PROVIDERS}?in_tree=p1',
                f'{PROVIDERS}/p1/allocations',
                f'{CANDIDATES}?resources=MEMORY_MB%3A1',
                AGGREGATES,
                f'{SERVERS}?all_tenants=1&host=host1',
                IMAGE,
                f'{CANDIDATES}?resources=DISK_GB%3A1%2CMEMORY_MB%3A64%2CVCPU'
                '%3A1&required=%21COMPUTE_STATUS_DISABLED',
            ],
            self.paths,
        )

    def test_three_hundred_servers_and_five_hundred_hosts(self) -> None:
        """Fifty flavors in ten zones: the first twenty needs are asked."""
        self.on_hosts(*range(1, 501))
        ids = tuple(f'id-{n}' for n in range(300))
        flavor = server()['flavor']
        self.on_servers(*(
            server(id=one, flavor={**flavor, 'ram': 64 + n % 50},
                   pinned_availability_zone=f'zone{n % 10}')
            for n, one in enumerate(ids)
        ))  # fmt: skip
        roots = [f'p{n}' for n in range(1, 501)]
        self.wire.on(
            CANDIDATES, candidates_of(*roots, **{p: big(p) for p in roots})
        )
        seen = self.look(ids=ids)
        self.assertEqual(8 + room.NEEDS, len(self.paths))
        # Six servers of each of the other thirty flavors.
        self.assertEqual(180, len(seen.unasked))
        self.assertEqual(set(ids), set(together.judged(seen.looks)))

    def test_who_answers_slowly_is_not_asked_for_every_need(self) -> None:
        flavor = server()['flavor']
        self.on_servers(
            server(), server(id='web2-id', flavor={**flavor, 'ram': 128})
        )
        self.clock = Slow()
        seen = self.look(ids=('web1-id', 'web2-id'))
        self.assertEqual({'web2-id'}, seen.unasked)

    def test_every_request_names_its_microversion(self) -> None:
        self.look()
        named = {
            r.path_url.split('?')[0].rsplit('/', 1)[-1]: r.headers.get(
                'OpenStack-API-Version'
            )
            for r in self.wire.asked
        }
        expected = {
            'os-services': 'compute 2.84', 'os-aggregates': 'compute 2.84',
            'detail': 'compute 2.100',
            'resource_providers': 'placement 1.29',
            'allocations': 'placement 1.29',
            'allocation_candidates': 'placement 1.29',
        }  # fmt: skip
        self.assertEqual(expected, {key: named[key] for key in expected})

    def test_an_answer_has_its_time_and_no_more(self) -> None:
        self.look()
        times = dict(zip(self.paths[::-1], self.wire.timeouts[::-1],
                         strict=False))  # fmt: skip
        self.assertEqual(
            {offers.TIMEOUT},
            {time for path, time in times.items() if 'placement' in path},
        )

    def test_hypervisors_come_in_pages(self) -> None:
        self.wire.on(
            HYPERVISORS,
            reply(200, {'hypervisors': [hypervisor(1)],
                        'hypervisors_links': [{'rel': 'next'}]}),
            reply(200, {'hypervisors': [hypervisor(2)]}),
        )  # fmt: skip
        self.assertEqual(['host2'], [one.name for one in self.look().hosts])
        queries = [urllib.parse.urlsplit(path).query for path in self.paths]
        self.assertEqual(['', 'marker=p1'], queries[1:3])


class FactsTestCase(RoomTestCase):
    def test_what_is_held_here_and_free_elsewhere(self) -> None:
        seen = self.look()
        self.assertEqual({'web1-id': {'VCPU': 1, 'MEMORY_MB': 64}}, seen.held)
        self.assertEqual(
            (capacity.Place('host2', True, {'VCPU': 5, 'MEMORY_MB': 448}),),
            capacity.places(seen.hosts, None),
        )

    def test_more_in_use_than_there_is_leaves_nothing(self) -> None:
        self.on_summaries(p2=summary('p2', VCPU=(4, 6), MEMORY_MB=(8, 1)))
        self.assertEqual({'host2': {'VCPU': 0, 'MEMORY_MB': 7}}, self.free())

    def test_a_host_that_placement_does_not_offer_has_no_memory(
        self,
    ) -> None:
        self.on_summaries(p1=summary('p1', MEMORY_MB=(8, 1)))
        self.assertEqual({'host2': {}}, self.free())

    def test_hosts_that_nova_does_not_use(self) -> None:
        self.on_hosts(
            1, 2, 3, 4, 5,
            host2={'state': 'down'}, host3={'status': 'disabled'},
        )  # fmt: skip
        self.on_summaries(
            p2=summary('p2', MEMORY_MB=(9, 0)),
            p3=summary('p3', MEMORY_MB=(9, 0)),
            # Its service is enabled again, and placement not yet told.
            p4=summary('p4', 'COMPUTE_STATUS_DISABLED', MEMORY_MB=(9, 0)),
            p5=summary('p5', 'COMPUTE_NODE', MEMORY_MB=(9, 0)),
        )
        self.assertEqual({'host5': {'MEMORY_MB': 9}}, self.free())

    def test_nested_providers_belong_to_their_host(self) -> None:
        self.wire.on(PROVIDERS, tree('p1', 'gpu1'))
        self.on_held('gpu1', **{'web1-id': {'VGPU': 1}}, other={'VGPU': 2})
        self.on_summaries(
            p2=summary('p2', MEMORY_MB=(8, 0)),
            gpu2=summary('p2', VGPU=(4, 1)),
            gpu3=summary('p2', VGPU=(4, 2)),
        )
        self.assertEqual(
            {
                'web1-id': {'VCPU': 1, 'MEMORY_MB': 64, 'VGPU': 1},
                'other': {'VGPU': 2},
            },
            self.look().held,
        )
        self.assertEqual({'host2': {'MEMORY_MB': 8, 'VGPU': 5}}, self.free())

    def test_what_is_shared_between_hosts_is_no_host(self) -> None:
        self.on_summaries(
            p2=summary('p2', MEMORY_MB=(8, 0)),
            storage=summary('storage', DISK_GB=(999, 0)),
        )
        self.assertEqual({'host2': {'MEMORY_MB': 8}}, self.free())

    def test_a_host_with_two_hypervisors(self) -> None:
        self.on_hosts(1)
        two = [hypervisor(1), {**hypervisor(1), 'id': 'p9'}]
        self.wire.on(HYPERVISORS, reply(200, {'hypervisors': two}))
        self.wire.on(PROVIDERS, tree('p1'), tree('p9'))
        self.on_held('p9', server2={'VCPU': 3})
        seen = self.look()
        self.assertEqual({'web1-id', 'server2'}, set(seen.held))
        self.assertEqual((), seen.hosts)


class RuledOutTestCase(RoomTestCase):
    """The same rules as for one server, for all at once."""

    def test_a_host_that_placement_offers_is_not(self) -> None:
        both = {'p1': big('p1'), 'p2': big('p2')}
        self.wire.on(CANDIDATES, candidates_of(*both, **both))
        self.assertEqual(
            {'web1-id': {'host1': 'the server is on it'}}, self.ruled_out()
        )

    def test_by_the_zone_that_was_asked_for(self) -> None:
        self.on_servers(server(pinned_availability_zone='west'))
        west = {
            'uuid': 'a1', 'name': 'west', 'hosts': ['host1'],
            'metadata': {'availability_zone': 'west'},
        }  # fmt: skip
        self.wire.on(AGGREGATES, reply(200, {'aggregates': [west]}))
        self.wire.on(CANDIDATES, candidates_of(p2=big('p2')))
        self.assertIn('pinned to west', self.ruled_out()['web1-id']['host2'])

    def test_by_a_trait_that_the_image_requires(self) -> None:
        image = {'id': 'image-id', 'updated_at': '2026-07-01T00:00:00Z',
                 'trait:CUSTOM_A': 'required'}  # fmt: skip
        self.wire.on(IMAGE, reply(200, image))
        self.wire.on(CANDIDATES, candidates_of(p2=big('p2')))
        self.assertEqual(
            'without trait CUSTOM_A', self.ruled_out()['web1-id']['host2']
        )

    def test_by_members_of_its_group_that_are_there(self) -> None:
        apart = turns.ServerGroup(
            'g', 'anti-affinity', frozenset({'web1-id', 'web2-id'}), 'web'
        )
        self.wire.on(
            'GET /v2.1/servers/web2-id',
            reply(200, {'server': {'id': 'web2-id', HOST: 'host2'}}),
        )
        self.wire.on(CANDIDATES, candidates_of('p2', p2=big('p2')))
        self.assertIn(
            'web (anti-affinity) has 1',
            self.ruled_out(apart)['web1-id']['host2'],
        )

    def test_by_how_much_one_server_may_hold(self) -> None:
        """What placement gives at once is in no answer of candidates."""
        both = {'p1': big('p1'), 'p2': big('p2')}
        self.wire.on(CANDIDATES, candidates_of('p1', **both))
        self.on_held('p2')
        self.on_inventory('p2', max_unit=32)
        self.assertIn(
            'MEMORY_MB: 64 needed, 999 free (total 999, reserved 0, ratio 1, '
            'used 0, at most 32 at once)',
            self.ruled_out()['web1-id']['host2'],
        )

    def test_of_ten_hosts_at_most_it_is_asked_what_they_lack(self) -> None:
        numbers = range(1, 101)
        self.on_hosts(*numbers)
        every = {f'p{n}': big(f'p{n}') for n in numbers}
        self.wire.on(CANDIDATES, candidates_of('p1', **every))
        for number in range(2, 101):
            self.on_held(f'p{number}')
            self.on_inventory(f'p{number}')
        self.look()
        asked = [path for path in self.paths if path.endswith('/inventories')]
        self.assertEqual(offers.LOOKED_AT, len(asked))
        self.assertNotIn(f'{PROVIDERS}/p1/inventories', asked)

    def test_where_members_of_a_soft_group_are_is_not_asked(self) -> None:
        soft = turns.ServerGroup(
            'g', 'soft-affinity', frozenset({'web1-id', 'web2-id'})
        )
        self.look(soft)
        self.assertNotIn('GET /v2.1/servers/web2-id', self.paths)

    def test_members_that_leave_as_well_are_not_asked_for(self) -> None:
        ids = ('web1-id', 'web2-id')
        self.on_servers(*(server(id=one) for one in ids))
        apart = turns.ServerGroup('g', 'anti-affinity', frozenset(ids))
        seen = self.look(apart, ids=ids)
        group = seen.looks['web1-id'].server.group
        assert isinstance(group, facts.Group)
        self.assertEqual({'web2-id': 'host1'}, group.hosts)
        self.assertNotIn('GET /v2.1/servers/web2-id', self.paths)

    def test_members_of_many_projects_are_not_looked_for(self) -> None:
        ids = tuple(f'id-{n}' for n in range(9))
        self.on_servers(*(server(id=one, tenant_id=one) for one in ids))
        groups = [
            turns.ServerGroup(
                f'g-{one}', 'anti-affinity',
                frozenset({one, *(f'{one}-{m}' for m in range(9))}),
            )
            for one in ids
        ]  # fmt: skip
        seen = self.look(*groups, ids=ids)
        group = seen.looks['id-0'].server.group
        assert isinstance(group, facts.Group)
        self.assertIs(Missing.HIDDEN, group.hosts)
        self.assertEqual(9, len(self.paths))

    def test_of_servers_that_were_not_chosen_nothing_is_looked_up(
        self,
    ) -> None:
        other = server(id='other-id', image={'id': 'another'})
        self.on_servers(server(), other)
        self.assertEqual({'web1-id'}, set(self.look().looks))

    def test_images_that_are_not_answered_for_cost_one_wait(self) -> None:
        ids = ('web1-id', 'web2-id')
        self.on_servers(*(
            server(id=one, image={'id': one, 'properties': {}}) for one in ids
        ))  # fmt: skip
        silent = requests_exceptions.ReadTimeout('no answer')
        for one in ids:
            self.wire.on(f'GET /v2/images/{one}', silent)
        self.look(ids=ids)
        asked = [path for path in self.paths if '/v2/images' in path]
        self.assertEqual(1, len(asked))


class FaultsTestCase(RoomTestCase):
    def refused(self) -> exceptions.MigrateError:
        return self.assertRaises(exceptions.MigrateError, self.look)

    def test_who_may_not_read_nova_is_told_so(self) -> None:
        for what in (SERVICES, HYPERVISORS):
            self.wire.on(
                what, reply(403, {'forbidden': {'message': 'Not you.'}})
            )
            self.assertEqual('Not you.', self.refused().message)

    def test_who_may_not_read_placement_is_told_so(self) -> None:
        for what in (CANDIDATES, f'{PROVIDERS}/p1/allocations', PROVIDERS):
            self.wire.on(what, reply(403, {'errors': [{'status': 403}]}))
            self.assertEqual(
                'placement answered HTTP 403: Reason', self.refused().message
            )

    def test_a_cloud_without_placement_in_its_catalog(self) -> None:
        del self.wire.catalog['placement']
        self.assertIn('placement', self.refused().message)

    def test_an_answer_that_is_not_placements(self) -> None:
        for answer in (
            reply(200, '<html>'),
            reply(200, {'provider_summaries': {'p2': {}}}),
            reply(200, {}),
            reply(503),
            requests_exceptions.ConnectionError('reset'),
        ):
            self.wire.on(CANDIDATES, answer)
            self.assertIsInstance(self.refused(), exceptions.TransientError)

    def test_a_placement_older_than_what_is_asked(self) -> None:
        self.wire.on(PROVIDERS, reply(406, {'errors': [{'status': 406}]}))
        self.assertIn('HTTP 406', self.refused().message)

    def test_the_room_is_told_where_the_rest_is_not_seen(self) -> None:
        for what in (AGGREGATES, SERVERS):
            kept = list(self.wire.answers[what])
            for answer in (reply(500), reply(200, {}), reply(200, '<html>')):
                self.wire.on(what, answer)
                seen = self.look()
                self.assertEqual(1, len(seen.hosts))
                self.assertEqual({}, seen.looks)
                self.assertTrue(seen.unlooked)
            self.wire.on(what, *kept)

    def test_a_need_that_placement_does_not_answer_ends_the_look(
        self,
    ) -> None:
        self.wire.on(CANDIDATES, candidates_of(p2=big('p2')), reply(503))
        seen = self.look()
        self.assertEqual({}, seen.looks)
        self.assertIn('503', str(seen.unlooked))
