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

"""What cinder says of a server's volumes."""

import re
from typing import Any

from openstack import connection as sdk_connection

from osc_migrate.cloud import listing
from osc_migrate.cloud.listing import word
from osc_migrate.engine import belongings

#: Attachments as resources (Ocata); before 3.31, cinder ignores filters
#: that the caller may not use instead of refusing them.
MICROVERSION = '3.27'


class Cinder:
    """The block storage API of one cloud, as one caller sees it."""

    def __init__(self, connection: sdk_connection.Connection) -> None:
        self._listing = listing.Listing(
            connection, 'block-storage', MICROVERSION
        )

    def attachments(
        self, server_id: str
    ) -> tuple[belongings.VolumeAttachment, ...] | None:
        """The attachments to a server; None where they cannot be had.

        Without details: those hold the secrets of the connections. Who is
        no admin of cinder gets those of the own project
        (cinder's ``api/v3/attachments.py``).
        """

        def rows(body: Any) -> tuple[belongings.VolumeAttachment, ...]:
            return tuple(
                belongings.VolumeAttachment(
                    word(row, 'id'),
                    word(row, 'volume_id'),
                    word(row, 'status'),
                )
                for row in body['attachments']
                if row['instance'] == server_id
            )

        return self._listing.read(
            '/attachments',
            {'instance_id': server_id, 'all_tenants': '1'},
            rows,
            _third,
        )


def _third(url: str) -> str:
    """The URL itself, where it is that of version 3.

    A catalog of before 2021 also has one of version 2, which knows no
    attachments.
    """
    if not re.search(r'/v3(/|$)', url):
        raise ValueError(url)
    return url
