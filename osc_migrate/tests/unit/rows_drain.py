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

"""A server of a compute host that is drained, and what becomes of it."""

from collections.abc import Iterator
import dataclasses

from osc_migrate.engine.eligibility import Selection
from osc_migrate.engine import facts
from osc_migrate.engine.request import Method
from osc_migrate.tests.unit import traces

SERVER_ID = traces.SERVER_ID
RECORD = traces.OURS
#: vm_state to the status that the API shows (nova's
#: ``compute/vm_states.py`` and ``api/openstack/common.py``).
VM_STATES = {
    'active': 'ACTIVE', 'building': 'BUILD', 'paused': 'PAUSED',
    'suspended': 'SUSPENDED', 'stopped': 'SHUTOFF', 'rescued': 'RESCUE',
    'resized': 'VERIFY_RESIZE', 'soft-delete': 'SOFT_DELETED',
    'deleted': 'DELETED', 'error': 'ERROR', 'shelved': 'SHELVED',
    'shelved_offloaded': 'SHELVED_OFFLOADED',
}  # fmt: skip
RESIZING = (
    'resize_prep', 'resize_migrating', 'resize_migrated', 'resize_finish',
)  # fmt: skip
REBUILDING = ('rebuilding', 'rebuild_block_device_mapping',
              'rebuild_spawning')  # fmt: skip
SOFT = ('rebooting', 'reboot_pending', 'reboot_started')
HARD = ('rebooting_hard', 'reboot_pending_hard', 'reboot_started_hard')
#: Every task_state but None (nova's ``compute/task_states.py``).
TASK_STATES = (
    'scheduling', 'block_device_mapping', 'networking', 'spawning',
    'image_snapshot', 'image_snapshot_pending', 'image_pending_upload',
    'image_uploading', 'image_backup', 'updating_password', *RESIZING,
    'resize_reverting', 'resize_confirming', *SOFT, *HARD, 'pausing',
    'unpausing', 'suspending', 'resuming', 'powering-off', 'powering-on',
    'rescuing', 'unrescuing', *REBUILDING, 'migrating', 'deleting',
    'soft-deleting', 'restoring', 'shelving',
    'shelving_image_pending_upload', 'shelving_image_uploading',
    'shelving_offloading', 'unshelving',
)  # fmt: skip
#: Where a task changes the status: the vm_states, the tasks, the status.
TASK_STATUSES = (
    (('active',), SOFT, 'REBOOT'),
    (('active',), HARD, 'HARD_REBOOT'),
    (('active',), ('updating_password',), 'PASSWORD'),
    (('active', 'stopped', 'error'), REBUILDING, 'REBUILD'),
    (('active', 'paused'), ('migrating',), 'MIGRATING'),
    (('active', 'stopped'), RESIZING, 'RESIZE'),
    (('resized',), ('resize_reverting',), 'REVERT_RESIZE'),
)
SRC = Selection()


def status(vm_state: str, task_state: str | None) -> str:
    """What the API shows (nova's ``common.status_from_state``)."""
    for vm_states, tasks, shown in TASK_STATUSES:
        if vm_state in vm_states and task_state in tasks:
            return shown
    return VM_STATES[vm_state]


@dataclasses.dataclass(frozen=True)
class Case:
    """One server, and what is to become of it.

    :ivar state: ``vm_state`` or ``vm_state/task_state``.
    :ivar means: The word for the finding, ``move live`` or ``move cold``.
    :ivar record: ``type=status`` of its newest open migration from ``src``.
    :ivar says: Words of the reason.
    :ivar allow: Words of what would allow it; None: nothing would.
    """

    name: str
    state: str
    means: str
    says: str = ''
    allow: str | None = None
    record: str = ''
    host: str = 'src'
    selection: Selection = SRC
    locked: bool = False
    fault: facts.Fault | None = None

    @property
    def server(self) -> facts.Server:
        vm_state, _slash, task = self.state.partition('/')
        return facts.Server(
            SERVER_ID,
            'web1',
            traces.PROJECT,
            status(vm_state, task or None),
            vm_state=vm_state,
            task_state=task or None,
            host=self.host,
            locked=self.locked,
            fault=self.fault,
        )

    @property
    def open_record(self) -> facts.MigrationRecord | None:
        kind, _equals, status = self.record.partition('=')
        if not status:
            return None
        return facts.MigrationRecord(RECORD, kind, status, 'src', 'dst')


@dataclasses.dataclass(frozen=True)
class State:
    """What becomes of a server at rest: automatically, live, cold.

    ``-`` is a refusal with the same words for every method.
    """

    vm_state: str
    auto: str
    live: str
    cold: str
    says: str = ''
    allow: str | None = None


