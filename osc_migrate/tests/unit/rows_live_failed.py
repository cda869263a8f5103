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

"""A live migration that failed: where the guest is, and who ended it.

The first ones are what Nova 34 with libvirt showed: most of its failures end
in ERROR although the guest runs on the source, and before that the server
rests there for up to 3 s as if all were well.
"""

from osc_migrate.engine.outcomes import Cause
from osc_migrate.tests.unit.rows_live import COPYING
from osc_migrate.tests.unit.rows_live import PREPARED
from osc_migrate.tests.unit.rows_live import Row
from osc_migrate.tests.unit import traces

#: Seconds from the request on: an abort with Nova 33 and 34.
ABORTED = (
    COPYING
    + """
    5.1 MIGRATING/migrating src running live_migration_cancel:alice
    5.5 ACTIVE src error
    5.7 ERROR src error
"""
)
#: The same with Nova 32 and older, and with a driver that is not libvirt's.
CANCELLED = (
    COPYING
    + """
    5.1 MIGRATING/migrating src running live_migration_cancel:alice
    5.5 ACTIVE src running
    5.7 ACTIVE src cancelled
"""
)
FAILED = COPYING + '9.0 MIGRATING/migrating src error\n9.2 ACTIVE src failed'
LOST = COPYING + '64.0 ERROR src error'
BACK, RECORD = 'rolled-back', Cause.RECORD_ERROR
ON_SOURCE = Cause.LIVE_ERROR_ON_SOURCE
ON_DESTINATION = Cause.LIVE_ERROR_ON_DESTINATION

