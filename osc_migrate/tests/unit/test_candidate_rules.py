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

"""Each rule about a candidate, case by case."""

import dataclasses

import testtools

from osc_migrate.engine.candidates import configured_rules as configured
from osc_migrate.engine.candidates import facts
from osc_migrate.engine.candidates.facts import Missing, Offer, Room
from osc_migrate.engine.candidates import findings
from osc_migrate.engine.candidates.findings import Weight
from osc_migrate.engine.candidates import offer_rules
from osc_migrate.engine.candidates import place_rules
from osc_migrate.engine.candidates import resource_rules
from osc_migrate.engine.candidates import service_rules
from osc_migrate.engine.candidates import table
from osc_migrate.engine.candidates import unseen_rules
from osc_migrate.engine import move as moves
from osc_migrate.tests.unit import rows
from osc_migrate.tests.unit.candidate_facts import (
    aggregate,
    case,
    flavor,
    group,
    host,
    node,
    provider,
    refused,
    rooms,
    seen,
    server,
)

OUT, OPEN, NOTE = Weight.OUT, Weight.OPEN, Weight.NOTE
LIVE = moves.Kind.LIVE


@dataclasses.dataclass(frozen=True)
class Row:
    """One case.

    :ivar weight: None where the rule says nothing.
    :ivar says: A part of the reason.
    """

    name: str
    rule: findings.Rule
    weight: Weight | None
    says: str = ''
    look: facts.Seen = dataclasses.field(default_factory=seen)
    host: facts.Host = dataclasses.field(default_factory=host)


def of(**changes: object) -> facts.Seen:
    """A look at a server that is another than web1."""
    return seen(server=server(**changes))


SERVICES = (
    Row('another host than its own', service_rules.own_host, None),
    Row('its own host', service_rules.own_host, OUT, 'the server is on it',
        host=host('host1')),
    Row('its own host in capitals', service_rules.own_host, OUT,
        host=host('HOST1')),
    Row('its own host live, of a driver that could do it cold',
        service_rules.own_host, OUT, look=seen(kind=LIVE),
        host=host('host1', node=node(provider(service_rules.SAME_HOST)))),
    Row('its own host, of a driver that can do it', service_rules.own_host,
        NOTE, 'same host',
        host=host('host1', node=node(provider(service_rules.SAME_HOST)))),
    Row('its own host asked for is refused at once', service_rules.own_host,
        OUT, look=seen(destination='host1'),
        host=host('host1', node=node(provider(service_rules.SAME_HOST)))),
    Row('its own host, and placement is not seen', service_rules.own_host,
        OPEN, host=host('host1', node=node(providers=Missing.NOT_READ))),
    Row('its own host below Nova 21', service_rules.own_host, OPEN,
        'allow_resize_to_same_host', look=seen(reports_same_host=False),
        host=host('host1')),
    Row('nothing was asked for', service_rules.other_destination, None),
    Row('it was asked for', service_rules.other_destination, None,
        look=seen(destination='host2')),
    Row('another was asked for', service_rules.other_destination, OUT,
        'host3 was asked for', look=seen(destination='host3')),
    Row('up', service_rules.service_down, None),
    Row('down', service_rules.service_down, OUT, host=host(up=False)),
    Row('enabled', service_rules.service_disabled, None),
    Row('disabled with a reason', service_rules.service_disabled, OUT,
        'disabled (new disks)',
        host=host(enabled=False, disabled_reason='new disks')),
    Row('disabled without one', service_rules.service_disabled, OUT,
        'no reason given', host=host(enabled=False)),
    Row('a service without hypervisor', service_rules.no_hypervisor, OPEN,
        host=host(node=None)),
    Row('a service with one', service_rules.no_hypervisor, None),
    Row('another type of hypervisor, cold', service_rules.hypervisor_type,
        None, host=host(node=node(kind='fake'))),
    Row('another type of hypervisor, live', service_rules.hypervisor_type,
        OUT, 'fake', look=seen(kind=LIVE), host=host(node=node(kind='fake'))),
    Row('an older hypervisor, live', service_rules.hypervisor_type, OPEN,
        'older', look=seen(kind=LIVE), host=host(node=node(version=8001000))),
    Row('a newer hypervisor, live', service_rules.hypervisor_type, None,
        look=seen(kind=LIVE), host=host(node=node(version=9000000))),
    Row('a source that is not seen, live', service_rules.hypervisor_type,
        None, look=seen(kind=LIVE, source=None)),
    Row('an image of no type', service_rules.image_hypervisor, None),
    Row('an image for another hypervisor', service_rules.image_hypervisor,
        OUT, 'vmware', look=of(image={'img_hv_type': 'vmware'})),
    Row('an image by its legacy property', service_rules.image_hypervisor,
        OUT, look=of(image={'hypervisor_type': 'VMware'})),
    Row('an image for QEMU', service_rules.image_hypervisor, None,
        look=of(image={'img_hv_type': 'qemu'})),
    Row('an image for KVM on what may be plain QEMU',
        service_rules.image_hypervisor, OPEN,
        look=of(image={'img_hv_type': 'kvm'})),
    Row('an image on a driver that is not known',
        service_rules.image_hypervisor, OPEN,
        look=of(image={'img_hv_type': 'kvm'}),
        host=host(node=node(kind='other'))),
    Row('an image that is not shown', service_rules.image_hypervisor, None,
        look=of(image=Missing.HIDDEN)),
    Row('an image for another architecture may be emulated',
        service_rules.image_machine, OPEN, 'hw_architecture=aarch64',
        look=of(image={'hw_architecture': 'aarch64'})),
    Row('an image for this architecture', service_rules.image_machine, None,
        look=of(image={'hw_architecture': 'x86_64', 'hw_vm_mode': 'hvm'})),
    Row('an image for a version', service_rules.image_machine, OPEN,
        look=of(image={'img_hv_requested_version': '>=9'})),
)  # fmt: skip

