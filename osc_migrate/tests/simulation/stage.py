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


"""Plays one schedule: the command's real operation on a simulated Nova."""

import contextlib
import dataclasses
import functools
import random

from osc_migrate import door as doors
from osc_migrate.engine import facts
from osc_migrate.engine import move as moves
from osc_migrate.engine import request as requests
from osc_migrate import exceptions
from osc_migrate import gate as gates
from osc_migrate import operation
from osc_migrate import progress
from osc_migrate import result as results
from osc_migrate.tests.simulation import agenda
from osc_migrate.tests.simulation import disturbed
from osc_migrate.tests.simulation import others
from osc_migrate.tests.simulation import population
from osc_migrate.tests.simulation import schedule as schedules
from osc_migrate.tests.simulation.schedule import SERVER
from osc_migrate.tests.simulation.schedule import Start
from osc_migrate.tests.simulation.schedule import Wish

#: Seconds to the answer of a slow check.
SLOW = 20.0
ANSWERS = {
    Wish.GOOD: (0.0, gates.Answered(gates.Answer.CONFIRM)),
    Wish.BAD: (0.0, gates.Answered(gates.Answer.REVERT, 'The check failed.')),
    Wish.SLOW: (SLOW, gates.Answered(gates.Answer.CONFIRM)),
    Wish.SLOW_BAD: (
        SLOW,
        gates.Answered(gates.Answer.REVERT, 'The check failed.'),
    ),
    Wish.ENDLESS: (float('inf'), gates.Answered(gates.Answer.LEAVE)),
}


@dataclasses.dataclass(frozen=True)
class Played:
    """What a run said, and what the simulation knows.

    :ivar refusal: Where it ended without a result.
    :ivar elapsed: Seconds on the simulated clock.
    :ivar at_end: The server, when the run read it last.
    :ivar records: Its records, in the same way.
    :ivar count: How many requests the run had made.
    :ivar sent: What was taken of them.
    :ivar was_over: The move had ended before it was taken over.
    """

    schedule: schedules.Schedule
    nova: disturbed.Nova
    result: results.Result | None
    refusal: exceptions.MigrateError | None
    began: float
    elapsed: float
    at_end: facts.Server | None
    records: tuple[facts.MigrationRecord, ...]
    count: int
    sent: tuple[disturbed.Sent, ...]
    gate: disturbed.Gate | None = None
    was_over: bool = False


def play(schedule: schedules.Schedule) -> Played:
    """Carry out a schedule, up to the verdict."""
    # The jitter of pauses is the only dice of the product.
    random.seed(schedule.seed)
    clock = agenda.Clock()
    nova = disturbed.Nova(clock, schedule)
    nova.world.save(SERVER, vm_state=schedule.was)
    if schedule.stale is not None:
        _leave_open(nova, schedule.stale)
    uuid = None
    if schedule.attached:
        uuid = _begin(nova, clock, schedule)
    for act in schedule.acts:
        if not act.request:
            clock.after(act.at, functools.partial(nova.do, act.deed))
    return run(schedule, nova, clock, _request(schedule, uuid))


def run(
    schedule: schedules.Schedule,
    nova: disturbed.Nova,
    clock: agenda.Clock,
    request: requests.Request,
) -> Played:
    """One run of the command."""
    gate = None
    if schedule.wish in ANSWERS:
        gate = disturbed.Gate(clock, *ANSWERS[schedule.wish])
    nova.begin(gate)
    began, before = clock.now(), nova.requests.total()
    result = refusal = None
    observer: doors.Observer = progress.Quiet()
    work = operation.Operation(nova, clock, observer, gate)
    try:
        result = work.run(request)
    except exceptions.MigrateError as error:
        refusal = error
    nova.over = True
    found: tuple[facts.MigrationRecord, ...] = nova.records_found or ()
    was_over = any(
        record.uuid == request.migration and record.status in moves.TERMINAL
        for record in found
    )
    return Played(
        schedule, nova, result, refusal, began, clock.now() - began,
        nova.server_seen, nova.records_seen,
        nova.requests.total() - before, tuple(nova.sent), gate, was_over,
    )  # fmt: skip


def _leave_open(nova: disturbed.Nova, status: str) -> None:
    """An earlier move of somebody left its record open."""
    source = nova.world.servers[SERVER].host
    nova.world.open_record(
        SERVER, type='migration', status=status, source_host=source,
        source_node=source, user_id='user-before',
    )  # fmt: skip


def _begin(
    nova: disturbed.Nova, clock: agenda.Clock, schedule: schedules.Schedule
) -> str | None:
    """Somebody asks for the move that is taken over later."""
    live = schedule.method is requests.Method.LIVE or (
        schedule.method is requests.Method.AUTO and schedule.was != 'stopped'
    )
    kind = moves.Kind.LIVE if live else moves.Kind.COLD
    with contextlib.suppress(exceptions.ApiError):
        nova.api.migrate(SERVER, kind, None, others.OTHER)
    clock.pass_by(schedule.later)
    records = nova.world.records_of(SERVER)
    return records[0].uuid if records else None


def _request(
    schedule: schedules.Schedule, uuid: str | None
) -> requests.Request:
    wish = moves.Wish.CONFIRM
    if schedule.wish in ANSWERS:
        wish = moves.Wish.ASK
    elif schedule.wish is Wish.LEAVE:
        wish = moves.Wish.LEAVE
    repeatable = schedule.start is Start.REPEATABLE
    return requests.Request(
        SERVER,
        method=schedule.method,
        wish=wish,
        on_timeout=schedule.on_timeout,
        attach=schedule.attached,
        migration=uuid if schedule.start is Start.NAMED else None,
        source_host=population.FIRST if repeatable else None,
        timeout=schedule.timeout,
        poll_interval=schedule.poll_interval,
    )


def again(
    schedule: schedules.Schedule, nova: disturbed.Nova, migration_id: str
) -> Played:
    """Take up the wait for a migration, as the hint of a run says."""
    return run(schedule, nova, nova.clock, _request(schedule, migration_id))
