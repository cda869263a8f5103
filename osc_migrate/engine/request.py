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

"""What was asked for, and what that means for the server as it is found."""

from collections.abc import Iterable
import dataclasses

from osc_migrate.engine import facts
from osc_migrate.engine import move as moves
from osc_migrate import exceptions
from osc_migrate.i18n import _

#: Types of migration records whose VERIFY_RESIZE or copy is not a migration
#: that this command may take over.
NEVER_TAKEN_OVER = {
    'resize': _('a flavor resize'),
    'evacuation': _('an evacuation'),
    'live-migration': _('a live migration'),
}


@dataclasses.dataclass(frozen=True, slots=True)
class Request:
    """The options of the command that decide what is asked of Nova.

    ``timeout`` and ``poll_interval`` are seconds; ``timeout`` 0 is no limit.
    """

    server: str
    host: str | None = None
    confirm: bool = True
    attach: bool = False
    migration: str | None = None
    source_host: str | None = None
    dry_run: bool = False
    timeout: float = 3600.0
    poll_interval: float = 5.0


@dataclasses.dataclass(frozen=True, slots=True)
class Start:
    """Ask Nova for a new migration."""


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
    if request.attach:
        return TakeOver(_to_attach(request, server, visible, records))
    if request.source_host is not None:
        return _from_source(request, server, visible)
    return Start()


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
        if not open_records and _is_moving(server):
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
    _refuse_foreign(record)
    return record


def _is_moving(server: facts.Server) -> bool:
    return server.status in (
        'MIGRATING',
        'RESIZE',
        'REVERT_RESIZE',
        'VERIFY_RESIZE',
    )


def _is_open(record: facts.MigrationRecord) -> bool:
    return record.status not in moves.TERMINAL


def _refuse_foreign(record: facts.MigrationRecord) -> None:
    kind = NEVER_TAKEN_OVER.get(record.type)
    if kind is not None:
        raise exceptions.Refused(
            _('The migration %(uuid)s (%(status)s) is %(kind)s, which is '
              'not taken over.')
            % {'uuid': record.uuid, 'status': record.status, 'kind': kind},
            hint=_('openstack server migration list --type %s')
            % record.type,
        )  # fmt: skip


def _from_source(
    request: Request,
    server: facts.Server,
    visible: tuple[facts.MigrationRecord, ...],
) -> Plan:
    if server.host is None:
        raise exceptions.Refused(
            _('--source-host needs to know where the server is, and this '
              'user may not see hosts.'),
            hint=_('Use the credentials of an admin.'),
        )  # fmt: skip
    at_work = server.task_state or _is_moving(server)
    newest = next((r for r in visible if _is_open(r)), None)
    if at_work and newest is not None:
        if newest.source_host != request.source_host:
            raise exceptions.Refused(
                _('The server is not on %(host)s, but the %(type)s %(uuid)s '
                  'from %(source)s is open.')
                % {'host': request.source_host, 'type': newest.type,
                   'uuid': newest.uuid, 'source': newest.source_host},
                hint=_('openstack server migration list --server %s')
                % server.id,
            )  # fmt: skip
        _refuse_foreign(newest)
        return TakeOver(newest)
    if server.host == request.source_host:
        return Start()
    return NothingToDo()
