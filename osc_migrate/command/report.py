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

"""The sentences at the end, on standard error."""

from collections.abc import Callable, Iterable, Sequence

from osc_migrate.command import resume
from osc_migrate import driver
from osc_migrate.engine import move as moves
from osc_migrate.engine.outcomes import Outcome
from osc_migrate.engine import rows
from osc_migrate.engine import text
from osc_migrate import exceptions
from osc_migrate import fleet as fleets
from osc_migrate.i18n import _
from osc_migrate import result as results

#: ``{name}``, ``{source}``, ``{destination}``, ``{seconds}``, ... are known.
SENTENCES = {
    Outcome.CONFIRMED: _(
        'Server {name} was moved {route} and confirmed{took}.'
    ),
    Outcome.AUTO_CONFIRMED: _(
        'Server {name} was moved {route} and confirmed by Nova itself '
        '(resize_confirm_window).'
    ),
    Outcome.CONFIRMED_ELSEWHERE: _(
        'Server {name} was moved {route} and confirmed by another client.'
    ),
    Outcome.COMPLETED: _('Server {name} was moved live {route}{took}.'),
    Outcome.AWAITING_CONFIRMATION: _(
        'Server {name} was moved {route} and awaits a decision: openstack '
        'server migration confirm {id}, or openstack server migration '
        'revert {id}'
    ),
    Outcome.NOT_ON_SOURCE: _(
        'Server {name} is not on {source} and nothing is open; nothing was '
        'done.'
    ),
    Outcome.PLANNED: _('Server {name} would be moved {how} {route}.'),
    Outcome.ROLLED_BACK: _(
        'Server {name} was not moved: it is still, or again, on {source}.'
    ),
    Outcome.ABORTED: _(
        'The live migration of server {name} {route} was aborted; the server '
        'is still on {source}.'
    ),
    Outcome.ERROR: _(
        'Server {name} needs a person: its move {route} did not end well.'
    ),
    Outcome.UNCONFIRMED: _(
        'Server {name} was moved {route} and still waits in VERIFY_RESIZE.'
    ),
    Outcome.DELETED: _('Server {name} was deleted under way.'),
    Outcome.TIMEOUT: _(
        'The wait for server {name} ended after {seconds} s; Nova goes on.'
    ),
    Outcome.REVERTED: _('Server {name} is back on {source}: reverted.'),
    Outcome.CHECK_FAILED: _(
        'Server {name} was moved live {route}, and the check failed.'
    ),
    Outcome.CONFLICT: _(
        'Another migration or resize of server {name} came between; nothing '
        'of it was confirmed or reverted.'
    ),
    Outcome.UNKNOWN: _('How the move of server {name} ended is not known.'),
}

CARRY_ON = _('Carry on with: %s')
INTERRUPT = _('Interrupted.')
FAULT = _('It ended by a fault of its own: %s')
FAULT_AT_THE_END = _(
    'The result could not be shown, by a fault of this program: %s'
)
WAITING_FOR = _(
    'Interrupted: no further move is begun. In flight, and waited for: %s. '
    'Once more leaves at once.'
)
NOTHING_FURTHER = _(
    'Interrupted: no further move is begun. Nothing is in flight; once more '
    'leaves at once.'
)
INTERRUPTED = _('Interrupted; Nova goes on.')
INTERRUPTED_AT_REST = _(
    'Interrupted; the server waits in VERIFY_RESIZE for a decision.'
)
INTERRUPTED_CHECK = _(
    'Interrupted; the live migration is done, and the check was ended.'
)
INTERRUPTED_BEFORE = _('Interrupted before anything was asked of Nova.')
#: ``timeout`` where Nova waits as well.
UNDECIDED = _(
    'The wait for server {name} ended after {seconds} s; the server waits in '
    'VERIFY_RESIZE for a decision.'
)
#: ``--dry-run`` where a migration would be taken over.
TAKE_OVER = _(
    'The migration {migration} ({status}) of server {name} would be taken '
    'over.'
)

#: ``--dry-run`` where the migration is over.
TELL_OF = _(
    'The migration {migration} of server {name} is over ({status}); nothing '
    'would be done but tell how it ended.'
)


def nova_goes_on(result: results.Result) -> bool:
    """Whether the wait is over and the verdict is still to be found out.

    The same command does that, also of a migration that is over by now, if
    that is named.
    """
    open_ended = result.outcome in (Outcome.TIMEOUT, Outcome.UNKNOWN)
    return open_ended and (
        result.migration_id is not None
        or result.migration_status not in moves.TERMINAL
    )


def unwritten(failure: Exception) -> str:
    """The document is lost; the verdict and its exit code stand."""
    return _('Standard output could not be written: %s') % failure


def refused(error: exceptions.MigrateError) -> str:
    """A refusal: Nova's sentence, what helps, and the request.

    A line break in what Nova says begins no line: it could pass for ours.
    """
    reasons: Iterable[str] = (error.message,)
    hints: Iterable[str] = (error.hint,) if error.hint else ()
    if isinstance(error, exceptions.Impossible):
        reasons, hints = error.reasons, error.hints
    said = [*reasons, *(_('Hint: %s') % hint for hint in hints)]
    if error.request_id:
        said.append(_('Request ID: %s') % error.request_id)
    return '\n'.join(map(text.printable, said))


def named(error: Exception) -> str:
    """An exception that nobody expected: what it says, and its kind."""
    kind, said = type(error).__name__, text.printable(str(error))
    return f'{kind}: {said}' if said else f'{kind}.'


