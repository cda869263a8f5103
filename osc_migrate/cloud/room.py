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

"""What Nova and placement show of the room on compute hosts; for admins."""

from collections.abc import Iterable, Mapping
import dataclasses
from typing import Any

from openstack import connection as sdk_connection

from osc_migrate import clock as clocks
from osc_migrate.cloud import candidates
from osc_migrate.cloud import compute_api
from osc_migrate.cloud import compute_hosts
from osc_migrate.cloud import departing
from osc_migrate.cloud import listing
from osc_migrate.cloud import offers
from osc_migrate.engine.candidates import facts
from osc_migrate.engine.candidates import needs as requirements
from osc_migrate.engine import capacity
from osc_migrate.engine import move as moves
from osc_migrate.engine import turns
from osc_migrate import exceptions

#: So many different needs are asked of placement.
NEEDS = 20
#: Seconds after which no further one is.
LONGEST = 30.0

Body = Mapping[str, Any]
Missing = facts.Missing


class Room:
    """The room of one cloud; see :class:`osc_migrate.door.Room`.

    :param connection: An authenticated connection.
    """

    def __init__(
        self,
        connection: sdk_connection.Connection,
        api: compute_api.ComputeApi,
        clock: clocks.Clock,
    ) -> None:
        self._clock = clock
        self._hosts = compute_hosts.ComputeHosts(api)
        self._departing = departing.Departing(connection, api)
        self._offers = offers.Offers(connection)
        self._placement = listing.Listing(
            connection,
            'placement',
            offers.MICROVERSION,
            timeout=offers.TIMEOUT,
            renews=True,
        )

    def look(
        self,
        host: str,
        kinds: Mapping[str, moves.Kind],
        destination: str | None,
        groups: Iterable[turns.ServerGroup],
    ) -> capacity.Seen:
        """What is held of a host, and what decides where its servers can go.

        Four requests to Nova and three to placement, however many servers
        and hosts there are; one more to Nova for each 1000 servers or
        hypervisors, and one to placement for each nested provider of the host
        (such as a GPU) and for each different need of the servers, up to 20
        of these, and two or three for each of at most ten hosts that lack
        something. Glance is asked for each different image, up to 20, Nova
        where members of server groups are that are not on the host: up to
        20, or a few listings of projects.
        """
        services, nodes = self._hosts.services(), self._hosts.nodes()
        held: dict[str, dict[str, int]] = {}
        for name, node in nodes:
            if name == host:
                self._add_held(held, node.id)
        known = self._offers.having(requirements.MEMORY)
        hosts = candidates.with_nodes(
            compute_hosts.joined(services, nodes),
            known.shown(node for _host, node in nodes),
        )
        seen = capacity.Seen(
            held, tuple(one for one in hosts if one.name != host)
        )
        try:
            looks = self._looks(host, kinds, destination, hosts, held, groups)
            return self._with_offers(seen, looks, known)
        except exceptions.MigrateError as error:
            return dataclasses.replace(seen, unlooked=error.message)

    def _looks(
        self,
        host: str,
        kinds: Mapping[str, moves.Kind],
        destination: str | None,
        hosts: tuple[facts.Host, ...],
        held: Mapping[str, capacity.Resources],
        groups: Iterable[turns.ServerGroup],
    ) -> dict[str, facts.Seen]:
        """What decides for each server, but for what placement offers."""
        aggregates = self._hosts.aggregates()
        found = {}
        for server in self._departing.servers(host, kinds, groups):
            own = held.get(server.id)
            found[server.id] = candidates.placed(
                facts.Seen(
                    server
                    if own is None
                    else dataclasses.replace(server, held={host: own}),
                    kinds[server.id],
                    destination,
                    hosts,
                    aggregates,
                    reports_same_host=self._hosts.report_same_host,
                )
            )
        return found

    def _with_offers(
        self,
        seen: capacity.Seen,
        looks: Mapping[str, facts.Seen],
        known: offers.Answer,
    ) -> capacity.Seen:
        """Ask placement once for all servers that need the same."""
        alike: dict[str, list[str]] = {}
        needs: dict[str, requirements.Needs] = {}
        for server_id, look in looks.items():
            need = requirements.of(look.server, look.aggregates)
            key = repr(requirements.query(need))
            needs[key] = need
            alike.setdefault(key, []).append(server_id)
        found, unasked = dict(looks), set()
        since = self._clock.now()
        most_first = sorted(alike, key=lambda key: -len(alike[key]))
        for number, key in enumerate(most_first):
            spent = self._clock.now() - since
            if number >= NEEDS or spent > LONGEST:
                unasked.update(alike[key])
                continue
            answer = self._offers.ask(needs[key]).with_trees_of(known)
            told: tuple[facts.Host, ...] = ()
            for server_id in alike[key]:
                look = looks[server_id]
                told = told or _told(look, answer)
                found[server_id] = dataclasses.replace(look, hosts=told)
        return dataclasses.replace(
            seen,
            looks=self._with_figures(found, seen),
            unasked=frozenset(unasked),
        )

    def _with_figures(
        self, looks: Mapping[str, facts.Seen], seen: capacity.Seen
    ) -> dict[str, facts.Seen]:
        """With what the room of the first hosts is made of that lack some."""
        others = {host.name for host in seen.hosts}
        lists = {id(look.hosts): _known(look) for look in looks.values()}
        refused = {
            host.node.id: host.node
            for hosts in lists.values()
            for host in hosts
            if host.node is not None
            and host.name in others
            and host.up
            and host.enabled
            and host.node.offer is facts.Offer.NO
        }
        # Of what is shown in part it is not certain what it lacks.
        first = sorted(refused.values(), key=lambda node: (
            isinstance(node.providers, Missing), node.name,
        ))[: offers.LOOKED_AT]  # fmt: skip
        figures: dict[str, facts.Node] = {}
        try:
            for node in first:
                figures[node.id] = self._offers.looked_at(
                    node, '', frozenset()
                )
        except exceptions.MigrateError:
            # They explain; what is not explained is not claimed.
            pass
        told = {key: _figured(hosts, figures) for key, hosts in lists.items()}
        return {
            server_id: dataclasses.replace(look, hosts=told[id(look.hosts)])
            for server_id, look in looks.items()
        }

    def _add_held(
        self, held: dict[str, dict[str, int]], provider_id: str
    ) -> None:
        """Add what is held of a provider and of those below it."""
        tree = self._placement.ask(
            '/resource_providers',
            {'in_tree': provider_id},
            lambda body: [p['uuid'] for p in body['resource_providers']],
        )
        for one in tree:
            allocations = self._placement.ask(
                f'/resource_providers/{one}/allocations', {}, _allocations
            )
            for consumer, resources in allocations.items():
                _add(held.setdefault(consumer, {}), resources)


