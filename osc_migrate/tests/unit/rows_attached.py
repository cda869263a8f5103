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

"""Moves that somebody asked for before, as they are found and taken over."""

import dataclasses
from typing import Any

from osc_migrate.engine import move as moves
from osc_migrate import gate as gates
from osc_migrate.tests.unit import rows
from osc_migrate.tests.unit import rows_live
from osc_migrate.tests.unit import traces


@dataclasses.dataclass(frozen=True)
class Attached:
    """A move that somebody asked for before.

    :ivar changes: How often Nova is asked to change something.
    """

    name: str
    found: str
    outcome: str
    changes: dict[str, int] = dataclasses.field(default_factory=dict)
    migration: str | None = None
    kind: moves.Kind = moves.Kind.COLD
    view: traces.View = traces.ADMIN
    gate: rows.Gated | None = None
    timeout: float = 3600.0
    on_timeout: str = 'leave'
    destination: str | None = 'dst'


ATTACHED = (
    Attached(
        'while the disk is copied',
        '0 RESIZE/resize_migrating src migrating\n5 VERIFY_RESIZE dst '
        'finished',
        'confirmed', {'confirm': 1},
    ),
    Attached(
        'when it awaits confirmation',
        '0 VERIFY_RESIZE dst finished', 'confirmed', {'confirm': 1},
    ),
    Attached(
        'when it awaits confirmation and a check passes',
        '0 VERIFY_RESIZE dst finished', 'confirmed', {'confirm': 1},
        gate=rows.Gated(gates.Answer.CONFIRM, 5.0),
    ),
    Attached(
        'when it awaits confirmation and a check fails',
        '0 VERIFY_RESIZE dst finished', 'reverted', {'revert': 1},
        gate=rows.Gated(gates.Answer.REVERT, 5.0, 'It failed.'),
    ),
    Attached(
        'while somebody else confirms',
        '0 VERIFY_RESIZE dst confirming confirmResize:alice\n'
        '1 ACTIVE dst confirmed',
        'confirmed-elsewhere',
    ),
    Attached(
        'while somebody else reverts',
        '0 REVERT_RESIZE/resize_reverting dst reverting revertResize:bob\n'
        '1 REVERT_RESIZE/resize_reverting dst reverted\n'
        '5 ACTIVE src reverted',
        'reverted',
    ),
    Attached(
        'when it is confirmed already',
        '0 ACTIVE dst confirmed confirmResize:nova', 'auto-confirmed',
        migration=traces.OURS,
    ),
    Attached(
        'when it has rolled back already',
        '0 ACTIVE src error failed', 'rolled-back', migration=traces.OURS,
    ),
    Attached(
        'when the guest could not be started',
        '0 ERROR dst error failed', 'error', migration=traces.OURS,
    ),
    Attached(
        'when it was confirmed and the server moved on since',
        '0 ACTIVE third confirmed newer:migration=confirmed '
        'confirmResize:alice migrate:bob confirmResize:bob',
        'confirmed-elsewhere', migration=traces.OURS,
    ),
    Attached(
        'when it had rolled back and the server moved on since',
        '0 ACTIVE third error failed newer:migration=confirmed '
        'migrate:bob confirmResize:bob',
        'unknown', migration=traces.OURS,
    ),
    Attached(
        'when it was confirmed and the server broke since',
        '0 ERROR dst confirmed confirmResize:alice reboot:bob',
        'confirmed-elsewhere', migration=traces.OURS,
    ),
)  # fmt: skip


def live(
    name: str,
    found: str,
    outcome: str,
    changes: dict[str, int] | None = None,
    **more: Any,
) -> Attached:
    return Attached(
        f'live, {name}', found, outcome, changes or {}, kind=moves.Kind.LIVE,
        **more,
    )  # fmt: skip


