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

"""The door to the candidates: what is asked on the wire, what it says."""

from typing import Any
import urllib.parse

import testtools

from osc_migrate.cloud import candidates
from osc_migrate.cloud import nova
from osc_migrate.cloud import offers
from osc_migrate.engine.candidates import facts
from osc_migrate.engine.candidates.facts import Missing
from osc_migrate.engine.candidates import verdict
from osc_migrate.engine import move as moves
from osc_migrate import exceptions
from osc_migrate.tests.unit.candidate_bodies import candidates_of
from osc_migrate.tests.unit.candidate_bodies import HOST
from osc_migrate.tests.unit.candidate_bodies import hypervisor
from osc_migrate.tests.unit.candidate_bodies import server
from osc_migrate.tests.unit.candidate_bodies import service
from osc_migrate.tests.unit.candidate_bodies import summary
from osc_migrate.tests.unit import fake_api
from osc_migrate.tests.unit.fake_api import reply

SERVER = 'GET /v2.1/servers/web1-id'
SERVICES = 'GET /v2.1/os-services'
HYPERVISORS = 'GET /v2.1/os-hypervisors/detail'
AGGREGATES = 'GET /v2.1/os-aggregates'
GROUP = 'GET /v2.1/os-server-groups/group-id'
GROUPS = 'GET /v2.1/os-server-groups'
MIGRATIONS = 'GET /v2.1/os-migrations'
OFFERED = 'GET /placement/allocation_candidates'
PROVIDERS = 'GET /placement/resource_providers'
ALLOCATIONS = 'GET /placement/allocations/web1-id'
IMAGE = 'GET /v2/images/image-id'
GLANCE = 'http://glance.test'
FORBIDDEN = reply(403, {'forbidden': {'message': 'Not you.', 'code': 403}})
GONE = reply(404, {'itemNotFound': {'message': 'No', 'code': 404}})


