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

"""Observe, judge, act, until the move is settled."""

import dataclasses

from osc_migrate import clock as clocks
from osc_migrate import door as doors
from osc_migrate import ending as endings
from osc_migrate.engine import decisions
from osc_migrate.engine.decisions import Phase
from osc_migrate.engine import facts
from osc_migrate.engine import move as moves
from osc_migrate.engine import outcomes
from osc_migrate.engine.outcomes import Cause
from osc_migrate.engine.outcomes import Outcome
from osc_migrate import exceptions
from osc_migrate import gate as gates
from osc_migrate import holding as holdings
from osc_migrate import inspection
from osc_migrate import intervention
from osc_migrate import judgement
from osc_migrate import lookout
from osc_migrate import pace
from osc_migrate import reporting
from osc_migrate import verification

#: Seconds after the time limit in which an answer still counts.
LATE = 0.5
#: Seconds that a look may take although the time limit is reached.
SHORTEST_LOOK = 2.0
#: How often Nova is asked for the record of a move that it took just now.
LOOKS = 5


class Watch:
    """Follows one move to its verdict, and acts on the way.

    :param timeout: Seconds from now, 0 for no limit.
    :param poll_interval: Seconds, the longest pause between two looks.
    :param on_timeout: What to do with a live migration at the time limit.
    :param gate: What decides before a confirm, None where it is decided.
    :param surroundings: Where to look for what should have come along.
    :param server_every: Seconds, see :class:`~osc_migrate.lookout.Lookout`.
    """

    def __init__(
        self,
        door: doors.Door,
        clock: clocks.Clock,
        observer: doors.Observer,
        move: moves.Move,
        *,
        timeout: float,
        poll_interval: float,
        began: float | None = None,
        on_timeout: intervention.OnTimeout = intervention.OnTimeout.LEAVE,
        gate: gates.Gate | None = None,
        surroundings: doors.Surroundings | None = None,
        server_every: float = lookout.SERVER_EVERY,
    ) -> None:
        self._lookout = lookout.Lookout(
            door,
            clock,
            move,
            transfers=observer.transfers,
            server_every=server_every,
        )
        self._door = door
        self._clock = clock
        began = clock.now() if began is None else began
        self._deadline = began + timeout if timeout else float('inf')
        self._poll_interval = poll_interval
        self._meanwhile = max(lookout.SERVER_EVERY, poll_interval)
        self._pace = pace.Pace(poll_interval, began)
        self._reporter = reporting.Reporter(observer, clock, began)
        self._holding = holdings.Holding()
        self._trouble: exceptions.MigrateError | None = None
        self._decision: decisions.Decision | None = None
        self._verification = verification.Verification(door)
        self._intervention = intervention.Intervention(door, on_timeout)
        self._gate = gate
        self._inspection = inspection.Inspection(surroundings)
        #: Whether the gate was asked and has not answered.
        self.asking = False
        #: Whether Nova is done, and a check of the result is not.
        self.is_checking_live = False
        self._judged_live = False
        #: When the next look is due, on the clock.
        self.due = clock.now()
        if self._lookout.at_work:
            self._report(Phase.REQUESTED)
            self.due += pace.SHORTEST

    @property
    def awaits_decision(self) -> bool:
        """Whether the server waits in VERIFY_RESIZE, as far as was seen."""
        server = self._lookout.look.server
        return (
            server is not None
            and server.status == 'VERIFY_RESIZE'
            and not self.move.confirm_accepted
        )

    @property
    def move(self) -> moves.Move:
        """What is known of the move so far."""
        return self._lookout.move

    def run(self) -> endings.Ending:
        """Wait for the verdict.

        Whatever ends the wait from outside (a signal's exception) passes
        through; :attr:`move` then says what is known.
        """
        try:
            ending = None
            while ending is None:
                self._rest()
                ending = self.step()
            return ending
        finally:
            self.close()

    def identify(self) -> None:
        """Find out which record is this move's, if that is not known yet.

        For whoever is told of it: without, a move that has ended when
        somebody asks for it again is not found. It raises nothing.
        """
        self._door.hurry(SHORTEST_LOOK)
        for _look in range(LOOKS):
            if self.move.record_uuid is not None:
                return
            try:
                records = self._door.records(self.move.server.id)
            except exceptions.MigrateError:
                return
            known = () if isinstance(records, facts.Missing) else records
            record = moves.find_record(self.move, known)
            if record is not None:
                self._lookout.move = dataclasses.replace(
                    self.move, record_uuid=record.uuid
                )
                return
            self._clock.sleep(pace.SHORTEST)

    def close(self) -> None:
        """End what is under way besides Nova: a check, a question."""
        if self._gate is not None:
            self._gate.close()

    def _rest(self) -> None:
        """Let time pass until the next look is due; an answer ends it."""
        left = max(0.0, self.due - self._clock.now())
        if self.asking:
            self.listen(left)
        else:
            self._clock.sleep(left)

    def listen(self, seconds: float) -> None:
        """Let the check or the person answer, if one of them is asked."""
        if self._gate is None or not self.asking:
            return
        answered = judgement.decide(
            self._gate, self.move, self._lookout.look, seconds
        )
        if answered is not self.move:
            if self._clock.now() <= self._deadline + LATE:
                self._lookout.move = answered
            self.asking = False
            self.due = self._clock.now()

    def step(self) -> endings.Ending | None:
        """Look once, carry out what that asks for, and say when to look next.

        :returns: How it ended, None while it goes on; see :attr:`due`.
        """
        left = self._deadline - self._clock.now()
        self._door.hurry(max(SHORTEST_LOOK, left))
        self.asking = False
        try:
            if self.is_checking_live and not self._has_judged_live():
                return None
            return self._turn()
        except exceptions.TransientError as error:
            self._trouble = error
            if self._holding.is_settling:
                # Two looks a minute apart count, whatever failed between:
                # with one request in twenty they would never come else.
                self._holding.drop()
            return self._wait(Phase.UNREADABLE)
        except exceptions.ApiError as error:
            self._trouble = error
            return self._end(Outcome.UNKNOWN, Cause.UNREADABLE)

    def _turn(self) -> endings.Ending | None:
        """Look once, carry out what it asks for, and let time pass."""
        decision = self._decision = self._lookout.judge(self._holding.hold)
        self._trouble = None
        if isinstance(decision, decisions.Hold):
            return self._hold(decision)
        self._holding.drop()
        if isinstance(decision, decisions.Wait):
            return self._wait(decision.phase)
        if isinstance(decision, decisions.Decide):
            return self._decide()
        self._lookout.move = self._verification.act(
            decision, self.move, self._clock.now()
        )
        hopeless = self._verification.hopeless(self.move)
        if hopeless is not None:
            return self._ended(hopeless)
        return self._wait(self._verification.phase)

    def _wait(self, phase: Phase) -> endings.Ending | None:
        """Let time pass; at the time limit, step in or give up."""
        now = self._clock.now()
        if now >= self._deadline:
            if not self._intervention.begin(self.move):
                return self._out_of_time()
            self._deadline = now + intervention.EXTRA
        if self._intervention.begun:
            self._lookout.move = self._intervention.act(
                self.move, self._lookout.look.records, now
            )
            phase = self._intervention.phase
        self._report(phase)
        self.due = self._clock.now() + self._pause(phase)
        return None

    def _decide(self) -> endings.Ending | None:
        """Let the check or the person answer, and look again meanwhile."""
        if self._clock.now() >= self._deadline:
            return self._end(Outcome.TIMEOUT, Cause.UNDECIDED)
        # An answer ends the pause; what is looked for is interference.
        self._ask(self._meanwhile)
        return None

    def _ask(self, seconds: float) -> None:
        """Wait for the gate's answer for so long, but not beyond the limit."""
        assert self._gate is not None  # noqa: S101 - no wish to ask without
        self._report(self._gate.phase)
        self.asking = True
        self.due = min(self._deadline, self._clock.now() + seconds)

    def _has_judged_live(self) -> bool:
        """Whether the check of a live migration is over.

        The server is looked at anew then: much may have happened meanwhile.
        """
        out_of_time = self._clock.now() >= self._deadline
        if self.move.wish is moves.Wish.ASK and not out_of_time:
            self.is_checking_live = True
            self._ask(self._meanwhile)
            return False
        self.is_checking_live = False
        self._judged_live = True
        self._holding.drop()
        return True

    def _hold(self, hold: decisions.Hold) -> endings.Ending | None:
        """Believe a verdict once it was seen twice."""
        began = self._lookout.server_at
        holding = self._holding
        if holding.is_new(hold, began):
            if self._clock.now() < self._deadline:
                self._inspection.look(hold, self.move, self._lookout.look)
        elif holding.is_final(began):
            if self._judged_live:
                return self._ended(judgement.of_live(self.move, hold.verdict))
            if judgement.judges(self._gate, self.move, hold.verdict):
                self._has_judged_live()
                return None
            return self._ended(hold.verdict)
        now = self._clock.now()
        if now >= self._deadline and not holding.is_settling:
            return self._out_of_time()
        self._report(Phase.SETTLING)
        self.due = now + holding.pause(now, self._poll_interval)
        return None

    def _out_of_time(self) -> endings.Ending:
        move = self.move
        if self._trouble is not None:
            return self._end(Outcome.UNKNOWN, Cause.UNREADABLE)
        held = self._holding.hold
        if held is not None and held.verdict.outcome is Outcome.UNKNOWN:
            # Nothing shows that Nova is at work.
            return self._ended(held.verdict)
        asked_in_vain = isinstance(
            self._decision, decisions.Confirm | decisions.Revert
        )
        if asked_in_vain and not (
            move.confirm_accepted or move.revert_accepted
        ):
            return self._ended(self._verification.refused(move))
        return self._end(Outcome.TIMEOUT, Cause.TIME_LIMIT)

    def _end(self, outcome: Outcome, cause: Cause) -> endings.Ending:
        return self._ended(outcomes.Verdict(outcome, cause))

    def _ended(self, verdict: outcomes.Verdict) -> endings.Ending:
        refusal = None
        if verdict.outcome is Outcome.UNCONFIRMED:
            refusal = self._verification.refusal
        elif verdict.outcome is Outcome.TIMEOUT:
            refusal = self._intervention.in_vain
        return endings.Ending(
            verdict,
            self.move,
            self._lookout.look,
            self._trouble or refusal,
            self._inspection.missing,
        )

    def _report(self, phase: Phase) -> None:
        error = self._trouble
        if phase in (Phase.REFUSED, Phase.REVERT_REFUSED):
            error = error or self._verification.refusal
        elif self._intervention.begun:
            error = error or self._intervention.refusal
        self._reporter.report(phase, self.move, error, self._lookout.transfer)

    def _pause(self, phase: Phase) -> float:
        """Seconds until the next look."""
        now = self._clock.now()
        if self._trouble is not None:
            seconds = self._pace.after_fault(self._trouble)
        else:
            server = self._lookout.look.server
            task = server and server.task_state
            seconds = self._pace.after(
                (phase, task, server and server.host), now
            )
        return max(0.0, min(seconds, self._deadline - now))