MOVED = 'move live', 'move live', 'move cold'
NEVER = '-', '-', '-'
STATES = (
    State('active', *MOVED),
    State('paused', 'move live', 'move live', '-',
          'paused server cannot be moved cold', '--live-migration'),
    State('stopped', 'move cold', '-', 'move cold',
          'stopped server cannot be moved live', '--cold'),
    State('suspended', *NEVER, 'suspended', 'openstack server resume'),
    State('rescued', *NEVER, 'rescued', 'openstack server unrescue'),
    State('error', *NEVER, 'in ERROR', 'openstack server set --state active'),
    State('resized', *NEVER, 'awaits a decision',
          'openstack server migration confirm'),
    State('shelved', *NEVER, 'not offloaded', 'openstack server unshelve'),
    State('shelved_offloaded', *NEVER, 'on no host'),
    State('building', *NEVER, 'being built'),
    State('soft-delete', *NEVER, 'can be restored',
          'openstack server restore'),
    State('deleted', *NEVER, 'being deleted'),
)  # fmt: skip


def _by_method(state: State) -> Iterator[Case]:
    for method, means in (
        (Method.AUTO, state.auto),
        (Method.LIVE, state.live),
        (Method.COLD, state.cold),
    ):
        refused = means == '-'
        yield Case(
            f'{state.vm_state}, {method}',
            state.vm_state,
            'refused' if refused else means,
            state.says if refused else '',
            state.allow if refused else None,
            selection=Selection(method),
        )


