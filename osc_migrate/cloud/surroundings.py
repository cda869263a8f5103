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

"""One look at what should have come along with a server."""

from collections.abc import Callable

from openstack import connection as sdk_connection

from osc_migrate import clock as clocks
from osc_migrate.cloud import cinder
from osc_migrate.cloud import neutron
from osc_migrate.cloud import placement
from osc_migrate.engine import belongings

#: Seconds after which resources that the source still holds are believed.
#: Nova frees them after it has written what makes the verdict
#: (``compute/manager.py``, ``confirm_resize`` and ``_post_live_migration``).
SETTLING = 1.5
#: Seconds between two looks at them.
AGAIN = 0.25


class Surroundings:
    """The APIs beside Nova's; see :class:`osc_migrate.door.Surroundings`.

    :param connection: An authenticated connection.
    :param project_id: The caller's project.
    :param roles: Of the caller's token; empty where unknown.
    """

    def __init__(
        self,
        connection: sdk_connection.Connection,
        clock: clocks.Clock,
        *,
        project_id: str | None,
        roles: frozenset[str],
    ) -> None:
        self._clock = clock
        self._project_id = project_id
        self._roles = roles
        self._neutron = neutron.Neutron(connection)
        self._cinder = cinder.Cinder(connection)
        self._placement = placement.Placement(connection)

    def look(self, arrived: belongings.Arrival) -> belongings.Belongings:
        """What can be seen of it; never an error."""
        return belongings.Belongings(
            self._neutron.ports(arrived.server_id),
            self._attachments(arrived),
            self._allocations(arrived),
        )

    def _attachments(
        self, arrived: belongings.Arrival
    ) -> tuple[belongings.VolumeAttachment, ...] | None:
        if not arrived.volumes:
            return None
        found = self._cinder.attachments(arrived.server_id)
        own = arrived.project_id == self._project_id
        if not found and not own and 'admin' not in self._roles:
            # A listing of the caller's own project only.
            return None
        return found

    def _allocations(
        self, arrived: belongings.Arrival
    ) -> tuple[belongings.Allocation, ...] | None:
        # Who may not see hosts is no admin, and placement is for admins.
        if not arrived.released or arrived.source_host is None:
            return None
        ask = self._of_source(arrived)
        held = ask()
        until = self._clock.now() + SETTLING
        while held and self._clock.now() < until:
            self._clock.sleep(AGAIN)
            held = ask()
        return held

    def _of_source(
        self, arrived: belongings.Arrival
    ) -> Callable[[], tuple[belongings.Allocation, ...] | None]:
        """How to ask what is held of the source.

        Without the name of its provider there is the migration, which never
        holds anything else.
        """
        migration = arrived.migration_uuid
        provider = None
        if arrived.source_node is not None:
            provider = self._placement.provider(arrived.source_node)
        if provider is not None:
            consumers = {arrived.server_id, migration or ''}
            return lambda: self._placement.held(provider, consumers)
        if arrived.source_node is None and migration is not None:
            return lambda: self._placement.held_by(migration)
        return lambda: None
