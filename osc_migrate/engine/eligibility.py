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

"""Which servers of a host can be moved, how, and what refuses the others.

The rules are asked in order; the first that has something to say decides.
Each is one fact of Nova's: what its API refuses (``compute/api.py``,
``check_instance_state`` and ``check_instance_lock``), or what must not be
touched because somebody else decides about it.
"""

from collections.abc import Callable
import dataclasses

from osc_migrate.engine import facts
from osc_migrate.engine import move as moves
from osc_migrate.engine import outcomes
from osc_migrate.engine import plan
from osc_migrate.engine import preflight
from osc_migrate.engine.request import Method
from osc_migrate.i18n import _


@dataclasses.dataclass(frozen=True, slots=True)
class Selection:
    """What of a host is to be moved, and how.

    :ivar servers: The IDs that were chosen, None for all.
    :ivar excluded: IDs that were excluded.
    :ivar project_id: The only project whose servers are moved, None for all.
    """

    method: Method = Method.AUTO
    servers: frozenset[str] | None = None
    excluded: frozenset[str] = frozenset()
    project_id: str | None = None
    include_locked: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class Candidate:
    """One server of the host, and its newest migration that is open."""

    server: facts.Server
    record: facts.MigrationRecord | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Move:
    """Nova can be asked to move it."""

    kind: moves.Kind


@dataclasses.dataclass(frozen=True, slots=True)
class Await:
    """It is under way already: followed, and not moved again.

    :ivar confirm: It was begun by this drain, which confirms it.
    """

    record: facts.MigrationRecord
    confirm: bool


@dataclasses.dataclass(frozen=True, slots=True)
class Refused:
    """It stays; ``allow`` is the option or command that would change that."""

    reason: str
    allow: str | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Skipped:
    """It was not chosen."""

    reason: str


@dataclasses.dataclass(frozen=True, slots=True)
class Gone:
    """It is not where the plan has it, and nothing is done with it."""

    outcome: outcomes.Outcome
    reason: str


Finding = Move | Await | Refused | Skipped | Gone
Rule = Callable[[Candidate, Selection], Finding | None]

#: vm_state to why it refuses and what would allow it; ``{id}`` is the server.
#: ``server shelve --offload`` does nothing with a server that is shelved; one
#: that is unshelved before it was offloaded starts where it is.
STATES: dict[str, tuple[str, str | None]] = {
    'error': (_('The server is in ERROR.'),
              _('openstack server show {id} -c fault; once the guest was '
                'looked at: openstack server set --state active {id}')),
    'suspended': (_('The server is suspended.'),
                  _('openstack server resume {id}')),
    'rescued': (_('The server is rescued.'),
                _('openstack server unrescue {id}')),
    'shelved': (_('The server is shelved and not offloaded yet.'),
                _('openstack server unshelve {id}')),
    'shelved_offloaded': (_('The server is shelved and on no host.'), None),
    'resized': (_('A resize or migration of the server awaits a decision.'),
                _('openstack server migration confirm {id}, or openstack '
                  'server migration revert {id}')),
    'building': (_('The server is being built.'), None),
    'soft-delete': (_('The server is deleted and can be restored still.'),
                    _('openstack server restore {id}, or openstack server '
                      'delete --force {id}')),
    'deleted': (_('The server is being deleted.'), None),
}  # fmt: skip
#: Tasks of a migration or a resize, and of its revert.
MOVING = frozenset(
    {'migrating', 'resize_prep', 'resize_migrating', 'resize_migrated',
     'resize_finish', 'resize_reverting'}
)  # fmt: skip
#: Tasks of an evacuation, which is a rebuild elsewhere.
REBUILDING = frozenset(
    {'rebuilding', 'rebuild_block_device_mapping', 'rebuild_spawning'}
)
#: Tasks after which there is no server.
DELETING = frozenset({'deleting', 'soft-deleting'})


def classify(candidate: Candidate, selection: Selection) -> Finding:
    """What is to become of one server."""
    findings = (rule(candidate, selection) for rule in RULES)
    return next(finding for finding in findings if finding is not None)


