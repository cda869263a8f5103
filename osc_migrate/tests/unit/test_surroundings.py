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

"""The look beside Nova: what is asked on the wire, and what it says."""

import dataclasses
import urllib.parse

from osc_migrate.cloud import surroundings
from osc_migrate.engine import belongings
from osc_migrate.tests.unit import fake_api
from osc_migrate.tests.unit.fake_api import reply
from osc_migrate.tests.unit import looks


class RequestsTestCase(looks.LookTestCase):
    def test_four_requests_and_no_discovery(self) -> None:
        self.assertEqual(looks.WHOLE, self.look())
        self.assertEqual(
            [looks.PORTS, looks.ATTACHMENTS, looks.PROVIDERS, looks.OF_NODE],
            self.paths,
        )
        self.assertEqual([], self.clock.slept)

    def test_what_is_asked_for(self) -> None:
        self.look()
        ports, volumes, providers, _ = (
            urllib.parse.parse_qs(urllib.parse.urlsplit(str(r.url)).query)
            for r in self.asked
        )
        self.assertEqual([looks.SERVER], ports['device_id'])
        self.assertIn('binding:host_id', ports['fields'])
        self.assertEqual(
            {'instance_id': [looks.SERVER], 'all_tenants': ['1']}, volumes
        )
        self.assertEqual({'name': ['node1']}, providers)

    def test_every_request_names_its_microversion(self) -> None:
        self.look()
        self.assertEqual(
            [None, 'volume 3.27', 'placement 1.0', 'placement 1.0'],
            [r.headers.get('OpenStack-API-Version') for r in self.asked],
        )

    def test_no_answer_is_waited_for_longer_than_it_is_worth(self) -> None:
        self.look()
        self.assertEqual([5.0] * 4, self.wire.timeouts[-4:])

    def test_a_server_without_volumes_is_no_matter_of_cinder(self) -> None:
        seen = self.look(dataclasses.replace(looks.ARRIVED, volumes=()))
        self.assertIsNone(seen.attachments)
        self.assertEqual(
            [looks.PORTS, looks.PROVIDERS, looks.OF_NODE], self.paths
        )

    def test_before_the_confirm_placement_is_not_asked(self) -> None:
        seen = self.look(dataclasses.replace(looks.ARRIVED, released=False))
        self.assertIsNone(seen.allocations)
        self.assertEqual([looks.PORTS, looks.ATTACHMENTS], self.paths)

    def test_who_sees_no_hosts_does_not_ask_placement(self) -> None:
        port = {k: v for k, v in looks.PORT.items() if 'binding' not in k}
        self.wire.on(looks.PORTS, reply(200, {'ports': [port]}))
        seen = self.look(looks.HIDDEN)
        self.assertEqual((belongings.Port('port-1', 'ours'),), seen.ports)
        self.assertEqual([looks.PORTS, looks.ATTACHMENTS], self.paths)

    def test_a_catalog_that_names_the_version_of_the_network_api(
        self,
    ) -> None:
        for url in ('/v2.0', '/v2.0/', '/'):
            self.wire.catalog['network'] = fake_api.NETWORK + url
            self.assertEqual(looks.WHOLE, self.look())

    def test_an_endpoint_of_the_callers_own(self) -> None:
        url = 'http://elsewhere.test/network'
        self.wire.on('GET /network/v2.0/ports', reply(200, {'ports': []}))
        seen = self.look(network_endpoint_override=url)
        self.assertEqual((), seen.ports)
        self.assertTrue(str(self.asked[0].url).startswith(url))

    def test_an_old_catalog_has_two_versions_of_cinder(self) -> None:
        for first, second in (
            ('volumev2', 'volumev3'),
            ('volumev3', 'volumev2'),
        ):
            for kind in (first, second):
                self.wire.catalog.pop(kind, None)
            for kind in (first, second):
                self.wire.catalog[kind] = fake_api.BLOCK_STORAGE.replace(
                    '/v3/', f'/{kind[-2:]}/'
                )
            self.assertEqual(looks.WHOLE, self.look())

    def test_version_two_of_cinder_is_not_asked(self) -> None:
        del self.wire.catalog['volumev3']
        self.wire.catalog['volumev2'] = 'http://cinder.test/v2/x'
        self.assertIsNone(self.look().attachments)
        self.assertNotIn('cinder', str([r.url for r in self.asked]))