EAST = aggregate('host1', availability_zone='east')
PLACES = (
    Row('no zone was asked for', place_rules.pinned_zone, None,
        look=seen(aggregates=(EAST,))),
    Row('pinned to another zone', place_rules.pinned_zone, OUT,
        'pinned to east',
        look=seen(server=server(pinned_zone='east'), aggregates=(EAST,)),
        host=host(node=refused())),
    Row('placement takes it for one of the zone', place_rules.pinned_zone,
        None,
        look=seen(server=server(pinned_zone='east'), aggregates=(EAST,))),
    Row('pinned to another zone, and placement is not seen',
        place_rules.pinned_zone, OUT,
        look=seen(server=server(pinned_zone='east'), aggregates=(EAST,)),
        host=host(node=node(offer=Offer.UNKNOWN))),
    Row('pinned to its zone', place_rules.pinned_zone, None,
        look=seen(
            server=server(pinned_zone='east'),
            aggregates=(aggregate('host2', availability_zone='east'),),
        ),
        host=host(node=refused())),
    Row('pinned to a zone that no aggregate has', place_rules.pinned_zone,
        None, look=seen(server=server(pinned_zone='nova'),
                        aggregates=(EAST,)),
        host=host(node=refused())),
    Row('below 2.96, in the same zone', place_rules.pinned_zone, None,
        look=of(pinned_zone=Missing.HIDDEN)),
    Row('below 2.96, in another zone', place_rules.pinned_zone, OPEN,
        'below microversion 2.96',
        look=of(pinned_zone=Missing.HIDDEN, zone='east')),
    Row('affinity, none of the group there', place_rules.affinity, OUT,
        'is on host1, host3', look=of(group=group('affinity', a='host3'))),
    Row('affinity, one of the group there', place_rules.affinity, None,
        look=of(group=group('affinity', a='host2'))),
    Row('affinity, the server alone keeps the group where it is',
        place_rules.affinity, OUT, 'host1', look=of(group=group('affinity'))),
    Row('affinity, its hosts are not shown', place_rules.affinity, OPEN,
        look=of(group=facts.Group('web', 'affinity', Missing.HIDDEN))),
    Row('anti-affinity, one of the group there', place_rules.anti_affinity,
        OUT, '1 of at most 1',
        look=of(group=group('anti-affinity', a='host2', b='host3'))),
    Row('anti-affinity, none of the group there', place_rules.anti_affinity,
        None, look=of(group=group('anti-affinity', a='host3', b=None))),
    Row('anti-affinity, fewer than max_server_per_host',
        place_rules.anti_affinity, None,
        look=of(group=group('anti-affinity', 2, a='host2'))),
    Row('anti-affinity, as many as max_server_per_host',
        place_rules.anti_affinity, OUT, '2 of at most 2',
        look=of(group=group('anti-affinity', 2, a='host2', b='host2'))),
    Row('anti-affinity, the own host passes', place_rules.anti_affinity,
        None, look=of(group=group('anti-affinity', a='host1')),
        host=host('host1')),
    Row('anti-affinity, its hosts are not shown', place_rules.anti_affinity,
        OPEN,
        look=of(group=facts.Group('web', 'anti-affinity', Missing.HIDDEN))),
    Row('soft anti-affinity is a preference', place_rules.soft_policy, NOTE,
        'preferred', look=of(group=group('soft-anti-affinity', a='host2'))),
    Row('soft anti-affinity without others there', place_rules.soft_policy,
        None, look=of(group=group('soft-anti-affinity', a='host3'))),
    Row('soft affinity is a preference', place_rules.soft_policy, NOTE,
        look=of(group=group('soft-affinity', a='host3'))),
    Row('a hard policy is no preference', place_rules.soft_policy, None,
        look=of(group=group('affinity', a='host3'))),
    Row('no group', place_rules.group_not_shown, None),
    Row('a group that is not shown', place_rules.group_not_shown, OPEN,
        look=of(group=Missing.HIDDEN)),
)  # fmt: skip

