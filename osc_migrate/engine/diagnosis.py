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

"""From an ending to a reason in Nova's words and the next command."""

from collections.abc import Iterable
import dataclasses
import datetime

from osc_migrate.engine import endings
from osc_migrate.engine import facts
from osc_migrate.engine import hints
from osc_migrate.engine import move as moves
from osc_migrate.engine import outcomes
from osc_migrate.engine.outcomes import Cause
from osc_migrate.engine import refusals
from osc_migrate.engine import text as texts
from osc_migrate import exceptions
from osc_migrate.i18n import _

#: Which action's steps tell the reason; all others: the move's own.
TOLD_BY = {
    Cause.CONFIRM_FAILED: 'confirmResize',
    Cause.REVERT_FAILED: 'revertResize',
}
#: Causes for which the API's own answer is the reason.
TOLD_BY_API = frozenset(
    {Cause.CONFIRM_REFUSED, Cause.REVERT_REFUSED, Cause.UNREADABLE}
)
#: How much the clocks of Nova's services may differ for a fault to be new.
SKEW = datetime.timedelta(seconds=1)
#: Reasons in our words, where Nova has none.
REASONS = {
    Cause.NO_RECORD: _('Nova failed before it made a migration record.'),
    Cause.COMPUTE_RESTARTED: _(
        'The server is back on its source, but the migration record was left '
        'open, as a restarted compute service leaves it (with Nova 21 and '
        'older also a state that was reset).'
    ),
    Cause.ERROR_ON_SOURCE: _(
        'Nova left the server in ERROR on its source; it gives no reason.'
    ),
    Cause.ERROR_ON_DESTINATION: _(
        'Nova left the server in ERROR on its destination; it gives no reason.'
    ),
    Cause.ERROR_UNPLACED: _(
        'Nova left the server in ERROR; it gives no reason.'
    ),
    Cause.CONFIRM_FAILED: _('The confirm failed; Nova gives no reason.'),
    Cause.REVERT_FAILED: _('The revert failed; Nova gives no reason.'),
    Cause.STATE_RESET: _('The state of the server was reset under way.'),
    Cause.RECORD_CONTRADICTS: _(
        'Server and migration record contradict each other.'
    ),
    Cause.GONE: _('The server was deleted while it was being moved.'),
    Cause.REVERTED: _('The migration was reverted.'),
    Cause.TIME_LIMIT: _('The time limit was reached while Nova was at work.'),
    Cause.UNPROVEN: _('Nothing that Nova shows proves how it ended.'),
    Cause.UNREADABLE: _('The API could not be read to the end.'),
    Cause.RECORD_ERROR: _('The migration failed; Nova gives no reason.'),
    Cause.LIVE_FAILED: _(
        'The live migration failed and was rolled back; Nova gives no reason.'
    ),
    Cause.ABORTED: _('The live migration was aborted.'),
    Cause.LIVE_ERROR_AFTER_ABORT: _(
        'Nova left the server in ERROR after its live migration was aborted.'
    ),
    Cause.LIVE_ERROR_ON_SOURCE: _(
        'The live migration failed and Nova left the server in ERROR; it '
        'gives no reason.'
    ),
    Cause.LIVE_ERROR_ON_DESTINATION: _(
        'The live migration failed after the guest had reached the '
        'destination; Nova gives no reason.'
    ),
    Cause.LEFT_ON_DESTINATION: _(
        'The server is on its destination, but the migration record was left '
        'open.'
    ),
    Cause.REVERTED_BY_US: _('It was reverted, as was asked for.'),
    Cause.UNDECIDED: _(
        'The time limit was reached before the check or a person had decided.'
    ),
}


@dataclasses.dataclass(frozen=True, slots=True)
class Evidence:
    """What was read once more, after the verdict, to explain it.

    ``events`` are the steps of the action that :data:`TOLD_BY` names;
    ``destination`` is the compute service of the host that was asked for,
    ``began`` when Nova made the migration record.
    """

    events: tuple[facts.ActionEvent, ...] = ()
    destination: facts.ComputeService | None = None
    said: str | None = None
    began: str | None = None


