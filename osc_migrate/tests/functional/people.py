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

"""Others who use the same cloud, each with credentials of their own."""

from collections.abc import Callable, Mapping
import dataclasses
import functools
import time
from typing import Any, cast, TypeVar

import openstack
from openstack import exceptions as sdk_exceptions

from osc_migrate.tests import cloud as test_cloud

#: Seconds that Nova gets for a step that nobody holds.
LIMIT = 60.0
#: Seconds between two looks.
INTERVAL = 0.2
#: Of the requests that the SDK would make of an older one, and block.
MICROVERSION = '2.65'

T = TypeVar('T')


@dataclasses.dataclass(frozen=True)
class Server:
    """A server as it was booted."""

    id: str
    name: str
    host: str


@dataclasses.dataclass(frozen=True)
class Seen:
    """A server as Nova shows it to an admin; status '' when it is gone."""

    status: str
    task_state: str | None = None
    host: str | None = None
    host_id: str | None = None
    addresses: tuple[str, ...] = ()
    flavor: str | None = None


def eventually(look: Callable[[], T], good: Callable[[T], bool]) -> T:
    """Return the first look that is good.

    :raises AssertionError: with the last look, when none is in time
    """
    deadline = time.monotonic() + LIMIT
    while True:
        seen = look()
        if good(seen):
            return seen
        if time.monotonic() > deadline:
            raise AssertionError(f'It stays at: {seen}')
        time.sleep(INTERVAL)


class Person:
    """A user of the cloud: asks at once, waits only where it says so."""

    def __init__(self, cloud: test_cloud.Cloud, user: str) -> None:
        config = openstack.config.OpenStackConfig(
            config_files=[str(cloud.clouds_yaml)], load_envvars=False
        )
        self.connection = openstack.connection.Connection(
            config=config.get_one(user)
        )
        # Typed as methods of a mixin, which a strict checker does not know.
        self.compute = cast(Any, self.connection.compute)
        self.network = cast(Any, self.connection.network)
        self.image = cast(Any, self.connection.image)

    def boot(
        self,
        name: str,
        metadata: Mapping[str, str] | None = None,
        host: str | None = None,
        **wishes: Any,
    ) -> str:
        """Ask for a server of the smallest flavor; return its ID.

        :param wishes: what else Nova shall be told, in the SDK's words
        """
        # The field `host` would take microversion 2.74.
        if host:
            wishes['availability_zone'] = f'nova:{host}'
        server = self.compute.create_server(
            name=name,
            image_id=self.image.find_image('cirros').id,
            flavor_id=self.compute.find_flavor('m1.tiny').id,
            networks=[{'uuid': self.network.find_network('private').id}],
            metadata=metadata or {},
            **wishes,
        )
        return cast(str, server.id)

    @functools.cached_property
    def microversion(self) -> str:
        """The newest microversion of the compute API."""
        newest = self.compute.get_endpoint_data().max_microversion
        return '.'.join(str(number) for number in newest)

    def look_at(self, server_id: str) -> Seen:
        try:
            server = self.compute.get_server(server_id)
        except sdk_exceptions.NotFoundException:
            return Seen(status='')
        return Seen(
            server.status,
            server.task_state,
            server.compute_host,
            server.host_id,
            tuple(
                address['addr']
                for network in (server.addresses or {}).values()
                for address in network
            ),
            server.flavor.original_name,
        )

    def await_status(self, server_id: str, *statuses: str) -> Seen:
        """Return once the server rests in one of these statuses."""
        return eventually(
            lambda: self.look_at(server_id),
            lambda seen: seen.status in statuses and not seen.task_state,
        )

    def records(self, server_id: str) -> list[Any]:
        """Return the migration records of a server, the newest first."""
        return list(self.compute.migrations(server_id=server_id))

    def actions(self, server_id: str) -> list[str]:
        """Return what was asked of a server, the newest first."""
        return [a.action for a in self.compute.server_actions(server_id)]

    def await_record(self, server_id: str, status: str) -> None:
        """Return once the newest migration record has this status."""
        eventually(
            lambda: [r.status for r in self.records(server_id)],
            lambda statuses: statuses[:1] == [status],
        )

    def port_host(self, server_id: str) -> str:
        """Return the host that the server's port is bound to."""
        (port,) = self.network.ports(device_id=server_id)
        return cast(str, port.binding_host_id)

    def confirm(self, server: Server) -> None:
        self.compute.confirm_server_resize(server.id)

    def revert(self, server: Server) -> None:
        self.compute.revert_server_resize(server.id)

    def resize(self, server: Server, flavor: str = 'm1.small') -> None:
        flavor_id = self.compute.find_flavor(flavor).id
        self.compute.resize_server(server.id, flavor_id)

    def migrate(self, server: Server) -> None:
        self.compute.migrate_server(server.id)

    def migrate_live(self, server: Server, host: str | None = None) -> None:
        request = {'host': host, 'block_migration': 'auto'}
        self._post(server, '/action', {'os-migrateLive': request})

    def abort(self, server: Server) -> None:
        """Abort the newest live migration, which has to be under way."""
        path = f'/servers/{server.id}/migrations/{self._newest(server)}'
        self.compute.delete(path, microversion=MICROVERSION)

    def force_complete(self, server: Server) -> None:
        """Have the newest live migration end, which has to be running."""
        path = f'/migrations/{self._newest(server)}/action'
        self._post(server, path, {'force_complete': None})

    def evacuate(self, server: Server) -> None:
        """Build a server anew elsewhere; its host has to be down."""
        self._post(server, '/action', {'evacuate': {}})

    def _newest(self, server: Server) -> int:
        # Not the UUID, which Nova's abort does not take.
        return cast(int, self.records(server.id)[0].id)

    def _post(self, server: Server, path: str, body: object) -> None:
        self.compute.post(
            f'/servers/{server.id}{path}', json=body, microversion=MICROVERSION
        ).raise_for_status()

    def attach(self, server: Server, volume_id: str) -> None:
        """Attach a volume; no block storage API has to know it."""
        body = {'volumeAttachment': {'volumeId': volume_id}}
        self._post(server, '/os-volume_attachments', body)

    def pause(self, server: Server) -> None:
        self.compute.pause_server(server.id)
        self.await_status(server.id, 'PAUSED')

    def delete(self, server: Server) -> None:
        self.compute.delete_server(server.id)

    def reset_state(self, server: Server, state: str = 'active') -> None:
        self.compute.reset_server_state(server.id, state)

    def steer(self, server: Server, **steps: str) -> None:
        """Say anew what happens at some steps; '' says nothing."""
        self.compute.set_server_metadata(server.id, **metadata(steps))

    def force_down(self, host: str, down: bool = True) -> None:
        """Have Nova take the compute service of a host for dead."""
        service = self._service(host)
        self.compute.update_service_forced_down(
            service, host, 'nova-compute', down
        )

    def state(self, host: str) -> str:
        """Return whether Nova takes a compute service for up or down."""
        return cast(str, self._service(host).state)

    def disable(self, host: str) -> None:
        self.compute.disable_service(self._service(host))

    def enable(self, host: str) -> None:
        self.compute.enable_service(self._service(host))

    def _service(self, host: str) -> Any:
        (service,) = self.compute.services(host=host, binary='nova-compute')
        return service


def metadata(steps: Mapping[str, str]) -> dict[str, str]:
    """Return steps and their words as the metadata that steers a server."""
    return {f'step:{name}': words for name, words in steps.items()}
