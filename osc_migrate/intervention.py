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

"""What is done to a live migration that is not over at the time limit."""

from collections.abc import Callable
import dataclasses
import enum

from osc_migrate import asking
from osc_migrate import door as doors
from osc_migrate.engine.decisions import Phase
from osc_migrate.engine import facts
from osc_migrate.engine import move as moves
from osc_migrate import exceptions
from osc_migrate.i18n import _

#: Seconds that are waited after the time limit for what was done then.
EXTRA = 60.0


class OnTimeout(enum.StrEnum):
    """``--on-timeout``."""

    LEAVE = 'leave'
    ABORT = 'abort'
    FORCE_COMPLETE = 'force-complete'


#: Nova's words for the instance actions.
ACTIONS = {
    OnTimeout.ABORT: 'live_migration_cancel',
    OnTimeout.FORCE_COMPLETE: 'live_migration_force_complete',
}


class Intervention:
    """Aborts a live migration, or has it completed by force.

    Nova refuses that in some statuses (``force_complete`` in all but
    ``running``): it is asked again until the extra minute is over.

    :ivar begun: The time limit was reached.
    """

    def __init__(self, door: doors.Door, action: OnTimeout) -> None:
        self.begun = False
        self._action = action
        self._asking = asking.Asking()
        self._taken = False
        self._lost = False
        self._door = door
        self._ask: Callable[[str, int], object] = (
            door.abort if action is OnTimeout.ABORT else door.force_complete
        )

    @property
    def refusal(self) -> exceptions.MigrateError | None:
        """What keeps Nova from doing it."""
        return self._asking.refusal

    @property
    def in_vain(self) -> exceptions.MigrateError | None:
        """Why it did not help, once the extra minute is over as well."""
        if not self.begun or self.refusal is not None:
            return self.refusal
        if self._taken:
            return exceptions.MigrateError(
                _('Nova took it, and it had no effect within %.0f s.') % EXTRA
            )
        return exceptions.MigrateError(
            _('No migration record was seen that it could be asked for.')
        )

    @property
    def phase(self) -> Phase:
        """What is going on, for a person."""
        if self._action is OnTimeout.ABORT:
            return Phase.ABORTING
        return Phase.FORCING

    def begin(self, move: moves.Move) -> bool:
        """Whether there is something to do now that time is up."""
        if self.begun or self._action is OnTimeout.LEAVE:
            return False
        self.begun = move.kind is moves.Kind.LIVE
        return self.begun

    def act(
        self, move: moves.Move, records: facts.Records, now: float
    ) -> moves.Move:
        """Ask Nova, if it has not taken it yet and names the record."""
        if self._taken or self._asking.forbidden:
            return move
        if isinstance(records, facts.Missing):
            return move
        record = moves.find_record(move, records)
        if record is None or record.id is None:
            return move
        number = record.id
        if self._lost and self._took_effect(move):
            self._asking.refusal = None
            self._taken = True
        else:
            said = self._asking.ask(
                lambda: self._ask(move.server.id, number), now
            )
            self._lost = self._lost or said is asking.Said.LOST
            self._taken = said is asking.Said.TAKEN
        if not self._taken or self._action is not OnTimeout.ABORT:
            return move
        return dataclasses.replace(move, abort_accepted=True)

    def _took_effect(self, move: moves.Move) -> bool:
        """Whether Nova shows what it was asked for without an answer."""
        try:
            actions = self._door.actions(move.server.id)
        except exceptions.MigrateError:
            return False
        if isinstance(actions, facts.Missing):
            return False
        return any(
            action.action == ACTIONS[self._action]
            and moves.agree(action.user_id, move.user_id)
            for action in moves.actions_since(move, actions)
        )
