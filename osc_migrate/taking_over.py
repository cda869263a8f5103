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

"""A move that somebody began before, as far as Nova shows it."""

from collections.abc import Callable
import dataclasses
from typing import Protocol, TypeVar

from osc_migrate import clock as clocks
from osc_migrate import door as doors
from osc_migrate.engine import eligibility
from osc_migrate.engine import facts
from osc_migrate.engine import move as moves
from osc_migrate.engine import placing

#: How often it is looked, a second apart, for a record that is due.
LOOKS = 5
#: Nothing was chosen: who is asked for was.
ANY = eligibility.Selection()

T = TypeVar('T')


class Patience(Protocol):
    """Makes a call that changes nothing, again where it faults."""

    def __call__(self, call: Callable[[], T], /) -> T: ...


def taken_over(
    door: doors.Door,
    patiently: Patience,
    server: facts.Server,
    record: facts.MigrationRecord,
    wish: moves.Wish,
    request_id: str | None = None,
) -> moves.Move:
    """A move that knows its record, and by that its first request.

    :param server: Read before the record.
    :param request_id: Of the request, where that was written down.
    """
    if request_id is None:
        actions = patiently(lambda: door.actions(server.id))
        if not isinstance(actions, facts.Missing):
            action = moves.find_action_of(record, actions)
            request_id = action.request_id if action else None
    at_source = record.status in moves.BEFORE_THE_MOVE or (
        record.source_host is not None and record.source_host == server.host
    )
    return moves.Move(
        server,
        kind=moves.Kind(record.type),
        source_host=record.source_host,
        source_host_id=server.host_id if at_source else None,
        destination_host=record.destination_host,
        request_id=request_id,
        record_uuid=record.uuid,
        user_id=door.user_id,
        wish=wish,
        attached=True,
        over=record.status in moves.TERMINAL,
    )


def overtaken(
    door: doors.Door,
    clock: clocks.Clock,
    patiently: Patience,
    placed: placing.Placed,
) -> placing.Placed | None:
    """The move of somebody else because of which Nova refused ours.

    Nova sets the task of a server a moment before it makes the record.

    :returns: None where the refusal has another reason.
    """
    server_id = placed.entry.row.server_id
    for _look in range(LOOKS):
        server = patiently(lambda: door.server(server_id))
        if server is None or server.task_state not in eligibility.MOVING:
            return None
        found = patiently(lambda: door.records(server_id))
        records = () if isinstance(found, facts.Missing) else found
        candidate = eligibility.Candidate(server, placing.open_record(records))
        finding = eligibility.under_way(candidate, ANY)
        if isinstance(finding, eligibility.Await):
            return dataclasses.replace(
                placed, server=server, finding=finding, own=None
            )
        clock.sleep(1.0)
    return None
