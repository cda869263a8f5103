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

"""What Nova saves in the course of a live migration, and in which order.

From nova's ``conductor/manager.py``, ``conductor/tasks/live_migrate.py`` and
``compute/manager.py``; the times are those of two real hosts with libvirt.
"""

from osc_migrate.tests.simulation.chances import Fate
from osc_migrate.tests.simulation.steps import at_destination
from osc_migrate.tests.simulation.steps import BEGUN
from osc_migrate.tests.simulation.steps import blamed
from osc_migrate.tests.simulation.steps import by
from osc_migrate.tests.simulation.steps import claimed
from osc_migrate.tests.simulation.steps import CONDUCTOR
from osc_migrate.tests.simulation.steps import DESTINATION
from osc_migrate.tests.simulation.steps import ERROR
from osc_migrate.tests.simulation.steps import in_error
from osc_migrate.tests.simulation.steps import opened
from osc_migrate.tests.simulation.steps import passed_on
from osc_migrate.tests.simulation.steps import record
from osc_migrate.tests.simulation.steps import rests
from osc_migrate.tests.simulation.steps import rests_after
from osc_migrate.tests.simulation.steps import SOURCE
from osc_migrate.tests.simulation.steps import step
from osc_migrate.tests.simulation.steps import SUCCESS
from osc_migrate.tests.simulation.steps import told

CONDUCTED = 'conductor_live_migrate_instance'
CHECKED = 'compute_check_can_live_migrate_destination'
PRE = 'compute_pre_live_migration'
POST = 'compute_post_live_migration_at_destination'
NO_HOST = 'No valid host was found. There are not enough hosts available.'
NOT_READY = 'Operation timed out waiting for the network of the destination.'
NO_ANSWER = 'MessagingTimeout'
NOT_FIT = 'Migration pre-check error: the CPU is not compatible.'

#: The API has named the task ``migrating`` before it answered.
ACCEPTED = (
    step(0.05, 0.3, opened('accepted'), told(CONDUCTOR, BEGUN, CONDUCTED)),
)
_CHOSEN = (
    step(0.3, 1.0, claimed, told(DESTINATION, SUCCESS, CHECKED)),
    step(0.1, 0.4, told(CONDUCTOR, SUCCESS, CONDUCTED)),
)
#: ``compute_live_migration`` ends with the queueing, whatever follows.
_QUEUED = by(
    SOURCE,
    step(0.0, 0.1, record('queued'),
         told(SOURCE, SUCCESS, 'compute_live_migration')),
)  # fmt: skip
_PREPARING = by(
    SOURCE,
    step(0.0, 0.3, record('preparing'), told(DESTINATION, BEGUN, PRE),
         queues=True),
)  # fmt: skip
_COPYING = by(
    SOURCE,
    step(0.3, 1.5, record('running'), told(DESTINATION, SUCCESS, PRE)),
)
#: The source copies. The destination saves the server before the source
#: closes the record.
_ARRIVED = (
    *by(SOURCE, step(1.0, 12.0)),
    *by(DESTINATION,
        step(0.0, 0.1, told(DESTINATION, BEGUN, POST)),
        step(0.0, 0.3, rests_after('migrating', host=DESTINATION))),
    *by(SOURCE,
        step(0.2, 1.0, record('completed'),
             told(DESTINATION, SUCCESS, POST))),
)  # fmt: skip
QUEUED = (*ACCEPTED, *_CHOSEN, *_QUEUED)
PREPARING = (*QUEUED, *_PREPARING)
COPYING = (*PREPARING, *_COPYING)
ARRIVED = (*COPYING, *_ARRIVED)

MOVES = {
    Fate.GOOD: ARRIVED,
    # No event but the refusing host's says so, and the action is in "Error".
    Fate.RESCHEDULED: (
        *ACCEPTED,
        step(0.3, 1.0, told(DESTINATION, ERROR, CHECKED, details=NOT_FIT)),
        step(0.0, 0.1, passed_on),
        *_CHOSEN, *_QUEUED, *_PREPARING, *_COPYING, *_ARRIVED,
    ),
    # The server before the record.
    Fate.NO_VALID_HOST: (
        *ACCEPTED,
        step(0.2, 0.6, rests),
        step(0.05, 0.3, record('error')),
        step(0.0, 0.2, told(CONDUCTOR, ERROR, CONDUCTED, details=NO_HOST),
             firm=True),
    ),
    # The record says error, and failed once the server rests.
    Fate.ROLLED_BACK: (
        *PREPARING,
        *by(SOURCE,
            step(0.2, 0.6, record('error'),
                 told(DESTINATION, ERROR, PRE, details=NOT_READY)),
            step(0.05, 0.3, rests_after('migrating')),
            step(0.0, 0.2, record('failed'))),
    ),
    # No fault and no event tells of it.
    Fate.ERROR_ON_SOURCE: (
        *COPYING,
        *by(SOURCE,
            step(1.0, 12.0, record('error')),
            step(0.0, 0.2, in_error)),
    ),
    Fate.LATE_ERROR: (
        *COPYING,
        *by(SOURCE,
            step(1.0, 12.0, rests_after('migrating')),
            step(0.0, 0.2, record('failed'), firm=True),
            step(0.2, 2.5, record('error'), firm=True),
            step(0.0, 0.2, in_error, firm=True)),
    ),
    Fate.ERROR_ON_DESTINATION: (
        *COPYING,
        *by(SOURCE,
            step(1.0, 12.0, record('error')),
            step(0.0, 0.2, at_destination, in_error),
            step(0.0, 0.1, blamed(NO_ANSWER), firm=True)),
    ),
    Fate.RESTARTED: (
        *COPYING,
        *by(SOURCE,
            step(2.0, 8.0, record('error')),
            step(0.0, 0.2, rests_after('migrating'))),
    ),
    Fate.STUCK: COPYING,
    Fate.DELETED: ARRIVED[:-1],
}  # fmt: skip

#: Nova 33 and 34 with libvirt end an abort of one that copies this way.
ABORTED = by(
    SOURCE,
    step(0.1, 0.6, rests_after('migrating')),
    step(0.0, 0.2, record('error')),
    step(0.1, 0.4, in_error, firm=True),
)
#: One whose turn has come prepares to its end before it looks whether it is
#: still wanted; only one that waits for its turn is never begun.
CANCELLED = by(
    SOURCE,
    step(0.0, 0.3, record('preparing')),
    step(0.1, 0.5, rests_after('migrating')),
    step(0.0, 0.3, record('cancelled')),
)
FORCED = _ARRIVED
