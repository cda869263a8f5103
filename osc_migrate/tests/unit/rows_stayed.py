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

"""The move failed: what the API showed, and what had happened."""

from osc_migrate.engine.outcomes import Cause
from osc_migrate.tests.unit import fakes
from osc_migrate.tests.unit.rows import Row
from osc_migrate.tests.unit.rows_moved import ARRIVED
from osc_migrate.tests.unit.rows_moved import COPIED
from osc_migrate.tests.unit import traces

NO_VALID_HOST = """
    0.0 RESIZE/resize_prep src pre-migrating
    0.4 RESIZE/resize_prep src error dest=-
    0.7 ACTIVE src error dest=- failed
"""
SSH_BROKEN = """
    0.2 RESIZE/resize_prep src pre-migrating dest=dst
    0.6 RESIZE/resize_migrating src migrating
    0.8 RESIZE/resize_migrating src error
    1.0 ACTIVE src error failed
"""

ROWS = (
    Row(
        'no valid host for an ACTIVE server',
        NO_VALID_HOST, 'rolled-back', Cause.RECORD_ERROR, 3,
    ),
    Row(
        'no valid host for a SHUTOFF server',
        NO_VALID_HOST.replace('ACTIVE', 'SHUTOFF'),
        'rolled-back', Cause.RECORD_ERROR, 3, was='SHUTOFF',
    ),
    Row(
        'no valid host as a manager sees it',
        NO_VALID_HOST, 'rolled-back', Cause.RECORD_ERROR, 3,
        view=traces.MANAGER,
    ),
    Row(
        'no valid host as a member sees it',
        NO_VALID_HOST, 'rolled-back', Cause.RECORD_ERROR, 3,
        view=traces.MEMBER,
    ),
    Row(
        'every host fails, and ACTIVE is shown for 3 s before ERROR',
        NO_VALID_HOST + '3.7 ERROR src error dest=- failed',
        'error', Cause.ERROR_ON_SOURCE, 4, tried=True,
    ),
    Row(
        'every host fails, and the server is rolled back all the same',
        NO_VALID_HOST, 'rolled-back', Cause.RECORD_ERROR, 3, tried=True,
    ),
    Row(
        'SSH between the hosts is broken and libvirt rolls back',
        SSH_BROKEN, 'rolled-back', Cause.RECORD_ERROR, 3,
    ),
    Row(
        'SSH is broken for a SHUTOFF server',
        SSH_BROKEN.replace('ACTIVE', 'SHUTOFF'),
        'rolled-back', Cause.RECORD_ERROR, 3, was='SHUTOFF',
    ),
    Row(
        'the copy fails after the guest was powered off',
        """
        0.2 RESIZE/resize_migrating src migrating
        0.4 RESIZE/resize_migrating src error
        0.6 ERROR/resize_migrating src error
        0.8 ERROR src error failed
        """,
        'error', Cause.ERROR_ON_SOURCE, 4,
    ),
    Row(
        'ACTIVE without a task for 0.2 s before ERROR',
        """
        0.2 RESIZE/resize_prep src error
        0.5 ACTIVE src error
        0.7 ERROR src error failed
        """,
        'error', Cause.ERROR_ON_SOURCE, 4,
    ),
    Row(
        'ACTIVE without a task for almost 2 s before ERROR',
        """
        0.2 RESIZE/resize_prep src error
        0.5 ACTIVE src error
        2.4 ERROR src error failed
        """,
        'error', Cause.ERROR_ON_SOURCE, 4,
    ),
    Row(
        'the destination cannot start the guest',
        COPIED + """
        9.0 ERROR/resize_finish dst post-migrating
        9.2 ERROR/resize_finish dst error
        9.4 ERROR dst error failed
        """,
        'error', Cause.ERROR_ON_DESTINATION, 4,
    ),
    Row(
        'the destination cannot start the guest, as a manager sees it',
        COPIED + '9.4 ERROR dst error failed',
        'error', Cause.ERROR_ON_DESTINATION, 4, view=traces.MANAGER,
    ),
    Row(
        'the source cannot clean up after our confirm',
        ARRIVED, 'error', Cause.CONFIRM_FAILED, 4,
        after="""
        0.0 VERIFY_RESIZE dst confirming
        1.0 ERROR dst error
        """,
        confirms=1,
    ),
    Row(
        'the source cannot clean up after the server was ACTIVE',
        ARRIVED, 'error', Cause.CONFIRM_FAILED, 4,
        after="""
        0.0 VERIFY_RESIZE dst confirming
        0.4 ACTIVE dst confirmed
        0.7 ERROR dst error
        """,
        confirms=1,
    ),
    Row(
        'Nova\'s own confirm fails on the source',
        COPIED + '12 ERROR dst error confirmResize:nova',
        'error', Cause.CONFIRM_FAILED, 4,
    ),
    Row(
        'the source stays down until the time limit',
        ARRIVED, 'unconfirmed', Cause.CONFIRM_REFUSED, 4,
        answers=(fakes.SOURCE_DOWN,), confirms=9, timeout=60.0, within=55.0,
    ),
    Row(
        'the server is locked when it is to be confirmed',
        ARRIVED, 'unconfirmed', Cause.CONFIRM_REFUSED, 4,
        answers=(fakes.LOCKED,), confirms=4, timeout=30.0, within=25.0,
    ),
    Row(
        'the policy lets the user move and not confirm',
        ARRIVED, 'unconfirmed', Cause.CONFIRM_REFUSED, 4,
        answers=(fakes.FORBIDDEN,), confirms=1,
    ),
    Row(
        'the conductor fails before it makes a record',
        """
        0.0 RESIZE/resize_prep src -
        0.5 ACTIVE src - failed
        """,
        'rolled-back', Cause.NO_RECORD, 3,
    ),
    Row(
        'the source compute was restarted and left its record open',
        COPIED.split('3.4')[0] + '18 ACTIVE src migrating',
        'rolled-back', Cause.COMPUTE_RESTARTED, 3, within=80.0,
    ),
    Row(
        'the source was dead unnoticed and comes back to fail',
        """
        0.2 RESIZE/resize_prep src pre-migrating
        10.6 ACTIVE src pre-migrating
        13.4 ACTIVE src error
        13.6 ERROR src error
        """,
        'error', Cause.ERROR_ON_SOURCE, 4,
    ),
    Row(
        'the time limit is reached while the disk is copied',
        COPIED.split('3.4')[0], 'timeout', Cause.TIME_LIMIT, 5,
        timeout=120.0, within=120.0,
    ),
    Row(
        'the time limit is reached while the source cleans up',
        ARRIVED, 'timeout', Cause.TIME_LIMIT, 5,
        after='0.0 VERIFY_RESIZE dst confirming',
        confirms=1, timeout=60.0, within=55.0,
    ),
    Row(
        'the time limit is reached while an open record is waited for',
        COPIED.split('3.4')[0] + '10 ACTIVE src migrating',
        'timeout', Cause.TIME_LIMIT, 5, timeout=30.0, within=21.0,
    ),
    Row(
        'the API cannot be read until the time limit',
        """
        0.2 RESIZE/resize_prep src pre-migrating
        3.0 fault
        """,
        'unknown', Cause.UNREADABLE, 9, timeout=120.0, within=120.0,
    ),
    Row(
        'the token is refused under way',
        """
        0.2 RESIZE/resize_prep src pre-migrating
        3.0 401
        """,
        'unknown', Cause.UNREADABLE, 9,
    ),
    Row(
        'nothing that a member sees proves who moved the server',
        COPIED + '10.6 ACTIVE dst -',
        'unknown', Cause.UNPROVEN, 9, view=traces.MEMBER, within=66.0,
    ),
    Row(
        'the source was dead unnoticed, as a member sees it',
        """
        0.2 RESIZE/resize_prep src pre-migrating
        5.0 ACTIVE src pre-migrating
        7.8 ACTIVE src error
        8.0 ERROR src error
        """,
        'error', Cause.ERROR_ON_SOURCE, 4, view=traces.MEMBER,
    ),
    Row(
        'the time limit is reached while a failure settles',
        NO_VALID_HOST, 'rolled-back', Cause.RECORD_ERROR, 3, timeout=1.5,
    ),
    Row(
        'the answers to two confirms are lost and a third is not sent',
        ARRIVED, 'unconfirmed', Cause.CONFIRM_REFUSED, 4,
        answers=(fakes.LOST,), confirms=2, timeout=60.0, within=55.0,
    ),
    Row(
        'Nova\'s confirm window puts the record in error and nothing more',
        COPIED + '10.6 VERIFY_RESIZE dst error',
        'error', Cause.RECORD_CONTRADICTS, 4, within=70.0,
    ),
    Row(
        'the record is in error and the server runs on the destination',
        COPIED + '10.6 ACTIVE dst error',
        'error', Cause.RECORD_CONTRADICTS, 4,
    ),
    Row(
        'the server runs on the destination and the record stays open',
        COPIED + '10.6 ACTIVE dst post-migrating',
        'error', Cause.RECORD_CONTRADICTS, 4, within=80.0,
    ),
    Row(
        'the server runs and nobody has confirmed the finished record',
        COPIED + '10.6 ACTIVE dst finished',
        'error', Cause.RECORD_CONTRADICTS, 4, within=80.0,
    ),
)  # fmt: skip
