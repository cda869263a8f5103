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

"""What the database of the simulated Nova holds."""

from collections.abc import Callable, Iterator
import dataclasses
import itertools
from typing import Any

from osc_migrate.engine import facts
from osc_migrate.engine import turns
from osc_migrate.tests.simulation import agenda

#: vm_state and task_state to status, as nova's ``api/openstack/common.py``.
STATUSES = {
    'active': 'ACTIVE', 'stopped': 'SHUTOFF', 'paused': 'PAUSED',
    'resized': 'VERIFY_RESIZE', 'error': 'ERROR',
}  # fmt: skip
#: Statuses of servers that are between two hosts.
MOVING = frozenset({'RESIZE', 'REVERT_RESIZE', 'MIGRATING'})
COLD_TASKS = frozenset(
    {'resize_prep', 'resize_migrating', 'resize_migrated', 'resize_finish'}
)


def status_of(vm_state: str, task_state: str | None) -> str:
    """The status that the API makes of the two states."""
    if task_state in COLD_TASKS and vm_state in ('active', 'stopped'):
        return 'RESIZE'
    if task_state == 'migrating' and vm_state in ('active', 'paused'):
        return 'MIGRATING'
    if task_state == 'resize_reverting' and vm_state == 'resized':
        return 'REVERT_RESIZE'
    return STATUSES[vm_state]


class World:
    """Servers, migration records, actions and hosts.

    What is changed is found by its key, and listings by host are kept up to
    date, so that a change costs the same whatever the world holds.

    :ivar moving: IDs of the servers that are between two hosts.
    :ivar records: By UUID; those of deleted servers are hidden, as Nova's.
    :ivar written: Called after each write that concerns a server.
    """

    def __init__(self, clock: agenda.Clock) -> None:
        self.servers: dict[str, facts.Server] = {}
        self.records: dict[str, facts.MigrationRecord] = {}
        self.services: dict[str, facts.ComputeService] = {}
        self.moving: set[str] = set()
        self.groups: tuple[turns.ServerGroup, ...] = ()
        self.written: Callable[[], None] = _nobody_reads
        self._clock = clock
        self._numbers = itertools.count(1)
        self._faults: dict[str, facts.Fault] = {}
        self._on_host: dict[str, dict[str, None]] = {}
        self._owner: dict[str, str] = {}
        self._of_server: dict[str, list[str]] = {}
        self._from_host: dict[str, list[str]] = {}
        self._actions: dict[str, list[facts.InstanceAction]] = {}
        self._events: dict[str, dict[str, facts.ActionEvent]] = {}

    @property
    def _stamp(self) -> str:
        return self._clock.utc().replace(microsecond=0).isoformat()

    def boot(self, server: facts.Server) -> None:
        """A new server."""
        self.servers[server.id] = server
        self._on_host.setdefault(server.host or '', {})[server.id] = None

    def servers_on(self, host: str) -> tuple[facts.Server, ...]:
        return tuple(self.servers[one] for one in self._on_host.get(host, ()))

    def named(self, name_or_id: str) -> tuple[facts.Server, ...]:
        """For single commands: the only look that goes through all."""
        server = self.servers.get(name_or_id)
        if server is not None:
            return (server,)
        return tuple(s for s in self.servers.values() if s.name == name_or_id)

    def save(self, server_id: str, **changes: Any) -> None:
        """One write to a server; a fault is shown in ERROR only."""
        before = self.servers[server_id]
        after = dataclasses.replace(before, **changes)
        status = status_of(after.vm_state or '', after.task_state)
        shown = self._faults.get(server_id) if status == 'ERROR' else None
        self.servers[server_id] = dataclasses.replace(
            after,
            status=status,
            host_id=f'hash-of-{after.host}',
            node=after.host,
            fault=shown,
        )
        if status in MOVING:
            self.moving.add(server_id)
        else:
            self.moving.discard(server_id)
        if after.host != before.host:
            del self._on_host[before.host or ''][server_id]
            self._on_host.setdefault(after.host or '', {})[server_id] = None
        self.written()

    def blame(self, server_id: str, message: str, details: str = '') -> None:
        """Store a fault; who may see it is another question."""
        self._faults[server_id] = facts.Fault(
            message, details or None, self._stamp
        )
        self.save(server_id)

    def delete(self, server_id: str) -> None:
        """The records go with the server, its actions stay."""
        server = self.servers.pop(server_id)
        self.moving.discard(server_id)
        del self._on_host[server.host or ''][server_id]
        for uuid in self._of_server.pop(server_id, ()):
            del self.records[uuid]
        self.written()

    def open_record(self, server_id: str, **fields: Any) -> str:
        """A new migration record; returns its UUID."""
        number = next(self._numbers)
        uuid = f'00000000-0000-4000-9000-{number:012x}'
        self.records[uuid] = facts.MigrationRecord(
            uuid, id=number, created_at=self._stamp, **fields
        )
        self._owner[uuid] = server_id
        self._of_server.setdefault(server_id, []).append(uuid)
        self._from_host.setdefault(fields['source_host'], []).append(uuid)
        self.written()
        return uuid

    def save_record(self, uuid: str, **changes: Any) -> None:
        """One write to a record."""
        self.records[uuid] = dataclasses.replace(self.records[uuid], **changes)
        self.written()

    def records_of(self, server_id: str) -> tuple[facts.MigrationRecord, ...]:
        """The newest first."""
        uuids = self._of_server.get(server_id, ())
        return tuple(self.records[uuid] for uuid in reversed(uuids))

    def pages_from(
        self, host: str, size: int
    ) -> Iterator[list[tuple[str, facts.MigrationRecord]]]:
        """Records of migrations away from a host by server, newest first."""
        rows = (
            (self._owner[uuid], self.records[uuid])
            for uuid in reversed(self._from_host.get(host, ()))
            if uuid in self.records
        )
        page = list(itertools.islice(rows, size))
        yield page
        while len(page) == size:
            page = list(itertools.islice(rows, size))
            yield page

    def begin_action(self, server_id: str, name: str, user: str | None) -> str:
        """Something is asked of a server; returns the ID of the request."""
        request_id = f'req-{next(self._numbers):012x}'
        action = facts.InstanceAction(request_id, name, user, self._stamp)
        self._actions.setdefault(server_id, []).append(action)
        self.written()
        return request_id

    def actions_of(self, server_id: str) -> tuple[facts.InstanceAction, ...]:
        """The newest first."""
        return tuple(reversed(self._actions.get(server_id, ())))

    def tell(
        self,
        server_id: str,
        request_id: str,
        name: str,
        result: str | None,
        details: str | None = None,
        host: str | None = None,
    ) -> None:
        """A step of an action begins, or ends; an error marks the action."""
        steps = self._events.setdefault(request_id, {})
        steps[name] = facts.ActionEvent(name, result, details, host)
        if result == 'Error':
            self._actions[server_id] = [
                dataclasses.replace(action, message=result)
                if action.request_id == request_id
                else action
                for action in self._actions[server_id]
            ]
        self.written()

    def events_of(self, request_id: str) -> tuple[facts.ActionEvent, ...]:
        """The newest first."""
        return tuple(reversed(self._events.get(request_id, {}).values()))


def _nobody_reads() -> None:
    pass
