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
from osc_migrate import confirmation
from osc_migrate import door as doors
from osc_migrate.engine import decisions
from osc_migrate.engine.decisions import Phase
from osc_migrate.engine import facts
from osc_migrate.engine import move as moves
from osc_migrate.engine import outcomes
from osc_migrate import exceptions
from osc_migrate import lookout
from osc_migrate import pace

#: Seconds that a look may take although the time limit is reached.
SHORTEST_LOOK = 2.0
#: Seconds below which two moments of the clock are the same.
CLOCK_GRAIN = 0.001


@dataclasses.dataclass(frozen=True, slots=True)
class Ending:
    """How a watch ended, with the last that was seen.

    :ivar trouble: What kept the move from its end, where the watch ended
        for that: a fault of the API, or Nova's answer to the confirm.
    """

    verdict: outcomes.Verdict
    move: moves.Move
    look: facts.Snapshot
    trouble: exceptions.MigrateError | None = None


class Watch:
    """Follows one move to its verdict, and confirms it on the way.

    :param timeout: Seconds from now, 0 for no limit.
    :param poll_interval: Seconds, the longest pause between two looks.
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
    ) -> None:
        self._lookout = lookout.Lookout(door, clock, move)
        self._door = door
        self._clock = clock
        self._observer = observer
        self._began = clock.now() if began is None else began
        self._deadline = self._began + timeout if timeout else float('inf')
        self._poll_interval = poll_interval
        self._seen: tuple[object, ...] = ()
        self._seen_since = self._began
        self._held: decisions.Hold | None = None
        self._held_since = 0.0
        self._faults = 0
        self._trouble: exceptions.MigrateError | None = None
        self._confirmation = confirmation.Confirmation(door)
        self._awaits_confirm = False

    @property
    def move(self) -> moves.Move:
        """What is known of the move so far."""
        return self._lookout.move

    def run(self) -> Ending:
        """Wait for the verdict.

        Whatever ends the wait from outside (a signal's exception) passes
        through; :attr:`move` then says what is known.
        """
        if self._lookout.at_work:
            self._report(Phase.REQUESTED)
            self._clock.sleep(pace.SHORTEST)
        while True:
            left = self._deadline - self._clock.now()
            self._door.hurry(max(SHORTEST_LOOK, left))
            try:
                decision = self._lookout.judge(self._held)
                self._faults = 0
                self._trouble = None
            except exceptions.TransientError as error:
                decision = decisions.Wait(Phase.UNREADABLE)
                self._faults += 1
                self._trouble = error
            except exceptions.ApiError as error:
                self._trouble = error
                return self._end(
                    outcomes.Outcome.UNKNOWN, outcomes.Cause.UNREADABLE
                )
            ending = self._act(decision)
            if ending is not None:
                return ending

    def _act(self, decision: decisions.Decision) -> Ending | None:
        """Carry out a decision and let time pass; an ending ends it."""
        now = self._clock.now()
        if isinstance(decision, decisions.Hold):
            return self._hold(decision, now)
        self._held = None
        self._awaits_confirm = isinstance(decision, decisions.Confirm)
        if isinstance(decision, decisions.Wait):
            phase = decision.phase
        else:
            self._lookout.move = self._confirmation.ask(self.move, now)
            refused = isinstance(
                self._confirmation.refusal, exceptions.ApiError
            )
            phase = Phase.REFUSED if refused else Phase.CONFIRMING
        if self._awaits_confirm and self._confirmation.forbidden:
            return self._out_of_time()
        if now >= self._deadline:
            return self._out_of_time()
        self._report(phase)
        self._pause(phase)
        return None

    def _hold(self, hold: decisions.Hold, now: float) -> Ending | None:
        """The same verdict has to be seen twice, far enough apart."""
        began = self._lookout.server_at
        if self._held != hold:
            self._held = hold
            self._held_since = began
        elif began - self._held_since >= hold.seconds - CLOCK_GRAIN:
            return Ending(hold.verdict, self.move, self._lookout.look)
        # Counted between the moments at which two looks began: a slow look
        # is still one look.
        left = max(0.0, self._held_since + hold.seconds - now)
        settling = hold.seconds < decisions.SETTLE_OPEN
        if now >= self._deadline and not settling:
            return self._out_of_time()
        self._report(Phase.SETTLING)
        pause = pace.interval(now - self._held_since, self._poll_interval)
        self._clock.sleep(left if settling else min(left, pause))
        return None

    def _out_of_time(self) -> Ending:
        if self._trouble is not None:
            return self._end(
                outcomes.Outcome.UNKNOWN, outcomes.Cause.UNREADABLE
            )
        if self._awaits_confirm and not self.move.confirm_accepted:
            return self._end(
                outcomes.Outcome.UNCONFIRMED, outcomes.Cause.CONFIRM_REFUSED
            )
        return self._end(outcomes.Outcome.TIMEOUT, outcomes.Cause.TIME_LIMIT)

    def _end(self, outcome: outcomes.Outcome, cause: outcomes.Cause) -> Ending:
        return Ending(
            outcomes.Verdict(outcome, cause),
            self.move,
            self._lookout.look,
            self._trouble or self._confirmation.refusal,
        )

    def _report(self, phase: Phase) -> None:
        error = self._trouble
        if phase is Phase.REFUSED:
            error = error or self._confirmation.refusal
        self._observer.progress(
            doors.Progress(
                phase,
                self.move.source_host,
                self.move.destination_host,
                self._clock.now() - self._began,
                error.message if error else None,
            )
        )

    def _pause(self, phase: Phase) -> None:
        now = self._clock.now()
        server = self._lookout.look.server
        seen = (phase, server and server.task_state, server and server.host)
        if seen != self._seen:
            self._seen = seen
            self._seen_since = now
        if self._faults:
            error = self._trouble
            after = getattr(error, 'retry_after', None)
            seconds = pace.backoff(self._faults, after)
        else:
            seconds = pace.interval(
                now - self._seen_since, self._poll_interval
            )
        self._clock.sleep(max(0.0, min(seconds, self._deadline - now)))
