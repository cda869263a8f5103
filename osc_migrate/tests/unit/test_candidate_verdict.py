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

"""What Nova would ask placement for, and what the rows say together."""

import dataclasses
from typing import Any

import testtools

from osc_migrate.engine.candidates import facts
from osc_migrate.engine.candidates.facts import Missing, Offer
from osc_migrate.engine.candidates import needs
from osc_migrate.engine.candidates import told
from osc_migrate.engine.candidates import verdict
from osc_migrate.tests.unit import rows
from osc_migrate.tests.unit.candidate_facts import (
    aggregate,
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

TINY = 'DISK_GB:1,MEMORY_MB:64,VCPU:1'
FREE = '!COMPUTE_STATUS_DISABLED'


@dataclasses.dataclass(frozen=True)
class Asked:
    """One server, and what is asked of placement for it."""

    name: str
    server: facts.Server
    resources: str = TINY
    required: str = FREE
    member_of: str | None = None
    aggregates: tuple[facts.Aggregate, ...] = ()


def big(**changes: Any) -> facts.Flavor:
    return dataclasses.replace(flavor(), **changes)


ASKED = (
    Asked('the flavor\'s amounts', server()),
    Asked('a swap is rounded up, an ephemeral disk added',
          server(flavor=big(swap=1500, ephemeral=3)),
          'DISK_GB:6,MEMORY_MB:64,VCPU:1'),
    Asked('a root disk that is a volume needs no room',
          server(from_volume=True), 'MEMORY_MB:64,VCPU:1'),
    Asked('with volumes, what it holds is believed',
          server(has_volumes=True,
                 held={'p1': {'VCPU': 1, 'MEMORY_MB': 64}}),
          'MEMORY_MB:64,VCPU:1'),
    Asked('with volumes, and it holds its disk',
          server(has_volumes=True, held={'p1': {'DISK_GB': 1}})),
    Asked('with volumes, and nothing is known of what it holds',
          server(has_volumes=True), 'MEMORY_MB:64,VCPU:1'),
    Asked('a class more, and one less',
          server(flavor=flavor(resources__CUSTOM_GPU='2',
                               resources__DISK_GB='0')),
          'CUSTOM_GPU:2,MEMORY_MB:64,VCPU:1'),
    Asked('an amount that Nova does not take',
          server(flavor=flavor(resources__VCPU='many'))),
    Asked('a class of a suffixed group is not asked for',
          server(flavor=flavor(resources1__VCPU='4')),
          'DISK_GB:1,MEMORY_MB:64'),
    Asked('dedicated CPUs are left out',
          server(flavor=flavor(hw__cpu_policy='dedicated')),
          'DISK_GB:1,MEMORY_MB:64'),
    Asked('CPUs of their own class',
          server(flavor=flavor(resources__PCPU='1')),
          'DISK_GB:1,MEMORY_MB:64,PCPU:1'),
    Asked('traits of the flavor',
          server(flavor=flavor(trait__CUSTOM_A='required',
                               trait__CUSTOM_B='forbidden',
                               trait__CUSTOM_C='whatever',
                               trait1__CUSTOM_D='required')),
          required='CUSTOM_A,!COMPUTE_STATUS_DISABLED,!CUSTOM_B'),
    Asked('traits of the image',
          server(image_traits=frozenset({'CUSTOM_A'})),
          required='CUSTOM_A,!COMPUTE_STATUS_DISABLED'),
    Asked('the zone that it is pinned to', server(pinned_zone='east'),
          member_of='in:agg-id',
          aggregates=(aggregate('host2', availability_zone='east'),
                      aggregate('host3', availability_zone='west'))),
    Asked('a zone that no aggregate has', server(pinned_zone='nova'),
          aggregates=(aggregate('host2', availability_zone='east'),)),
    Asked('a zone that is not shown', server(pinned_zone=Missing.HIDDEN),
          aggregates=(aggregate('host2', availability_zone='east'),)),
)  # fmt: skip


@rows.each(ASKED)
class AskedTestCase(testtools.TestCase):
    def check(self, row: Asked) -> None:
        wanted = {'resources': row.resources, 'required': row.required}
        if row.member_of is not None:
            wanted['member_of'] = row.member_of
        self.assertEqual(
            wanted, needs.query(needs.of(row.server, row.aggregates))
        )


class VerdictTestCase(testtools.TestCase):
    def judged(self, *hosts: facts.Host, **changes: object) -> verdict.Row:
        found = verdict.rows(seen(hosts=hosts, **changes))
        self.assertEqual(1, len(found))
        return found[0]

    def test_a_host_of_which_nothing_is_said_fits(self) -> None:
        row = self.judged(host())
        self.assertIs(True, row.fits)
        self.assertIsNone(row.reason)
        self.assertEqual(
            {'VCPU': 8, 'MEMORY_MB': 1024, 'DISK_GB': 100}, row.free
        )
        self.assertEqual(
            {'VCPU': 1, 'MEMORY_MB': 64, 'DISK_GB': 1}, row.needed
        )

    def test_what_rules_it_out_is_all_that_is_told(self) -> None:
        row = self.judged(
            host(up=False, enabled=False),
            server=server(image={'hw_vm_mode': 'xen'}),
        )
        self.assertIs(False, row.fits)
        self.assertEqual(
            'its compute service is down; its compute service is disabled '
            '(no reason given)',
            row.reason,
        )
        self.assertEqual('down, disabled', row.state)

    def test_of_the_host_it_is_on_nothing_else_is_told(self) -> None:
        full = host('host1', up=False, node=refused(provider(has={})))
        row = self.judged(full)
        self.assertIs(False, row.fits)
        self.assertEqual('the server is on it', row.reason)

    def test_what_is_open_leaves_it_open(self) -> None:
        row = self.judged(host(), server=server(image={'hw_vm_mode': 'xen'}))
        self.assertIsNone(row.fits)
        self.assertIn('hw_vm_mode=xen', str(row.reason))

    def test_a_preference_leaves_it_fit(self) -> None:
        row = self.judged(
            host(), server=server(group=group('soft-anti-affinity', a='host2'))
        )
        self.assertIs(True, row.fits)
        self.assertIn('others are preferred', str(row.reason))

    def test_the_best_hypervisor_of_a_host_counts(self) -> None:
        full = refused(provider(has=rooms(vcpu=(1, 1))))
        for nodes in ((full, node()), (node(), full)):
            row = self.judged(*(host(node=one) for one in nodes))
            self.assertIs(True, row.fits)

    def test_nothing_is_free_of_a_class_that_is_not_there(self) -> None:
        row = self.judged(
            host(node=refused(provider(has={}))),
        )
        self.assertEqual({'VCPU': 0, 'MEMORY_MB': 0, 'DISK_GB': 0}, row.free)

    def test_what_was_not_seen_is_not_free(self) -> None:
        row = self.judged(
            host(node=node(providers=Missing.NOT_READ, offer=Offer.UNKNOWN))
        )
        self.assertIsNone(row.free)
        self.assertIsNone(row.fits)

    def test_hosts_are_sorted_and_none_where_they_are_hidden(self) -> None:
        found = verdict.rows(seen(hosts=(host('b'), host('a'))))
        self.assertEqual(['a', 'b'], [row.host for row in found])
        self.assertEqual((), verdict.rows(seen(hosts=Missing.HIDDEN)))


class ToldTestCase(testtools.TestCase):
    def told(self, **changes: object) -> str:
        refused = bool(changes.pop('refused', False))
        look = seen(**changes)
        return '\n'.join(
            told.sentences(
                look, verdict.rows(look), refused=refused, request_id='req-1'
            )
        )

    def test_who_is_no_admin_is_told_so_and_nothing_else(self) -> None:
        self.assertEqual(told.HIDDEN, self.told(hosts=Missing.HIDDEN))

    def test_what_no_api_shows_is_named(self) -> None:
        self.assertEqual(told.NOT_LOOKED_AT, self.told())

    def test_why_placement_was_not_seen(self) -> None:
        self.assertIn('HTTP 403', self.told(placement='HTTP 403'))

    def test_hypervisors_that_are_not_shown(self) -> None:
        self.assertIn(told.NO_NODES, self.told(hosts=(host(node=None),)))

    def test_an_image_that_was_changed(self) -> None:
        changed = server(image_traits=Missing.HIDDEN)
        self.assertIn(told.IMAGE_CHANGED, self.told(server=changed))
        volume = dataclasses.replace(changed, from_volume=True)
        self.assertNotIn(told.IMAGE_CHANGED, self.told(server=volume))

    def test_a_filter_did_it_where_placement_offers_hosts(self) -> None:
        one = server(group=group('anti-affinity', a='host2'))
        said = self.told(server=one)
        self.assertIn('Placement offers host2', said)
        self.assertIn('(ServerGroupAntiAffinityFilter)', said)
        self.assertIn('nova-scheduler\'s log, request ID req-1', said)

    def test_a_filter_that_is_not_seen_did_it(self) -> None:
        said = self.told(
            refused=True,
            hosts=(host('host1'), *(host(f'h{n}') for n in range(5))),
        )
        self.assertIn('Placement offers h0, h1, h2 and 2 more', said)
        self.assertIn('ImagePropertiesFilter', said)

    def test_or_a_trait_of_an_image_that_was_changed(self) -> None:
        changed = server(image_traits=Missing.HIDDEN)
        said = self.told(
            refused=True, server=changed, hosts=(host('host1'), host('h2'))
        )
        self.assertIn('offers h2 for what is known of the server', said)
        self.assertIn('a trait that its image required', said)

    def test_no_filter_keeps_a_server_from_its_own_host(self) -> None:
        for changes in ({'hosts': (host('host1'),)},
                        {'destination': 'host3'}):  # fmt: skip
            self.assertNotIn('Placement offers', self.told(**changes))

    def test_nothing_of_filters_where_a_host_is_fit(self) -> None:
        self.assertNotIn('Placement offers', self.told())

    def test_a_table_for_a_person(self) -> None:
        look = seen(
            hosts=(
                host('host1', zone=None),
                host('bad\x1b[31m', up=False),
                host('h3'),
            )
        )
        self.assertEqual(
            [
                'h3        nova  up    fits',
                'bad?[31m  nova  down  ruled out  its compute service is down',
                'host1     -     up    ruled out  the server is on it',
            ],
            list(told.table(verdict.rows(look), 'id')),
        )

    def test_a_table_of_many_hosts_ends(self) -> None:
        look = seen(hosts=tuple(host(f'h{n:03}') for n in range(500)))
        lines = list(told.table(verdict.rows(look), 'openstack ...'))
        self.assertEqual(told.LISTED + 1, len(lines))
        self.assertEqual('... and 480 more: openstack ...', lines[-1])

    def test_no_table_of_no_hosts(self) -> None:
        self.assertEqual([], list(told.table((), 'id')))

    def test_a_warning_where_no_host_is_left(self) -> None:
        found = verdict.rows(seen(hosts=(host(up=False), host('host1'))))
        self.assertIn('each of 2 is', str(told.warning(found, None)))
        self.assertIn(
            'host2 is ruled out: its compute service is down',
            str(told.warning(found, 'host2')),
        )
        self.assertIsNone(told.warning((), None))
        self.assertIsNone(told.warning(verdict.rows(seen()), None))
