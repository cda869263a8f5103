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

"""A live migration, and what others do to the same server or the API."""

from osc_migrate.engine.outcomes import Cause
from osc_migrate.tests.unit.rows_live import COPYING
from osc_migrate.tests.unit.rows_live import Row
from osc_migrate.tests.unit import traces

FOREIGN = Cause.FOREIGN_MOVE

ROWS = (
    Row(
        'the state is reset while the memory is copied',
        COPYING + '5.0 ACTIVE src running resetState:bob',
        'error', Cause.STATE_RESET, 4, within=20.0,
    ),
    Row(
        'the state is reset to error while the memory is copied',
        COPYING + '5.0 ERROR src running resetState:bob',
        'error', Cause.STATE_RESET, 4, within=20.0,
    ),
    Row(
        'the state is reset, and Nova errs over it',
        COPYING + '5.0 ACTIVE src error resetState:bob',
        'error', Cause.STATE_RESET, 4, within=20.0,
    ),
    Row(
        'the state is reset, and the server arrives all the same',
        COPYING + """
        5.0 ACTIVE src running resetState:bob
        5.5 ACTIVE dst completed
        """,
        'completed', Cause.ARRIVED, 0, within=20.0,
    ),
    Row(
        'deleted while the memory is copied',
        COPYING + '5.0 MIGRATING/deleting src running delete:bob\n5.5 404',
        'deleted', Cause.GONE, 4,
    ),
    Row(
        'deleted softly while the memory is copied',
        COPYING + """
        4.5 MIGRATING/soft-deleting src running
        5.0 SOFT_DELETED src running vm=soft-delete
        """,
        'deleted', Cause.GONE, 4, within=20.0,
    ),
    Row(
        'ours was completed and another live migration is under way',
        COPYING + '30 MIGRATING/migrating dst completed '
        'newer:live-migration=running live-migration:bob',
        'conflict', FOREIGN, 7,
    ),
    Row(
        'ours was completed and a flavor resize awaits its confirm',
        COPYING + '30 VERIFY_RESIZE third completed newer:resize=finished '
        'resize:bob',
        'conflict', FOREIGN, 7,
    ),
    Row(
        'ours was completed and a cold migration moved the server on',
        COPYING + '30 ACTIVE third completed newer:migration=confirmed '
        'migrate:bob confirmResize:bob',
        'conflict', FOREIGN, 7,
    ),
    Row(
        'ours was cancelled and another live migration is under way',
        COPYING + '9 MIGRATING/migrating src cancelled '
        'newer:live-migration=preparing live_migration_cancel:bob '
        'live-migration:bob',
        'conflict', FOREIGN, 7,
    ),
    Row(
        'ours failed and the server was evacuated',
        COPYING + '30 ACTIVE third failed newer:evacuation=done evacuate:bob',
        'conflict', FOREIGN, 7,
    ),
    Row(
        'ours failed and a flavor resize awaits its confirm, to a member',
        COPYING + '30 VERIFY_RESIZE third failed resize:bob',
        'conflict', FOREIGN, 7, view=traces.MEMBER,
    ),
    Row(
        'nothing that a member sees proves who moved the server',
        COPYING + '30 ACTIVE dst completed foreign',
        'unknown', Cause.UNPROVEN, 9, view=traces.MEMBER, within=66.0,
    ),
    Row(
        'the time limit is reached while the memory is copied',
        COPYING, 'timeout', Cause.TIME_LIMIT, 5, timeout=120.0, within=120.0,
    ),
    Row(
        'the time limit is reached while a failure settles',
        COPYING + '9.0 ACTIVE src failed',
        'rolled-back', Cause.LIVE_FAILED, 3, timeout=10.0,
    ),
    Row(
        'the time limit is reached while an open record is waited for',
        COPYING + '9.0 ACTIVE dst running',
        'timeout', Cause.TIME_LIMIT, 5, timeout=30.0, within=22.0,
    ),
    Row(
        'the API cannot be read until the time limit',
        COPYING + '5.0 fault',
        'unknown', Cause.UNREADABLE, 9, timeout=120.0, within=120.0,
    ),
    Row(
        'the token is refused under way',
        COPYING + '5.0 401', 'unknown', Cause.UNREADABLE, 9,
    ),
    Row(
        'nobody knows what becomes of a guest in a cell that is down',
        COPYING + '5.0 UNKNOWN src running',
        'timeout', Cause.TIME_LIMIT, 5, timeout=60.0, within=56.0,
    ),
)  # fmt: skip