ROWS = (
    Row(
        'aborted by another user, which Nova 33 and 34 end in ERROR',
        ABORTED, 'error', Cause.LIVE_ERROR_AFTER_ABORT, 4, says='user-alice',
    ),
    Row(
        'aborted by another user',
        CANCELLED, 'aborted', Cause.ABORTED, 3, says='user-alice',
    ),
    Row(
        'aborted by another user while it was queued',
        """
        0.2 MIGRATING/migrating src accepted
        1.0 MIGRATING/migrating src queued
        8.0 ACTIVE src queued live_migration_cancel:alice
        8.2 ACTIVE src cancelled
        """,
        'aborted', Cause.ABORTED, 3, says='user-alice',
    ),
    Row(
        'aborted by another user while the server was PAUSED',
        CANCELLED.replace('ACTIVE', 'PAUSED'),
        'aborted', Cause.ABORTED, 3, was='PAUSED',
    ),
    Row(
        'aborted by another user, as a manager sees it',
        CANCELLED, 'aborted', Cause.ABORTED, 3, view=traces.MANAGER,
        says='user-alice',
    ),
    Row(
        'aborted by another user, as a member sees it',
        CANCELLED, 'aborted', Cause.ABORTED, 3, view=traces.MEMBER,
        says='user-alice',
    ),
    Row(
        'Nova gives up at its own time limit, which ends in ERROR',
        ABORTED.replace('live_migration_cancel:alice', ''),
        'error', ON_SOURCE, 4,
    ),
    Row(
        'Nova gives up at its own time limit',
        CANCELLED.replace('live_migration_cancel:alice', ''),
        'aborted', Cause.ABORTED, 3,
        says='live_migration_completion_timeout',
    ),
    Row(
        'the machine of the destination is gone',
        LOST, 'error', ON_SOURCE, 4,
    ),
    Row(
        'the machine of the destination is gone, and Nova rolls back',
        COPYING + '4.0 ACTIVE src failed',
        BACK, Cause.LIVE_FAILED, 3,
    ),
    Row(
        'ACTIVE without a task for 0.5 s before ERROR',
        COPYING + '4.0 ACTIVE src failed\n4.5 ERROR src error',
        'error', ON_SOURCE, 4,
    ),
    Row(
        'ACTIVE without a task for 2 s before ERROR',
        COPYING + '4.0 ACTIVE src error\n6.0 ERROR src error',
        'error', ON_SOURCE, 4,
    ),
    Row(
        'ACTIVE without a task for 3 s before ERROR',
        COPYING + '4.0 ACTIVE src failed\n7.0 ERROR src error',
        'error', ON_SOURCE, 4,
    ),
    Row(
        'nova-compute of the destination is gone and cannot be told',
        COPYING + '64.0 ERROR dst error',
        'error', ON_DESTINATION, 4, says='from the fault',
    ),
    Row(
        'the guest is on the destination when the copy of its memory fails',
        COPYING + """
        20.0 MIGRATING/migrating src post-copy
        30.0 ERROR dst error
        """,
        'error', ON_DESTINATION, 4,
    ),
    Row(
        'on the destination, as a manager sees it',
        COPYING + '30.0 ERROR dst error',
        'error', ON_DESTINATION, 4, view=traces.MANAGER,
    ),
    Row(
        'on the destination, as a member sees it',
        COPYING + '30.0 ERROR dst error',
        'error', ON_DESTINATION, 4, view=traces.MEMBER,
    ),
    Row(
        'in ERROR on the source, as a member sees it',
        LOST, 'error', ON_SOURCE, 4, view=traces.MEMBER,
    ),
    Row(
        'the destination cannot prepare itself',
        PREPARED + """
        1.7 MIGRATING/migrating src error
        1.9 ACTIVE src failed
        """,
        BACK, Cause.LIVE_FAILED, 3,
    ),
    Row(
        'the checks before it refuse, and the server rests before the record',
        """
        0.2 MIGRATING/migrating src accepted
        1.2 ACTIVE src accepted failed
        1.4 ACTIVE src error dest=- failed
        """,
        BACK, RECORD, 3,
    ),
    Row(
        'the checks before it break down, and the guest runs',
        """
        0.2 MIGRATING/migrating src accepted
        1.2 ERROR src error dest=- failed
        """,
        'error', ON_SOURCE, 4,
    ),
    Row(
        'the compute service of the source is known to be down',
        '0.1 MIGRATING/migrating src accepted\n'
        '0.4 ACTIVE src error dest=- failed',
        BACK, RECORD, 3,
    ),
    Row(
        'no valid host, as a member sees it',
        '0.1 MIGRATING/migrating src accepted\n'
        '0.4 ACTIVE src error dest=- failed',
        BACK, RECORD, 3, view=traces.MEMBER,
    ),
    Row(
        'the copy fails and is rolled back',
        FAILED, BACK, Cause.LIVE_FAILED, 3,
    ),
    Row(
        'the copy of a PAUSED server fails',
        FAILED.replace('ACTIVE', 'PAUSED'),
        BACK, Cause.LIVE_FAILED, 3, was='PAUSED',
    ),
    Row(
        'the copy fails, as a manager sees it',
        FAILED, BACK, Cause.LIVE_FAILED, 3, view=traces.MANAGER,
    ),
    Row(
        'the conductor fails before it makes a record',
        '0.0 MIGRATING/migrating src -\n0.5 ACTIVE src - failed',
        BACK, Cause.NO_RECORD, 3,
    ),
    Row(
        'nova-compute of the source is started again',
        COPYING + '9.0 ACTIVE src error', BACK, RECORD, 3, within=80.0,
    ),
    Row(
        'back on the source, and the record is left running',
        COPYING + '18 ACTIVE src running',
        BACK, Cause.COMPUTE_RESTARTED, 3, within=80.0,
    ),
    Row(
        'on the destination, and the record is left running',
        COPYING + '30 ACTIVE dst running',
        'error', Cause.LEFT_ON_DESTINATION, 4, within=80.0,
    ),
    Row(
        'the record is in error and the server runs on the destination',
        COPYING + '30 ACTIVE dst error',
        'error', Cause.RECORD_CONTRADICTS, 4,
    ),
    Row(
        'the record is completed and the server runs on the source',
        COPYING + '30 ACTIVE src completed',
        'error', Cause.RECORD_CONTRADICTS, 4, within=80.0,
    ),
)  # fmt: skip
