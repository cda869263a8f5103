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

"""What other people ask of a simulated Nova, and what befalls its hosts."""

from collections.abc import Callable
import dataclasses
import enum

from osc_migrate.engine import move as moves
from osc_migrate.tests.simulation import agenda
from osc_migrate.tests.simulation import api as apis
from osc_migrate.tests.simulation.chances import Fate
from osc_migrate.tests.simulation import nova as novas
from osc_migrate.tests.simulation import world as worlds

OTHER = 'user-other'
#: Seconds that the services of Nova take to start or to stop a guest.
SWITCHING = 1.5


class Deed(enum.StrEnum):
    """Something that happens to a server without the command."""

    CONFIRM = 'somebody confirms'
    REVERT = 'somebody reverts'
    WINDOW = 'the confirm window of Nova is over'
    RESIZE = 'somebody resizes'
    MIGRATE = 'somebody migrates'
    LIVE = 'somebody migrates live'
    ABORT = 'somebody aborts'
    FORCE = 'somebody forces it to complete'
    DELETE = 'somebody deletes'
    RESET = 'somebody resets the state to active'
    RESET_ERROR = 'somebody resets the state to error'
    PAUSE = 'somebody pauses'
    UNPAUSE = 'somebody unpauses'
    STOP = 'somebody stops'
    START = 'somebody starts'
    LOCK = 'somebody locks'
    TWIN_MIGRATES = 'another run of the same user migrates'
    TWIN_MIGRATES_LIVE = 'another run of the same user migrates live'
    TWIN_CONFIRMS = 'another run of the same user confirms'
    TWIN_REVERTS = 'another run of the same user reverts'
    SOURCE_DIES = 'nova-compute of the source dies'
    DESTINATION_DIES = 'nova-compute of the destination dies'
    NOTICED = 'Nova notices which hosts are dead'
    BACK = 'nova-compute is back on all hosts'


#: From which vm_state to which, and the task meanwhile.
SWITCHES = {
    Deed.PAUSE: ('pause', 'active', 'pausing', 'paused'),
    Deed.UNPAUSE: ('unpause', 'paused', 'unpausing', 'active'),
    Deed.STOP: ('stop', 'active', 'powering-off', 'stopped'),
    Deed.START: ('start', 'stopped', 'powering-on', 'active'),
}
MOVES = {
    Deed.RESIZE: (moves.Kind.COLD, 'resize'),
    Deed.MIGRATE: (moves.Kind.COLD, 'migrate'),
    Deed.LIVE: (moves.Kind.LIVE, 'live-migration'),
}
#: What another run of the same user does: its ID tells them not apart.
TWINS = {
    Deed.TWIN_MIGRATES: Deed.MIGRATE,
    Deed.TWIN_MIGRATES_LIVE: Deed.LIVE,
    Deed.TWIN_CONFIRMS: Deed.CONFIRM,
    Deed.TWIN_REVERTS: Deed.REVERT,
}
RESETS = {Deed.RESET: 'active', Deed.RESET_ERROR: 'error'}
DEATHS = frozenset({Deed.SOURCE_DIES, Deed.DESTINATION_DIES})


