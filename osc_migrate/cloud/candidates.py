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

from collections.abc import Callable, Mapping
import dataclasses
from typing import Any, TypeVar

from openstack import connection as sdk_connection

from osc_migrate.cloud import answers
from osc_migrate.cloud import candidate_shapes as shapes
from osc_migrate.cloud import compute_api
from osc_migrate.cloud import groups
from osc_migrate.cloud import images
from osc_migrate.cloud import offers
from osc_migrate.engine.candidates import facts
from osc_migrate.engine.candidates import needs as requirements
from osc_migrate.engine import move as moves
from osc_migrate import exceptions

#: Image properties (2.98), the pinned zone (2.96) and hints (2.100).
NEWEST = (2, 100)
#: From this microversion on all compute services that Nova works with
#: report whether they migrate to the same host (Nova 21).
REPORTS_SAME_HOST = (2, 87)

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

    def look(
        self,
        server_id: str,
        kind: moves.Kind,
        destination: str | None,
        *,
        figures: bool = True,
    ) -> facts.Seen:
        """All that is shown to this user.

        :param figures: Whether hosts that are not offered are looked at one
            by one, for what their room is made of.
        :raises: what :mod:`osc_migrate.cloud.faults` makes of Nova's faults;
            what placement and Glance do not show is missing in the facts.
        """
        body = self._api.get(f'/servers/{server_id}', newest=NEWEST)
        server = answers.shaped(lambda: self._server(body['server']))
        services = self._allowed(self._services)
        seen = facts.Seen(
            server,
            kind,
            destination,
            Missing.HIDDEN,
            reports_same_host=self._api.spoken >= REPORTS_SAME_HOST,
        )
        if services is None:
            return seen
        aggregates = self._allowed(self._aggregates)
        seen = dataclasses.replace(
            seen,
            aggregates=Missing.HIDDEN if aggregates is None else aggregates,
        )
        nodes = self._allowed(self._nodes) or ()
        source = next(
            (
                node
                for host, node in nodes
                if host == server.host and server.node in (None, node.name)
            ),
            None,
        )
        seen, known = self._of_placement(
            seen, [node for _host, node in nodes], figures=figures
        )
        hosts = []
        for service in services:
            own = [n for host, n in nodes if host == service['host']]
            hosts += [shapes.host(service, known[n.id]) for n in own]
            if not own:
                hosts.append(shapes.host(service, None))
        return dataclasses.replace(seen, hosts=tuple(hosts), source=source)

    def _server(self, body: Body) -> facts.Server:
        server = shapes.server(body)
        return self._images.of(
            dataclasses.replace(server, group=self._groups.of(body)), body
        )

    def _allowed(self, read: Callable[[], T]) -> T | None:
        """What is read; None where the caller may not."""
        try:
            return read()
        except exceptions.ApiError as error:
            if error.status == 403:
                return None
            raise

    def _services(self) -> list[Body]:
        body = self._api.get('/os-services', {'binary': 'nova-compute'})
        # What a cell that is down leaves has no state (2.69).
        return answers.shaped(
            lambda: [row for row in body['services'] if row['host']]
        )

    def _aggregates(self) -> tuple[facts.Aggregate, ...]:
        body = self._api.get('/os-aggregates')
        return tuple(answers.rows(body, 'aggregates', shapes.aggregate))

    def _nodes(self) -> tuple[tuple[str, facts.Node], ...]:
        """Every hypervisor with its host."""
        return tuple(
            answers.listed(
                self._api, '/os-hypervisors/detail', 'hypervisors', {},
                shapes.node, lambda found: found[1].id,
            )
        )  # fmt: skip

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

    def _of_placement(
        self, seen: facts.Seen, nodes: list[facts.Node], *, figures: bool
    ) -> tuple[facts.Seen, dict[str, facts.Node]]:
        """What placement has of the hypervisors, as far as it is shown."""
        known = {node.id: node for node in nodes}
        try:
            if seen.server.has_volumes and not seen.server.from_volume:
                held = self._offers.held(seen.server.id)
                seen = dataclasses.replace(
                    seen, server=dataclasses.replace(seen.server, held=held)
                )
            needs = requirements.of(seen.server, seen.aggregates)
            known = self._offers.nodes(needs, nodes)
        except exceptions.MigrateError as error:
            return dataclasses.replace(seen, placement=error.message), known
        if figures:
            known = self._with_figures(known, seen.server.id)
        return seen, known

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
