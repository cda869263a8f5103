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

"""One look at what decides where a server could go; for admins.

Nova: the server, its compute services, hypervisors (one request for each
1000) and aggregates, the server group with one request for each other
member (one for each 1000 servers of the project where there are more than
20), and the unconfirmed migrations where a host is short of something.
Placement: one request for what Nova would ask, one for each resource class
while there are hosts that no answer shows, what the server holds if it has
volumes, and for at most ten hosts that are not offered two or three more.
Glance: the image. Without a group 12 requests at most and 30 for figures,
however many hosts there are.
"""

from collections.abc import Callable, Iterable, Mapping
import dataclasses
from typing import Any, TypeVar

from openstack import connection as sdk_connection

from osc_migrate.cloud import answers
from osc_migrate.cloud import candidate_shapes as shapes
from osc_migrate.cloud import compute_api
from osc_migrate.cloud import compute_hosts
from osc_migrate.cloud import groups
from osc_migrate.cloud import images
from osc_migrate.cloud import offers
from osc_migrate.engine.candidates import facts
from osc_migrate.engine.candidates import needs as requirements
from osc_migrate.engine import move as moves
from osc_migrate import exceptions

Body = Mapping[str, Any]
Missing = facts.Missing
T = TypeVar('T')


class Candidates:
    """Reads all that decides; see :class:`osc_migrate.door.Candidates`.

    :param connection: An authenticated connection.
    """

    def __init__(
        self,
        connection: sdk_connection.Connection,
        api: compute_api.ComputeApi,
    ) -> None:
        self._api = api
        self._offers = offers.Offers(connection)
        self._images = images.Images(connection)
        self._groups = groups.Groups(api)
        self._hosts = compute_hosts.ComputeHosts(api)

    def look(
        self,
        server_id: str,
        kind: moves.Kind,
        destination: str | None,
    ) -> facts.Seen:
        """All that is shown to this user.

        :raises: what :mod:`osc_migrate.cloud.faults` makes of Nova's faults;
            what placement and Glance do not show is missing in the facts.
        """
        body = self._api.get(f'/servers/{server_id}', newest=shapes.NEWEST)
        server = answers.shaped(lambda: self._server(body['server']))
        seen = facts.Seen(
            server,
            kind,
            destination,
            Missing.HIDDEN,
            reports_same_host=self._hosts.report_same_host,
        )
        services = _allowed(self._hosts.services)
        if services is None:
            return seen
        aggregates = _allowed(self._hosts.aggregates)
        nodes = _allowed(self._hosts.nodes) or ()
        seen = dataclasses.replace(
            seen,
            hosts=compute_hosts.joined(services, nodes),
            aggregates=Missing.HIDDEN if aggregates is None else aggregates,
        )
        return self._of_placement(placed(seen))

    def _server(self, body: Body) -> facts.Server:
        server = shapes.server(body)
        return self._images.of(
            dataclasses.replace(server, group=self._groups.of(body)), body
        )

    def _unconfirmed(self) -> frozenset[str]:
        """UUIDs of the migrations that await their confirmation.

        What they hold of their source is held in their name (nova's
        ``conductor/tasks/migrate.py``).
        """
        body = self._api.get('/os-migrations', {'status': 'finished'})
        return answers.shaped(
            lambda: frozenset(
                str(row['uuid'])
                for row in body['migrations']
                if row['status'] == 'finished'
            )
        )

    def _of_placement(self, seen: facts.Seen) -> facts.Seen:
        """With what placement has of the hypervisors, if it is shown."""
        hosts = () if isinstance(seen.hosts, Missing) else seen.hosts
        nodes = [host.node for host in hosts if host.node is not None]
        try:
            if seen.server.has_volumes and not seen.server.from_volume:
                held = self._offers.held(seen.server.id)
                seen = dataclasses.replace(
                    seen, server=dataclasses.replace(seen.server, held=held)
                )
            needs = requirements.of(seen.server, seen.aggregates)
            known = self._offers.nodes(needs, nodes)
        except exceptions.MigrateError as error:
            return dataclasses.replace(seen, placement=error.message)
        known = self._with_figures(known, seen.server.id)
        return dataclasses.replace(seen, hosts=with_nodes(hosts, known))

    def _with_figures(
        self, known: dict[str, facts.Node], server_id: str
    ) -> dict[str, facts.Node]:
        """Figures of the first hypervisors that are not offered."""
        refused = [n for n in known.values() if n.offer is facts.Offer.NO]
        # Of what no answer showed least is known.
        refused.sort(key=lambda n: (not isinstance(n.providers, Missing),
                                    n.name))  # fmt: skip
        if not refused:
            return known
        try:
            unconfirmed = self._unconfirmed()
            for node in refused[: offers.LOOKED_AT]:
                known[node.id] = self._offers.looked_at(
                    node, server_id, unconfirmed
                )
        except exceptions.MigrateError:
            # They explain, and decide nothing.
            pass
        return known


def placed(seen: facts.Seen) -> facts.Seen:
    """With the hypervisor that the server is on, if it is shown."""
    server = seen.server
    hosts = () if isinstance(seen.hosts, Missing) else seen.hosts
    source = next(
        (
            host.node
            for host in hosts
            if host.node is not None
            and host.name == server.host
            and server.node in (None, host.node.name)
        ),
        None,
    )
    return dataclasses.replace(seen, source=source)


def with_nodes(
    hosts: Iterable[facts.Host], known: Mapping[str, facts.Node]
) -> tuple[facts.Host, ...]:
    """Hosts with what became known of their hypervisors, by their IDs."""
    return tuple(
        host
        if host.node is None
        else dataclasses.replace(host, node=known[host.node.id])
        for host in hosts
    )


def _allowed(read: Callable[[], T]) -> T | None:
    """What is read; None where the caller may not."""
    try:
        return read()
    except exceptions.ApiError as error:
        if error.status == 403:
            return None
        raise
