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

"""Servers and clouds for which every destination is asked about.

What is named in the tables has a peculiarity that it is named after; the rest
is drawn at random from a seed.
"""

from collections.abc import Mapping
import dataclasses
import json
import random
from typing import Any

from osc_migrate.tests import cloud as test_cloud

#: Servers that are asked about are on the first of these.
SOURCES = ('host1', 'host3', 'host6', 'host7')
HOSTS = tuple(f'host{number}' for number in range(1, 10))
#: Nova moves no host out of a zone while servers are on it.
ZONES = {'az1': ('host3', 'host4'), 'az2': ('host5',)}
#: What two of the hypervisors say of themselves; all others are of the type
#: fake, on x86_64.
HYPERVISORS: Mapping[str, Mapping[str, Any]] = {
    'host6': {
        'supported_instances': [['aarch64', 'fake', 'hvm']],
        'cpu_info': json.dumps({'arch': 'aarch64'}),
    },
    'host7': {
        'hypervisor_type': 'QEMU',
        'hypervisor_version': 8002000,
        'supported_instances': [
            ['x86_64', 'kvm', 'hvm'],
            ['i686', 'qemu', 'hvm'],
        ],
    },
}
#: Every filter that Nova 34 brings.
STOCK_FILTERS = (
    'AggregateImagePropertiesIsolation', 'AggregateInstanceExtraSpecsFilter',
    'AggregateIoOpsFilter', 'AggregateMultiTenancyIsolation',
    'AggregateNumInstancesFilter', 'AggregateTypeAffinityFilter',
    'AllHostsFilter', 'ComputeCapabilitiesFilter', 'ComputeFilter',
    'DifferentHostFilter', 'ImagePropertiesFilter', 'IoOpsFilter',
    'IsolatedHostsFilter', 'JsonFilter', 'MetricsFilter',
    'NUMATopologyFilter', 'NumInstancesFilter', 'PciPassthroughFilter',
    'SameHostFilter', 'ServerGroupAffinityFilter',
    'ServerGroupAntiAffinityFilter', 'SimpleCIDRAffinityFilter',
)  # fmt: skip
#: The configurations that the same cases are played with.
CONFIGURATIONS: Mapping[str, test_cloud.Wishes] = {
    'default filters': test_cloud.Wishes(hypervisors=HYPERVISORS),
    'all stock filters': test_cloud.Wishes(
        hypervisors=HYPERVISORS,
        nova={
            'filter_scheduler': {
                'enabled_filters': ','.join(STOCK_FILTERS),
                'isolated_hosts': 'host8',
                # Nova counts what it built until it looks again, once in a
                # minute: the servers here would be too many.
                'max_io_ops_per_host': 1000,
            },
            'scheduler': {
                'enable_isolated_aggregate_filtering': True,
                'image_metadata_prefilter': True,
                'limit_tenants_to_placement_aggregate': True,
                'query_placement_for_image_type_support': True,
            },
        },
    ),
}
TRAITS = (
    'CUSTOM_GOLD', 'CUSTOM_SILVER', 'CUSTOM_IRON', 'HW_CPU_X86_AVX2',
    # What [scheduler] image_metadata_prefilter makes of images.
    'HW_ARCH_AARCH64', 'HW_ARCH_X86_64', 'COMPUTE_STORAGE_BUS_VIRTIO',
    'COMPUTE_NET_VIF_MODEL_VIRTIO',
)  # fmt: skip
GPU = 'CUSTOM_GPU'
#: The trait of a compute service that is disabled.
DISABLED = 'COMPUTE_STATUS_DISABLED'
#: Stands for the ID of the project that has the servers.
OWN_PROJECT = '{project}'


@dataclasses.dataclass(frozen=True)
class Flavor:
    """Sizes as Nova has them: MiB for memory and swap, GiB for disks."""

    vcpus: int = 1
    ram: int = 64
    disk: int = 1
    ephemeral: int = 0
    swap: int = 0
    extra_specs: Mapping[str, str] = dataclasses.field(default_factory=dict)


def _specs(**extra_specs: str) -> Flavor:
    return Flavor(extra_specs=extra_specs)


