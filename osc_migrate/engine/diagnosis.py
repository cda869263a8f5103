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

from osc_migrate.engine import facts
from osc_migrate.engine import hints
from osc_migrate.engine import move as moves
from osc_migrate.engine import outcomes
from osc_migrate.engine.outcomes import Cause
from osc_migrate import exceptions
from osc_migrate.i18n import _

#: Which action's steps tell the reason; all others: the move's own.
TOLD_BY = {
    Cause.CONFIRM_FAILED: 'confirmResize',
    Cause.REVERT_FAILED: 'revertResize',
}
#: Reasons in our words, where Nova has none.
REASONS = {
    Cause.NO_RECORD: _('Nova failed before it made a migration record.'),
    Cause.COMPUTE_RESTARTED: _(
        'The server is back on its source, but the migration record was left '
        'open, as a restarted compute service leaves it.'
    ),
    Cause.STATE_RESET: _('The state of the server was reset under way.'),
    Cause.RECORD_CONTRADICTS: _(
        'Server and migration record contradict each other.'
    ),
    Cause.GONE: _('The server was deleted while it was being moved.'),
    Cause.REVERTED: _('The migration was reverted.'),
    Cause.TIME_LIMIT: _('The time limit was reached while Nova was at work.'),
    Cause.UNPROVEN: _('Nothing that Nova shows proves how it ended.'),
    Cause.UNREADABLE: _('The API could not be read to the end.'),
    Cause.RECORD_ERROR: _('The migration record is in error.'),
}


@dataclasses.dataclass(frozen=True, slots=True)
class Evidence:
    """What was read once more, after the verdict, to explain it.

    ``events`` are the steps of the action that :data:`TOLD_BY` names;
    ``destination`` is the compute service of the host that was asked for.
    """

    events: tuple[facts.ActionEvent, ...] = ()
    destination: facts.ComputeService | None = None
    said: str | None = None


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
    if server is not None and server.fault and server.status == 'ERROR':
        words = _with_command(words or server.fault.message, server.fault)
    if verdict.cause in (Cause.CONFIRM_REFUSED, Cause.UNREADABLE):
        words = evidence.said
    if verdict.cause in (Cause.STATE_RESET, Cause.TIME_LIMIT):
        words = None
    text = verdict.detail or words or REASONS.get(verdict.cause)
    if verdict.by_user is not None and text is not None:
        text = _('%(text)s, by user %(user)s.') % {
            'text': text.rstrip('.'),
            'user': verdict.by_user,
        }
    return text


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
    """What the step that failed first said; its callers only repeat it."""
    failed = [e for e in events if e.result == 'Error' and e.details]
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
            for row in hints.ENDINGS
            if row.fits(verdict.cause, because or '')
        ),
        None,
    )
    if row is None:
        return None
    text = row.hint
    service = evidence.destination
    if service is not None and not service.up:
        text = hints.DESTINATION_DOWN
    elif service is not None and not service.enabled:
        text = hints.DESTINATION_DISABLED
    return fill(text, move)


def fill(text: str, move: moves.Move) -> str:
    """Put the names of this move into a hint."""
    return text.format(
        server=move.server.id,
        source=move.source_host or _('the source'),
        destination=move.destination_host or _('the destination'),
        request=move.request_id or '',
    )


def refusal(
    error: exceptions.ApiError, server: facts.Server, host: str | None
) -> exceptions.Refused:
    """Nova's no, with the command that helps."""
    row = next(
        (
            row
            for row in hints.REFUSALS
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
