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

"""What it means that the server rests in the course of a live migration.

Nova's order: after a success the destination saves the server before the
source writes ``completed``; after a failure the server may rest on the
source for seconds, with the record in ``error`` or ``failed``, before it is
put into ERROR although its guest runs (nova's ``compute/manager.py``,
``_do_live_migration`` and ``_rollback_live_migration``).
"""

from osc_migrate.engine.case import Case
from osc_migrate.engine import decisions
from osc_migrate.engine.decisions import SETTLE_FAILURE
from osc_migrate.engine.decisions import SETTLE_LIVE_FAILURE
from osc_migrate.engine.decisions import SETTLE_OPEN
from osc_migrate.engine.decisions import SETTLE_SUCCESS
from osc_migrate.engine import facts
from osc_migrate.engine import move as moves
from osc_migrate.engine.outcomes import Cause
from osc_migrate.engine.outcomes import Outcome
from osc_migrate.i18n import _


def tell(case: Case) -> decisions.Decision:
    """What the look means, by the server's status, then by the record's."""
    if case.server.status == 'ERROR':
        return in_error(case)
    if _perhaps_of_others(case):
        detail = _('Nothing proves that this live migration is ours.')
        return case.hold(
            Outcome.CONFLICT, Cause.UNPROVEN, SETTLE_LIVE_FAILURE, detail
        )
    status = case.record.status if case.record else ''
    return BY_RECORD.get(status, left_open)(case)


def _perhaps_of_others(case: Case) -> bool:
    """The answer to our request was lost, and no action of it is listed."""
    if case.move.request_id is not None or case.move.attached:
        return False
    return (
        not isinstance(case.look.actions, facts.Missing)
        and moves.find_action(case.move, case.look.actions) is None
    )


def in_error(case: Case) -> decisions.Decision:
    """ERROR without a task: the guest most likely runs, where says the host.

    Nova 33 and 34 with libvirt end an abort this way, too.
    """
    if case.asked('resetState'):
        cause = Cause.STATE_RESET
    elif case.at_destination():
        cause = Cause.LIVE_ERROR_ON_DESTINATION
    elif case.move.on_source(case.server) is None:
        cause = Cause.ERROR_UNPLACED
    elif aborted(case):
        detail = None
        if case.move.abort_accepted:
            detail = _('This command aborted it at the time limit, and Nova '
                       'left the server in ERROR.')  # fmt: skip
        return case.hold(
            Outcome.ERROR,
            Cause.LIVE_ERROR_AFTER_ABORT,
            SETTLE_FAILURE,
            detail,
            by_user=_canceller(case),
        )
    else:
        cause = Cause.LIVE_ERROR_ON_SOURCE
    return case.hold(Outcome.ERROR, cause, SETTLE_FAILURE)


def aborted(case: Case) -> bool:
    """Whether an abort was asked for, or Nova says that one took place."""
    return (
        case.move.abort_accepted
        or case.asked('live_migration_cancel') is not None
        or (case.record is not None and case.record.status == 'cancelled')
    )


def _canceller(case: Case) -> str | None:
    """The user who aborted it; None for ourselves, and for Nova."""
    if case.move.abort_accepted:
        return None
    action = case.asked('live_migration_cancel')
    return action.user_id if action else None


def completed(case: Case) -> decisions.Decision:
    """Done; a server that is seen elsewhere was moved on, or is a riddle."""
    if (
        case.foreign_move() is None
        and not case.move.over
        and case.move.on_source(case.server)
    ):
        return case.hold(Outcome.ERROR, Cause.RECORD_CONTRADICTS, SETTLE_OPEN)
    return case.hold(Outcome.COMPLETED, Cause.ARRIVED, SETTLE_SUCCESS)


def came_back(case: Case) -> decisions.Decision:
    """The record says that it failed, and the server is not in ERROR."""
    doubt = _doubt(case) if case.foreign_move() is None else None
    if doubt is not None:
        return doubt
    seconds = SETTLE_OPEN if _may_roll_back(case) else SETTLE_LIVE_FAILURE
    if aborted(case):
        return case.hold(
            Outcome.ABORTED,
            Cause.ABORTED,
            seconds,
            _who_aborted(case),
            by_user=_canceller(case),
        )
    failed = case.record is not None and case.record.status == 'failed'
    return case.hold(
        Outcome.ROLLED_BACK,
        Cause.LIVE_FAILED if failed else Cause.RECORD_ERROR,
        seconds,
    )


def _may_roll_back(case: Case) -> bool:
    """Whether a compute host may be at work on it, although it rests.

    The conductor names the destination when it hands over to the source,
    which ends a roll-back with ``failed``. Where it stays in ``error``, its
    service was started again: that clears the task, and a roll-back that
    waited for it puts the server into ERROR over that.
    """
    record = case.record
    return (
        not case.move.over
        and record is not None
        and record.status == 'error'
        and record.destination_host is not None
    )


def _doubt(case: Case) -> decisions.Hold | None:
    """What speaks against the server being back where it was."""
    if case.asked('resetState'):
        return case.hold(Outcome.ERROR, Cause.STATE_RESET, SETTLE_FAILURE)
    if case.at_destination():
        return case.hold(
            Outcome.ERROR, Cause.RECORD_CONTRADICTS, SETTLE_LIVE_FAILURE
        )
    # The other statuses are written by the roll-back itself.
    in_error = case.record is not None and case.record.status == 'error'
    if in_error and case.move.on_source(case.server) is None:
        detail = _('The live migration failed, and the host cannot be seen.')
        return case.hold(
            Outcome.UNKNOWN, Cause.UNPROVEN, SETTLE_LIVE_FAILURE, detail
        )
    return None


def _who_aborted(case: Case) -> str | None:
    if case.move.abort_accepted:
        return _('This command aborted it at the time limit.')
    if case.asked('live_migration_cancel') is None:
        # libvirt's monitor ends it without an action of anybody's.
        return _('Nova cancelled it; no request for that is shown '
                 '(live_migration_completion_timeout does so).')  # fmt: skip
    return None


def left_open(case: Case) -> decisions.Decision:
    """At rest with an open record: a late write, a reset, or a restart."""
    if case.asked('resetState'):
        return case.hold(Outcome.ERROR, Cause.STATE_RESET, SETTLE_FAILURE)
    if case.at_destination():
        # ``completed`` follows within the second while the source lives.
        return case.hold(Outcome.ERROR, Cause.LEFT_ON_DESTINATION, SETTLE_OPEN)
    return case.hold(Outcome.ROLLED_BACK, Cause.COMPUTE_RESTARTED, SETTLE_OPEN)


#: What a record's status means once the server rests on a usable status.
BY_RECORD = {
    'completed': completed,
    'failed': came_back,
    'cancelled': came_back,
    'error': came_back,
}
