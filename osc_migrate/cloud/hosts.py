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

"""What is asked of Nova for a whole compute host; for admins."""

from collections.abc import Mapping
import functools
from typing import Any

from osc_migrate.cloud import compute_api
from osc_migrate.cloud import looking
from osc_migrate.cloud import shapes
from osc_migrate.engine import facts
from osc_migrate.engine import turns
from osc_migrate import exceptions
from osc_migrate.i18n import _

#: Rows of one page; Nova's own limit (``api.max_limit``) is 1000.
PAGE = 1000
#: Rows of a listing that is read again and again. The services of Nova that
#: stamp the rows have clocks of their own: there is room for their doubt.
SMALL_PAGE = 100
#: Statuses of a server that is between two hosts. In VERIFY_RESIZE it has a
#: place, which the scheduler knows.
MOVING = ('MIGRATING', 'RESIZE', 'REVERT_RESIZE')


class Hosts:
    """The door to one Nova's hosts; see :class:`osc_migrate.door.Hosts`."""

    def __init__(self, api: compute_api.ComputeApi) -> None:
        self._api = api

    def servers_on(self, host: str) -> tuple[facts.Server, ...]:
        """Every server on a host, in all projects.

        Nova drops filters that a caller may not use, without a word
        (``api/openstack/compute/servers.py``): what is on another host does
        not count. Without ``soft_deleted`` it leaves out what can still be
        restored, the disks of which are there.
        """
        found: list[facts.Server] = []
        wanted = {'all_tenants': '1', 'host': host, 'soft_deleted': '1'}
        marker: Mapping[str, str] = {}
        while True:
            body = self._page('/servers/detail', wanted, marker)
            page = looking.shaped(functools.partial(_servers, body))
            found += [s for s in page if s.host in (None, host)]
            if not page or not body.get('servers_links'):
                return tuple(found)
            marker = {'marker': page[-1].id}

    def _page(
        self,
        path: str,
        wanted: Mapping[str, str | list[str]],
        marker: Mapping[str, str],
    ) -> Mapping[str, Any]:
        """One page; what the last one ended with may be gone meanwhile."""
        try:
            return self._api.get(path, {**wanted, **marker})
        except exceptions.ApiError as error:
            if not marker or error.status != 400:
                raise
            raise exceptions.TransientError(
                _('A listing changed while it was read.')
            ) from error

    def records_from(
        self, host: str, until: frozenset[str]
    ) -> dict[str, tuple[facts.MigrationRecord, ...]]:
        """Migrations away from a host by the ID of the server, newest first.

        :param until: UUIDs of records: what is older than a page with one
            of these is not read; empty: everything is.
        """
        found: dict[str, list[facts.MigrationRecord]] = {}
        size = SMALL_PAGE if until else PAGE
        marker: Mapping[str, str] = {}
        while True:
            body = self._page(
                '/os-migrations',
                {'source_compute': host, 'limit': str(size)},
                marker,
            )
            page = looking.shaped(functools.partial(_records, body))
            for server_id, record in page:
                found.setdefault(server_id, []).append(record)
            uuids = {record.uuid for _server_id, record in page}
            if uuids & until or not page or not body.get('migrations_links'):
                return {one: tuple(rows) for one, rows in found.items()}
            # What is waited for lies far back: many are in flight.
            size = PAGE
            marker = {'marker': str(page[-1][1].uuid)}

    def moving(self) -> frozenset[str]:
        """IDs of the servers that Nova moves now, in all projects."""
        found: set[str] = set()
        wanted: Mapping[str, str | list[str]] = {
            'all_tenants': '1',
            'status': list(MOVING),
        }
        marker: Mapping[str, str] = {}
        while True:
            body = self._page('/servers', wanted, marker)
            page = looking.shaped(functools.partial(_ids, body))
            found.update(page)
            if not page or not body.get('servers_links'):
                return frozenset(found)
            marker = {'marker': page[-1]}

    def server_groups(self) -> tuple[turns.ServerGroup, ...]:
        """The server groups of all projects."""
        found: list[turns.ServerGroup] = []
        while True:
            body = self._api.get(
                '/os-server-groups',
                {'all_projects': '1', 'limit': str(PAGE),
                 'offset': str(len(found))},
            )  # fmt: skip
            page = looking.shaped(functools.partial(_groups, body))
            found += page
            if not page:
                return tuple(found)

    def disable(self, service_id: str, reason: str) -> None:
        """Keep new servers away from a host."""
        self._api.put(
            f'/os-services/{service_id}',
            {'status': 'disabled', 'disabled_reason': reason},
        )

    def enable(self, service_id: str) -> None:
        """Let the scheduler use a host again."""
        self._api.put(f'/os-services/{service_id}', {'status': 'enabled'})


def _ids(body: Mapping[str, Any]) -> list[str]:
    return [str(entry['id']) for entry in body['servers']]


def _servers(body: Mapping[str, Any]) -> list[facts.Server]:
    return [shapes.server(entry) for entry in body['servers']]


def _records(
    body: Mapping[str, Any],
) -> list[tuple[str, facts.MigrationRecord]]:
    return [(m['instance_uuid'], shapes.record(m)) for m in body['migrations']]


def _groups(body: Mapping[str, Any]) -> list[turns.ServerGroup]:
    return [shapes.server_group(g) for g in body['server_groups']]
