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

"""What Nova saves in the course of a cold migration, and in which order.

From nova's ``conductor/tasks/migrate.py``, ``compute/manager.py`` and
``compute/resource_tracker.py``; the times are those of two real hosts with
libvirt.
"""

from osc_migrate.tests.simulation.chances import Fate
from osc_migrate.tests.simulation.steps import after
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
from osc_migrate.tests.simulation.steps import task
from osc_migrate.tests.simulation.steps import told
from osc_migrate.tests.simulation.steps import vm

CONDUCTED = ('conductor_migrate_server', 'cold_migrate')
NO_HOST = 'No valid host was found. No valid host found for cold migrate'
NO_SSH = (
    'Resize error: not able to execute ssh command: Unexpected error while '
    'running command.'
)
#: What is no exception of Nova's own becomes a bare class name.
BARE = 'ProcessExecutionError'
COMMAND = 'Command: scp -r /instances/disk host2:/instances/disk'
NO_START = 'The destination could not start the guest.'
NO_ROOM = 'Insufficient compute resources.'
NO_CLEANUP = 'The source could not clean up.'

#: The API has named the task ``resize_prep`` before it answered.
SCHEDULED = (
    step(0.05, 0.3, opened('pre-migrating'),
         told(CONDUCTOR, BEGUN, *CONDUCTED)),
)  # fmt: skip
ASKED = (
    *SCHEDULED,
    step(0.1, 0.4, told(CONDUCTOR, SUCCESS, *reversed(CONDUCTED))),
)
#: A host that is to take it.
_PREPARING = by(
    DESTINATION,
    step(0.0, 0.1, told(DESTINATION, BEGUN, 'compute_prep_resize')),
    step(0.1, 0.4, claimed),
)
PREPARED = (*ASKED, *_PREPARING)
_TO_THE_SOURCE = (
    *by(DESTINATION,
        step(0.1, 0.2, told(DESTINATION, SUCCESS, 'compute_prep_resize'))),
    *by(SOURCE,
        step(0.0, 0.1, told(SOURCE, BEGUN, 'compute_resize_instance')),
        step(0.0, 0.2, record('migrating')),
        step(0.01, 0.1, after('resize_prep', task_state='resize_migrating'))),
)  # fmt: skip
COPYING = (*PREPARED, *_TO_THE_SOURCE)
_FROM_THE_SOURCE = (
    *by(SOURCE,
        step(1.0, 4.0, record('post-migrating')),
        step(0.01, 0.2, after(
            'resize_migrating', host=DESTINATION,
            task_state='resize_migrated')),
        step(0.0, 0.1, told(SOURCE, SUCCESS, 'compute_resize_instance'))),
    *by(DESTINATION,
        step(0.0, 0.1, told(DESTINATION, BEGUN, 'compute_finish_resize')),
        step(0.2, 0.8, after('resize_migrated', task_state='resize_finish'))),
)  # fmt: skip
COPIED = (*COPYING, *_FROM_THE_SOURCE)
_STARTED = by(
    DESTINATION,
    step(2.0, 7.0, record('finished')),
    step(0.05, 0.3, after(
        'resize_finish', vm_state='resized', task_state=None)),
    step(0.0, 0.2, told(DESTINATION, SUCCESS, 'compute_finish_resize')),
)  # fmt: skip
ARRIVED = (*COPIED, *_STARTED)

