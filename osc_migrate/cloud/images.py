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


"""What Glance says of the image of one server."""

from collections.abc import Mapping
import dataclasses
import datetime
from typing import Any

from openstack import connection as sdk_connection

from osc_migrate.cloud import listing
from osc_migrate.engine.candidates import facts
from osc_migrate import exceptions

#: So many images are read, and of no more is it known what they require.
READ = 20

Body = Mapping[str, Any]
Missing = facts.Missing


class Images:
    """The image API of one cloud, as one caller sees it.

    Each image is read once.
    """

    def __init__(self, connection: sdk_connection.Connection) -> None:
        self._listing = listing.Listing(connection, 'image', renews=True)
        self._known: dict[str, Body | None] = {}
        self._most = READ

    def of(self, server: facts.Server, body: Body) -> facts.Server:
        """What the image requires, if it was not changed since.

        Nova keeps what it was when the server was created, and shows no
        traits of it.
        """
        if server.from_volume:
            return server
        image = self._image(body['image']['id'])
        if image is None or not _older(image, body):
            return server
        properties = server.image
        if isinstance(properties, Missing):
            properties = {
                key: value
                for key, value in image.items()
                if isinstance(value, str)
            }
        return dataclasses.replace(
            server,
            image=properties,
            image_traits=frozenset(
                key.removeprefix('trait:')
                for key, value in image.items()
                if key.startswith('trait:') and value == 'required'
            ),
        )

    def _image(self, image_id: str) -> Body | None:
        """None where it is not shown, or too many others were read."""
        if image_id in self._known or len(self._known) >= self._most:
            return self._known.get(image_id)
        self._known[image_id] = None
        try:
            self._known[image_id] = self._listing.ask(
                f'/images/{image_id}', {}, dict, _version_2
            )
        except exceptions.ApiError:
            # This one is gone, or for others.
            pass
        except Exception:
            # Who gives no answer is not waited for once more.
            self._most = 0
        return self._known[image_id]


def _version_2(root: str) -> str:
    return root if root.endswith('/v2') else f'{root}/v2'


def _older(image: Body, server: Body) -> bool:
    """Whether an image was last changed before a server was created."""
    times = [image.get('updated_at'), server.get('created')]
    try:
        changed, created = (
            datetime.datetime.fromisoformat(str(time)) for time in times
        )
        return changed <= created
    except (TypeError, ValueError):
        return False
