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

"""Whether a server that was moved has arrived whole."""

from osc_migrate import door as doors
from osc_migrate.engine import belongings
from osc_migrate.engine import decisions
from osc_migrate.engine import facts
from osc_migrate.engine import left_behind
from osc_migrate.engine import move as moves
from osc_migrate.engine.outcomes import Outcome

#: Outcomes of a server in its new place, and whether the source should hold
#: nothing of it any more.
ARRIVED = {
    Outcome.CONFIRMED: True,
    Outcome.AUTO_CONFIRMED: True,
    Outcome.CONFIRMED_ELSEWHERE: True,
    Outcome.COMPLETED: True,
    Outcome.AWAITING_CONFIRMATION: False,
}


class Inspection:
    """Looks once at what should have come along, when all seems well.

    It is done between the two looks of a good verdict, which have to be some
    time apart anyway.

    :ivar missing: A sentence for each thing that is not as it should be.
    """

    def __init__(self, surroundings: doors.Surroundings | None) -> None:
        self.missing: tuple[str, ...] = ()
        self._surroundings = surroundings
        self._looked_for: decisions.Hold | None = None

    def look(
        self, hold: decisions.Hold, move: moves.Move, look: facts.Snapshot
    ) -> None:
        """Look, if that was not done for this sight, and makes sense."""
        if hold == self._looked_for:
            return
        self._looked_for, self.missing = hold, ()
        released = ARRIVED.get(hold.verdict.outcome)
        if self._surroundings is None or released is None:
            return
        if look.server is None or move.over:
            return
        record = None
        if not isinstance(look.records, facts.Missing):
            record = moves.find_record(move, look.records)
        before = move.server
        arrived = belongings.arrival(
            look.server,
            record,
            released=released,
            node=before.node if before.host == move.source_host else None,
        )
        self.missing = left_behind.missing(
            arrived, self._surroundings.look(arrived)
        )
