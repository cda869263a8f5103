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

"""What is done with a server that has arrived and waits in VERIFY_RESIZE."""

import dataclasses
import random

from osc_migrate import asking
from osc_migrate import door as doors
from osc_migrate.engine import decisions
from osc_migrate.engine.decisions import Phase
from osc_migrate.engine import facts
from osc_migrate.engine import move as moves
from osc_migrate.engine import outcomes
from osc_migrate.engine.outcomes import Cause
from osc_migrate.engine.outcomes import Outcome
from osc_migrate import exceptions
from osc_migrate.i18n import _

#: Seconds that a run which took the migration over, or does not know whether
#: it is the one that was answered, leaves to whoever began
#: it, and as many again at random: Nova carries out two confirms that reach
#: it at the same moment, and the second puts the server into ERROR
#: (``compute/manager.py``, ``confirm_resize``: it looks at the status that
#: the message brought, which is the same in both).
PRECEDENCE = 3.0


class Verification:
    """Confirms or reverts, and says what keeps Nova from it."""

    def __init__(self, door: doors.Door) -> None:
        self._door = door
        self._confirm = asking.Asking()
        self._revert = asking.Asking()
        self._last = self._confirm
        self._source_down = False
        self._not_before: float | None = None

    @property
    def refusal(self) -> exceptions.MigrateError | None:
        """What last kept Nova from taking what was asked."""
        return self._last.refusal

    @property
    def phase(self) -> Phase:
        """What is going on, for a person."""
        if self._last is self._revert:
            refused, wanted = Phase.REVERT_REFUSED, Phase.REVERTING
        else:
            refused, wanted = Phase.REFUSED, Phase.CONFIRMING
        return refused if self._last.refused else wanted

    def act(
        self,
        decision: decisions.Decision,
        move: moves.Move,
        now: float,
    ) -> moves.Move:
        """Confirm or revert; the move comes back with what is known of it.

        :raises: :class:`~osc_migrate.exceptions.TransientError` where the
            compute service of the source could not be asked for.
        """
        if isinstance(decision, decisions.Revert):
            return self._go_back(move, now)
        self._last = self._confirm
        perhaps_of_others = move.attached or move.doubtful
        if perhaps_of_others and now < self._my_turn(now):
            return move
        said = self._confirm.ask(lambda: self._ask_confirm(move), now)
        return dataclasses.replace(
            move,
            confirm_asked=move.confirm_asked or _perhaps(said),
            confirm_accepted=said is asking.Said.TAKEN,
        )

    def _my_turn(self, now: float) -> float:
        """When this run may confirm, counted from when it first wished to."""
        if self._not_before is None:
            jitter = random.uniform(0.0, PRECEDENCE)  # noqa: S311 - no secret
            self._not_before = now + PRECEDENCE + jitter
        return self._not_before

    def _ask_confirm(self, move: moves.Move) -> None:
        """Ask for the confirm, in Nova's stead also the source.

        A Nova that does not look would take it and lose it.
        """
        if not self._door.checks_source and self._is_down(move.source_host):
            raise exceptions.ApiError(
                _('Service is unavailable at this time: the compute service '
                  'of %s is down.') % move.source_host,
                status=409,
            )  # fmt: skip
        self._door.confirm(move.server.id)

    def _is_down(self, host: str | None) -> bool:
        if host is None:
            return False
        service = self._door.service(host)
        return isinstance(service, facts.ComputeService) and not service.up

    def _go_back(self, move: moves.Move, now: float) -> moves.Move:
        """Ask for the revert, while the source can take the server back.

        Nova destroys the guest on the destination before it asks the
        source, and its API does not look at the source's compute service
        (``compute/manager.py``, ``revert_resize``).
        """
        self._last = self._revert
        down = self._is_down(move.source_host)
        # One that was sent and not answered may have been begun.
        self._source_down = down and not move.revert_asked
        if down:
            return move
        said = self._revert.ask(lambda: self._door.revert(move.server.id), now)
        return dataclasses.replace(
            move,
            revert_asked=move.revert_asked or _perhaps(said),
            revert_accepted=said is asking.Said.TAKEN,
        )

    def hopeless(self, move: moves.Move) -> outcomes.Verdict | None:
        """The verdict where asking again would not help or would harm."""
        if self._source_down:
            sentence = _(
                'No revert was begun: the compute service of %s is down.'
            )
            said = [move.because, sentence % move.source_host]
            return outcomes.Verdict(
                Outcome.UNCONFIRMED,
                Cause.REVERT_UNSAFE,
                ' '.join(filter(None, said)),
            )
        return self.refused(move) if self._last.forbidden else None

    def refused(self, move: moves.Move) -> outcomes.Verdict:
        """The verdict where Nova had not taken it until the time limit."""
        if self.refusal is None:
            return outcomes.Verdict(Outcome.TIMEOUT, Cause.TIME_LIMIT)
        cause = Cause.CONFIRM_REFUSED
        if self._last is self._revert:
            cause = Cause.REVERT_REFUSED
        return outcomes.Verdict(Outcome.UNCONFIRMED, cause)


def _perhaps(said: asking.Said | None) -> bool:
    return said in (asking.Said.TAKEN, asking.Said.LOST)
