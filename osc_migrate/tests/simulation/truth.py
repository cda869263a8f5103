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

"""Whether what is told of a server is what the simulation knows to be so."""

from collections.abc import Callable, Iterable
from typing import Protocol

from osc_migrate.engine import facts
from osc_migrate.engine import move as moves
from osc_migrate.tests.simulation import nova as novas


class Told(Protocol):
    """A row of a drain, as far as it can be checked."""

    @property
    def server_id(self) -> str: ...

    @property
    def source_host(self) -> str | None: ...

    @property
    def destination_host(self) -> str | None: ...

    @property
    def outcome(self) -> str: ...

    @property
    def reason(self) -> str | None: ...


Check = Callable[
    [Told, facts.Server | None, facts.MigrationRecord | None], bool
]


def _rests(server: facts.Server | None, host: str | None) -> bool:
    return (
        server is not None
        and server.host == host
        and server.task_state is None
        and server.status in ('ACTIVE', 'SHUTOFF', 'PAUSED')
    )


def _arrived(status: str) -> Check:
    def check(
        told: Told,
        server: facts.Server | None,
        record: facts.MigrationRecord | None,
    ) -> bool:
        return (
            record is not None
            and record.status == status
            and record.source_host == told.source_host
            and record.destination_host == told.destination_host
            and told.destination_host != told.source_host
            and _rests(server, told.destination_host)
        )

    return check


def _stayed(
    told: Told,
    server: facts.Server | None,
    record: facts.MigrationRecord | None,
) -> bool:
    good = record is not None and record.status in ('confirmed', 'completed')
    return _rests(server, told.source_host) and not good


def _in_error(
    told: Told,
    server: facts.Server | None,
    record: facts.MigrationRecord | None,
) -> bool:
    return server is not None and server.status == 'ERROR'


def _gone(
    told: Told,
    server: facts.Server | None,
    record: facts.MigrationRecord | None,
) -> bool:
    return server is None


def _at_work(
    told: Told,
    server: facts.Server | None,
    record: facts.MigrationRecord | None,
) -> bool:
    return record is not None and record.status not in moves.TERMINAL


def _awaits(
    told: Told,
    server: facts.Server | None,
    record: facts.MigrationRecord | None,
) -> bool:
    return (
        server is not None
        and server.status == 'VERIFY_RESIZE'
        and record is not None
        and record.status == 'finished'
        and told.destination_host == server.host
    )


#: What has to be so for an outcome to be true, once everything has ended.
CHECKS: dict[str, Check] = {
    'confirmed': _arrived('confirmed'),
    'auto-confirmed': _arrived('confirmed'),
    'confirmed-elsewhere': _arrived('confirmed'),
    'completed': _arrived('completed'),
    'rolled-back': _stayed,
    'reverted': _stayed,
    'aborted': _stayed,
    'error': _in_error,
    'deleted': _gone,
    'timeout': _at_work,
    'unconfirmed': _awaits,
    'not-started': _stayed,
    'refused': _stayed,
    'skipped': _stayed,
}
#: Outcomes of servers for which nothing was asked of Nova.
UNTOUCHED = frozenset({'not-started', 'refused', 'skipped'})


def contradictions(
    nova: novas.Nova,
    rows: Iterable[Told],
    expected: Iterable[str],
    *,
    again: bool = False,
) -> list[str]:
    """What is not so, a sentence each; empty as it should be.

    To be asked once everything has come to its end. An outcome that nothing
    in the simulation explains counts as wrong, such as ``unknown`` where
    every answer was heard.

    :param expected: The IDs of the servers of which something has to be told.
    :param again: Whether one that came back may be moved once more, as a run
        may that carries on another.
    """
    rows = tuple(rows)
    found = [sentence for row in rows for sentence in _wrong(nova, row, again)]
    told = [row.server_id for row in rows]
    missing = set(expected) - set(told)
    if missing:
        found.append(f'Nothing is told of {sorted(missing)}.')
    if len(set(told)) != len(told):
        found.append('A server is told of twice.')
    return found


def _wrong(nova: novas.Nova, row: Told, again: bool) -> list[str]:
    server_id, found = row.server_id, []
    server = nova.world.servers.get(server_id)
    records = nova.world.records_of(server_id)
    record = records[0] if records else None
    begun = nova.api.begun[server_id]
    if not begun:
        # The newest one is of a migration long ago.
        record = None
    moved_on = [
        course
        for course in nova.api.courses.get(server_id, ())
        if course.source != row.source_host
    ]
    fate = nova.api.fates.get(server_id)
    check = CHECKS.get(row.outcome)
    unknowable = row.outcome == 'unknown' and server_id in nova.lost
    # As an earlier run left it, which had told of it.
    left = again and row.outcome == 'refused' and _in_error(row, server, None)
    right = unknowable or left or (check and check(row, server, record))
    if not right:
        found.append(
            f'{server_id} is told to be {row.outcome} ({row.reason}); it was '
            f'to be "{fate}": {server}, {record}'
        )
    if moved_on if again else begun > 1:
        found.append(f'{server_id} was moved {begun} times.')
    if begun and row.outcome in UNTOUCHED and not again:
        found.append(f'{server_id} was moved and is {row.outcome}.')
    if nova.api.confirmed[server_id] > 1:
        found.append(f'{server_id} was confirmed more than once.')
    return found


def unexplained(nova: novas.Nova, rows: Iterable[Told]) -> list[str]:
    """Failures of which Nova says why, and the reason does not.

    A fault of the API while the events are read may keep it from that.
    """
    return [
        sentence
        for row in rows
        if row.outcome in ('rolled-back', 'error')
        for sentence in _silent(nova, row)
    ]


def _silent(nova: novas.Nova, row: Told) -> list[str]:
    said = {
        event.details
        for action in nova.world.actions_of(row.server_id)
        for event in nova.world.events_of(action.request_id)
        if event.details
    }
    if not said or any(words in (row.reason or '') for words in said):
        return []
    return [f'{row.server_id}: {row.reason!r} does not say {sorted(said)}.']
