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

import urllib.parse

from requests import exceptions as requests_exceptions
import testtools

from osc_migrate.cloud import nova
from osc_migrate.cloud import room
from osc_migrate.engine import capacity
from osc_migrate import exceptions
from osc_migrate.tests.unit import fake_api
from osc_migrate.tests.unit.fake_api import reply

HYPERVISORS = 'GET /v2.1/os-hypervisors/detail'
PROVIDERS = 'GET /placement/resource_providers'
CANDIDATES = 'GET /placement/allocation_candidates'


def hypervisor(
    provider: str, host: str, state: str = 'up', status: str = 'enabled'
) -> dict[str, object]:
    """A row; the hypervisor's name is not the host's."""
    return {
        'id': provider,
        'hypervisor_hostname': f'{host}.example.com',
        'state': state,
        'status': status,
        'service': {'host': host, 'id': 7, 'disabled_reason': None},
    }


def summary(
    root: str, *traits: str, **amounts: tuple[int, int]
) -> dict[str, object]:
    """What is there and what is used of each class of one provider."""
    return {
        'root_provider_uuid': root,
        'parent_provider_uuid': None,
        'traits': list(traits),
        'resources': {
            name: {'capacity': capacity, 'used': used}
            for name, (capacity, used) in amounts.items()
        },
    }


def tree(*providers: str) -> fake_api.Reply:
    rows = [{'uuid': one, 'name': f'{one}-name'} for one in providers]
    return reply(200, {'resource_providers': rows})


class RoomTestCase(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.wire = fake_api.Wire()
        self.wire.catalog['placement'] = fake_api.PLACEMENT
        self.on_hypervisors(
            hypervisor('p1', 'host1', status='disabled'),
            hypervisor('p2', 'host2'),
        )
        self.wire.on(PROVIDERS, tree('p1'))
        self.on_held('p1', server={'VCPU': 1, 'MEMORY_MB': 64})
        self.on_summaries(p2=summary('p2', VCPU=(8, 3), MEMORY_MB=(512, 64)))

    def on_hypervisors(self, *found: dict[str, object]) -> None:
        self.wire.on(HYPERVISORS, reply(200, {'hypervisors': list(found)}))

    def on_held(self, provider: str, **consumers: dict[str, int]) -> None:
        held = {c: {'resources': r} for c, r in consumers.items()}
        self.wire.on(
            f'{PROVIDERS}/{provider}/allocations',
            reply(200, {'allocations': held}),
        )

    def on_summaries(self, **summaries: dict[str, object]) -> None:
        body = {'allocation_requests': [], 'provider_summaries': summaries}
        self.wire.on(CANDIDATES, reply(200, body))

    def look(self) -> capacity.Seen:
        connection = fake_api.connection_to(self.wire)
        return room.Room(connection, nova.Nova(connection).api).look('host1')

    def free(self) -> dict[str, capacity.Resources]:
        return {p.host: p.free for p in self.look().places if p.usable}

    @property
    def paths(self) -> list[str]:
        """What was asked, but for keystone and the discovery."""
        asked = [f'{r.method} {r.path_url}' for r in self.wire.asked]
        return [
            path
            for path in asked
            if 'os-hypervisors' in path or 'placement' in path
        ]


class RequestsTestCase(RoomTestCase):
    def test_one_request_to_nova_and_three_to_placement(self) -> None:
        self.on_held(
            'p1', **{f'server{n}': {'MEMORY_MB': 1} for n in range(100)}
        )
        seen = self.look()
        self.assertEqual(100, len(seen.held))
        self.assertEqual(
            [
                HYPERVISORS,
                f'{PROVIDERS}?in_tree=p1',
                f'{PROVIDERS}/p1/allocations',
                f'{CANDIDATES}?resources=MEMORY_MB%3A1',
            ],
            self.paths,
        )

    def test_every_request_names_its_microversion(self) -> None:
        self.look()
        named = [
            r.headers.get('OpenStack-API-Version')
            for r in self.wire.asked
            if 'os-hypervisors' in r.path_url or 'placement' in r.path_url
        ]
        self.assertEqual(['compute 2.84'] + ['placement 1.29'] * 3, named)

    def test_an_answer_has_its_time_and_no_more(self) -> None:
        self.look()
        self.assertEqual([room.TIMEOUT] * 3, self.wire.timeouts[-3:])

    def test_hypervisors_come_in_pages(self) -> None:
        self.wire.on(
            HYPERVISORS,
            reply(200, {'hypervisors': [hypervisor('p1', 'host1')],
                        'hypervisors_links': [{'rel': 'next'}]}),
            reply(200, {'hypervisors': [hypervisor('p2', 'host2')]}),
        )  # fmt: skip
        self.assertEqual(['host2'], [p.host for p in self.look().places])
        queries = [urllib.parse.urlsplit(path).query for path in self.paths]
        self.assertEqual(['', 'marker=p1'], queries[:2])


class FactsTestCase(RoomTestCase):
    def test_what_is_held_here_and_free_elsewhere(self) -> None:
        self.assertEqual(
            capacity.Seen(
                {'server': {'VCPU': 1, 'MEMORY_MB': 64}},
                (
                    capacity.Place(
                        'host2', True, {'VCPU': 5, 'MEMORY_MB': 448}
                    ),
                ),
            ),
            self.look(),
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
        self.on_hypervisors(
            hypervisor('p1', 'host1'),
            hypervisor('p2', 'host2', state='down'),
            hypervisor('p3', 'host3', status='disabled'),
            hypervisor('p4', 'host4'),
            hypervisor('p5', 'host5'),
        )
        self.on_summaries(
            p2=summary('p2', MEMORY_MB=(9, 0)),
            p3=summary('p3', MEMORY_MB=(9, 0)),
            # Its service is enabled again, and placement not yet told.
            p4=summary('p4', room.DISABLED, MEMORY_MB=(9, 0)),
            p5=summary('p5', 'COMPUTE_NODE', MEMORY_MB=(9, 0)),
        )
        self.assertEqual({'host5': {'MEMORY_MB': 9}}, self.free())

    def test_nested_providers_belong_to_their_host(self) -> None:
        self.wire.on(PROVIDERS, tree('p1', 'gpu1'))
        self.on_held('gpu1', server={'VGPU': 1}, other={'VGPU': 2})
        self.on_summaries(
            p2=summary('p2', MEMORY_MB=(8, 0)),
            gpu2=summary('p2', VGPU=(4, 1)),
            gpu3=summary('p2', VGPU=(4, 2)),
        )
        self.assertEqual(
            {
                'server': {'VCPU': 1, 'MEMORY_MB': 64, 'VGPU': 1},
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
        self.on_hypervisors(
            hypervisor('p1', 'host1'), hypervisor('p9', 'host1')
        )
        self.wire.on(PROVIDERS, tree('p1'), tree('p9'))
        self.on_held('p9', server2={'VCPU': 3})
        seen = self.look()
        self.assertEqual({'server', 'server2'}, set(seen.held))
        self.assertEqual((), seen.places)


class FaultsTestCase(RoomTestCase):
    def refused(self) -> exceptions.MigrateError:
        return self.assertRaises(exceptions.MigrateError, self.look)

    def test_who_may_not_read_nova_is_told_so(self) -> None:
        self.wire.on(
            HYPERVISORS, reply(403, {'forbidden': {'message': 'Not you.'}})
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
