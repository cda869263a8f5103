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

"""What Nova shows of a server while it moves, look by look.

All of it is asked in plain requests, so that no mistake of the program that
is tested hides one of the cloud.
"""

import collections.abc
import dataclasses
import threading
import time
import typing

#: Newest microversion that the looks need.
MICROVERSION = '2.65'

#: Seconds between two looks.
INTERVAL = 0.1

#: Seconds for a move that nobody holds.
LIMIT = 60.0


@dataclasses.dataclass(frozen=True)
class Look:
    """A server and its newest migration record at one look.

    The server is read first, then the record, then what is in progress.

    :ivar record: status of the record
    :ivar listed: whether the server's own list of migrations has it
    :ivar memory: bytes in all, sent and left to send, as they are listed
    :ivar disk: the same for the disk
    """

    status: str
    task_state: str | None
    host: str | None
    progress: int | None
    fault: str | None
    record: str | None = None
    destination: str | None = None
    listed: bool = False
    memory: tuple[int | None, ...] = ()
    disk: tuple[int | None, ...] = ()


class Observer:
    """Asks one cloud about one server, and for what the SDK cannot ask.

    :param compute: the compute proxy of an admin's connection
    """

    def __init__(self, compute: typing.Any, server_id: str) -> None:
        self._compute = compute
        self._server_id = server_id

    def get(self, path: str) -> typing.Any:
        """Return what is below the server's URL, whatever the status."""
        path = f'/servers/{self._server_id}{path}'
        return self._compute.get(path, microversion=MICROVERSION)

    def post(self, path: str, **body: typing.Any) -> int:
        """Ask for something below the server's URL; return the status."""
        path = f'/servers/{self._server_id}{path}'
        answer = self._compute.post(path, json=body, microversion=MICROVERSION)
        return int(answer.status_code)

    def migrate_live(self) -> int:
        """Ask for a live migration; return the status."""
        how = {'host': None, 'block_migration': 'auto'}
        return self.post('/action', **{'os-migrateLive': how})

    def abort(self, record: str) -> int:
        """Abort it once the record has this status."""
        number = self.await_record(record)['id']
        path = f'/servers/{self._server_id}/migrations/{number}'
        answer = self._compute.delete(path, microversion=MICROVERSION)
        return int(answer.status_code)

    def force(self, record: str) -> int:
        """Force it to its end once the record has this status."""
        number = self.await_record(record)['id']
        return self.post(f'/migrations/{number}/action', force_complete=None)

    def records(self) -> list[dict[str, typing.Any]]:
        """Return the migration records, the newest first."""
        answer = self._compute.get(
            f'/os-migrations?instance_uuid={self._server_id}',
            microversion=MICROVERSION,
        )
        return list(answer.json()['migrations'])

    def look(self) -> Look:
        """Look once."""
        server = self.get('').json()['server']
        record = next(iter(self.records()), {})
        in_progress = self.get('/migrations').json()['migrations']
        listed: dict[str, typing.Any] = next(iter(in_progress), {})
        return Look(
            server['status'],
            server['OS-EXT-STS:task_state'],
            server['OS-EXT-SRV-ATTR:host'],
            server.get('progress'),
            server.get('fault', {}).get('message'),
            record.get('status'),
            record.get('dest_compute'),
            bool(listed),
            _bytes(listed, 'memory'),
            _bytes(listed, 'disk'),
        )

    def await_record(self, status: str) -> dict[str, typing.Any]:
        """Return the newest record once it has this status.

        :raises TimeoutError: when it does not get it
        """
        deadline = time.monotonic() + LIMIT
        while True:
            record = next(iter(self.records()), {})
            if record.get('status') == status:
                return record
            if time.monotonic() > deadline:
                raise TimeoutError(f'{status} is not reached: {record}')
            time.sleep(INTERVAL)

    def failed_events(self, action: str) -> set[str]:
        """Return the events in an error of the newest such action."""
        actions = self.get('/os-instance-actions').json()['instanceActions']
        newest = next(a for a in actions if a['action'] == action)
        found = self.get(f'/os-instance-actions/{newest["request_id"]}')
        events = found.json()['instanceAction']['events']
        return {e['event'] for e in events if e['result'] == 'Error'}


class Watch(threading.Thread):
    """Looks again and again until a look stays as wanted.

    :ivar looks: the looks that differ from the one before
    """

    def __init__(
        self,
        observer: Observer,
        over: collections.abc.Callable[[Look], bool],
        calm: float = 1.0,
    ) -> None:
        super().__init__(daemon=True)
        self.looks: list[Look] = []
        self._observer = observer
        self._over = over
        self._calm = calm
        self.start()

    def run(self) -> None:
        deadline = time.monotonic() + LIMIT
        since = time.monotonic()
        while (now := time.monotonic()) < deadline:
            look = self._observer.look()
            if self.looks[-1:] != [look]:
                self.looks.append(look)
                since = now
            elif self._over(look) and now > since + self._calm:
                return
            time.sleep(INTERVAL)

    def wait(self) -> list[Look]:
        """Return all looks once the watch is over."""
        self.join()
        return self.looks


def missing(
    expected: collections.abc.Iterable[tuple[str, str]],
    looks: collections.abc.Iterable[Look],
) -> list[tuple[str, str]]:
    """Return what was not seen, or not in this order.

    :param expected: statuses of server and record, without a task
    """
    seen = iter([(k.status, k.record) for k in looks if not k.task_state])
    # `in` takes from the iterator up to what it finds.
    return [pair for pair in expected if pair not in seen]


def _bytes(listed: dict[str, typing.Any], what: str) -> tuple[int | None, ...]:
    parts = ('total', 'processed', 'remaining')
    return tuple(listed.get(f'{what}_{part}_bytes') for part in parts)
