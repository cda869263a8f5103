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

"""What it means that the server rests: what both kinds of moves share.

A rule returns a verdict that must still be seen twice, or waits where Nova
is known to write in this order and to be not done yet.
"""

import dataclasses

from osc_migrate.engine.case import Case
from osc_migrate.engine import cold
from osc_migrate.engine import decisions
from osc_migrate.engine.decisions import SETTLE_FAILURE
from osc_migrate.engine.decisions import SETTLE_OPEN
from osc_migrate.engine.decisions import SETTLE_SUCCESS
from osc_migrate.engine import facts
from osc_migrate.engine import live
from osc_migrate.engine import move as moves
from osc_migrate.engine import outcomes
from osc_migrate.engine.outcomes import Cause
from osc_migrate.engine.outcomes import Outcome
from osc_migrate.i18n import _

#: Statuses of a record that tell how it ended whatever happened since.
CONCLUSIVE = {
    'confirmed': cold.confirmed,
    'reverted': cold.reverted,
    'completed': live.completed,
    'cancelled': live.came_back,
    'failed': live.came_back,
}
#: Those of a move that has succeeded.
FOR_GOOD = frozenset({'confirmed', 'completed'})


def tell(case: Case) -> decisions.Decision:
    """What the look means: by the kind of the move, then by its record."""
    foreign = case.foreign_move()
    if foreign is not None:
        return interfered(case, foreign)
    if case.move.over and case.record and case.record.status in FOR_GOOD:
        # What became of the server since is another story.
        return CONCLUSIVE[case.record.status](case)
    rules = live.tell if case.move.kind is moves.Kind.LIVE else cold.tell
    if case.record is None and case.server.status not in (
        'VERIFY_RESIZE',
        'ERROR',
    ):
        return without_record(case)
    return rules(case)


def interfered(case: Case, foreign: outcomes.Verdict) -> decisions.Decision:
    """Another move began after this one, and the server is not at rest yet.

    Exit code 0 would let a script go on with a server that somebody else
    moves. Only of a migration that was over before this run took it up is
    the question just how it ended.
    """
    status = case.record.status if case.record else None
    if not case.move.over:
        detail = foreign.detail
        if status in moves.TERMINAL:
            detail = _('%(detail)s Ours had ended as %(status)s.') % {
                'detail': detail,
                'status': status,
            }
        verdict = dataclasses.replace(foreign, detail=detail)
        return case.held(verdict, SETTLE_SUCCESS)
    if status in CONCLUSIVE:
        return CONCLUSIVE[status](case)
    detail = _('It ended as %s; what was done to the server since hides more.')
    return case.hold(
        Outcome.UNKNOWN, Cause.UNPROVEN, SETTLE_SUCCESS, detail % status
    )


def stuck(case: Case) -> decisions.Hold:
    """The record is in error and the task is still named.

    Nova clears the task within the second, unless what it wanted to save
    met a state that somebody had reset.
    """
    reset = case.asked('resetState')
    return case.hold(
        Outcome.ERROR,
        Cause.STATE_RESET if reset else Cause.RECORD_CONTRADICTS,
        SETTLE_OPEN,
    )


def without_record(case: Case) -> decisions.Decision:
    """At rest, and Nova shows no record of this move."""
    action = None
    if not isinstance(case.look.actions, facts.Missing):
        action = moves.find_action(case.move, case.look.actions)
    if (
        action is None
        or case.move.on_source(case.server) is False
        or _is_moved_since(case)
    ):
        # The request left no trace, or the trace contradicts the host.
        return case.hold(Outcome.UNKNOWN, Cause.UNPROVEN, SETTLE_OPEN)
    failed = action.message is not None
    hidden = case.look.records is facts.Missing.HIDDEN
    return case.hold(
        Outcome.ROLLED_BACK,
        Cause.RECORD_ERROR if hidden else Cause.NO_RECORD,
        SETTLE_FAILURE if failed else SETTLE_OPEN,
    )


def _is_moved_since(case: Case) -> bool:
    """Whether a record is new, though it leads from another source.

    Somebody else had moved the server by the time Nova took the request.
    """
    records = case.look.records
    if isinstance(records, facts.Missing) or case.move.attached:
        return False
    return any(r.uuid and r.uuid not in case.move.known for r in records)