FULL = Room(64, 60, total=128, reserved=64, ratio=1.0)
RESOURCES = (
    Row('what placement offers has room', resource_rules.resources, None,
        host=host(node=node(provider(has=rooms(memory=(64, 60)))))),
    Row('too little of a class', resource_rules.resources, OUT,
        'MEMORY_MB: 64 needed, 4 free (capacity 64, used 60)',
        host=host(node=refused(provider(has=rooms(memory=(64, 60)))))),
    Row('too little, with figures', resource_rules.resources, OUT,
        'MEMORY_MB: 64 needed, 4 free (total 128, reserved 64, ratio 1, '
        'used 60, 2 by this server, 3 by unconfirmed migrations)',
        host=host(node=refused(provider(has={
            **rooms(),
            'MEMORY_MB': dataclasses.replace(FULL, own=2, unconfirmed=3),
        })))),
    Row('more used than there is', resource_rules.resources, OUT, '0 free',
        host=host(node=refused(provider(has=rooms(vcpu=(4, 6)))))),
    Row('a class that is not there at all', resource_rules.resources, OUT,
        'CUSTOM_GPU: 2 needed, none there',
        look=of(flavor=flavor(resources__CUSTOM_GPU='2')),
        host=host(node=refused())),
    Row('a class that hosts may share', resource_rules.resources, None,
        look=of(flavor=flavor(resources__CUSTOM_GPU='2')),
        host=host(node=refused(shared=frozenset({'CUSTOM_GPU'})))),
    Row('a class that may be below what was seen', resource_rules.resources,
        None, look=of(flavor=flavor(resources__CUSTOM_GPU='2')),
        host=host(node=refused(whole=False))),
    Row('nested providers are not added up', resource_rules.resources, OUT,
        'VGPU: 2 needed, 1 free',
        look=of(flavor=flavor(resources__VGPU='2')),
        host=host(node=refused(
            provider(),
            provider(has={'VGPU': Room(1, 0)}, id='gpu1'),
            provider(has={'VGPU': Room(1, 0)}, id='gpu2'),
        ))),
    Row('more at once than max_unit', resource_rules.resources, OUT,
        'at most 32 at once',
        host=host(node=refused(provider(has={
            **rooms(), 'MEMORY_MB': Room(999, 0, most=32),
        })))),
    Row('in steps of another size', resource_rules.resources, OUT,
        'in steps of 48',
        host=host(node=refused(provider(has={
            **rooms(), 'MEMORY_MB': Room(999, 0, step=48),
        })))),
    Row('less at once than min_unit', resource_rules.resources, OUT,
        'at least 128 at once',
        host=host(node=refused(provider(has={
            **rooms(), 'MEMORY_MB': Room(999, 0, least=128),
        })))),
    Row('a required trait is missing', resource_rules.traits, OUT,
        'without trait CUSTOM_SSD',
        look=of(flavor=flavor(trait__CUSTOM_SSD='required')),
        host=host(node=refused())),
    Row('a trait that the image requires is missing', resource_rules.traits,
        OUT, 'CUSTOM_SSD', look=of(image_traits=frozenset({'CUSTOM_SSD'})),
        host=host(node=refused())),
    Row('a forbidden trait is there', resource_rules.traits, OUT,
        'with forbidden trait CUSTOM_OLD',
        look=of(flavor=flavor(trait__CUSTOM_OLD='forbidden')),
        host=host(node=refused(provider('CUSTOM_OLD')))),
    Row('a trait that is there', resource_rules.traits, None,
        look=of(flavor=flavor(trait__CUSTOM_SSD='required')),
        host=host(node=refused(provider('CUSTOM_SSD')))),
    Row('what placement offers has the traits', resource_rules.traits, None,
        look=of(flavor=flavor(trait__CUSTOM_SSD='required'))),
    Row('the trait of a disabled host outlived it',
        resource_rules.status_trait, OUT, 'restart of nova-compute',
        host=host(node=refused(provider('COMPUTE_STATUS_DISABLED')))),
    Row('a disabled host with its trait', resource_rules.status_trait, None,
        host=host(enabled=False,
                  node=refused(provider('COMPUTE_STATUS_DISABLED')))),
    Row('in no answer of placement', offer_rules.no_room, OUT,
        'DISK_GB, MEMORY_MB, VCPU',
        host=host(node=refused(providers=Missing.NOT_READ))),
    Row('in an answer of placement', offer_rules.no_room, None,
        host=host(node=refused())),
    Row('placement was not seen', offer_rules.no_room, None,
        host=host(node=node(providers=Missing.NOT_READ,
                            offer=Offer.UNKNOWN))),
    Row('not offered, and no figure says why', offer_rules.not_offered, OPEN,
        host=host(node=refused())),
    Row('not offered, and a figure says why', offer_rules.not_offered, None,
        host=host(node=refused(provider(has=rooms(vcpu=(1, 1)))))),
    Row('not offered, because it is disabled', offer_rules.not_offered, None,
        host=host(enabled=False, node=refused())),
    Row('offered', offer_rules.not_offered, None),
    Row('room that was not seen', offer_rules.room_not_seen, OPEN,
        host=host(node=node(offer=Offer.UNKNOWN))),
    Row('room that was seen', offer_rules.room_not_seen, None),
    Row('extra specs that are kept back', offer_rules.needs_not_shown, OPEN,
        look=of(flavor=facts.Flavor('m1', 1, 64, 1,
                                    extra_specs=Missing.HIDDEN))),
    Row('extra specs that are shown', offer_rules.needs_not_shown, None),
)  # fmt: skip


