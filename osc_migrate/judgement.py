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

"""What a check or a person says of a server in its new place."""

import dataclasses

from osc_migrate.engine import facts
from osc_migrate.engine import identity
from osc_migrate.engine import move as moves
from osc_migrate.engine import outcomes
from osc_migrate.engine.outcomes import Cause
from osc_migrate.engine.outcomes import Outcome
from osc_migrate import gate as gates
from osc_migrate.i18n import _

#: What an answer of the gate makes of the wish.
WISHES = {
    gates.Answer.CONFIRM: moves.Wish.CONFIRM,
    gates.Answer.REVERT: moves.Wish.REVERT,
    gates.Answer.LEAVE: moves.Wish.LEAVE,
}


def decide(
    gate: gates.Gate, move: moves.Move, look: facts.Snapshot, seconds: float
) -> moves.Move:
    """Give the gate so many seconds to say what is to be done."""
    server = look.server or move.server
    arrival = gates.Arrival(
        server,
        move.source_host,
        move.destination_host,
        identity.addresses(server.identity),
    )
    answered = gate.wait(arrival, seconds)
    if answered is None:
        return move
    return dataclasses.replace(
        move, wish=WISHES[answered.answer], because=answered.because
    )


def judges(
    gate: gates.Gate | None, move: moves.Move, verdict: outcomes.Verdict
) -> bool:
    """Whether the gate is asked about a live migration that is done."""
    return (
        verdict.outcome is Outcome.COMPLETED
        and gate is not None
        and gate.after_live
        and move.wish is moves.Wish.ASK
    )


def of_live(move: moves.Move, verdict: outcomes.Verdict) -> outcomes.Verdict:
    """The verdict on a live migration as the answer leaves it."""
    if move.wish is moves.Wish.CONFIRM or (
        verdict.outcome is not Outcome.COMPLETED
    ):
        return verdict
    because = move.because
    if move.wish is moves.Wish.ASK:
        because = _('The check had not ended at the time limit.')
    return outcomes.Verdict(Outcome.CHECK_FAILED, Cause.CHECK_FAILED, because)
