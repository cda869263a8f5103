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

"""What it means that the server rests in the course of a cold migration.

One small rule for each status of the record, and for VERIFY_RESIZE and ERROR
of the server.
"""

from osc_migrate.engine.case import Case
from osc_migrate.engine import decisions
from osc_migrate.engine.decisions import Phase
from osc_migrate.engine.decisions import SETTLE_FAILURE
from osc_migrate.engine.decisions import SETTLE_OPEN
from osc_migrate.engine.decisions import SETTLE_SUCCESS
from osc_migrate.engine.decisions import SETTLE_TRIED
from osc_migrate.engine.decisions import SETTLE_TWICE
from osc_migrate.engine.decisions import Wait
from osc_migrate.engine import facts
from osc_migrate.engine import move as moves
from osc_migrate.engine.outcomes import Cause
from osc_migrate.engine.outcomes import Outcome
from osc_migrate.i18n import _


#: What is asked of Nova once the server has provably arrived.
WISHES: dict[moves.Wish, decisions.Decision] = {
    moves.Wish.CONFIRM: decisions.Confirm(),
    moves.Wish.REVERT: decisions.Revert(),
    moves.Wish.ASK: decisions.Decide(),
}


def tell(case: Case) -> decisions.Decision:
    """What the look means, by the server's status, then by the record's."""
    if case.server.status == 'VERIFY_RESIZE':
        return arrived(case)
    if case.server.status == 'ERROR':
        return in_error(case)
    status = case.record.status if case.record else ''
    return BY_RECORD.get(status, left_open)(case)


def arrived(case: Case) -> decisions.Decision:
    """VERIFY_RESIZE without a task: arrived, or being confirmed."""
    if case.record is None:
        return Wait(Phase.ARRIVED)
    status = case.record.status
    if status == 'error':
        # Nova's confirm window writes this where it could not confirm.
        return case.hold(Outcome.ERROR, Cause.RECORD_CONTRADICTS, SETTLE_OPEN)
    if status in ('reverting', 'reverted') or case.move.revert_accepted:
        return Wait(Phase.REVERTING)
    if status != 'finished' or case.move.confirm_accepted:
        return Wait(Phase.CONFIRMING)
    if not case.at(case.record.destination_host):
        return Wait(Phase.ARRIVED)
    other = _other_finished(case)
    if other is not None:
        detail = _(
            'The %(type)s %(uuid)s awaits confirmation too, and Nova does '
            'not say which of them it would confirm.'
        ) % {'type': other.type, 'uuid': other.uuid}
        return case.hold(
            Outcome.CONFLICT, Cause.FOREIGN_MOVE, SETTLE_SUCCESS, detail
        )
    if case.move.wish is moves.Wish.LEAVE:
        return case.hold(
            Outcome.AWAITING_CONFIRMATION, Cause.ARRIVED, SETTLE_SUCCESS
        )
    if not _provably_ours(case):
        detail = _('Nothing proves that what awaits confirmation is ours.')
        return case.hold(Outcome.CONFLICT, Cause.UNPROVEN, SETTLE_OPEN, detail)
    return WISHES[case.move.wish]


def _other_finished(case: Case) -> facts.MigrationRecord | None:
    if case.record is None or isinstance(case.look.records, facts.Missing):
        return None
    return next(
        (
            record
            for record in case.look.records
            if record.status == 'finished' and record.uuid != case.record.uuid
        ),
        None,
    )


def _provably_ours(case: Case) -> bool:
    """confirmResize names no migration, so what it hits must be certain."""
    if isinstance(case.look.actions, facts.Missing):
        return not isinstance(case.look.records, facts.Missing)
    if moves.find_action(case.move, case.look.actions) is None:
        return False
    return not any(a.action in moves.SPOILING_ACTIONS for a in case.since)


def in_error(case: Case) -> decisions.Decision:
    """ERROR without a task; which step failed decides what helps."""
    if case.asked('resetState'):
        cause = Cause.STATE_RESET
    elif case.move.revert_accepted or case.asked('revertResize'):
        cause = Cause.REVERT_FAILED
    elif case.move.confirm_accepted or case.asked('confirmResize'):
        cause = Cause.CONFIRM_FAILED
    elif case.at_destination():
        cause = Cause.ERROR_ON_DESTINATION
    elif case.move.on_source(case.server) is None:
        cause = Cause.ERROR_UNPLACED
    else:
        cause = Cause.ERROR_ON_SOURCE
    return case.hold(Outcome.ERROR, cause, SETTLE_FAILURE)