class Others:
    """Does deeds to one server; Nova may refuse each of them.

    :raises: :class:`~osc_migrate.exceptions.ApiError` where it does.
    """

    def __init__(
        self,
        world: worlds.World,
        api: apis.Api,
        clock: agenda.Clock,
        server_id: str,
    ) -> None:
        self._world = world
        self._api = api
        self._clock = clock
        self._server_id = server_id
        self._dead: set[str] = set()

    def do(self, deed: Deed) -> None:
        api, server_id = self._api, self._server_id
        user = novas.ME if deed in TWINS else OTHER
        deed = TWINS.get(deed, deed)
        if deed in SWITCHES:
            self._switch(deed)
        elif deed in MOVES:
            kind, action = MOVES[deed]
            api.migrate(server_id, kind, None, user, action, Fate.GOOD)
        elif deed in RESETS:
            self._reset(RESETS[deed])
        elif deed in DEATHS:
            self._die(deed)
        else:
            simple: dict[Deed, Callable[[], object]] = {
                Deed.CONFIRM: lambda: api.confirm(server_id, user),
                Deed.REVERT: lambda: api.revert(server_id, user),
                Deed.ABORT: lambda: self._intervene(api.abort),
                Deed.FORCE: lambda: self._intervene(api.force_complete),
                Deed.DELETE: lambda: api.remove(server_id, OTHER),
                Deed.WINDOW: self._window,
                Deed.LOCK: self._lock,
                Deed.NOTICED: self._notice,
                Deed.BACK: self.revive,
            }
            simple[deed]()

    def _lock(self) -> None:
        if self._server_id in self._world.servers:
            self._world.save(self._server_id, locked=True)

    def _intervene(self, ask: Callable[[str, int, str], str]) -> None:
        records = self._world.records_of(self._server_id)
        number = records[0].id if records else None
        ask(self._server_id, number or 0, OTHER)

    def _switch(self, deed: Deed) -> None:
        name, fit, task, becomes = SWITCHES[deed]
        world, server_id = self._world, self._server_id
        self._api.resting(server_id, name, frozenset({fit}))
        world.save(server_id, task_state=task)
        self._api.begin(server_id, name, OTHER)

        def end() -> None:
            server = world.servers.get(server_id)
            if server is not None and server.task_state == task:
                world.save(server_id, vm_state=becomes, task_state=None)

        self._clock.after(SWITCHING, end)

    def _reset(self, state: str) -> None:
        """Whatever is under way; the services find out when they save."""
        if self._server_id in self._world.servers:
            self._api.begin(self._server_id, 'resetState', OTHER)
            self._world.save(self._server_id, vm_state=state, task_state=None)

    def _window(self) -> None:
        """The periodic task of the destination (``compute/manager.py``)."""
        server = self._world.servers.get(self._server_id)
        if server is None or server.host in self._dead:
            return
        for record in reversed(self._world.records_of(self._server_id)):
            if record.status != 'finished':
                continue
            if server.task_state in ('deleting', 'resize_finish'):
                continue
            if server.vm_state != 'resized' or server.task_state is not None:
                self._world.save_record(str(record.uuid), status='error')
                continue
            self._api.confirm(self._server_id, None)
            return

    def _die(self, deed: Deed) -> None:
        courses = self._api.courses.get(self._server_id)
        if not courses:
            return
        course = courses[-1]
        host = (
            course.source if deed is Deed.SOURCE_DIES else course.destination
        )
        if host is not None and host not in self._dead:
            self._dead.add(host)
            self._api.moving.kill(host)

    def _notice(self) -> None:
        for host in self._dead:
            self._serve(host, False)

    def revive(self) -> None:
        """Start the dead services: they clean up, then read messages."""
        while self._dead:
            host = self._dead.pop()
            for server in self._world.servers_on(host):
                self._init(server.id)
            self._serve(host, True)
            self._api.moving.revive(host)

    def _serve(self, host: str, up: bool) -> None:
        services = self._world.services
        services[host] = dataclasses.replace(services[host], up=up)

    def _init(self, server_id: str) -> None:
        """What nova-compute does with a server when it starts.

        ``compute/manager.py``, ``_init_instance``.
        """
        server = self._world.servers[server_id]
        if server.vm_state != 'error' and server.task_state == 'resize_prep':
            self._world.save(server_id, task_state=None)
        elif server.task_state == 'resize_migrating':
            self._world.save(server_id, task_state=None)
        elif server.task_state == 'migrating':
            for record in self._world.records_of(server_id):
                if record.status == 'running':
                    self._world.save_record(str(record.uuid), status='error')
                    break
            self._world.save(server_id, task_state=None)
        elif server.task_state == 'deleting':
            self._world.delete(server_id)
