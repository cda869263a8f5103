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

"""One run of the command: find, plan, ask or take over, watch, explain."""

from collections.abc import Callable
from typing import TypeVar

from osc_migrate import clock as clocks
from osc_migrate import door as doors
from osc_migrate import driver
from osc_migrate.engine import facts
from osc_migrate.engine import move as moves
from osc_migrate.engine import plan
from osc_migrate.engine import request as requests
from osc_migrate import exceptions
from osc_migrate import explanation
from osc_migrate import gate as gates
from osc_migrate.i18n import _
from osc_migrate import intervention
from osc_migrate import pace
from osc_migrate import rehearsal
from osc_migrate import result as results
from osc_migrate import start
from osc_migrate import taking_over

#: Seconds for a server and its records to be seen as they belong together.
SETTLE = 10.0
#: What ``--auto`` says.
METHODS = {
    moves.Kind.COLD: _('Server %(name)s is %(status)s: it is moved cold.'),
    moves.Kind.LIVE: _('Server %(name)s is %(status)s: it is moved live.'),
}

T = TypeVar('T')


class Operation:
    """Everything between the options and the result.

    :param gate: What decides before a confirm, None where it is decided.
    :param surroundings: Where to look for what should have come along.
    :ivar watch: The watch that runs, for whoever interrupts it.
    :ivar asked: Whether Nova was, or may have been, asked for a move.
    """

    def __init__(
        self,
        door: doors.Door,
        clock: clocks.Clock,
        observer: doors.Observer,
        gate: gates.Gate | None = None,
        surroundings: doors.Surroundings | None = None,
    ) -> None:
        self.watch: driver.Watch | None = None
        self.server: facts.Server | None = None
        self.asked = False
        self._door = door
        self._clock = clock
        self._observer = observer
        self._gate = gate
        self._surroundings = surroundings
        self._rehearsal = rehearsal.Rehearsal(door, self._patiently)

    def run(self, request: requests.Request) -> results.Result:
        """Do what was asked.

        :raises: :class:`~osc_migrate.exceptions.MigrateError` where nothing
            was asked of Nova's compute hosts.
        """
        wrong = requests.contradiction(request)
        if wrong is not None:
            raise exceptions.UsageError(wrong)
        clock = self._clock
        server, records = self._find(request)
        found = plan.plan(request, server, records)
        self._say_method(request, server, found)
        if isinstance(found, plan.NothingToDo):
            return self._rehearsal.nothing_to_do(request, server)
        began = clock.now()
        if isinstance(found, plan.TakeOver):
            move = self._taken_over(request, server, found.record)
        else:
            move = _new_move(
                request, server, records, found.kind, self._door.user_id
            )
        if request.dry_run:
            return self._rehearsal.result(request, move, found)
        self.asked = True
        if isinstance(found, plan.Start):
            move = self._ask(request, move)
        self.watch = driver.Watch(
            self._door,
            clock,
            self._observer,
            move,
            timeout=request.timeout,
            poll_interval=request.poll_interval,
            began=began,
            on_timeout=intervention.OnTimeout(request.on_timeout),
            gate=self._gate,
            surroundings=self._surroundings,
        )
        ending = self.watch.run()
        return explanation.Explanation(self._door, clock, ending).result(
            clock.now() - began
        )

    def _ask(self, request: requests.Request, move: moves.Move) -> moves.Move:
        """Ask for the move; what another run asked for first is followed."""
        try:
            return start.migration(
                self._door,
                self._clock,
                move,
                request.host,
                request.block_migration,
            )
        except exceptions.Refused:
            if request.source_host is None:
                raise
            server, records = self._find(request)
            found = plan.plan(request, server, records)
            if not isinstance(found, plan.TakeOver):
                raise
            return self._taken_over(request, server, found.record)

    def _taken_over(
        self,
        request: requests.Request,
        server: facts.Server,
        record: facts.MigrationRecord,
    ) -> moves.Move:
        return taking_over.taken_over(
            self._door, self._patiently, server, record, request.wish
        )

    def _patiently(self, call: Callable[[], T]) -> T:
        return start.patiently(self._clock, call, self._observer)

    def _find(
        self, request: requests.Request
    ) -> tuple[facts.Server, facts.Records]:
        """The server that is meant, and its records.

        Whether it is still on ``--source-host`` may change between the two
        reads: there they count only if the server was the same before and
        after, and the record of a move that just began has to be there.
        """
        door = self._door
        server = plan.choose(
            request.server,
            self._patiently(lambda: door.find(request.server)),
            door.project_id,
        )
        self.server = server
        records = self._patiently(lambda: door.records(server.id))
        until = self._clock.now() + SETTLE
        while request.source_host is not None:
            again = self._patiently(lambda: door.server(server.id))
            if again is None:
                return server, records
            if plan.belong_together(server, records, again):
                return again, records
            if self._clock.now() >= until:
                return again, records
            self._clock.sleep(pace.SHORTEST)
            server = again
            records = self._patiently(lambda: door.records(server.id))
        return server, records

    def _say_method(
        self,
        request: requests.Request,
        server: facts.Server,
        found: plan.Plan,
    ) -> None:
        """What ``--auto`` picked."""
        if request.method is not requests.Method.AUTO:
            return
        if isinstance(found, plan.Start):
            said = METHODS[found.kind]
            self._observer.say(said % {'name': server.name,
                                       'status': server.status})  # fmt: skip


def _new_move(
    request: requests.Request,
    server: facts.Server,
    records: facts.Records,
    kind: moves.Kind,
    user_id: str | None,
) -> moves.Move:
    known = () if isinstance(records, facts.Missing) else records
    return moves.Move(
        server,
        kind=kind,
        source_host=server.host,
        source_host_id=server.host_id,
        destination_host=request.host,
        known={r.uuid: r.status for r in known if r.uuid},
        user_id=user_id,
        wish=request.wish,
    )
