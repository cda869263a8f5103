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

"""What placement says of who holds the resources of a compute host."""

from collections.abc import Collection
from typing import Any

from openstack import connection as sdk_connection

from osc_migrate.cloud import listing
from osc_migrate.cloud.listing import word
from osc_migrate.engine import belongings

#: All that is read here was there from the start.
MICROVERSION = '1.0'


class Placement:
    """The placement API of one cloud, as one caller sees it."""

    def __init__(self, connection: sdk_connection.Connection) -> None:
        self._listing = listing.Listing(connection, 'placement', MICROVERSION)

    def provider(self, name: str) -> str | None:
        """The ID of the provider of this name; None where it is not seen."""

        def rows(body: Any) -> str | None:
            for row in body['resource_providers']:
                if row['name'] == name:
                    return word(row, 'uuid')
            return None

        return self._listing.read('/resource_providers', {'name': name}, rows)

    def held(
        self, provider_id: str, consumers: Collection[str]
    ) -> tuple[belongings.Allocation, ...] | None:
        """What some consumers hold of a provider; None if it is not seen.

        All of its consumers are listed, as by each of Nova's own audits
        (``compute/resource_tracker.py``,
        ``_remove_deleted_instances_allocations``). That needs no judgement
        of the other providers of an allocation: nested ones come and go
        with their root, and what is shared belongs to source and
        destination alike.
        """

        def rows(body: Any) -> tuple[belongings.Allocation, ...]:
            return tuple(
                belongings.Allocation(provider_id, consumer)
                for consumer in dict(body['allocations'])
                if consumer in consumers
            )

        return self._listing.read(
            f'/resource_providers/{provider_id}/allocations', {}, rows
        )

    def held_by(
        self, consumer_id: str
    ) -> tuple[belongings.Allocation, ...] | None:
        """All that one consumer holds; None where it is not seen."""

        def rows(body: Any) -> tuple[belongings.Allocation, ...]:
            return tuple(
                belongings.Allocation(provider, consumer_id)
                for provider in dict(body['allocations'])
            )

        return self._listing.read(f'/allocations/{consumer_id}', {}, rows)