def on(**metadata: str) -> facts.Seen:
    """A look where the host is in an aggregate of this metadata."""
    return seen(aggregates=(aggregate('host2', **metadata),))


CONFIGURED = (
    Row('aggregates of nobody', configured.tenant_isolation, None,
        look=on(ssd='true')),
    Row('aggregates of other projects', configured.tenant_isolation, OPEN,
        'if AggregateMultiTenancyIsolation is enabled',
        look=on(filter_tenant_id='theirs')),
    Row('aggregates of this project among others',
        configured.tenant_isolation, None,
        look=on(filter_tenant_id='theirs, ours')),
    Row('aggregates of this project by a second key',
        configured.tenant_isolation, None,
        look=on(filter_tenant_id='theirs', filter_tenant_id2='ours')),
    Row('no aggregate of this project', configured.tenant_aggregates, None,
        look=on(filter_tenant_id='theirs')),
    Row('in an aggregate of this project', configured.tenant_aggregates,
        None, look=on(filter_tenant_id='ours')),
    Row('outside the aggregates of this project',
        configured.tenant_aggregates, OPEN,
        'limit_tenants_to_placement_aggregate',
        look=seen(aggregates=(aggregate('host3', filter_tenant_id='ours'),))),
    Row('an aggregate for servers with a trait',
        configured.isolated_aggregates, OPEN,
        'enable_isolated_aggregate_filtering',
        look=on(trait__CUSTOM_WIN='required')),
    Row('an aggregate for servers as this one',
        configured.isolated_aggregates, None,
        look=seen(
            server=server(flavor=flavor(trait__CUSTOM_WIN='required')),
            aggregates=(aggregate('host2', trait__CUSTOM_WIN='required'),),
        )),
    Row('a flavor without extra specs', configured.flavor_in_aggregates,
        None),
    Row('an extra spec that no aggregate has',
        configured.flavor_in_aggregates, OPEN, 'ssd=true',
        look=of(flavor=flavor(ssd='true'))),
    Row('an extra spec of another scope', configured.flavor_in_aggregates,
        None, look=of(flavor=flavor(hw__watchdog_action='reset'))),
    Row('an extra spec that an aggregate has',
        configured.flavor_in_aggregates, None,
        look=seen(
            server=server(
                flavor=flavor(aggregate_instance_extra_specs__ssd='true')
            ),
            aggregates=(aggregate('host2', ssd='true, yes'),),
        )),
    Row('metadata that the image contradicts',
        configured.image_in_aggregates, OPEN, 'os_distro=ubuntu',
        look=seen(server=server(image={'os_distro': 'ubuntu'}),
                  aggregates=(aggregate('host2', os_distro='windows'),))),
    Row('metadata that the image matches', configured.image_in_aggregates,
        None,
        look=seen(server=server(image={'os_distro': 'windows'}),
                  aggregates=(aggregate('host2', os_distro='windows'),))),
    Row('an aggregate for another flavor',
        configured.flavor_name_in_aggregates, OPEN,
        look=on(instance_type='m1.big')),
    Row('an aggregate for this flavor',
        configured.flavor_name_in_aggregates, None,
        look=on(instance_type='m1.big,m1.tiny')),
    Row('as many servers as an aggregate allows', configured.many_servers,
        OPEN, 'AggregateNumInstancesFilter',
        look=on(max_instances_per_host='3')),
    Row('fewer servers than an aggregate allows', configured.many_servers,
        None, look=on(max_instances_per_host='4')),
    Row('as many servers as is Nova\'s default', configured.many_servers,
        OPEN, 'if NumInstancesFilter', host=host(node=node(servers=50))),
    Row('a limit of operations', configured.busy, OPEN,
        'AggregateIoOpsFilter', look=on(max_io_ops_per_host='8')),
    Row('no hints', configured.hints, None),
    Row('a hint that a filter reads', configured.hints, OPEN,
        'DifferentHostFilter', look=of(hints={'different_host': ['id']})),
    Row('hints that are not shown', configured.hints, None,
        look=of(hints=Missing.HIDDEN)),
    Row('an image\'s property that may become a trait',
        configured.image_traits, OPEN, 'COMPUTE_STORAGE_BUS_VIRTIO',
        look=of(image={'hw_disk_bus': 'virtio'})),
    Row('an image\'s property, and the trait is there',
        configured.image_traits, None,
        look=of(image={'hw_disk_bus': 'virtio'}),
        host=host(node=node(provider('COMPUTE_STORAGE_BUS_VIRTIO')))),
)  # fmt: skip

