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

"""What a request means for the server as it is found."""

from collections.abc import Iterable
import dataclasses

from osc_migrate.engine import facts
from osc_migrate.engine import move as moves
from osc_migrate.engine.request import Method
from osc_migrate.engine.request import Request
from osc_migrate import exceptions
from osc_migrate.i18n import _

#: Types of migration records that this command may take over.
TAKEN_OVER = frozenset(moves.Kind)
#: What is not taken over, in words for a person.
NEVER_TAKEN_OVER = {
    'resize': _('a flavor resize'),
    'evacuation': _('an evacuation'),
}
#: Statuses of a server that can be moved while its guest runs.
LIVE_STATUSES = frozenset({'ACTIVE', 'PAUSED'})


@dataclasses.dataclass(frozen=True, slots=True)
class Start:
    """Ask Nova for a new migration."""

    kind: moves.Kind


@dataclasses.dataclass(frozen=True, slots=True)
class TakeOver:
    """Follow a migration that somebody started before."""

    record: facts.MigrationRecord


@dataclasses.dataclass(frozen=True, slots=True)
class NothingToDo:
    """The server has left ``--source-host`` and nothing is open."""


Plan = Start | TakeOver | NothingToDo


def choose(
    name: str, found: Iterable[facts.Server], project_id: str | None
) -> facts.Server:
    """The one server that was meant.

    One match in the caller's own project wins over others elsewhere.

    :raises: :class:`~osc_migrate.exceptions.Refused` for none or several.
    """
    found = tuple(found)
    if not found:
        raise exceptions.Refused(
            _('No server with a name or ID of \'%s\' exists.') % name
        )
    own = tuple(s for s in found if project_id and s.project_id == project_id)
    for matches in (own, found):
        if len(matches) == 1:
            return matches[0]
    named = ', '.join(f'{s.id} (project {s.project_id})' for s in found)
    raise exceptions.Refused(
        _('More than one server is named \'%(name)s\': %(servers)s')
        % {'name': name, 'servers': named},
        hint=_('Give the ID instead of the name.'),
    )


def plan(
    request: Request, server: facts.Server, records: facts.Records
) -> Plan:
    """What the request means for the server as it is.

    :raises: :class:`~osc_migrate.exceptions.Refused` where it means nothing
        that is safe.
    """
    if isinstance(records, facts.Missing):
        visible: tuple[facts.MigrationRecord, ...] = ()
    else:
        visible = records
    found: Plan = Start(kind_for(request.method, server))
    if request.attach:
        found = TakeOver(_to_attach(request, server, visible, records))
    elif request.source_host is not None:
        found = _from_source(request, server, visible, found)
    kind = kind_of(found)
    if kind is moves.Kind.COLD and request.on_timeout != 'leave':
        raise exceptions.UsageError(
            _('--on-timeout %s acts on a live migration; this one is cold and '
              'can only be left to Nova.') % request.on_timeout
        )  # fmt: skip
    return found


def kind_for(method: Method, server: facts.Server) -> moves.Kind:
    """How a server is moved; what cannot be moved either way, Nova refuses."""
    if method is Method.AUTO:
        movable = server.status in LIVE_STATUSES
        return moves.Kind.LIVE if movable else moves.Kind.COLD
    return moves.Kind.LIVE if method is Method.LIVE else moves.Kind.COLD


def kind_of(found: Plan) -> moves.Kind | None:
    """How the server is moved by a plan; None where it is not."""
    if isinstance(found, Start):
        return found.kind
    if isinstance(found, TakeOver):
        return moves.Kind(found.record.type)
    return None