def confirmed(case: Case) -> decisions.Decision:
    """Moved for good; by whom, the first confirm after the move says."""
    move, record = case.move, case.record
    moved_on = case.foreign_move() is not None
    away = record is not None and not case.at(record.destination_host)
    if away and not moved_on and not move.over:
        return Wait(Phase.CONFIRMING)
    action = case.asked('confirmResize')
    by_user = action.user_id if action else None
    ours = move.confirm_accepted or (
        move.confirm_asked and by_user is not None and by_user == move.user_id
    )
    if ours:
        outcome = Outcome.CONFIRMED
    elif action is not None and by_user is None:
        # get_admin_context() leaves no user in the periodic task's action.
        outcome = Outcome.AUTO_CONFIRMED
    else:
        outcome = Outcome.CONFIRMED_ELSEWHERE
    asked = [a for a in case.since if a.action == 'confirmResize']
    # A second one that was taken is carried out after the first, and fails
    # (nova's ``compute/manager.py``, ``confirm_resize``).
    seconds = SETTLE_SUCCESS if len(asked) < 2 else SETTLE_TWICE
    listed = not isinstance(case.look.actions, facts.Missing)
    if outcome is Outcome.CONFIRMED_ELSEWHERE and listed and not asked:
        # Somebody did, and a replica of the database may be behind.
        seconds = SETTLE_TRIED
    return case.hold(outcome, Cause.ARRIVED, seconds, by_user=by_user)


def reverted(case: Case) -> decisions.Decision:
    """The record says so long before the source has the guest back."""
    moved_on = case.foreign_move() is not None
    if case.asked('resetState') and not case.move.over:
        # The source, at work on it still, errs over a task that is gone.
        return case.hold(Outcome.ERROR, Cause.STATE_RESET, SETTLE_FAILURE)
    at_source = case.record is None or case.at(case.record.source_host)
    if not moved_on and not at_source:
        return Wait(Phase.REVERTING)
    move, action = case.move, case.asked('revertResize')
    by_user = action.user_id if action else None
    if move.revert_accepted or (
        move.revert_asked and by_user is not None and by_user == move.user_id
    ):
        return case.hold(
            Outcome.REVERTED,
            Cause.REVERTED_BY_US,
            SETTLE_FAILURE,
            move.because,
        )
    return case.hold(
        Outcome.REVERTED, Cause.REVERTED, SETTLE_FAILURE, by_user=by_user
    )


def rolled_back(case: Case) -> decisions.Decision:
    """The record is in error although the server is not."""
    if case.asked('resetState'):
        return case.hold(Outcome.ERROR, Cause.STATE_RESET, SETTLE_FAILURE)
    if case.move.revert_accepted or case.asked('revertResize'):
        return case.hold(Outcome.ERROR, Cause.REVERT_FAILED, SETTLE_FAILURE)
    if case.move.confirm_accepted or case.asked('confirmResize'):
        return case.hold(Outcome.ERROR, Cause.CONFIRM_FAILED, SETTLE_FAILURE)
    if case.at_destination():
        return case.hold(
            Outcome.ERROR, Cause.RECORD_CONTRADICTS, SETTLE_FAILURE
        )
    if case.record is not None and case.move.on_source(case.server) is None:
        detail = _('The record is in error, and the host cannot be seen.')
        return case.hold(
            Outcome.UNKNOWN, Cause.UNPROVEN, SETTLE_FAILURE, detail
        )
    if case.look.events is facts.Missing.NOT_READ:
        return decisions.LookCloser(events=True)
    return case.hold(
        Outcome.ROLLED_BACK,
        Cause.RECORD_ERROR,
        SETTLE_TRIED if _was_tried(case.look.events) else SETTLE_FAILURE,
    )


def _was_tried(events: facts.Events) -> bool:
    """Whether a compute host had to do with it, as far as can be seen."""
    if isinstance(events, facts.Missing) or not events:
        return True
    return any(event.name.startswith('compute_') for event in events)


def left_open(case: Case) -> decisions.Decision:
    """At rest with an open record: a reset, a restart, or a late write."""
    if case.asked('resetState'):
        return case.hold(Outcome.ERROR, Cause.STATE_RESET, SETTLE_FAILURE)
    status = case.record.status if case.record else None
    if status == 'reverting':
        return Wait(Phase.REVERTING)
    if status == 'confirming':
        return Wait(Phase.CONFIRMING)
    if status == 'finished' or case.at_destination():
        return case.hold(Outcome.ERROR, Cause.RECORD_CONTRADICTS, SETTLE_OPEN)
    return case.hold(Outcome.ROLLED_BACK, Cause.COMPUTE_RESTARTED, SETTLE_OPEN)


#: What a record's status means once the server rests on a usable status.
BY_RECORD = {
    'confirmed': confirmed,
    'reverted': reverted,
    'error': rolled_back,
}
