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
from typing import Any

from osc_migrate.cloud import answers
from osc_migrate.cloud import compute_api
from osc_migrate.cloud import groups
from osc_migrate.cloud import shapes
from osc_migrate.engine import facts
from osc_migrate.engine import turns

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
        wanted = {'all_tenants': '1', 'host': host, 'soft_deleted': '1'}
        found = answers.listed(
            self._api, '/servers/detail', 'servers', wanted,
            shapes.server, lambda server: server.id,
        )  # fmt: skip
        return tuple(s for s in found if s.host in (None, host))

    def records_from(
        self, host: str, until: frozenset[str]
    ) -> dict[str, tuple[facts.MigrationRecord, ...]]:
        """Migrations away from a host by the ID of the server, newest first.

        :param until: UUIDs of records: what is older than a page with one
            of these is not read; empty: everything is.
        """
        found: dict[str, list[facts.MigrationRecord]] = {}
        size = SMALL_PAGE if until else answers.PAGE
        marker: str | None = None
        while True:
            body = answers.page(
                self._api,
                '/os-migrations',
                {'source_compute': host, 'limit': str(size)},
                marker,
            )
            page = answers.rows(body, 'migrations', _record)
            for server_id, record in page:
                found.setdefault(server_id, []).append(record)
            uuids = {record.uuid for _server_id, record in page}
            if uuids & until or not page or not body.get('migrations_links'):
                return {one: tuple(rows) for one, rows in found.items()}
            # What is waited for lies far back: many are in flight.
            size = answers.PAGE
            marker = str(page[-1][1].uuid)

    def moving(self) -> frozenset[str]:
        """IDs of the servers that Nova moves now, in all projects."""
        return frozenset(
            answers.listed(
                self._api, '/servers', 'servers',
                {'all_tenants': '1', 'status': list(MOVING)},
                lambda row: str(row['id']), str,
            )
        )  # fmt: skip

    def server_groups(self) -> tuple[turns.ServerGroup, ...]:
        """The server groups of all projects."""
        return tuple(groups.listed(self._api, shapes.server_group))

    def disable(self, service_id: str, reason: str) -> None:
        """Keep new servers away from a host."""
        self._api.put(
            f'/os-services/{service_id}',
            {'status': 'disabled', 'disabled_reason': reason},
        )

    def enable(self, service_id: str) -> None:
        """Let the scheduler use a host again."""
        self._api.put(f'/os-services/{service_id}', {'status': 'enabled'})


def _record(row: Mapping[str, Any]) -> tuple[str, facts.MigrationRecord]:
    return row['instance_uuid'], shapes.record(row)
