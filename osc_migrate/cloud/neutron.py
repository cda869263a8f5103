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

"""What neutron says of a server's ports."""

from typing import Any

from openstack import connection as sdk_connection

from osc_migrate.cloud import listing
from osc_migrate.cloud.listing import word
from osc_migrate.cloud.listing import word_or_none
from osc_migrate.engine import belongings

#: Who may not see a field gets an answer without it.
FIELDS = (
    'id',
    'device_id',
    'project_id',
    'binding:host_id',
    'binding:vif_type',
)
#: Where the API is below the URL of the catalog: there is no other version
#: (Nova's client appends it, ``neutronclient/v2_0/client.py``).
VERSION = '/v2.0'


class Neutron:
    """The network API of one cloud, as one caller sees it."""

    def __init__(self, connection: sdk_connection.Connection) -> None:
        self._listing = listing.Listing(connection, 'network')

    def ports(self, server_id: str) -> tuple[belongings.Port, ...] | None:
        """The ports of a server; None where they cannot be had."""

        def rows(body: Any) -> tuple[belongings.Port, ...]:
            return tuple(
                _port(row)
                for row in body['ports']
                if row['device_id'] == server_id
            )

        return self._listing.read(
            '/ports',
            {'device_id': server_id, 'fields': list(FIELDS)},
            rows,
            lambda url: url.removesuffix(VERSION) + VERSION,
        )


def _port(row: Any) -> belongings.Port:
    return belongings.Port(
        word(row, 'id'),
        project_id=word_or_none(row, 'project_id'),
        host=word_or_none(row, 'binding:host_id'),
        vif_type=word_or_none(row, 'binding:vif_type'),
    )