FLAVORS: Mapping[str, Flavor] = {
    'plain': Flavor(),
    'big': Flavor(8, 4096, 20),
    'huge': Flavor(64, 65536, 500),
    'scratch': Flavor(2, 512, 10, ephemeral=5, swap=1500),
    'gold': _specs(**{'trait:CUSTOM_GOLD': 'required'}),
    'no-silver': _specs(**{'trait:CUSTOM_SILVER': 'forbidden'}),
    'avx': _specs(**{'trait:HW_CPU_X86_AVX2': 'required'}),
    'gpu': _specs(**{f'resources:{GPU}': '1'}),
    'gpu-alone': _specs(**{
        f'resources:{GPU}': '2', 'resources:VCPU': '0',
        'resources:MEMORY_MB': '0', 'resources:DISK_GB': '0',
    }),
    'gpu-group': _specs(**{
        f'resources1:{GPU}': '1', 'trait1:CUSTOM_IRON': 'required',
        'group_policy': 'none',
    }),
    'more-cpus': _specs(**{'resources:VCPU': '6'}),
    'ssd': _specs(ssd='true'),
    'ssd-scoped': _specs(**{'aggregate_instance_extra_specs:ssd': 'true'}),
    'fake-type': _specs(**{'capabilities:hypervisor_type': 'fake'}),
    'qemu-type': _specs(hypervisor_type='QEMU'),
    'many-cpus': _specs(**{'capabilities:vcpus_total': '>= 1024'}),
    'no-such': _specs(**{'capabilities:no_such': 'true'}),
}  # fmt: skip
IMAGES: Mapping[str, Mapping[str, str]] = {
    'no-wishes': {},
    'arm': {'hw_architecture': 'aarch64'},
    'x86': {'hw_architecture': 'x86_64'},
    'kvm': {'img_hv_type': 'kvm'},
    'newer': {'img_hv_type': 'fake', 'img_hv_requested_version': '>=2.0'},
    'golden': {'trait:CUSTOM_GOLD': 'required'},
    'ubuntu': {'os_distro': 'ubuntu'},
    'virtio': {'hw_disk_bus': 'virtio', 'hw_vif_model': 'virtio'},
    'deleted': {'trait:CUSTOM_IRON': 'required'},
    'changed': {'trait:CUSTOM_IRON': 'required', 'os_distro': 'ubuntu'},
}
#: What becomes of images and flavors once the servers are there: Nova keeps
#: what a server was booted with. None deletes the image.
IMAGES_LATER: Mapping[str, Mapping[str, str] | None] = {
    'deleted': None,
    'changed': {'trait:CUSTOM_SILVER': 'required', 'os_distro': 'debian'},
}
FLAVORS_LATER: Mapping[str, Mapping[str, str]] = {
    'avx': {'trait:CUSTOM_IRON': 'required'},
}


@dataclasses.dataclass(frozen=True)
class Server:
    """A server as it shall be booted.

    :ivar zone: availability zone of the request, None for none
    :ivar forced: past the filters, as ``zone:host``; its zone, or ``nova``,
        stays in the request
    :ivar group: policy of its group; a number behind it is the rule
        ``max_server_per_host``
    :ivar partners: hosts of the other servers in its group
    :ivar hints: for the scheduler; {name} is the ID of an earlier server
    :ivar volume: whether it is booted from a volume
    """

    name: str
    host: str = 'host1'
    flavor: str = 'plain'
    image: str = 'no-wishes'
    zone: str | None = None
    forced: bool = False
    group: str = ''
    partners: tuple[str, ...] = ()
    hints: Mapping[str, str] = dataclasses.field(default_factory=dict)
    volume: bool = False


NAMED = (
    Server('plain'),
    Server('arm', 'host6', image='arm'),
    Server('kvm', 'host7', image='kvm'),
    Server('in-default-zone', forced=True),
    Server('in-az1', 'host3', zone='az1'),
    Server('in-az1-by-chance', 'host3'),
    Server('from-volume', flavor='huge', volume=True),
    Server('affinity-alone', group='affinity'),
    Server('affinity', group='affinity', partners=('host1',)),
    Server('anti', group='anti-affinity', partners=('host2', 'host4')),
    Server('anti-2', group='anti-affinity 2', partners=('host2', 'host2')),
    Server('soft-affinity', group='soft-affinity'),
    Server('soft-anti', group='soft-anti-affinity', partners=('host2',)),
    Server('left-alone', group='anti-affinity deleted', partners=('host2',)),
    Server('image-deleted', image='deleted'),
    Server('image-changed', image='changed'),
    Server('flavor-changed', flavor='avx'),
    Server('newer', image='newer', forced=True),
    Server('elsewhere', forced=True, hints={'different_host': '{arm}'}),
    Server('together', forced=True, hints={'same_host': '{arm}'}),
    Server(
        'json',
        forced=True,
        hints={'query': '["=", "$hypervisor_hostname", "host2"]'},
    ),
    Server(
        'near',
        forced=True,
        hints={'build_near_host_ip': '192.0.2.1', 'cidr': '/24'},
    ),
)
#: Left in VERIFY_RESIZE: until it is confirmed, it is held on both hosts.
UNCONFIRMED = Server('unconfirmed', 'host2', flavor='big')
UNCONFIRMED_ON = 'host4'


@dataclasses.dataclass(frozen=True)
class Aggregate:
    """A host aggregate without a zone."""

    name: str
    metadata: Mapping[str, str]
    hosts: tuple[str, ...]


Inventory = Mapping[str, Mapping[str, float]]


