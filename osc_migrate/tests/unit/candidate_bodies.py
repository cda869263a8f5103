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

"""Bodies of Nova's and placement's answers that decide about candidates."""

from typing import Any

from osc_migrate.tests.unit import fake_api
from osc_migrate.tests.unit.fake_api import reply

HOST = 'OS-EXT-SRV-ATTR:host'


def server(**changes: Any) -> dict[str, Any]:
    return {
        'id': 'web1-id', 'name': 'web1', 'status': 'ACTIVE',
        'tenant_id': 'ours', HOST: 'host1',
        'OS-EXT-SRV-ATTR:hypervisor_hostname': 'host1.example.com',
        'OS-EXT-AZ:availability_zone': 'nova',
        'pinned_availability_zone': None, 'scheduler_hints': {},
        'server_groups': [], 'created': '2026-08-01T12:00:00Z',
        'flavor': {'original_name': 'm1.tiny', 'vcpus': 1, 'ram': 64,
                   'disk': 1, 'ephemeral': 0, 'swap': 0, 'extra_specs': {}},
        'image': {'id': 'image-id', 'properties': {}},
        'os-extended-volumes:volumes_attached': [],
        **changes,
    }  # fmt: skip


def service(host: str, **changes: Any) -> dict[str, Any]:
    return {
        'id': f's-{host}', 'host': host, 'zone': 'nova', 'state': 'up',
        'status': 'enabled', 'disabled_reason': None, 'forced_down': False,
        **changes,
    }  # fmt: skip


def hypervisor(number: int) -> dict[str, Any]:
    return {
        'id': f'p{number}',
        'hypervisor_hostname': f'host{number}.example.com',
        'hypervisor_type': 'QEMU', 'hypervisor_version': 8002000,
        'cpu_info': {'arch': 'x86_64'}, 'running_vms': 2,
        'service': {'host': f'host{number}'},
    }  # fmt: skip


def summary(root: str, *traits: str, used: int = 0) -> dict[str, Any]:
    return {
        'root_provider_uuid': root, 'traits': list(traits),
        'resources': {
            'VCPU': {'capacity': 16, 'used': 0},
            'MEMORY_MB': {'capacity': 512, 'used': used},
            'DISK_GB': {'capacity': 100, 'used': 0},
        },
    }  # fmt: skip


def candidates_of(
    *offered: str, **summaries: dict[str, Any]
) -> fake_api.Reply:
    return reply(
        200,
        {
            'allocation_requests': [
                {'allocations': {one: {'resources': {}}}} for one in offered
            ],
            'provider_summaries': summaries,
        },
    )