AT_REST = tuple(case for state in STATES for case in _by_method(state))
EVENTS = f'wait until it is done: openstack server event list {SERVER_ID}'
AT_WORK = (
    *(
        Case(f'something is at work: {task}', f'active/{task}', 'refused',
             f'task_state {task}', EVENTS)
        for task in TASK_STATES
        if task not in ('deleting', 'soft-deleting')
    ),
    *(
        Case(f'{vm_state} and {task}', f'{vm_state}/{task}', 'refused',
             'being deleted')
        for vm_state in ('active', 'error', 'resized')
        for task in ('deleting', 'soft-deleting')
    ),
    Case('a build', 'building/spawning', 'refused', 'being built'),
    Case('ERROR with a fault', 'error', 'refused',
         'its newest fault: Boom', 'openstack server show',
         fault=facts.Fault('Boom', 'a traceback')),
    Case('ERROR that is rebuilt', 'error/rebuilding', 'refused',
         'task_state rebuilding', EVENTS),
)  # fmt: skip
DECISION = 'openstack server migration revert'
LIST = 'openstack server migration list'
COLD_STEPS = (
    ('active/resize_prep', 'src', 'pre-migrating'),
    ('stopped/resize_prep', 'src', 'pre-migrating'),
    ('active/resize_migrating', 'src', 'migrating'),
    ('active/resize_migrated', 'dst', 'post-migrating'),
    ('active/resize_finish', 'dst', 'post-migrating'),
    ('resized', 'dst', 'confirming'),
    ('resized/resize_reverting', 'dst', 'reverting'),
    # The revert of a server that was stopped.
    ('resized/powering-off', 'src', 'reverting'),
)
LIVE_STATUSES = (
    'accepted', 'queued', 'preparing', 'running', 'running (post-copy)',
    'a status of tomorrow',
)  # fmt: skip
COLD_OPEN = (
    'pre-migrating', 'migrating', 'post-migrating', 'finished', 'confirming',
    'reverting',
)  # fmt: skip
UNDER_WAY = (
    *(
        Case(f'a cold migration: {status}, {state}', state, 'await',
             record=f'migration={status}', host=host)
        for state, host, status in COLD_STEPS
    ),
    Case('a cold migration of somebody that awaits a decision', 'resized',
         'refused', 'awaits a decision', DECISION,
         record='migration=finished', host='dst'),
    Case('a cold migration of somebody that arrives',
         'active/resize_finish', 'refused', 'awaits a decision', DECISION,
         record='migration=finished', host='dst'),
    *(
        Case(f'a live migration: {status}', 'active/migrating', 'await',
             record=f'live-migration={status}')
        for status in LIVE_STATUSES
    ),
    Case('a live migration of a paused server', 'paused/migrating', 'await',
         record='live-migration=running'),
    # Nova writes ERROR first, then the record, then the task.
    Case('a live migration that breaks', 'error/migrating', 'await',
         record='live-migration=running'),
    *(
        Case(f'a cold migration that breaks: {task}', f'error/{task}',
             'await', record='migration=post-migrating')
        for task in (*RESIZING, 'resize_reverting')
    ),
    *(
        Case(f'a flavor resize: {status}, {state}', state, 'refused',
             f'a flavor resize ({status})', LIST,
             record=f'resize={status}', host=host)
        for state, host, status in COLD_STEPS
    ),
    Case('a flavor resize that awaits a decision', 'resized', 'refused',
         'awaits a decision', DECISION, record='resize=finished',
         host='dst'),
    *(
        Case(f'an evacuation: {status}, {task}', f'active/{task}',
             'refused', f'an evacuation ({status})', LIST,
             record=f'evacuation={status}')
        for status in ('accepted', 'pre-migrating')
        for task in REBUILDING
    ),
    Case('a migration whose record Nova did not write yet',
         'active/resize_prep', 'refused', 'task_state resize_prep', EVENTS),
    Case('a migration to this host', 'active/resize_finish', 'refused',
         'task_state resize_finish', EVENTS),
    Case('a migration to this host that awaits a decision', 'resized',
         'refused', 'awaits a decision', DECISION),
    # Nothing is waited for that does not happen.
    *(
        Case(f'at rest, and {kind} was left {status} by a restart', 'active',
             'move live', record=f'{kind}={status}', selection=selection)
        for kind, statuses, selection in (
            ('migration', COLD_OPEN, SRC),
            ('resize', COLD_OPEN, SRC),
            ('live-migration', LIVE_STATUSES, SRC),
            ('evacuation', ('accepted', 'pre-migrating'), SRC),
        )
        for status in statuses
    ),
    Case('something else is at work, and a record was left by a restart',
         'active/powering-off', 'refused', 'task_state powering-off', EVENTS,
         record='migration=migrating'),
    Case('rebuilt, and a record was left by a restart', 'active/rebuilding',
         'refused', 'task_state rebuilding', EVENTS,
         record='live-migration=running'),
    Case('resized, and an evacuation was left open', 'resized', 'refused',
         'awaits a decision', DECISION, record='evacuation=accepted'),
    Case('came back and awaits a decision, and a record was left open',
         'resized', 'refused', 'awaits a decision', DECISION,
         record='migration=migrating', host='src'),
    Case('deleted while it is moved', 'active/deleting', 'refused',
         'being deleted', record='migration=migrating'),
    Case('deleted while it awaits our confirm', 'resized/deleting',
         'refused', 'being deleted', record='migration=finished'),
)  # fmt: skip
LOCKED = Selection(include_locked=True)
LOCKS = (
    Case('locked', 'active', 'refused', 'locked', '--include-locked',
         locked=True),
    Case('locked, with --include-locked', 'active', 'move live',
         selection=LOCKED, locked=True),
    Case('--include-locked changes nothing else', 'stopped', 'move cold',
         selection=LOCKED),
    Case('locked and under way', 'active/migrating', 'await', locked=True,
         record='live-migration=running'),
    Case('locked and suspended: what no option allows is told',
         'suspended', 'refused', 'suspended', 'openstack server resume',
         locked=True),
    Case('locked and moved the wrong way', 'stopped', 'refused', 'stopped',
         '--cold', selection=Selection(Method.LIVE), locked=True),
    Case('locked and suspended, with --include-locked', 'suspended',
         'refused', 'suspended', 'openstack server resume',
         selection=LOCKED, locked=True),
)  # fmt: skip
HIS = frozenset({SERVER_ID})
OTHER = frozenset({'another'})
CHOICES = (
    Case('chosen by --server', 'active', 'move live',
         selection=Selection(servers=HIS)),
    Case('not chosen by --server', 'active', 'skipped', '--server',
         selection=Selection(servers=OTHER)),
    Case('nothing of what --server names is here', 'active', 'skipped',
         '--server', selection=Selection(servers=frozenset())),
    Case('excluded', 'active', 'skipped', '--exclude',
         selection=Selection(excluded=HIS)),
    Case('another is excluded', 'active', 'move live',
         selection=Selection(excluded=OTHER)),
    Case('chosen and excluded', 'active', 'skipped', '--exclude',
         selection=Selection(servers=HIS, excluded=HIS)),
    Case('in the project', 'active', 'move live',
         selection=Selection(project_id=traces.PROJECT)),
    Case('not in the project', 'active', 'skipped', '--project',
         selection=Selection(project_id='another')),
    Case('chosen, and not in the project', 'active', 'skipped', '--project',
         selection=Selection(servers=HIS, project_id='another')),
    Case('excluded and in ERROR', 'error', 'skipped', '--exclude',
         selection=Selection(excluded=HIS)),
    Case('excluded and under way', 'active/migrating', 'skipped',
         '--exclude', selection=Selection(excluded=HIS),
         record='live-migration=running'),
    Case('excluded and locked', 'active', 'skipped', '--exclude',
         selection=Selection(excluded=HIS), locked=True),
)  # fmt: skip
CASES = (*AT_REST, *AT_WORK, *UNDER_WAY, *LOCKS, *CHOICES)
