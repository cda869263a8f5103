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

"""One look at a compute host for all servers that leave it.

A watch asks its door for the migration records of its server. Here these
come from one listing of the host's migrations, read once a tick for
everybody, as long as it tells all that is to be known of the server.
"""

from collections.abc import Mapping
from typing import Any

from osc_migrate import clock as clocks
from osc_migrate import door as doors
from osc_migrate.engine import facts
from osc_migrate.engine import move as moves
from osc_migrate import outage
from osc_migrate import pace

SHORTEST_TICK = 1.0
#: Records of a server that has arrived, or waits there for a decision.
ARRIVED = frozenset({'finished', 'confirmed', 'completed'})

Records = Mapping[str, tuple[facts.MigrationRecord, ...]]


class SharedLook:
    """Reads the migrations away from one host for everybody.

    Where nothing happens it is read less often, down to the poll interval.

    :param known: Migrations from the host that were read before.
    :param poll_interval: Seconds, the longest tick.
    :ivar listings: How many were read.
    """

    def __init__(
        self,
        hosts: doors.Hosts,
        clock: clocks.Clock,
        host: str,
        known: Records,
        poll_interval: float,
    ) -> None:
        self.host = host
        self.listings = 0
        self._hosts = hosts
        self._clock = clock
        self._poll_interval = poll_interval
        self._outage = outage.Outage(clock, patience=0)
        self._followed: set[str] = set()
        self._read_at = float('-inf')
        self._changed_at = clock.now()
        self._found = known
        self._until = _newest(known)

    def follow(self, server_id: str) -> None:
        """From now on the records of this server are wanted."""
        self._followed.add(server_id)
        self._changed_at = self._clock.now()
        # What is under way already may have begun before the newest.
        self._until = self._oldest_open() or self._until

    def seen(self, server_id: str) -> tuple[facts.MigrationRecord, ...]:
        """The records of a server in the last listing, however old."""
        return self._found.get(server_id, ())

    def forget(self, server_id: str) -> None:
        """They are wanted no more."""
        self._followed.discard(server_id)

    def records(
        self, server_id: str, since: float
    ) -> tuple[facts.MigrationRecord, ...]:
        """The records of one server, newest first.

        :param since: Seconds of the clock: they must not be older, as a
            record counts only when it was read after its server.
        """
        now = self._clock.now()
        if self._read_at < since or now - self._read_at >= self._tick(now):
            self._read(now)
        return self._found.get(server_id, ())

    def _tick(self, now: float) -> float:
        in_phase = now - self._changed_at
        return max(
            min(SHORTEST_TICK, self._poll_interval),
            pace.interval(in_phase, self._poll_interval),
        )

    def _read(self, now: float) -> None:
        # A listing that fails is not read once for each who wants it.
        found = self._outage.ask(
            lambda: self._hosts.records_from(self.host, self._until)
        )
        self.listings += 1
        self._read_at = now
        if any(
            found.get(one, ()) != self._found.get(one, ())
            for one in self._followed
        ):
            self._changed_at = now
        self._found = found
        self._until = self._oldest_open() or _newest(found) or self._until

    def _oldest_open(self) -> frozenset[str]:
        """The record behind which nothing is that anybody waits for.

        What is made from now on stands before it.
        """
        open_records = [
            record
            for one in self._followed
            for record in self._found.get(one, ())[:1]
            if record.status not in moves.TERMINAL and record.uuid
        ]
        if not open_records:
            return frozenset()
        oldest = min(open_records, key=_age)
        return frozenset({str(oldest.uuid)})


def _age(record: facts.MigrationRecord) -> tuple[str, int]:
    """Nova stamps whole seconds; of one second, the number tells."""
    return record.created_at or '', record.id or 0


def _newest(found: Records) -> frozenset[str]:
    newest = max(
        (record for records in found.values() for record in records[:1]),
        key=_age,
        default=None,
    )
    if newest is None or newest.uuid is None:
        return frozenset()
    return frozenset({newest.uuid})


class SharingDoor:
    """The door of one watch, which looks together with others.

    What is not named here is the door's own.

    It begins when Nova was asked for a move, or is at work on one: until
    the server is read, its records tell all.
    """

    def __init__(
        self,
        door: doors.Door,
        clock: clocks.Clock,
        shared: SharedLook,
    ) -> None:
        self._door = door
        self._clock = clock
        self._shared = shared
        self._server: facts.Server | None = None
        self._is_read = False
        self._server_at = clock.now()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._door, name)

    def server(self, server_id: str) -> facts.Server | None:
        self._server_at = self._clock.now()
        self._server = self._door.server(server_id)
        self._is_read = True
        return self._server

    def records(self, server_id: str) -> facts.Records:
        """From the shared look, or Nova's where that may not tell all."""
        found = self._shared.records(server_id, self._server_at)
        if self._tells_all(found):
            return found
        return self._door.records(server_id)

    def _tells_all(self, found: tuple[facts.MigrationRecord, ...]) -> bool:
        """Whether the server is where the newest of these records says.

        The listing holds migrations away from one host only: a server that
        rests anywhere else may have been moved there by somebody.
        """
        server = self._server
        if not self._is_read:
            return True
        if server is None:
            return False
        if server.task_state is not None:
            return True
        if not found:
            return server.host == self._shared.host
        newest = found[0]
        if newest.status in moves.IN_PROGRESS:
            return True
        if newest.status in ARRIVED:
            return server.host == newest.destination_host
        return server.host == self._shared.host