UNSEEN = (
    Row('nothing of NUMA', unseen_rules.cells, None),
    Row('NUMA cells of the flavor', unseen_rules.cells, OPEN,
        'hw_numa_nodes', look=of(flavor=flavor(hw__numa_nodes='2'))),
    Row('NUMA cells of the image', unseen_rules.cells, OPEN, 'hw_cpu_policy',
        look=of(image={'hw_cpu_policy': 'dedicated'})),
    Row('huge pages', unseen_rules.cells, OPEN,
        look=of(flavor=flavor(hw__mem_page_size='large'))),
    Row('a PCI alias', unseen_rules.devices, OPEN,
        look=of(flavor=flavor(pci_passthrough__alias='gpu:1'))),
    Row('no PCI alias', unseen_rules.devices, None),
    Row('a feature that newer Novas make a trait of',
        unseen_rules.translated, OPEN, 'hw_tpm_version',
        look=of(flavor=flavor(hw__tpm_version='2.0'))),
    Row('groups of resources', unseen_rules.suffixed_groups, OPEN,
        look=of(flavor=flavor(resources1__VGPU='1'))),
    Row('no groups of resources', unseen_rules.suffixed_groups, None,
        look=of(flavor=flavor(resources__VGPU='1'))),
    Row('a comparison with the host', unseen_rules.capabilities, OPEN,
        'capabilities:cpu_info:arch',
        look=of(flavor=flavor(capabilities__cpu_info__arch='x86_64'))),
    Row('a comparison with the host without a scope',
        unseen_rules.capabilities, OPEN,
        look=of(flavor=flavor(hypervisor_type='QEMU'))),
    Row('no comparison with the host', unseen_rules.capabilities, None,
        look=of(flavor=flavor(ssd='true'))),
)  # fmt: skip