AT_WORK = '0 MIGRATING/migrating src running\n'
OVER: dict[str, Any] = {'migration': traces.OURS}
FAILS = rows.Gated(gates.Answer.REVERT, 5.0, 'It failed.')
LIVE = (
    live(
        'before a destination is chosen',
        '0 MIGRATING/migrating src accepted\n' + rows_live.MOVED,
        'completed',
    ),
    live(
        'while it is queued',
        '0 MIGRATING/migrating src queued\n900 ACTIVE dst running\n'
        '901 ACTIVE dst completed',
        'completed',
    ),
    live(
        'while the memory is copied',
        AT_WORK + '9 ACTIVE dst running\n9.5 ACTIVE dst completed',
        'completed',
    ),
    live(
        'while its memory follows it',
        '0 MIGRATING/migrating src post-copy\n9 ACTIVE dst completed',
        'completed',
    ),
    live(
        'when the server has arrived and the record is not closed',
        '0 ACTIVE dst running\n0.8 ACTIVE dst completed', 'completed',
    ),
    live(
        'when the record was left running on the destination',
        '0 ACTIVE dst running', 'error',
    ),
    live(
        'when the record was left running on the source',
        '0 ACTIVE src running', 'rolled-back',
    ),
    live(
        'and the copy fails', AT_WORK + '9 ACTIVE src failed', 'rolled-back',
    ),
    live(
        'and the copy fails, as a manager',
        AT_WORK + '9 ACTIVE src failed', 'rolled-back', view=traces.MANAGER,
        destination=None,
    ),
    live(
        'and it ends, as a manager',
        AT_WORK + '9 ACTIVE dst running\n9.5 ACTIVE dst completed',
        'completed', view=traces.MANAGER, destination=None,
    ),
    live(
        'and another user aborts it',
        AT_WORK + '9 MIGRATING/migrating src running '
        'live_migration_cancel:bob\n9.5 ACTIVE src cancelled',
        'aborted',
    ),
    live(
        'and the abort of another user ends in ERROR',
        AT_WORK + '9 MIGRATING/migrating src running '
        'live_migration_cancel:bob\n9.5 ACTIVE src error\n'
        '9.7 ERROR src error',
        'error',
    ),
    live(
        'and it is aborted at the time limit', AT_WORK, 'aborted',
        {'abort': 1}, timeout=30.0, on_timeout='abort',
    ),
    live(
        'and the check fails',
        AT_WORK + '9 ACTIVE dst completed', 'check-failed', gate=FAILS,
    ),
    live(
        'when it is completed already',
        '0 ACTIVE dst completed', 'completed', **OVER,
    ),
    live(
        'when it is completed already, and is checked all the same',
        '0 ACTIVE dst completed', 'check-failed', **OVER, gate=FAILS,
    ),
    live(
        'when it has failed already',
        '0 ACTIVE src failed', 'rolled-back', **OVER,
    ),
    live(
        'when it was cancelled',
        '0 ACTIVE src cancelled live_migration_cancel:bob', 'aborted', **OVER,
    ),
    live(
        'when it was refused by a check',
        '0 ACTIVE src error failed', 'rolled-back', **OVER,
    ),
    live(
        'when it left the server in ERROR',
        '0 ERROR src error', 'error', **OVER,
    ),
    live(
        'when it was completed and the server moved on since',
        '0 ACTIVE third completed newer:live-migration=completed '
        'live-migration:bob',
        'completed', **OVER,
    ),
    live(
        'when it was cancelled and the server moved on since',
        '0 ACTIVE third cancelled newer:live-migration=completed '
        'live_migration_cancel:bob live-migration:bob',
        'aborted', **OVER,
    ),
    live(
        'when it had failed and the server moved on since',
        '0 ACTIVE third failed newer:live-migration=completed '
        'live-migration:bob',
        'rolled-back', **OVER,
    ),
    live(
        'when it was completed and the server broke since',
        '0 ERROR dst completed reboot:bob', 'completed', **OVER,
    ),
)  # fmt: skip
