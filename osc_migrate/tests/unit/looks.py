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

"""A server that arrived whole, as the APIs beside Nova's tell of it."""

import dataclasses
from typing import Any

import requests
import testtools

from osc_migrate.cloud import surroundings
from osc_migrate.engine import belongings
from osc_migrate.tests.unit import fake_api
from osc_migrate.tests.unit.fake_api import reply
from osc_migrate.tests.unit import fakes

SERVER = '4f6d9d2e-0000-4000-8000-000000000001'
MOVE = '4f6d9d2e-0000-4000-8000-000000000002'
NODE = '4f6d9d2e-0000-4000-8000-000000000003'

PORTS = 'GET /v2.0/ports'
ATTACHMENTS = f'GET /v3/{fake_api.PROJECT}/attachments'
PROVIDERS = 'GET /placement/resource_providers'
OF_NODE = f'{PROVIDERS}/{NODE}/allocations'
OF_MOVE = f'GET /placement/allocations/{MOVE}'

ARRIVED = belongings.Arrival(
    SERVER,
    project_id=fake_api.PROJECT,
    host='host2',
    source_host='host1',
    source_node='node1',
    migration_uuid=MOVE,
    volumes=('vol-1',),
)
#: As a project manager knows it.
HIDDEN = dataclasses.replace(
    ARRIVED, host=None, source_host=None, source_node=None
)

PORT = {
    'id': 'port-1',
    'device_id': SERVER,
    'project_id': 'ours',
    'binding:host_id': 'host2',
    'binding:vif_type': 'ovs',
}
ATTACHMENT = {
    'id': 'att-1',
    'volume_id': 'vol-1',
    'instance': SERVER,
    'status': 'attached',
}
HELD = reply(200, {'allocations': {
    MOVE: {'resources': {'VCPU': 1}}, 'of another': {'resources': {}},
}})  # fmt: skip
FREE = reply(200, {'allocations': {'of another': {'resources': {}}}})
WHOLE = belongings.Belongings(
    (belongings.Port('port-1', 'ours', 'host2', 'ovs'),),
    (belongings.VolumeAttachment('att-1', 'vol-1', 'attached'),),
    (),
)


class LookTestCase(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.clock = fakes.FakeClock()
        self.roles = frozenset({'admin'})
        self.wire = fake_api.Wire()
        self.wire.catalog |= {
            'network': fake_api.NETWORK,
            'placement': fake_api.PLACEMENT,
            'volumev3': fake_api.BLOCK_STORAGE,
        }
        self.wire.on(PORTS, reply(200, {'ports': [PORT]}))
        self.wire.on(ATTACHMENTS, reply(200, {'attachments': [ATTACHMENT]}))
        self.wire.on(
            PROVIDERS,
            reply(200, {'resource_providers': [
                {'uuid': 'other', 'name': 'node10'},
                {'uuid': NODE, 'name': 'node1'},
            ]}),
        )  # fmt: skip
        self.wire.on(OF_NODE, FREE)

    def look(
        self, arrived: belongings.Arrival = ARRIVED, **config: Any
    ) -> belongings.Belongings:
        return surroundings.Surroundings(
            fake_api.connection_to(self.wire, **config),
            self.clock,
            project_id=fake_api.PROJECT,
            roles=self.roles,
        ).look(arrived)

    @property
    def asked(self) -> list[requests.PreparedRequest]:
        """What was asked of anybody but keystone."""
        return [
            request
            for request in self.wire.asked
            if not str(request.url).startswith(fake_api.KEYSTONE)
        ]

    @property
    def paths(self) -> list[str]:
        return [
            f'{request.method} {request.path_url.partition("?")[0]}'
            for request in self.asked
        ]