ALL = (*SERVICES, *PLACES, *RESOURCES, *CONFIGURED, *UNSEEN)


@rows.each(ALL)
class RulesTestCase(testtools.TestCase):
    def check(self, row: Row) -> None:
        found = row.rule(case(row.look, row.host))
        self.assertEqual(row.weight, found and found.weight)
        self.assertIn(row.says, found.reason if found else '')


class TableTestCase(testtools.TestCase):
    def test_every_rule_has_a_case_that_speaks_and_one_that_does_not(
        self,
    ) -> None:
        for rule in table.RULES:
            weights = {row.weight for row in ALL if row.rule is rule}
            self.assertTrue(weights - {None}, rule.__name__)
        speaking = {row.rule for row in ALL}
        self.assertEqual(set(table.RULES), speaking)

    def test_those_that_decide_are_those_that_rule_out(self) -> None:
        ruling_out = {row.rule for row in ALL if row.weight is OUT}
        self.assertEqual(set(table.DECIDING), ruling_out)

    def test_every_rule_names_its_source(self) -> None:
        for rule in table.RULES:
            self.assertTrue(rule.__doc__, rule.__name__)

    def test_what_hangs_on_configuration_rules_nothing_out(self) -> None:
        for row in (*CONFIGURED, *UNSEEN):
            self.assertIsNot(OUT, row.weight)