def _to_attach(
    request: Request,
    server: facts.Server,
    visible: tuple[facts.MigrationRecord, ...],
    records: facts.Records,
) -> facts.MigrationRecord:
    if records is facts.Missing.HIDDEN:
        raise exceptions.Refused(
            _('Migration records may not be read by this user, so none can '
              'be taken over.'),
            hint=_('Use the credentials of an admin or a project manager.'),
        )  # fmt: skip
    if request.migration is not None:
        named = [r for r in visible if r.uuid == request.migration]
        if not named:
            raise exceptions.Refused(
                _('The server has no migration %s that this user may see.')
                % request.migration,
                hint=_('openstack server migration list --server %s')
                % request.server,
            )
        record = named[0]
    else:
        open_records = [r for r in visible if _is_open(r)]
        if not open_records and is_moving(server):
            raise exceptions.Refused(
                _('The server is in %s, but no migration of it is shown to '
                  'this user.') % server.status,
                hint=_('Use the credentials of an admin: a manager is shown '
                       'only what was asked for from the own project.'),
            )  # fmt: skip
        if not open_records:
            raise exceptions.Refused(
                _('No migration of the server is in flight or awaits '
                  'confirmation.'),
                hint=_('Without --attach a new migration is started.'),
            )  # fmt: skip
        record = open_records[0]
    _refuse_foreign(server, record)
    if request.method is Method.LIVE and record.type != moves.Kind.LIVE:
        raise exceptions.Refused(
            _('The migration %(uuid)s (%(status)s) is a cold one.')
            % {'uuid': record.uuid, 'status': record.status},
            hint=_('Leave --live-migration out to take it over.'),
        )
    return record


def belong_together(
    server: facts.Server, records: facts.Records, again: facts.Server
) -> bool:
    """Whether records that were read between two reads of a server fit it.

    A server that moves has an open record, which Nova makes a moment later.
    """
    if (server.status, server.task_state, server.host) != (
        again.status,
        again.task_state,
        again.host,
    ):
        return False
    if isinstance(records, facts.Missing) or not is_moving(again):
        return True
    return any(_is_open(record) for record in records)


def is_moving(server: facts.Server) -> bool:
    """Whether Nova moves the server, or waits for a decision about it."""
    return server.status in (
        'MIGRATING',
        'RESIZE',
        'REVERT_RESIZE',
        'VERIFY_RESIZE',
    )


def _is_open(record: facts.MigrationRecord) -> bool:
    return record.status not in moves.TERMINAL


def _refuse_foreign(
    server: facts.Server, record: facts.MigrationRecord
) -> None:
    if record.type not in TAKEN_OVER:
        kind = NEVER_TAKEN_OVER.get(record.type, record.type)
        raise exceptions.Refused(
            _('The migration %(uuid)s (%(status)s) is %(kind)s, which is '
              'not taken over.')
            % {'uuid': record.uuid, 'status': record.status, 'kind': kind},
            hint=_('openstack server migration list --server %s')
            % server.id,
        )  # fmt: skip


def _refuse_other(request: Request, record: facts.MigrationRecord) -> None:
    """Refuse what is under way, but not as it is asked for."""
    elsewhere = request.host is not None and not moves.agree(
        request.host, record.destination_host
    )
    cold = request.method is Method.LIVE and record.type != moves.Kind.LIVE
    if elsewhere or cold:
        raise exceptions.Refused(
            _('The %(type)s %(uuid)s (%(status)s) of the server to %(host)s '
              'is open, which is not what is asked for.')
            % {'type': record.type, 'uuid': record.uuid,
               'status': record.status, 'host': record.destination_host},
            hint=_('It is taken over as it is with --attach.'),
        )  # fmt: skip


def _from_source(
    request: Request,
    server: facts.Server,
    visible: tuple[facts.MigrationRecord, ...],
    started: Plan,
) -> Plan:
    if server.host is None:
        raise exceptions.Refused(
            _('--source-host needs to know where the server is, and this '
              'user may not see hosts.'),
            hint=_('Use the credentials of an admin.'),
        )  # fmt: skip
    at_work = server.task_state or is_moving(server)
    newest = next((r for r in visible if _is_open(r)), None)
    gone = server.host != request.source_host
    # After a live migration the server rests before its record is closed.
    closing = (
        gone
        and newest is not None
        and newest is visible[0]
        and newest.source_host == request.source_host
    )
    if newest is not None and (at_work or closing):
        if newest.source_host != request.source_host:
            raise exceptions.Refused(
                _('The %(type)s %(uuid)s of the server is open, and it is '
                  'from %(source)s, not from %(host)s.')
                % {'host': request.source_host, 'type': newest.type,
                   'uuid': newest.uuid, 'source': newest.source_host},
                hint=_('openstack server migration list --server %s')
                % server.id,
            )  # fmt: skip
        _refuse_foreign(server, newest)
        _refuse_other(request, newest)
        return TakeOver(newest)
    return NothingToDo() if gone else started
