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

"""What the servers of one host need elsewhere, read for all at once."""

from collections.abc import Collection, Iterable, Mapping
import dataclasses
import functools
from typing import Any

from openstack import connection as sdk_connection

from osc_migrate.cloud import answers
from osc_migrate.cloud import candidate_shapes as shapes
from osc_migrate.cloud import compute_api
from osc_migrate.cloud import groups as server_groups
from osc_migrate.cloud import images
from osc_migrate.engine.candidates import facts
from osc_migrate.engine import turns

#: Policies that rule hosts out.
HARD = frozenset({'affinity', 'anti-affinity'})

Body = Mapping[str, Any]
Missing = facts.Missing


class Departing:
    """The servers that are to leave a host.

    :param connection: An authenticated connection.
    """

    def __init__(
        self,
        connection: sdk_connection.Connection,
        api: compute_api.ComputeApi,
    ) -> None:
        self._api = api
        self._images = images.Images(connection)
        self._groups = server_groups.Groups(api)

    def servers(
        self,
        host: str,
        wanted: Collection[str],
        groups: Iterable[turns.ServerGroup],
    ) -> tuple[facts.Server, ...]:
        """Those that are wanted and still there.

        A listing does not show the group of a server, whatever the
        microversion: that is known of the groups.

        :param wanted: IDs.
        :raises: what :mod:`osc_migrate.cloud.faults` makes of Nova's faults.
        """
        bodies = self._listed(host, wanted)
        group_of = {
            member: group for group in groups for member in group.members
        }
        here = dict.fromkeys(bodies, host)
        elsewhere = self._elsewhere(
            {
                group_of[server_id]: body.get('tenant_id')
                for server_id, body in bodies.items()
                if server_id in group_of
            },
            here,
        )
        found = []
        for server_id, body in bodies.items():
            server = answers.shaped(functools.partial(shapes.server, body))
            group = _group(group_of.get(server_id), server_id, here, elsewhere)
            server = dataclasses.replace(server, group=group)
            found.append(self._images.of(server, body))
        return tuple(found)

    def _listed(self, host: str, wanted: Collection[str]) -> dict[str, Body]:
        rows = answers.listed(
            self._api, '/servers/detail', 'servers',
            {'all_tenants': '1', 'host': host},
            lambda row: row, lambda row: str(row['id']),
            newest=shapes.NEWEST,
        )  # fmt: skip
        return answers.shaped(
            lambda: {row['id']: row for row in rows if row['id'] in wanted}
        )

    def _elsewhere(
        self,
        groups: Mapping[turns.ServerGroup, str | None],
        here: Mapping[str, str],
    ) -> Mapping[str, str | None] | Missing:
        """Where other members are, of the groups that rule hosts out.

        :param groups: Each with the project of its servers.
        """
        hard = [group for group in groups if group.policy in HARD]
        members = {m for group in hard for m in group.members if m not in here}
        projects = {one for group in hard if (one := groups[group])}
        return self._groups.hosts_of(members, projects)


def _group(
    group: turns.ServerGroup | None,
    server_id: str,
    here: Mapping[str, str],
    elsewhere: Mapping[str, str | None] | Missing,
) -> facts.Group | None:
    """The group of a server, with the hosts of the other members."""
    if group is None:
        return None
    hosts: Mapping[str, str | None] | Missing = Missing.HIDDEN
    if group.policy in HARD and not isinstance(elsewhere, Missing):
        known = {**elsewhere, **here}
        others = group.members - {server_id}
        hosts = {one: known[one] for one in others if one in known}
    return facts.Group(
        group.name or group.id, group.policy, hosts, group.most, group.id
    )