@dataclasses.dataclass(frozen=True)
class Arrangement:
    """What the hosts of the cloud are like for a while.

    :ivar disabled: the reason by host
    :ivar silent: hosts whose services are down without being forced
    :ivar inventories: by host, of which everything not named is as usual
    """

    name: str
    disabled: Mapping[str, str]
    forced_down: frozenset[str]
    silent: frozenset[str]
    aggregates: tuple[Aggregate, ...]
    traits: Mapping[str, frozenset[str]]
    inventories: Mapping[str, Inventory]


#: Everything is up, the same, and large, and takes every server.
LEVEL = Arrangement(
    'level', {}, frozenset(), frozenset(), (),
    dict.fromkeys(HOSTS, frozenset(TRAITS) - {'CUSTOM_SILVER'}),
    {host: {GPU: {'total': 8}} for host in HOSTS},
)  # fmt: skip
#: Metadata of aggregates, for every filter that reads any.
METADATA: tuple[Mapping[str, str], ...] = (
    {'filter_tenant_id': OWN_PROJECT},
    {'filter_tenant_id': 'f' * 32},
    {'filter_tenant_id7': f'{"e" * 32}, {OWN_PROJECT}'},
    {'ssd': 'true'},
    {'ssd': 'false, maybe'},
    {'instance_type': 'plain'},
    {'instance_type': 'big, gold'},
    {'os_distro': 'debian, ubuntu'},
    {'os_distro': 'windows'},
    {'hw_architecture': 'aarch64'},
    {'max_instances_per_host': '1'},
    {'max_io_ops_per_host': '0'},
    {'trait:CUSTOM_GOLD': 'required'},
    {'cpu_allocation_ratio': '0.01'},
)
#: What an inventory may be like, by resource class.
SIZES: Mapping[str, tuple[Mapping[str, float], ...]] = {
    'VCPU': (
        {'total': 512, 'allocation_ratio': 4},
        {'total': 4, 'allocation_ratio': 1},
        {'total': 4, 'allocation_ratio': 4, 'reserved': 2},
        {'total': 16, 'max_unit': 4},
        {'total': 64, 'min_unit': 2},
        {'total': 2, 'reserved': 2},
    ),
    'MEMORY_MB': (
        {'total': 131072, 'reserved': 512},
        {'total': 4096, 'reserved': 512},
        {'total': 4096, 'reserved': 512, 'allocation_ratio': 1.5},
        {'total': 512},
        {'total': 131072, 'step_size': 128},
    ),
    'DISK_GB': (
        {'total': 2048},
        {'total': 18},
        {'total': 40, 'reserved': 24},
    ),
    GPU: ({'total': 8}, {'total': 2}, {'total': 2, 'reserved': 1}),
}
#: Hosts that no server which is asked about is on: the API refuses what is
#: to leave a host that is down.
MAY_BE_DOWN = tuple(host for host in HOSTS if host not in SOURCES)


def arrangement(seed: int) -> Arrangement:
    """Return hosts that differ, the same for the same seed."""
    draw = random.Random(seed)
    down = draw.sample(MAY_BE_DOWN, 2)
    return Arrangement(
        f'seed {seed}',
        {
            host: f'of seed {seed}'
            for host in draw.sample(HOSTS, draw.choice((0, 1, 2)))
        },
        frozenset(down[:1]),
        frozenset(down[1 : draw.choice((1, 2))]),
        tuple(
            Aggregate(
                f'{seed}-{number}',
                metadata,
                tuple(draw.sample(HOSTS, draw.randint(2, 4))),
            )
            for number, metadata in enumerate(draw.sample(METADATA, 4))
        ),
        {host: _traits(draw) for host in HOSTS},
        {host: _inventory(draw, host) for host in HOSTS},
    )


def _traits(draw: random.Random) -> frozenset[str]:
    found = {trait for trait in TRAITS if draw.random() < 0.8}
    # Nova has failed to take it away when the host was enabled.
    if draw.random() < 0.1:
        found.add(DISABLED)
    return frozenset(found)


def _inventory(draw: random.Random, host: str) -> Inventory:
    """Most of it is large: what is too small hides everything else."""
    found = {}
    for name, sizes in SIZES.items():
        large = draw.random() < 0.88
        found[name] = sizes[0] if large else draw.choice(sizes[1:])
    # Nobody may take away what is in use.
    if host not in SOURCES and draw.random() < 0.3:
        del found[GPU]
    return found


def servers(seed: int, count: int) -> tuple[Server, ...]:
    """Return that many servers, the named ones first."""
    draw = random.Random(seed)
    found = list(NAMED)
    while len(found) < count:
        host = draw.choice(SOURCES)
        zone = 'az1' if host == 'host3' else 'nova'
        flavor, image = draw.choice((*FLAVORS,)), draw.choice((*IMAGES,))
        found.append(
            Server(
                f'random-{len(found)}',
                host,
                flavor,
                image,
                zone=zone,
                forced=True,
            )
        )
    return tuple(found[:count])