def not_chosen(candidate: Candidate, selection: Selection) -> Finding | None:
    server = candidate.server
    if server.id in selection.excluded:
        return Skipped(_('Excluded by --exclude.'))
    if selection.servers is not None and server.id not in selection.servers:
        return Skipped(_('Not chosen by --server.'))
    project = selection.project_id
    if project is not None and server.project_id != project:
        return Skipped(_('Not in the project of --project.'))
    return None


def unknown(candidate: Candidate, selection: Selection) -> Finding | None:
    """A cell that is down leaves little more than an ID (2.69)."""
    if candidate.server.status == 'UNKNOWN':
        return Refused(_('The cell of the server is down.'))
    return None


def comes_or_goes(
    candidate: Candidate, selection: Selection
) -> Finding | None:
    """Nova builds it or deletes it; neither waits for a migration."""
    server = candidate.server
    if server.task_state in DELETING:
        return _refused_by(STATES['deleted'], server)
    if server.vm_state == 'building':
        return _refused_by(STATES['building'], server)
    return None


def under_way(candidate: Candidate, selection: Selection) -> Finding | None:
    """A migration away from this host that this plan did not begin.

    For those that it did see :mod:`~osc_migrate.engine.placing`.
    """
    record, server = candidate.record, candidate.server
    if record is None or not _is_moved_by(server, record):
        # The record was left open by a restart, or by a reset of the state.
        return None
    if record.status == 'finished':
        return _refused_by(STATES['resized'], server)
    if record.type in plan.TAKEN_OVER:
        return Await(record, confirm=False)
    return Refused(
        _('It is %(kind)s (%(status)s).')
        % {'kind': plan.NEVER_TAKEN_OVER.get(record.type, record.type),
           'status': record.status},
        _('wait until it is over: openstack server migration list --server '
          '%s') % server.id,
    )  # fmt: skip


def _is_moved_by(server: facts.Server, record: facts.MigrationRecord) -> bool:
    """Whether it is the record of what Nova does with the server."""
    if record.type == 'evacuation':
        return server.task_state in REBUILDING
    if server.status == 'VERIFY_RESIZE' and server.task_state is None:
        return moves.agree(server.host, record.destination_host)
    return plan.is_moving(server) or server.task_state in MOVING


def at_work(candidate: Candidate, selection: Selection) -> Finding | None:
    server = candidate.server
    if server.task_state is None:
        return None
    return Refused(
        _('Something else is at work on the server: task_state %s.')
        % server.task_state,
        _('wait until it is done: openstack server event list %s') % server.id,
    )


def unmovable(candidate: Candidate, selection: Selection) -> Finding | None:
    server = candidate.server
    found = STATES.get(server.vm_state or '')
    if found is None:
        return None
    refused = _refused_by(found, server)
    if server.vm_state == 'error' and server.fault is not None:
        # Nova shows the newest, however old it is.
        reason = _('The server is in ERROR; its newest fault: %s')
        return Refused(reason % server.fault.message, refused.allow)
    return refused


def _refused_by(
    state: tuple[str, str | None], server: facts.Server
) -> Refused:
    reason, allow = state
    return Refused(reason, allow and allow.format(id=server.id))


def not_that_way(candidate: Candidate, selection: Selection) -> Finding | None:
    """Nova moves it perhaps, but not by the method that was asked for."""
    status = candidate.server.status
    kind = plan.kind_for(selection.method, candidate.server)
    if status in preflight.MOVABLE[kind]:
        return None
    if status == 'SHUTOFF':
        return Refused(_('A stopped server cannot be moved live.'),
                       '--auto, --cold')  # fmt: skip
    if status == 'PAUSED':
        return Refused(_('A paused server cannot be moved cold.'),
                       '--auto, --live-migration')  # fmt: skip
    return Refused(_('A server in %s cannot be moved.') % status)


def locked(candidate: Candidate, selection: Selection) -> Finding | None:
    if not candidate.server.locked or selection.include_locked:
        return None
    return Refused(_('The server is locked.'), '--include-locked')


def movable(candidate: Candidate, selection: Selection) -> Finding | None:
    return Move(plan.kind_for(selection.method, candidate.server))


#: What is asked last could still be allowed by an option alone.
RULES: tuple[Rule, ...] = (
    not_chosen,
    unknown,
    comes_or_goes,
    under_way,
    at_work,
    unmovable,
    not_that_way,
    locked,
    movable,
)