MOVES = {
    Fate.GOOD: ARRIVED,
    Fate.CONFIRM_FAILED: ARRIVED,
    Fate.CONFIRM_FAILED_LATE: ARRIVED,
    # The next host is asked by way of the conductor, which goes on with the
    # same record; no event of the first host tells of it.
    Fate.RESCHEDULED: (
        *PREPARED,
        *by(DESTINATION,
            step(0.1, 0.4,
                 told(DESTINATION, SUCCESS, 'compute_prep_resize'))),
        step(0.1, 0.4, told(CONDUCTOR, BEGUN, *CONDUCTED)),
        step(0.1, 0.4, passed_on,
             told(CONDUCTOR, SUCCESS, *reversed(CONDUCTED))),
        *_PREPARING, *_TO_THE_SOURCE, *_FROM_THE_SOURCE, *_STARTED,
    ),
    # The record, the server, then the events.
    Fate.NO_VALID_HOST: (
        *SCHEDULED,
        step(0.1, 0.4, record('error')),
        step(0.1, 0.4, rests),
        step(0.0, 0.3, told(
            CONDUCTOR, ERROR, *reversed(CONDUCTED), details=NO_HOST),
            firm=True),
    ),
    # Before the guest is powered off.
    Fate.ROLLED_BACK: (
        *COPYING,
        *by(SOURCE,
            step(0.1, 0.4, record('error')),
            step(0.1, 0.4, rests),
            step(0.0, 0.3, told(
                SOURCE, ERROR, 'compute_resize_instance', details=NO_SSH),
                firm=True)),
    ),
    Fate.ERROR_ON_SOURCE: (
        *COPYING,
        *by(SOURCE,
            step(0.2, 3.0, record('error')),
            step(0.1, 0.3, vm('error')),
            step(0.0, 0.1, blamed(BARE, COMMAND)),
            step(0.0, 0.1, told(
                SOURCE, ERROR, 'compute_resize_instance', details=BARE)),
            step(0.0, 0.2, task(None))),
    ),
    # The conductor gives the server its state back before the last host
    # that was tried puts it into ERROR.
    Fate.LATE_ERROR: (
        *ASKED, *_PREPARING[:1],
        step(0.1, 0.4, record('error')),
        step(0.1, 0.4, rests),
        *by(DESTINATION,
            step(0.1, 3.0, in_error, firm=True),
            step(0.0, 0.1, blamed(NO_ROOM), firm=True),
            step(0.0, 0.1, told(
                DESTINATION, ERROR, 'compute_prep_resize', details=NO_ROOM),
                firm=True)),
    ),
    # Here the record comes after the server.
    Fate.ERROR_ON_DESTINATION: (
        *COPIED,
        *by(DESTINATION,
            step(1.0, 5.0, vm('error')),
            step(0.0, 0.1, blamed(NO_START)),
            step(0.0, 0.3, record('error')),
            step(0.0, 0.1, told(
                DESTINATION, ERROR, 'compute_finish_resize',
                details=NO_START)),
            step(0.0, 0.3, task(None))),
    ),
    Fate.RESTARTED: (*COPYING, *by(SOURCE, step(5.0, 18.0, rests))),
    Fate.STUCK: COPIED,
    Fate.DELETED: ARRIVED,
}  # fmt: skip

#: The API has set the record to ``confirming``, and no task.
CONFIRMING = step(0.0, 0.1, told(SOURCE, BEGUN, 'compute_confirm_resize'))
CLEANED = (CONFIRMING, step(0.1, 0.8, record('confirmed')))
CONFIRMED = by(
    SOURCE,
    *CLEANED,
    step(0.1, 0.6, rests_after(None)),
    step(0.0, 0.2, told(SOURCE, SUCCESS, 'compute_confirm_resize')),
)
_FAILED = told(SOURCE, ERROR, 'compute_confirm_resize', details=NO_CLEANUP)
CONFIRMS = {
    Fate.CONFIRM_FAILED: by(
        SOURCE,
        CONFIRMING,
        step(0.1, 1.0, in_error),
        step(0.0, 0.3, record('error')),
        step(0.0, 0.2, _FAILED, firm=True),
    ),
    # Placement refuses to give the source's resources back.
    Fate.CONFIRM_FAILED_LATE: by(
        SOURCE,
        *CLEANED,
        step(0.1, 0.6, rests_after(None)),
        step(0.05, 0.4, in_error, firm=True),
        step(0.0, 0.3, record('error'), firm=True),
        step(0.0, 0.2, _FAILED, firm=True),
    ),
}
#: The API has named the task and set the record to ``reverting``. The
#: destination says ``reverted`` before the source has the guest back.
_HANDED_BACK = (
    *by(DESTINATION, step(0.1, 0.6, record('reverted'))),
    *by(SOURCE,
        step(0.1, 0.4, after('resize_reverting', host=SOURCE))),
)  # fmt: skip
REVERTED = (
    *_HANDED_BACK,
    *by(SOURCE, step(1.0, 6.0, rests_after('resize_reverting'))),
)
#: A server that was off is started and switched off, and is shown in
#: VERIFY_RESIZE meanwhile.
REVERTED_OFF = (
    *_HANDED_BACK,
    *by(SOURCE,
        step(1.0, 6.0, after('resize_reverting', task_state='powering-off')),
        step(0.2, 2.0, rests_after('powering-off'))),
)  # fmt: skip