def interrupted(watch: driver.Watch | None, resume: str) -> Iterable[str]:
    """What goes on without us, and how to watch it again."""
    if watch is None:
        yield _('Interrupted while Nova was being asked: it may go on.')
    else:
        yield _interrupted(watch)
    yield from goes_on(watch, resume)


def goes_on(watch: driver.Watch | None, resume: str) -> Iterable[str]:
    """Where to find what Nova goes on with."""
    if watch is not None and watch.move.record_uuid:
        yield _('Migration: %s') % watch.move.record_uuid
    yield _('Take up the wait again with: %s') % resume
    if watch is not None and watch.move.request_id:
        yield _('Request ID: %s') % watch.move.request_id


def interrupted_fleet(
    fleet: fleets.Fleet | None,
    client: Sequence[str],
    carry_on: str,
    *,
    alone: Callable[[bool], Sequence[str]],
    kept: bool,
    because: str,
    begun: Sequence[str],
) -> Iterable[str]:
    """What of many moves goes on without us, and how to carry on.

    :param client: Options of the client itself.
    :param alone: The options of a command that waits for one server; told
        whether it may confirm or revert the move.
    :param kept: Whether there is a plan in a file.
    :param because: Why the run ended.
    :param begun: Names of the servers that an earlier run of this plan asked
        for.
    """
    yield because
    if fleet is None and not begun:
        yield _('No move was asked for.')
        return
    if fleet is None:
        yield _('Asked for by an earlier run, and perhaps in flight: %s') % (
            rows.named(begun)
        )
        yield CARRY_ON % carry_on
        return
    if fleet.beginning:
        yield _('Nova was being asked to move %s: it may do so.') % (
            fleet.beginning
        )
    elif not fleet.in_flight:
        yield _('Nothing is in flight.')
    for server_id, watch in fleet.in_flight.items():
        move = watch.move
        yield _('In flight, Nova goes on: %s') % move.server.name
        if move.record_uuid:
            yield _('Take up its wait alone with: %s') % resume.command(
                server_id,
                move.record_uuid,
                client,
                alone(move.wish is not moves.Wish.LEAVE),
            )
    yield CARRY_ON % carry_on
    if fleet.in_flight and not kept:
        yield _('Without a plan it cannot know what is its own: a server that '
                'awaits confirmation then is left for you.')  # fmt: skip


def _interrupted(watch: driver.Watch) -> str:
    if watch.is_checking_live:
        return INTERRUPTED_CHECK
    return INTERRUPTED_AT_REST if watch.awaits_decision else INTERRUPTED


def sentences(result: results.Result, resume: str | None) -> Iterable[str]:
    """What a person has to know of the end, one line each.

    :param resume: The command that takes up the wait again, where Nova is
        still at work.
    """
    sentence = SENTENCES[result.outcome]
    if result.outcome is Outcome.TIMEOUT and (
        result.migration_status == 'finished'
    ):
        sentence = UNDECIDED
    if result.outcome is Outcome.PLANNED and result.migration_id:
        over = result.migration_status in moves.TERMINAL
        sentence = TELL_OF if over else TAKE_OVER
    yield sentence.format(
        migration=result.migration_id,
        status=result.migration_status,
        name=result.server_name,
        id=result.server_id,
        route=_route(result),
        how=_('live')
        if result.migration_type == moves.Kind.LIVE
        else _('cold'),
        source=result.source_host or _('its host'),
        destination=result.destination_host or _('another host'),
        seconds=result.duration,
        took=_took(result),
    )
    if result.reason:
        yield _('Reason: %s') % result.reason
    if result.hint:
        yield _('Hint: %s') % result.hint
    if resume is not None:
        yield _('Take up the wait again with: %s') % resume
    if result.exit_code and result.request_id:
        yield _('Request ID: %s') % result.request_id
    for field, (before, after) in (result.changes or {}).items():
        yield from _changed(field, before, after)
    for warning in result.warnings:
        yield _('Warning: %s') % warning


def _took(result: results.Result) -> str:
    """How long it took; attached, it may have been over for days."""
    if result.changes is None:
        return ''
    return _(' in %s s') % result.duration


def _changed(field: str, before: object, after: object) -> Iterable[str]:
    """A sentence for each value that differs, down to the keys."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in sorted(before.keys() | after.keys()):
            if before.get(key) != after.get(key):
                yield from _changed(
                    f'{field}.{key}', before.get(key), after.get(key)
                )
        return
    yield _('Changed: %(field)s was %(before)s and is %(after)s') % {
        'field': field,
        'before': _plain(before),
        'after': _plain(after),
    }


def _plain(value: object) -> str:
    if isinstance(value, list | tuple):
        return ', '.join(map(str, value)) or _('nothing')
    return _('nothing') if value is None else str(value)


def _route(result: results.Result) -> str:
    if result.source_host and result.destination_host:
        return _('from %(source)s to %(destination)s') % {
            'source': result.source_host,
            'destination': result.destination_host,
        }
    if result.source_host:
        return _('from %s to a host that Nova chooses') % result.source_host
    if result.destination_host:
        return _('to %s') % result.destination_host
    return _('to another host')


def lines(sentences: Iterable[str]) -> str:
    """Sentences as they are written: safe for a terminal, a line each."""
    return ''.join(f'{text.printable(line)}\n' for line in sentences)
