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

"""What would keep Nova from moving a server, before it is asked.

The rules are those of nova's ``compute/api.py`` (``resize`` and its
decorators) and ``api/openstack/compute/migrate_server.py``. A real run does
not need them: there Nova answers for itself, or finds no valid host.
"""

import dataclasses

from osc_migrate.engine import diagnosis
from osc_migrate.engine import facts
from osc_migrate.engine import move as moves
from osc_migrate import exceptions
from osc_migrate.i18n import _

#: Statuses from which Nova moves a server.
MOVABLE = {
    moves.Kind.COLD: frozenset({'ACTIVE', 'SHUTOFF'}),
    moves.Kind.LIVE: frozenset({'ACTIVE', 'PAUSED'}),
}
#: Roles that Nova's default policy lets migrate (Nova 32 and newer).
MOVERS = frozenset({'admin', 'manager'})

Service = facts.ComputeService | facts.Missing


@dataclasses.dataclass(frozen=True, slots=True)
class Findings:
    """Sentences: what refuses the move, what helps, what to mind."""

    refusals: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def check(
    server: facts.Server,
    kind: moves.Kind,
    host: str | None,
    source: Service,
    destination: Service,
    roles: frozenset[str],
) -> Findings:
    """Everything that speaks against a migration, at once.

    :param kind: How the server would be moved.
    :param host: The destination that was asked for, or None.
    :param source: The compute service that the server is on.
    :param destination: That of ``host``; NOT_READ where there is none.
    :param roles: Of the caller's token; empty where unknown.
    """
    sentences = [
        *_of_caller(host, roles),
        *_of_server(server, kind, roles),
        *_of_source(source, kind),
        *_of_destination(server, host, destination),
    ]
    refusals = []
    hints = []
    for status, message in sentences:
        error = exceptions.ApiError(message, status=status)
        refused = diagnosis.refusal(error, server, host)
        refusals.append(refused.message)
        if refused.hint:
            hints.append(refused.hint)
    return Findings(
        tuple(refusals), tuple(hints), tuple(_warnings(server, roles))
    )


def _of_caller(
    host: str | None, roles: frozenset[str]
) -> list[tuple[int, str]]:
    """No API shows a site's policy: this is Nova's default."""
    if roles and not roles & MOVERS:
        return [
            (403, _('Nova\'s default policy lets only an admin or a manager '
                    'of the project move a server; this user is neither.'))
        ]  # fmt: skip
    if host is not None and roles and 'admin' not in roles:
        return [
            (403, _('Nova\'s default policy lets only an admin choose the '
                    'host.'))
        ]  # fmt: skip
    return []


def _of_server(
    server: facts.Server, kind: moves.Kind, roles: frozenset[str]
) -> list[tuple[int, str]]:
    found = []
    if server.task_state is not None:
        found.append(
            (409, _('The server is in task_state %s.') % server.task_state)
        )
    elif server.status not in MOVABLE[kind]:
        state = server.vm_state or server.status.lower()
        sentence = _('The server is in vm_state %s.')
        if kind is moves.Kind.LIVE:
            sentence = _('The server is in vm_state %s: no live migration.')
        found.append((409, sentence % state))
    if server.locked and roles and 'admin' not in roles:
        found.append((409, _('The server is locked.')))
    return found


def _of_source(source: Service, kind: moves.Kind) -> list[tuple[int, str]]:
    if not isinstance(source, facts.ComputeService) or source.up:
        return []
    if kind is moves.Kind.LIVE:
        # Nova takes the request, and fails a moment later.
        sentence = _('The compute service of %s is down: no live migration.')
        return [(409, sentence % source.host)]
    return [
        (409, _('The compute service of %s is down: Nova would say '
                '"Service is unavailable at this time."') % source.host)
    ]  # fmt: skip


def _of_destination(
    server: facts.Server, host: str | None, destination: Service
) -> list[tuple[int, str]]:
    if host is None:
        return []
    if host == server.host:
        return [(400, _('%s is the host where the server exists.') % host)]
    if destination is facts.Missing.NOT_READ:
        return [(400, _('Compute host %s could not be found.') % host)]
    if not isinstance(destination, facts.ComputeService):
        return []
    if not destination.up:
        return [
            (0, _('The compute service of %s is down: no valid host.') % host)
        ]
    if not destination.enabled:
        reason = destination.disabled_reason or _('no reason given')
        return [
            (0, _('The compute service of %(host)s is disabled (%(reason)s): '
                  'no valid host.') % {'host': host, 'reason': reason})
        ]  # fmt: skip
    return []


def _warnings(server: facts.Server, roles: frozenset[str]) -> list[str]:
    found = []
    if server.locked and (not roles or 'admin' in roles):
        found.append(_('The server is locked, which does not stop an admin.'))
    return found
