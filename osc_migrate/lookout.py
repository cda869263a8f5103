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

"""What is read of Nova at each look, and in which order."""

import contextlib
import dataclasses

from osc_migrate import clock as clocks
from osc_migrate import door as doors
from osc_migrate.engine import decisions
from osc_migrate.engine.decisions import Phase
from osc_migrate.engine import facts
from osc_migrate.engine import judge
from osc_migrate.engine import move as moves
from osc_migrate.engine import outcomes
from osc_migrate import exceptions

#: Seconds between two looks at a server that is at work.
SERVER_EVERY = 15.0
#: Seconds between two looks at the bytes; Nova's driver writes them each 5 s.
TRANSFER_EVERY = 2.5
#: Seconds between two looks at records and actions while the server alone
#: seems to tell enough: it finds the move of somebody else.
THOROUGH_EVERY = 60.0


class Lookout:
    """Looks at one move, as cheaply as the truth allows.

    :ivar move: What is known of the move; it grows with every look.
    :ivar look: The last look.
    :ivar server_at: When the server was last asked for, on the clock.
    :ivar at_work: Nova had work to do for this server at the last look.
    :ivar transfer: How far the copy of a live migration is, if known.

    :param transfers: Whether anybody wants to know that.
    :param server_every: Seconds after which the server is looked at, also
        where its record says that Nova is at work.
    """

    def __init__(
        self,
        door: doors.Door,
        clock: clocks.Clock,
        move: moves.Move,
        *,
        transfers: bool = False,
        server_every: float = SERVER_EVERY,
    ) -> None:
        self.move = move
        self.look = facts.Snapshot(move.server)
        # A request that Nova took set the task before it was answered.
        self.at_work = not move.attached and move.request_id is not None
        self._door = door
        self._clock = clock
        self.server_at = clock.now() if self.at_work else float('-inf')
        self._thorough_at = clock.now()
        self._transfers = transfers and move.kind is moves.Kind.LIVE
        self._transfer_at = float('-inf')
        self._server_every = server_every
        self.transfer: facts.Transfer | None = None
        self._events: facts.Events = facts.Missing.NOT_READ
        self._status: str | None = None
        self._phase = Phase.REQUESTED

    def judge(self, held: decisions.Hold | None = None) -> decisions.Decision:
        """Look as closely as the judge wants, and no closer.

        :param held: The verdict that this look may make final.
        """
        seen, self.look = self.look, facts.Snapshot(self.look.server)
        now = self._clock.now()
        if now - self.server_at < self._server_every and self.at_work:
            self._read_records()
            record = self._own(self.look)
            if record is not None and record.status in moves.IN_PROGRESS:
                self._read_transfer(record)
                return decisions.Wait(self._phase_of(record))
        elif _proven(held):
            # A record that is confirmed or completed changes no more: the
            # server might.
            self.look = dataclasses.replace(
                self.look, records=seen.records, actions=seen.actions
            )
        self._read_server()
        if not self.at_work:
            self.transfer = None
        if now - self._thorough_at >= THOROUGH_EVERY:
            self._thorough_at = now
            self._read_records()
            self._read_actions()
        decision = judge.judge(self.move, self.look)
        while isinstance(decision, decisions.LookCloser):
            if self.look.records is facts.Missing.NOT_READ:
                self._read_records()
            if decision.actions:
                self._read_actions()
            if decision.events:
                self._read_events()
            decision = judge.judge(self.move, self.look)
        if isinstance(decision, decisions.Wait):
            self._phase = decision.phase
        return decision

    def _read_transfer(self, record: facts.MigrationRecord) -> None:
        """How far the copy is: good to know, and never a reason for more."""
        if not self._transfers or record.status != 'running':
            self.transfer = None
            return
        if self._clock.now() - self._transfer_at < TRANSFER_EVERY:
            return
        self._transfer_at = self._clock.now()
        try:
            found = self._door.transfer(self.move.server.id, record)
        except exceptions.MigrateError:
            return
        self.transfer = found

    def _own(self, look: facts.Snapshot) -> facts.MigrationRecord | None:
        if isinstance(look.records, facts.Missing):
            return None
        return moves.find_record(self.move, look.records)

    def _phase_of(self, record: facts.MigrationRecord) -> Phase:
        """What the record says of a server that is provably at work.

        It is the cheapest thing to read (a server costs Nova calls to
        neutron), and it changes before the server comes to rest.
        """
        if record.status != self._status:
            self._status = record.status
            self._phase = judge.RECORD_PHASES[record.status]
        return self._phase

    def _read_server(self) -> None:
        self.server_at = self._clock.now()
        server = self._door.server(self.move.server.id)
        self.at_work = _at_work(server)
        records = self.look.records
        record = self._own(self.look)
        if record is not None and (
            record.status in moves.IN_PROGRESS
            or (not self.at_work and _may_change(record))
        ):
            # Read before the server: at rest it must be read after it.
            records = facts.Missing.NOT_READ
        self.look = dataclasses.replace(
            self.look, server=server, records=records
        )
        if self.at_work and not self.move.record_uuid:
            self._read_records()
        elif not self.at_work and not isinstance(records, facts.Missing):
            # What was left open while Nova was at work: it is ours.
            self._learn(records)

    def _read_records(self) -> None:
        records = self._door.records(self.move.server.id)
        self.look = dataclasses.replace(self.look, records=records)
        if not isinstance(records, facts.Missing):
            self._learn(records)

    def _learn(self, records: tuple[facts.MigrationRecord, ...]) -> None:
        """Remember which record is this move's, and where it leads."""
        record = moves.find_record(self.move, records)
        if record is None:
            return
        if self.at_work and record.status in moves.TERMINAL:
            # Perhaps that of a move that ended just before this one began.
            return
        self.move = dataclasses.replace(
            self.move,
            record_uuid=record.uuid,
            source_host=record.source_host or self.move.source_host,
            destination_host=(
                record.destination_host or self.move.destination_host
            ),
        )

    def _read_events(self) -> None:
        """The steps of our action: once, they only say where Nova has been."""
        request_id = self.move.request_id
        if self._events is facts.Missing.NOT_READ:
            self._events = facts.Missing.HIDDEN
            # Without them the verdict takes longer, and is the same.
            with contextlib.suppress(exceptions.MigrateError):
                if request_id is not None:
                    self._events = self._door.events(
                        self.move.server.id, request_id
                    )
        self.look = dataclasses.replace(self.look, events=self._events)

    def _read_actions(self) -> None:
        actions = self._door.actions(self.move.server.id)
        self.look = dataclasses.replace(self.look, actions=actions)
        if isinstance(actions, facts.Missing) or self.move.request_id:
            return
        action = moves.find_action(self.move, actions)
        if action is not None:
            self.move = dataclasses.replace(
                self.move, request_id=action.request_id
            )


def _at_work(server: facts.Server | None) -> bool:
    """A task is set, or Nova keeps VERIFY_RESIZE while it confirms."""
    return server is not None and (
        server.task_state is not None or server.status == 'VERIFY_RESIZE'
    )


def _may_change(record: facts.MigrationRecord) -> bool:
    """Nova rolls a live migration back after it has put it into ``error``.

    The server rests then, and the record becomes ``failed``.
    """
    return record.type == moves.Kind.LIVE and record.status == 'error'


def _proven(hold: decisions.Hold | None) -> bool:
    return (
        hold is not None
        and hold.seconds == decisions.SETTLE_SUCCESS
        and hold.verdict.outcome
        in (outcomes.Outcome.CONFIRMED, outcomes.Outcome.COMPLETED)
    )