def reason(
    verdict: outcomes.Verdict,
    server: facts.Server | None,
    evidence: Evidence,
) -> str | None:
    """Why, in Nova's own words where it has any.

    The steps of the action tell it for a server that went back to where it
    was, as Nova shows a fault only in ERROR (``views/servers.py``).
    """
    if outcomes.EXIT_CODES[verdict.outcome] == 0:
        return None
    words = _event_details(evidence.events)
    fault = _fault(server, evidence.began)
    if fault is not None:
        words = _with_command(words or fault.message, fault)
    if verdict.cause in TOLD_BY_API:
        words = evidence.said
    if verdict.cause in (Cause.STATE_RESET, Cause.TIME_LIMIT):
        words = None
    if verdict.cause is Cause.TIME_LIMIT and evidence.said:
        words = _('%(reason)s Stepping in did not help: %(said)s') % {
            'reason': REASONS[verdict.cause], 'said': evidence.said,
        }  # fmt: skip
    text = verdict.detail or words or REASONS.get(verdict.cause)
    if verdict.by_user is not None and text is not None:
        text = _('%(text)s, by user %(user)s.') % {
            'text': text.rstrip('.'),
            'user': verdict.by_user,
        }
    return text


def _fault(
    server: facts.Server | None, began: str | None
) -> facts.Fault | None:
    """The fault of a server in ERROR, if it is not that of an earlier move."""
    if server is None or server.status != 'ERROR' or server.fault is None:
        return None
    created, since = moves.time_of(server.fault.created), moves.time_of(began)
    if created is not None and since is not None and created < since - SKEW:
        return None
    return server.fault


def _with_command(words: str, fault: facts.Fault) -> str:
    """Which command failed, where Nova names only the exception's class.

    What is no exception of Nova's own becomes a bare class name
    (``compute/utils.py``); admins find the rest in the fault's details.
    """
    _before, found, command = (fault.details or '').partition('Command: ')
    if ' ' in words or not found:
        return words
    return f'{words}: {found}{command.strip()}'


def _event_details(events: Iterable[facts.ActionEvent]) -> str | None:
    """What the step that failed first said; its callers only repeat it.

    A host that failed the check before a live migration says nothing of the
    end where another one took it (``conductor/tasks/live_migrate.py``).
    """
    events = tuple(events)
    begun = any(e.name == 'compute_live_migration' for e in events)
    failed = [
        e
        for e in events
        if e.result == 'Error'
        and e.details
        and not (begun and e.name.startswith('compute_check_can'))
    ]
    for event in failed:
        if event.name.startswith('compute_'):
            return event.details
    return failed[0].details if failed else None


def hint(
    verdict: outcomes.Verdict,
    move: moves.Move,
    because: str | None,
    evidence: Evidence,
) -> str | None:
    """The next command, None where nothing needs to be done."""
    if outcomes.EXIT_CODES[verdict.outcome] == 0:
        return None
    row = next(
        (
            row
            for row in endings.ENDINGS
            if row.fits(verdict.cause, because or '')
        ),
        None,
    )
    if row is None:
        return None
    text = row.hint
    service = evidence.destination
    stayed = verdict.outcome is outcomes.Outcome.ROLLED_BACK
    if (
        stayed
        and move.source_host
        and (move.source_host == move.destination_host)
    ):
        text = hints.SAME_HOST
    elif service is not None and not service.up:
        text = hints.DESTINATION_DOWN
    elif service is not None and not service.enabled:
        text = hints.DESTINATION_DISABLED
    return fill(text, move)


def fill(text: str, move: moves.Move) -> str:
    """Put the names of this move into a hint, fit to be pasted."""
    source, destination = move.source_host, move.destination_host
    return text.format(
        server=move.server.id,
        candidates=hints.candidates(move.server.id, move.kind),
        source=texts.shell_word(source) if source else _('the source'),
        destination=(
            texts.shell_word(destination)
            if destination
            else _('the destination')
        ),
        request=move.request_id or '',
    )


def refusal(
    error: exceptions.ApiError, server: facts.Server, host: str | None
) -> exceptions.Refused:
    """Nova's no, with the command that helps."""
    row = next(
        (
            row
            for row in refusals.REFUSALS
            if row.fits(error.status, error.message)
        ),
        None,
    )
    move = moves.Move(server, source_host=server.host, destination_host=host)
    return exceptions.Refused(
        error.message,
        hint=fill(row.hint, move) if row else None,
        request_id=error.request_id,
    )