def _known(look: facts.Seen) -> tuple[facts.Host, ...]:
    return () if isinstance(look.hosts, Missing) else look.hosts


def _figured(
    hosts: Iterable[facts.Host], figures: Mapping[str, facts.Node]
) -> tuple[facts.Host, ...]:
    """Hosts with the figures of some; whether each is offered stays."""
    nodes = [host.node for host in hosts if host.node is not None]
    return candidates.with_nodes(
        hosts,
        {
            node.id: dataclasses.replace(
                node,
                providers=figures[node.id].providers,
                whole=figures[node.id].whole,
            )
            if node.id in figures
            else node
            for node in nodes
        },
    )


def _told(look: facts.Seen, answer: offers.Answer) -> tuple[facts.Host, ...]:
    hosts = _known(look)
    nodes = [host.node for host in hosts if host.node is not None]
    return candidates.with_nodes(hosts, answer.told_of(nodes))


def _allocations(body: Body) -> dict[str, dict[str, int]]:
    """What each consumer holds of one provider."""
    return {
        consumer: {
            name: int(amount)
            for name, amount in allocation['resources'].items()
        }
        for consumer, allocation in body['allocations'].items()
    }


def _add(amounts: dict[str, int], more: Mapping[str, int]) -> None:
    for name, amount in more.items():
        amounts[name] = amounts.get(name, 0) + amount
