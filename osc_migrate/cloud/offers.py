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

"""What placement offers for a server, and what it has of each host."""

from collections.abc import Iterable, Mapping
import dataclasses
from typing import Any

from openstack import connection as sdk_connection

from osc_migrate.cloud import listing
from osc_migrate.engine.candidates import facts
from osc_migrate.engine.candidates import needs as requirements

#: Nested providers in the summaries of candidates; released with Rocky, as
#: the oldest Nova that is spoken to.
MICROVERSION = '1.29'
#: Seconds for one answer: placement looks at every host of the cloud.
TIMEOUT = 30.0
#: So many hosts that are not offered are looked at one by one.
LOOKED_AT = 10
#: The trait of a provider that hosts of its aggregates use.
SHARES = 'MISC_SHARES_VIA_AGGREGATE'

Body = Mapping[str, Any]


@dataclasses.dataclass(frozen=True, slots=True)
class Answer:
    """One answer of candidates.

    :ivar offered: IDs of the root providers that are offered.
    :ivar trees: Every provider that is shown, by the ID of its root.
    """

    offered: frozenset[str]
    trees: Mapping[str, tuple[facts.Provider, ...]]

    def with_trees_of(self, other: 'Answer') -> 'Answer':
        """With what another answer shows besides."""
        return Answer(self.offered, {**other.trees, **self.trees})

    def shown(self, nodes: Iterable[facts.Node]) -> dict[str, facts.Node]:
        """The hypervisors with what is free there, by their IDs."""
        shared = _shared(self.trees)
        return {
            node.id: dataclasses.replace(
                node,
                shared=shared,
                providers=self.trees.get(node.id, facts.Missing.NOT_READ),
            )
            for node in nodes
        }

    def told_of(self, nodes: Iterable[facts.Node]) -> dict[str, facts.Node]:
        """The same, with whether each is offered."""
        yes, no = facts.Offer.YES, facts.Offer.NO
        return {
            key: dataclasses.replace(
                node, offer=yes if key in self.offered else no
            )
            for key, node in self.shown(nodes).items()
        }


class Offers:
    """The placement API of one cloud, as one caller sees it.

    :param connection: An authenticated connection.
    """

    def __init__(self, connection: sdk_connection.Connection) -> None:
        self._listing = listing.Listing(
            connection,
            'placement',
            MICROVERSION,
            timeout=TIMEOUT,
            renews=True,
        )

    def held(self, server_id: str) -> Mapping[str, facts.Resources]:
        """What a server holds, by the ID of the provider."""
        return self._listing.ask(f'/allocations/{server_id}', {}, _held)

    def nodes(
        self, needs: requirements.Needs, nodes: Iterable[facts.Node]
    ) -> dict[str, facts.Node]:
        """The hypervisors with what placement has of them, by their IDs.

        One request for what Nova would ask, and one for each class that is
        needed while there are hypervisors that no answer showed.
        """
        found = {node.id: node for node in nodes}
        answer = self.ask(needs)
        for name in sorted(needs.resources, key=_most_telling):
            if found.keys() <= answer.trees.keys():
                break
            answer = answer.with_trees_of(self.having(name))
        return answer.told_of(found.values())

    def ask(self, needs: requirements.Needs) -> Answer:
        """What is offered for what Nova would ask; one request."""
        return self._candidates(requirements.query(needs))

    def having(self, resource_class: str) -> Answer:
        """Who has any of one class left; one request."""
        return self._candidates({'resources': f'{resource_class}:1'})

    def _candidates(self, query: Mapping[str, str]) -> Answer:
        return self._listing.ask(
            '/allocation_candidates', dict(query), _candidates
        )

    def looked_at(
        self, node: facts.Node, server_id: str, unconfirmed: frozenset[str]
    ) -> facts.Node:
        """One hypervisor with its figures, two or three requests.

        Of nested providers it is the root that is looked at: it has what
        every server needs.

        :param unconfirmed: Migrations that await their confirmation.
        """
        path = f'/resource_providers/{node.id}'
        held = self._listing.ask(f'{path}/allocations', {}, _held)
        rooms = self._listing.ask(
            f'{path}/inventories', {}, lambda body: _rooms(body, held)
        )
        for consumer, resources in held.items():
            for name, amount in resources.items():
                if name not in rooms:
                    continue
                room = rooms[name]
                if consumer == server_id:
                    room = dataclasses.replace(
                        room, own=(room.own or 0) + amount
                    )
                elif consumer in unconfirmed:
                    room = dataclasses.replace(
                        room, unconfirmed=(room.unconfirmed or 0) + amount
                    )
                rooms[name] = room
        providers = node.providers
        if isinstance(providers, facts.Missing):
            traits = self._listing.ask(
                f'{path}/traits', {}, lambda body: frozenset(body['traits'])
            )
            providers = (facts.Provider(node.id, traits, {}),)
            node = dataclasses.replace(node, whole=False)
        return dataclasses.replace(
            node,
            providers=tuple(
                dataclasses.replace(one, rooms=rooms)
                if one.id == node.id
                else one
                for one in providers
            ),
        )


def _most_telling(name: str) -> tuple[bool, str]:
    """Memory first: hosts with room for any server have some of it."""
    return name != requirements.MEMORY, name


def _candidates(body: Body) -> Answer:
    roots: dict[str, str] = {}
    trees: dict[str, list[facts.Provider]] = {}
    for provider_id, summary in body['provider_summaries'].items():
        root = summary['root_provider_uuid']
        roots[provider_id] = root
        trees.setdefault(root, []).append(
            facts.Provider(
                provider_id,
                frozenset(summary['traits']),
                {
                    name: facts.Room(int(room['capacity']), int(room['used']))
                    for name, room in summary['resources'].items()
                },
            )
        )
    offered = frozenset(
        roots[provider_id]
        for request in body['allocation_requests']
        for provider_id in request['allocations']
    )
    return Answer(
        offered, {root: tuple(found) for root, found in trees.items()}
    )


def _shared(
    trees: Mapping[str, Iterable[facts.Provider]],
) -> frozenset[str]:
    """Classes of providers that several hosts use."""
    return frozenset(
        name
        for providers in trees.values()
        for provider in providers
        if SHARES in provider.traits
        for name in provider.rooms
    )


def _held(body: Body) -> dict[str, dict[str, int]]:
    """Amounts by provider of a consumer, or by consumer of a provider."""
    return {
        one: {name: int(n) for name, n in allocation['resources'].items()}
        for one, allocation in body['allocations'].items()
    }


def _rooms(
    body: Body, held: Mapping[str, facts.Resources]
) -> dict[str, facts.Room]:
    found = {}
    for name, inventory in body['inventories'].items():
        total, reserved = int(inventory['total']), int(inventory['reserved'])
        ratio = float(inventory['allocation_ratio'])
        found[name] = facts.Room(
            int((total - reserved) * ratio),
            sum(resources.get(name, 0) for resources in held.values()),
            total,
            reserved,
            ratio,
            int(inventory['min_unit']),
            int(inventory['max_unit']),
            int(inventory['step_size']),
        )
    return found
