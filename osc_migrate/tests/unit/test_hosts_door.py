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

"""The door to Nova's hosts: what is asked on the wire, page by page."""

import json
from typing import Any

import testtools

from osc_migrate.cloud import answers
from osc_migrate.cloud import hosts
from osc_migrate.engine import facts
from osc_migrate.engine import turns
from osc_migrate import exceptions
from osc_migrate.tests.unit import fake_api
from osc_migrate.tests.unit.fake_api import reply

DETAIL = 'GET /v2.1/servers/detail'
RECORDS = 'GET /v2.1/os-migrations'
GROUPS = 'GET /v2.1/os-server-groups'
SERVICE = 'PUT /v2.1/os-services/service-1'
FORBIDDEN = reply(403, {'forbidden': {'message': 'Policy', 'code': 403}})
NOBODY: frozenset[str] = frozenset()


def server(server_id: str, host: str | None = 'host1') -> dict[str, Any]:
    return {
        'id': server_id, 'name': f'web-{server_id}', 'status': 'ACTIVE',
        'tenant_id': 'p', 'OS-EXT-SRV-ATTR:host': host,
    }  # fmt: skip


def servers(*rows: Any, more: bool = False) -> fake_api.Reply:
    """A page; Nova links to the next one where there may be one."""
    body: dict[str, Any] = {'servers': list(rows)}
    if more:
        body['servers_links'] = [{'rel': 'next', 'href': 'http://next'}]
    return reply(200, body)


def record(uuid: str, server_id: str = 'id-1') -> dict[str, Any]:
    return {
        'uuid': uuid, 'instance_uuid': server_id, 'status': 'finished',
        'migration_type': 'migration', 'source_compute': 'host1',
        'dest_compute': 'host2',
    }  # fmt: skip


def records(*rows: Any, more: bool = False) -> fake_api.Reply:
    body: dict[str, Any] = {'migrations': list(rows)}
    if more:
        body['migrations_links'] = [{'rel': 'next', 'href': 'http://next'}]
    return reply(200, body)


def group(group_id: str, **more: Any) -> dict[str, Any]:
    return {
        'id': group_id, 'name': 'apart', 'policy': 'anti-affinity',
        'members': ['id-1', 'id-2'], **more,
    }  # fmt: skip


def groups(*rows: Any) -> fake_api.Reply:
    return reply(200, {'server_groups': list(rows)})


