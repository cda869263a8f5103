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

from collections.abc import Mapping
import dataclasses
from typing import Any

from openstack import connection as sdk_connection

from osc_migrate.cloud import answers
from osc_migrate.cloud import compute_api
from osc_migrate.cloud import listing
from osc_migrate.engine import capacity

#: Nested providers in the summaries of candidates; released with Rocky, as
#: the oldest Nova that is spoken to.
MICROVERSION = '1.29'
#: Seconds for one answer: placement looks at every host of the cloud.
TIMEOUT = 30.0
#: What every host with room for any server has some of.
ANY_ROOM = 'MEMORY_MB:1'
#: The trait of a disabled host, from Train on (nova's
#: ``compute/manager.py``, ``update_compute_provider_status``).
DISABLED = 'COMPUTE_STATUS_DISABLED'

Body = Mapping[str, Any]


@dataclasses.dataclass(frozen=True, slots=True)
class Hypervisor:
    """One row of ``GET /os-hypervisors/detail``, microversion 2.53 to 2.87.

    :ivar provider_id: Its ID, which is that of its root provider, too.
    """

    provider_id: str
    host: str
    usable: bool


class Room:
    """The room of one cloud; see :class:`osc_migrate.door.Room`.

    :param connection: An authenticated connection.
    """

    def __init__(
        self,
        connection: sdk_connection.Connection,
        api: compute_api.ComputeApi,
    ) -> None:
        self._api = api
        self._placement = listing.Listing(
            connection,
            'placement',
            MICROVERSION,
            timeout=TIMEOUT,
            renews=True,
        )

    def look(self, host: str) -> capacity.Seen:
        """What is held of a host, and what is free elsewhere.

        One request to Nova and three to placement, however many servers and
        hosts there are; one more for each nested provider of the host (such
        as a GPU), and one to Nova for each 1000 hosts.
        """
        hypervisors = self._hypervisors()
        held: dict[str, dict[str, int]] = {}
        for one in hypervisors:
            if one.host == host:
                self._add_held(held, one.provider_id)
        free, disabled = self._placement.ask(
            '/allocation_candidates', {'resources': ANY_ROOM}, _rooms
        )
        return capacity.Seen(
            held,
            tuple(
                capacity.Place(
                    one.host,
                    one.usable and one.provider_id not in disabled,
                    free.get(one.provider_id, {}),
                )
                for one in hypervisors
                if one.host != host
            ),
        )

    def _hypervisors(self) -> tuple[Hypervisor, ...]:
        """Every hypervisor; Nova tells which hosts are up, placement cannot.

        Nothing else tells the provider of a host: its name is that of the
        hypervisor, which may be another than the host's.
        """
        return tuple(
            answers.listed(
                self._api, '/os-hypervisors/detail', 'hypervisors', {},
                _hypervisor, lambda one: one.provider_id,
            )
        )  # fmt: skip

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


def _hypervisor(row: Body) -> Hypervisor:
    return Hypervisor(
        str(row['id']),
        row['service']['host'],
        row.get('state') == 'up' and row.get('status') == 'enabled',
    )


def _allocations(body: Body) -> dict[str, dict[str, int]]:
    """What each consumer holds of one provider."""
    return {
        consumer: {
            name: int(amount)
            for name, amount in allocation['resources'].items()
        }
        for consumer, allocation in body['allocations'].items()
    }


def _rooms(body: Body) -> tuple[dict[str, dict[str, int]], frozenset[str]]:
    """What is free of each tree of providers, and which are disabled.

    A tree without any room is missing. ``capacity`` is the total without
    the reserved amount, times the allocation ratio.
    """
    free: dict[str, dict[str, int]] = {}
    disabled = set()
    for provider_id, summary in body['provider_summaries'].items():
        root = summary['root_provider_uuid']
        _add(
            free.setdefault(root, {}),
            {
                name: max(0, int(room['capacity']) - int(room['used']))
                for name, room in summary['resources'].items()
            },
        )
        if provider_id == root and DISABLED in summary['traits']:
            disabled.add(root)
    return free, frozenset(disabled)


def _add(amounts: dict[str, int], more: Mapping[str, int]) -> None:
    for name, amount in more.items():
        amounts[name] = amounts.get(name, 0) + amount