class ResourcesTestCase(looks.LookTestCase):
    def test_what_is_freed_a_moment_later_was_never_left(self) -> None:
        self.wire.on(looks.OF_NODE, looks.HELD, looks.HELD, looks.FREE)
        self.assertEqual(looks.WHOLE, self.look())
        self.assertEqual([surroundings.AGAIN] * 2, self.clock.slept)

    def test_what_is_still_held_after_a_while_is_told(self) -> None:
        self.wire.on(looks.OF_NODE, looks.HELD)
        self.assertEqual(
            (belongings.Allocation(looks.NODE, looks.MOVE),),
            self.look().allocations,
        )
        self.assertEqual(surroundings.SETTLING, sum(self.clock.slept))
        self.assertEqual(1, self.paths.count(looks.PROVIDERS))

    def test_a_later_look_that_fails_takes_the_first_back(self) -> None:
        self.wire.on(looks.OF_NODE, looks.HELD, reply(503))
        self.assertIsNone(self.look().allocations)

    def test_the_servers_own_are_seen_in_the_same_request(self) -> None:
        self.wire.on(
            looks.OF_NODE, reply(200, {'allocations': {looks.SERVER: {}}})
        )
        self.assertEqual(
            (belongings.Allocation(looks.NODE, looks.SERVER),),
            self.look().allocations,
        )

    def test_without_the_sources_name_the_migration_is_asked_about(
        self,
    ) -> None:
        allocations: dict[str, object] = {looks.NODE: {}, 'shared': {}}
        self.wire.on(looks.OF_MOVE, reply(200, {'allocations': allocations}))
        seen = self.look(dataclasses.replace(looks.ARRIVED, source_node=None))
        self.assertEqual(
            (
                belongings.Allocation(looks.NODE, looks.MOVE),
                belongings.Allocation('shared', looks.MOVE),
            ),
            seen.allocations,
        )
        self.assertEqual({looks.OF_MOVE}, set(self.paths[2:]))

    def test_with_nothing_to_ask_by_placement_is_not_asked(self) -> None:
        seen = self.look(
            dataclasses.replace(
                looks.ARRIVED, source_node=None, migration_uuid=None
            )
        )
        self.assertIsNone(seen.allocations)
        self.assertEqual([looks.PORTS, looks.ATTACHMENTS], self.paths)

    def test_a_provider_of_another_name_is_not_it(self) -> None:
        others = [{'uuid': looks.NODE, 'name': 'NODE1'}]
        self.wire.on(
            looks.PROVIDERS, reply(200, {'resource_providers': others})
        )
        self.assertIsNone(self.look().allocations)
        self.assertEqual(looks.PROVIDERS, self.paths[-1])


class VolumesTestCase(looks.LookTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.wire.on(looks.ATTACHMENTS, reply(200, {'attachments': []}))
        self.theirs = dataclasses.replace(looks.ARRIVED, project_id='theirs')

    def test_no_attachment_is_a_fact_to_who_sees_the_project(self) -> None:
        self.assertEqual((), self.look(self.theirs).attachments)
        self.roles = frozenset({'manager'})
        self.assertEqual((), self.look().attachments)

    def test_no_attachment_is_no_fact_to_who_may_not_see_any(self) -> None:
        self.roles = frozenset({'mover'})
        self.assertIsNone(self.look(self.theirs).attachments)

    def test_attachments_to_other_servers_are_not_ours(self) -> None:
        other = {**looks.ATTACHMENT, 'instance': 'other', 'status': 'reserved'}
        self.wire.on(
            looks.ATTACHMENTS,
            reply(200, {'attachments': [other, looks.ATTACHMENT]}),
        )
        self.assertEqual(looks.WHOLE, self.look())