class DoorTestCase(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.wire = fake_api.Wire()
        self.wire.catalog['placement'] = fake_api.PLACEMENT
        self.wire.catalog['image'] = GLANCE
        self.on_server()
        self.on_hosts(3)
        self.wire.on(AGGREGATES, reply(200, {'aggregates': []}))
        self.wire.on(MIGRATIONS, reply(200, {'migrations': []}))
        self.on_image()
        everything = {f'p{n}': summary(f'p{n}') for n in (1, 2, 3)}
        self.wire.on(OFFERED, candidates_of(*everything, **everything))

    def on_server(self, **changes: Any) -> None:
        self.wire.on(SERVER, reply(200, {'server': server(**changes)}))

    def on_hosts(self, count: int) -> None:
        numbers = range(1, count + 1)
        self.wire.on(
            SERVICES,
            reply(
                200,
                {'services': [service(f'host{n}') for n in numbers]},
            ),
        )
        self.wire.on(
            HYPERVISORS,
            reply(200, {'hypervisors': [hypervisor(n) for n in numbers]}),
        )

    def on_image(self, **more: str) -> None:
        body = {'id': 'image-id', 'updated_at': '2026-07-01T00:00:00Z'}
        self.wire.on(IMAGE, reply(200, {**body, **more}))

    def on_figures(
        self, provider: str, held: dict[str, int], consumer: str = 'other'
    ) -> None:
        path = f'{PROVIDERS}/{provider}'
        inventory = {
            'total': 640, 'reserved': 128, 'allocation_ratio': 1.0,
            'min_unit': 1, 'max_unit': 640, 'step_size': 1,
        }  # fmt: skip
        self.wire.on(
            f'{path}/inventories',
            reply(200, {'inventories': {'MEMORY_MB': inventory,
                                        'VCPU': inventory,
                                        'DISK_GB': inventory}}),
        )  # fmt: skip
        self.wire.on(
            f'{path}/allocations',
            reply(200, {'allocations': {consumer: {'resources': held}}}),
        )
        self.wire.on(f'{path}/traits', reply(200, {'traits': ['CUSTOM_A']}))

    def look(
        self, kind: moves.Kind = moves.Kind.COLD, **more: Any
    ) -> facts.Seen:
        connection = fake_api.connection_to(self.wire)
        return candidates.Candidates(
            connection, nova.Nova(connection).api
        ).look('web1-id', kind, None, **more)

    def fits(self, **more: Any) -> dict[str, bool | None]:
        return {r.host: r.fits for r in verdict.rows(self.look(**more))}

    @property
    def asked(self) -> list[str]:
        """What was asked, but for keystone and the discovery."""
        found = []
        for request in self.wire.asked:
            path = urllib.parse.urlsplit(str(request.url)).path
            if path.rstrip('/') != '/v2.1' and not path.startswith('/v3'):
                found.append(f'{request.method} {path}')
        return found


class RequestsTestCase(DoorTestCase):
    def test_six_requests_where_all_hosts_are_offered(self) -> None:
        self.assertEqual(
            {'host1': False, 'host2': True, 'host3': True}, self.fits()
        )
        self.assertEqual(
            [SERVER, IMAGE, SERVICES, AGGREGATES, HYPERVISORS, OFFERED],
            self.asked,
        )

    def test_the_server_is_asked_for_with_all_that_is_shown(self) -> None:
        self.look()
        named = {
            request.path_url.split('?')[0]: request.headers[
                'OpenStack-API-Version'
            ]
            for request in self.wire.to_nova
        }
        self.assertEqual('compute 2.100', named['/v2.1/servers/web1-id'])
        self.assertEqual('compute 2.84', named['/v2.1/os-services'])

    def test_five_hundred_hosts_cost_no_more_than_three(self) -> None:
        numbers = range(1, 501)
        self.on_hosts(500)
        self.wire.on(
            OFFERED,
            candidates_of(
                *(f'p{n}' for n in numbers),
                **{f'p{n}': summary(f'p{n}') for n in numbers},
            ),
        )
        self.assertEqual(500, len(self.fits()))
        self.assertEqual(6, len(self.asked))

    def test_five_hundred_full_hosts_cost_a_bounded_number(self) -> None:
        numbers = range(1, 501)
        self.on_hosts(500)
        self.wire.on(OFFERED, candidates_of())
        for number in numbers:
            self.on_figures(f'p{number}', {'MEMORY_MB': 512})
        self.assertEqual({False}, set(self.fits().values()))
        # Three classes more, the migrations, and ten hosts at three each.
        self.assertEqual(6 + 3 + 1 + 3 * offers.LOOKED_AT, len(self.asked))

    def test_hypervisors_come_in_pages(self) -> None:
        self.wire.on(
            HYPERVISORS,
            reply(200, {'hypervisors': [hypervisor(1)],
                        'hypervisors_links': [{'rel': 'next'}]}),
            reply(200, {'hypervisors': [hypervisor(2), hypervisor(3)]}),
        )  # fmt: skip
        self.assertEqual(3, len(self.fits()))
        self.assertEqual(2, self.asked.count(HYPERVISORS))

    def test_a_hypervisor_that_is_gone_when_the_next_page_is_read(
        self,
    ) -> None:
        self.wire.on(
            HYPERVISORS,
            reply(200, {'hypervisors': [hypervisor(1)],
                        'hypervisors_links': [{'rel': 'next'}]}),
            reply(400, {'badRequest': {'message': 'marker', 'code': 400}}),
        )  # fmt: skip
        self.assertRaises(exceptions.TransientError, self.look)


class PlacementTestCase(DoorTestCase):
    def full(self) -> None:
        """host2 is not offered, and an answer for one unit shows it."""
        three = {f'p{n}': summary(f'p{n}') for n in (1, 3)}
        self.wire.on(
            OFFERED,
            candidates_of('p1', 'p3', **three),
            candidates_of('p1', 'p3', p2=summary('p2', used=500), **three),
        )

    def test_what_the_room_of_a_short_host_is_made_of(self) -> None:
        self.full()
        self.on_figures('p2', {'MEMORY_MB': 500}, 'migration-id')
        self.wire.on(
            MIGRATIONS,
            reply(200, {'migrations': [
                {'uuid': 'migration-id', 'status': 'finished'},
            ]}),
        )  # fmt: skip
        found = {r.host: r for r in verdict.rows(self.look())}
        self.assertIs(False, found['host2'].fits)
        self.assertEqual(
            'MEMORY_MB: 64 needed, 12 free (total 640, reserved 128, ratio '
            '1, used 500, 500 by unconfirmed migrations)',
            found['host2'].reason,
        )

    def test_what_the_server_holds_of_a_short_host_itself(self) -> None:
        self.full()
        self.on_figures('p2', {'MEMORY_MB': 500}, 'web1-id')
        found = {r.host: r for r in verdict.rows(self.look())}
        self.assertIn('500 by this server', str(found['host2'].reason))

    def test_a_host_in_no_answer_is_looked_at_by_itself(self) -> None:
        self.wire.on(OFFERED, candidates_of('p3', p3=summary('p3')))
        for provider in ('p1', 'p2'):
            self.on_figures(provider, {'MEMORY_MB': 512, 'VCPU': 512})
        found = {r.host: r for r in verdict.rows(self.look())}
        self.assertIs(False, found['host2'].fits)
        self.assertIn('0 free', str(found['host2'].reason))

    def test_figures_that_cannot_be_read_cost_nothing_else(self) -> None:
        self.full()
        self.wire.on(f'{PROVIDERS}/p2/allocations', reply(500))
        found = {r.host: r for r in verdict.rows(self.look())}
        self.assertIn('capacity 512, used 500', str(found['host2'].reason))

    def test_nested_providers_belong_to_their_host(self) -> None:
        self.wire.on(
            OFFERED,
            candidates_of(
                'gpu2', 'p1', 'p3', p1=summary('p1'), p2=summary('p2'),
                p3=summary('p3'), gpu2=summary('p2'),
            ),
        )  # fmt: skip
        self.assertIs(True, self.fits()['host2'])

    def test_what_is_shared_explains_nothing(self) -> None:
        shared = summary('nfs', offers.SHARES)
        del shared['resources']['VCPU'], shared['resources']['MEMORY_MB']
        short = summary('p2')
        del short['resources']['DISK_GB']
        three = {f'p{n}': summary(f'p{n}') for n in (1, 3)}
        self.wire.on(
            OFFERED,
            candidates_of('p1', 'p3', nfs=shared, p2=short, **three),
        )
        self.wire.on(f'{PROVIDERS}/p2/allocations', reply(500))
        self.assertIsNone(self.fits()['host2'])

    def test_what_placement_refuses_is_told(self) -> None:
        self.wire.on(
            OFFERED,
            reply(400, {'errors': [{'status': 400, 'detail': 'No trait'}]}),
        )
        seen = self.look()
        self.assertIn('HTTP 400', str(seen.placement))
        self.assertEqual(
            {'host1': None, 'host2': None, 'host3': None}, self.fits()
        )

    def test_who_may_not_read_placement_sees_the_rest(self) -> None:
        self.wire.on(OFFERED, reply(403, {'errors': [{'status': 403}]}))
        self.assertIn('HTTP 403', str(self.look().placement))

    def test_a_server_with_volumes_is_asked_what_it_holds(self) -> None:
        self.on_server(**{'os-extended-volumes:volumes_attached': [{}]})
        self.wire.on(
            ALLOCATIONS,
            reply(200, {'allocations': {'p1': {'resources': {'VCPU': 1}}}}),
        )
        self.look()
        self.assertIn(ALLOCATIONS, self.asked)
        asked = str(self.wire.asked[-1].url)
        self.assertNotIn('DISK_GB', asked)


class ServerTestCase(DoorTestCase):
    def server(self) -> facts.Server:
        return self.look().server

    def test_what_an_older_nova_does_not_show(self) -> None:
        self.wire = fake_api.Wire('2.79')
        self.wire.catalog['placement'] = fake_api.PLACEMENT
        body = server(image={'id': 'image-id'})
        del body['pinned_availability_zone'], body['scheduler_hints']
        self.wire.on(SERVER, reply(200, {'server': body}))
        self.on_hosts(1)
        self.wire.on(AGGREGATES, reply(200, {'aggregates': []}))
        self.wire.on(OFFERED, candidates_of('p1', p1=summary('p1')))
        seen = self.look()
        self.assertIs(Missing.HIDDEN, seen.server.pinned_zone)
        self.assertIs(Missing.HIDDEN, seen.server.hints)
        # Without Glance nothing tells what the image was.
        self.assertIs(Missing.HIDDEN, seen.server.image)
        self.assertIs(False, seen.reports_same_host)

    def test_an_image_that_is_as_it_was_tells_its_traits(self) -> None:
        self.on_image(**{'trait:CUSTOM_A': 'required'})
        self.assertEqual({'CUSTOM_A'}, self.server().image_traits)
        self.assertIn('CUSTOM_A', str(self.wire.asked[-1].url))

    def test_an_image_that_was_changed_tells_nothing(self) -> None:
        self.on_image(updated_at='2026-08-02T00:00:00Z')
        self.assertIs(Missing.HIDDEN, self.server().image_traits)

    def test_an_image_that_is_gone_tells_nothing(self) -> None:
        self.wire.on(IMAGE, reply(404))
        self.assertIs(Missing.HIDDEN, self.server().image_traits)

    def test_a_server_from_a_volume_has_no_image(self) -> None:
        self.on_server(image='')
        self.assertIs(True, self.server().from_volume)
        self.assertNotIn(IMAGE, self.asked)

    def test_extra_specs_that_are_kept_back(self) -> None:
        flavor = dict(server()['flavor'])
        del flavor['extra_specs']
        self.on_server(flavor=flavor)
        self.assertIs(Missing.HIDDEN, self.server().flavor.extra_specs)

    def test_a_server_that_is_gone_meanwhile(self) -> None:
        self.wire.on(SERVER, GONE)
        self.assertRaises(exceptions.ApiError, self.look)


class GroupTestCase(DoorTestCase):
    def on_group(self, *members: str, **more: Any) -> None:
        self.on_server(server_groups=['group-id'])
        body = {
            'id': 'group-id', 'name': 'web', 'policy': 'anti-affinity',
            'rules': {}, 'members': ['web1-id', *members], **more,
        }  # fmt: skip
        self.wire.on(GROUP, reply(200, {'server_group': body}))

    def on_member(self, name: str, host: str | None) -> None:
        self.wire.on(
            f'GET /v2.1/servers/{name}',
            reply(200, {'server': {'id': name, HOST: host}}),
        )

    def test_where_its_other_members_are(self) -> None:
        self.on_group('a', 'b', rules={'max_server_per_host': 2})
        self.on_member('a', 'host2')
        self.on_member('b', 'host2')
        self.assertEqual(
            facts.Group('web', 'anti-affinity',
                        {'a': 'host2', 'b': 'host2'}, 2, 'group-id'),
            self.look().server.group,
        )  # fmt: skip
        self.assertEqual(
            {'host1': False, 'host2': False, 'host3': True}, self.fits()
        )

    def test_a_member_that_is_gone_is_left_out(self) -> None:
        self.on_group('a')
        self.wire.on('GET /v2.1/servers/a', GONE)
        self.assertIs(True, self.fits()['host2'])

    def test_a_member_whose_host_is_not_shown_leaves_it_open(self) -> None:
        self.on_group('a')
        for answer in (FORBIDDEN, reply(200, {'server': {'id': 'a'}})):
            self.wire.on('GET /v2.1/servers/a', answer)
            self.assertIsNone(self.fits()['host2'])

    def test_many_members_are_listed_with_their_project(self) -> None:
        members = [f'm{n}' for n in range(30)]
        self.on_group(*members)
        rows = [{'id': one, HOST: 'host2'} for one in members]
        self.wire.on(
            'GET /v2.1/servers/detail',
            reply(200, {'servers': rows[:20], 'servers_links': [{}]}),
            reply(200, {'servers': rows[20:]}),
        )
        group = self.look().server.group
        assert isinstance(group, facts.Group)
        assert not isinstance(group.hosts, Missing)
        self.assertEqual(30, len(group.hosts))
        self.assertEqual(9, len(self.asked))

    def test_below_2_71_the_groups_are_listed(self) -> None:
        self.wire.on(SERVER, reply(200, {'server': {
            key: value for key, value in server().items()
            if key != 'server_groups'
        }}))  # fmt: skip
        listed = {
            'id': 'group-id', 'name': 'web', 'policies': ['affinity'],
            'members': ['web1-id'],
        }  # fmt: skip
        self.wire.on(GROUPS, reply(200, {'server_groups': [listed]}))
        self.assertIs(False, self.fits()['host2'])
        self.wire.on(GROUPS, reply(200, {'server_groups': []}))
        self.assertIs(True, self.fits()['host2'])

    def test_a_group_that_may_not_be_read(self) -> None:
        self.on_group()
        self.wire.on(GROUP, FORBIDDEN)
        self.assertIsNone(self.fits()['host2'])


class OthersTestCase(DoorTestCase):
    def test_who_is_no_admin_asks_for_no_more_than_services(self) -> None:
        self.wire.on(SERVICES, FORBIDDEN)
        self.assertIs(Missing.HIDDEN, self.look().hosts)
        self.assertEqual([SERVER, IMAGE, SERVICES], self.asked)

    def test_who_may_not_read_hypervisors(self) -> None:
        self.wire.on(HYPERVISORS, FORBIDDEN)
        self.assertEqual(
            {'host1': None, 'host2': None, 'host3': None}, self.fits()
        )

    def test_who_may_not_read_aggregates(self) -> None:
        self.wire.on(AGGREGATES, FORBIDDEN)
        self.assertIs(Missing.HIDDEN, self.look().aggregates)
        self.assertIs(True, self.fits()['host2'])

    def test_a_service_that_is_down_and_disabled(self) -> None:
        self.wire.on(
            SERVICES,
            reply(200, {'services': [
                service('host2', state='down', status='disabled',
                        disabled_reason='new disks'),
                service('host3', forced_down=True),
            ]}),
        )  # fmt: skip
        found = {r.host: r for r in verdict.rows(self.look())}
        self.assertEqual('down, disabled', found['host2'].state)
        self.assertIn('(new disks)', str(found['host2'].reason))
        self.assertEqual('down', found['host3'].state)

    def test_an_answer_that_is_not_novas(self) -> None:
        for what in (SERVER, SERVICES, AGGREGATES, HYPERVISORS):
            kept = list(self.wire.answers[what])
            self.wire.on(what, reply(200, {}))
            self.assertRaises(exceptions.TransientError, self.look)
            self.wire.on(what, *kept)