class HostsTestCase(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.wire = fake_api.Wire()
        self._hosts: hosts.Hosts | None = None

    @property
    def hosts(self) -> hosts.Hosts:
        if self._hosts is None:
            self._hosts = hosts.Hosts(fake_api.connect(self.wire).api)
        return self._hosts

    def markers(self, name: str = 'marker') -> list[str | None]:
        return [query.get(name) for query in self.wire.queries()]


class ServersTestCase(HostsTestCase):
    def ids(self) -> list[str]:
        return [found.id for found in self.hosts.servers_on('host1')]

    def test_of_all_projects_and_of_this_host(self) -> None:
        self.wire.on(DETAIL, servers(server('a'), server('b')))
        found = self.hosts.servers_on('host1')
        self.assertEqual(
            facts.Server('a', 'web-a', 'p', 'ACTIVE', host='host1',
                         identity={'name': 'web-a'}),
            found[0],
        )  # fmt: skip
        query = self.wire.queries()[0]
        self.assertEqual(('1', 'host1'), (query['all_tenants'],
                                          query['host']))  # fmt: skip
        self.assertNotIn('marker', query)

    def test_a_host_without_servers(self) -> None:
        self.wire.on(DETAIL, servers())
        self.assertEqual([], self.ids())
        self.assertEqual(1, len(self.wire.to_nova))

    def test_page_by_page(self) -> None:
        self.wire.on(
            DETAIL,
            servers(server('a'), server('b'), more=True),
            servers(server('c'), more=True),
            servers(server('d')),
        )
        self.assertEqual(['a', 'b', 'c', 'd'], self.ids())
        self.assertEqual([None, 'b', 'c'], self.markers())
        self.assertEqual({'host1'}, set(self.markers('host')))

    def test_a_last_page_that_is_empty(self) -> None:
        self.wire.on(DETAIL, servers(server('a'), more=True), servers())
        self.assertEqual(['a'], self.ids())

    def test_soft_deleted_ones_are_on_the_host_still(self) -> None:
        """Nova leaves them out unless it is asked (``db/main/api.py``)."""
        self.wire.on(DETAIL, servers())
        self.ids()
        self.assertEqual('1', self.wire.queries()[0].get('soft_deleted'))

    def test_what_is_on_another_host_does_not_count(self) -> None:
        """Who may not filter by host is given servers of every host."""
        self.wire.on(DETAIL, servers(server('a', 'host2'), server('b')))
        self.assertEqual(['b'], self.ids())

    def test_a_cell_that_is_down_leaves_entries_that_count(self) -> None:
        partial = {'id': 'x', 'status': 'UNKNOWN', 'tenant_id': 'p',
                   'created': '2026-08-01T12:00:00Z', 'links': []}  # fmt: skip
        self.wire.on(DETAIL, servers(partial, server('a')))
        found = self.hosts.servers_on('host1')
        self.assertEqual(['UNKNOWN', 'ACTIVE'], [s.status for s in found])

    def test_who_may_not_see_all_projects(self) -> None:
        self.wire.on(DETAIL, FORBIDDEN)
        refused = self.assertRaises(exceptions.ApiError, self.ids)
        self.assertEqual(403, refused.status)

    def test_what_is_not_novas_is_a_fault(self) -> None:
        for answer in (
            reply(200, {}),
            reply(200, {'servers': None}),
            servers({'name': 'no id'}),
            servers('a row'),
            servers(None),
            reply(200, '<html>', Content_Type='text/html'),
            reply(502, '<html>', Content_Type='text/html'),
        ):
            self.wire.on(DETAIL, answer)
            self.assertRaises(exceptions.TransientError, self.ids)

    def test_a_fault_at_the_second_page_loses_the_first(self) -> None:
        """Half a list would make a host look empty."""
        self.wire.on(DETAIL, servers(server('a'), more=True), reply(503))
        self.assertRaises(exceptions.TransientError, self.ids)


class RecordsTestCase(HostsTestCase):
    def uuids(self, *until: str) -> dict[str, list[str | None]]:
        found = self.hosts.records_from('host1', frozenset(until))
        return {one: [r.uuid for r in rows] for one, rows in found.items()}

    def test_by_server_and_newest_first(self) -> None:
        self.wire.on(
            RECORDS,
            records(record('3', 'a'), record('2', 'b'), record('1', 'a')),
        )
        self.assertEqual({'a': ['3', '1'], 'b': ['2']}, self.uuids())
        query = self.wire.queries()[0]
        self.assertEqual('host1', query['source_compute'])
        self.assertEqual('1000', query['limit'])

    def test_what_a_record_says(self) -> None:
        self.wire.on(RECORDS, records(record('1', 'a')))
        self.assertEqual(
            {'a': (facts.MigrationRecord('1', 'migration', 'finished',
                                         'host1', 'host2'),)},
            self.hosts.records_from('host1', NOBODY),
        )  # fmt: skip

    def test_no_migration_was_ever_made(self) -> None:
        self.wire.on(RECORDS, records())
        for until in ((), ('1',)):
            self.assertEqual({}, self.uuids(*until))

    def test_everything_where_nothing_is_known(self) -> None:
        self.wire.on(
            RECORDS,
            records(record('5'), record('4'), more=True),
            records(record('3'), record('2'), more=True),
            records(record('1')),
        )
        self.assertEqual({'id-1': ['5', '4', '3', '2', '1']}, self.uuids())
        self.assertEqual([None, '4', '2'], self.markers())
        self.assertEqual({'1000'}, set(self.markers('limit')))
        self.assertEqual({'host1'}, set(self.markers('source_compute')))

    def test_small_pages_up_to_what_is_known(self) -> None:
        pages = (
            records(record('6'), record('5'), more=True),
            records(record('4'), record('3'), more=True),
            records(record('2'), record('1')),
        )
        for until, read in (
            ({'6'}, '65'),
            ({'5'}, '65'),
            # The page is read as a whole.
            ({'4'}, '6543'),
            ({'3'}, '6543'),
            ({'1'}, '654321'),
            # The first that is met ends it.
            ({'5', '1'}, '65'),
            ({'3', '2'}, '6543'),
            # Nova may have dropped it with its server.
            ({'gone'}, '654321'),
            ({'gone', '4'}, '6543'),
        ):
            self.wire.asked.clear()
            self.wire.on(RECORDS, *pages)
            self.assertEqual({'id-1': list(read)}, self.uuids(*until))
            self.assertEqual(len(read) // 2, len(self.wire.to_nova))
            # What is not on the first page may lie far back.
            self.assertEqual(
                ['100', '1000', '1000'][: len(read) // 2],
                self.markers('limit'),
            )
            self.assertEqual([None, '5', '3'][: len(read) // 2],
                             self.markers())  # fmt: skip

    def test_requests_do_not_grow_with_the_history(self) -> None:
        newest = [record(f'new-{n}', f'id-{n}') for n in range(99)]
        known = record('known', 'id-known')
        self.wire.on(RECORDS, records(*newest, known, more=True))
        self.assertEqual(100, len(self.uuids('known')))
        self.assertEqual(1, len(self.wire.to_nova))

    def test_a_last_page_that_is_empty(self) -> None:
        self.wire.on(RECORDS, records(record('1'), more=True), records())
        self.assertEqual({'id-1': ['1']}, self.uuids('gone'))

    def test_who_may_not_see_them(self) -> None:
        self.wire.on(RECORDS, FORBIDDEN)
        refused = self.assertRaises(exceptions.ApiError, self.uuids)
        self.assertEqual(403, refused.status)

    def test_what_is_not_novas_is_a_fault(self) -> None:
        nameless = record('1')
        del nameless['instance_uuid']
        stateless = record('1')
        del stateless['status']
        for answer in (
            reply(200, {}),
            reply(200, {'migrations': None}),
            records(nameless),
            records(stateless),
            records('a row'),
            reply(200, '<html>', Content_Type='text/html'),
        ):
            self.wire.on(RECORDS, answer)
            self.assertRaises(exceptions.TransientError, self.uuids)

    def test_a_fault_at_the_second_page_loses_the_first(self) -> None:
        self.wire.on(RECORDS, records(record('1'), more=True), reply(503))
        self.assertRaises(exceptions.TransientError, self.uuids)


class GroupsTestCase(HostsTestCase):
    def test_of_all_projects(self) -> None:
        rules = {'max_server_per_host': 2}
        self.wire.on(GROUPS, groups(group('g', rules=rules)), groups())
        self.assertEqual(
            (turns.ServerGroup('g', 'anti-affinity',
                               frozenset({'id-1', 'id-2'}), 'apart', 2),),
            self.hosts.server_groups(),
        )  # fmt: skip
        self.assertIn('all_projects', self.wire.queries()[0])

    def test_policies_as_told_below_2_64(self) -> None:
        old = group('g', policies=['soft-anti-affinity'])
        del old['policy']
        self.wire.on(GROUPS, groups(old), groups())
        found = turns.apart(self.hosts.server_groups())
        self.assertEqual({'id-1', 'id-2'}, set(found))

    def test_a_group_of_old_without_a_policy(self) -> None:
        old = group('g', policies=[])
        del old['policy']
        self.wire.on(GROUPS, groups(old), groups())
        self.assertEqual({}, turns.apart(self.hosts.server_groups()))

    def test_none(self) -> None:
        self.wire.on(GROUPS, groups())
        self.assertEqual((), self.hosts.server_groups())
        self.assertEqual(1, len(self.wire.to_nova))

    def test_page_by_page(self) -> None:
        many = [group(f'g-{n}') for n in range(answers.PAGE)]
        self.wire.on(GROUPS, groups(*many), groups(group('last')), groups())
        self.assertEqual(answers.PAGE + 1, len(self.hosts.server_groups()))
        self.assertEqual(['0', '1000'], self.markers('offset')[:2])

    def test_a_site_whose_pages_are_shorter(self) -> None:
        """``api.max_limit`` cuts the limit that is asked for."""
        self.wire.on(
            GROUPS,
            groups(group('g-1'), group('g-2')),
            groups(group('g-3')),
            groups(),
        )
        found = [one.id for one in self.hosts.server_groups()]
        self.assertEqual(['g-1', 'g-2', 'g-3'], found)
        self.assertEqual(['0', '2', '3'], self.markers('offset'))

    def test_what_is_not_novas_is_a_fault(self) -> None:
        homeless = group('g')
        del homeless['members']
        lawless = group('g')
        del lawless['policy']
        for answer in (
            reply(200, {}),
            reply(200, {'server_groups': None}),
            groups(homeless),
            groups(lawless),
            groups(group('g', members=None)),
            groups('a row'),
        ):
            self.wire.on(GROUPS, answer)
            self.assertRaises(
                exceptions.TransientError, self.hosts.server_groups
            )


class ServiceTestCase(HostsTestCase):
    def said(self) -> object:
        body: Any = self.wire.to_nova[-1].body
        return json.loads(body)

    def test_disabled_with_a_reason(self) -> None:
        self.wire.on(SERVICE, reply(200, {'service': {}}))
        self.hosts.disable('service-1', 'new disks')
        self.assertEqual(
            {'status': 'disabled', 'disabled_reason': 'new disks'},
            self.said(),
        )

    def test_enabled(self) -> None:
        self.wire.on(SERVICE, reply(200, {'service': {}}))
        self.hosts.enable('service-1')
        self.assertEqual({'status': 'enabled'}, self.said())

    def test_nova_says_no(self) -> None:
        self.wire.on(SERVICE, FORBIDDEN)
        for call in (
            lambda: self.hosts.disable('service-1', 'x'),
            lambda: self.hosts.enable('service-1'),
        ):
            self.assertRaises(exceptions.ApiError, call)
