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

"""A live migration that is not over at the time limit is stepped in on."""

import functools

from osc_migrate.engine import move as moves
from osc_migrate.engine.outcomes import Cause
from osc_migrate import gate
from osc_migrate.tests.unit import fakes
from osc_migrate.tests.unit import rows
from osc_migrate.tests.unit.rows_live import COPYING
from osc_migrate.tests.unit.rows_live import MOVED
from osc_migrate.tests.unit.rows_live import PREPARED
from osc_migrate.tests.unit import traces

Row = functools.partial(rows.Row, kind=moves.Kind.LIVE, timeout=60.0)
abort = functools.partial(Row, on_timeout='abort')
force = functools.partial(Row, on_timeout='force-complete')

#: Seconds from the answer to the abort on: Nova 33 and 34 with libvirt.
IN_ERROR = """
    0.1 MIGRATING/migrating src running
    0.5 ACTIVE src error
    0.7 ERROR src error
"""
CANCELLED = """
    0.1 MIGRATING/migrating src running
    0.7 ACTIVE src cancelled
"""
ARRIVED = """
    0.1 MIGRATING/migrating src running
    14.1 ACTIVE dst running
    14.5 ACTIVE dst completed
"""
STILL = '0.0 MIGRATING/migrating src running'
LATE, BY_US = Cause.TIME_LIMIT, 'This command aborted it'

ROWS = (
    Row(
        'left to Nova as asked',
        COPYING, 'timeout', LATE, 5, within=60.0,
    ),
    abort(
        'nothing is aborted that ends in time',
        MOVED, 'completed', Cause.ARRIVED, 0,
    ),
    abort(
        'aborted',
        COPYING, 'aborted', Cause.ABORTED, 3,
        stopped=CANCELLED, stops=1, says=BY_US,
    ),
    abort(
        'aborted, and the server is PAUSED as before',
        COPYING, 'aborted', Cause.ABORTED, 3, was='PAUSED',
        stopped=CANCELLED.replace('ACTIVE', 'PAUSED'), stops=1,
    ),
    abort(
        'aborted, which Nova 33 and 34 end in ERROR',
        COPYING, 'error', Cause.LIVE_ERROR_AFTER_ABORT, 4,
        stopped=IN_ERROR, stops=1, says=BY_US,
    ),
    abort(
        'aborted, as a manager',
        COPYING, 'aborted', Cause.ABORTED, 3, view=traces.MANAGER,
        stopped=CANCELLED, stops=1, says=BY_US,
    ),
    abort(
        'aborted while it was queued',
        PREPARED.split('1.6')[0], 'aborted', Cause.ABORTED, 3,
        stopped='0.2 ACTIVE src queued\n0.4 ACTIVE src cancelled', stops=1,
    ),
    abort(
        'aborted, and it fails instead',
        COPYING, 'aborted', Cause.ABORTED, 3,
        stopped='0.2 MIGRATING/migrating src error\n0.5 ACTIVE src failed',
        stops=1,
    ),
    abort(
        'aborted, and the abort is not listed',
        COPYING, 'aborted', Cause.ABORTED, 3, stops=1, says=BY_US,
        stopped='0.2 MIGRATING/migrating src error\n0.5 ACTIVE src failed',
        answers=(fakes.UNLISTED,),
    ),
    abort(
        'aborted too late',
        COPYING, 'completed', Cause.ARRIVED, 0, stopped=ARRIVED, stops=1,
    ),
    abort(
        'it completes just before it is aborted',
        COPYING, 'completed', Cause.ARRIVED, 0,
        stopped='0.1 ACTIVE dst running\n0.6 ACTIVE dst completed', stops=1,
        answers=(fakes.TOO_LATE,),
    ),
    abort(
        'an older Nova does not abort what is prepared',
        PREPARED, 'aborted', Cause.ABORTED, 3, stopped=CANCELLED, stops=3,
        answers=(fakes.NOT_NOW, fakes.NOT_NOW, fakes.TAKEN),
    ),
    abort(
        'the abort took effect and its answer was lost',
        COPYING, 'aborted', Cause.ABORTED, 3, stopped=CANCELLED, stops=1,
        answers=(fakes.LOST_TAKEN,),
    ),
    abort(
        'the abort was lost on its way',
        COPYING, 'aborted', Cause.ABORTED, 3, stopped=CANCELLED, stops=2,
        answers=(fakes.LOST, fakes.TAKEN), says=BY_US,
    ),
    abort(
        'the answers to two aborts are lost and a third is not sent',
        COPYING, 'timeout', LATE, 5, stops=2, answers=(fakes.LOST,),
        within=120.0,
    ),
    abort(
        'the API is busy when it is asked to abort',
        COPYING, 'aborted', Cause.ABORTED, 3, stopped=CANCELLED, stops=2,
        answers=(fakes.BUSY, fakes.TAKEN),
    ),
    abort(
        'the policy does not let the user abort',
        COPYING, 'timeout', LATE, 5, stops=1, answers=(fakes.FORBIDDEN,),
        within=120.0, says='Policy does not allow it.',
    ),
    abort(
        'the abort is taken and nothing comes of it for a minute',
        COPYING, 'timeout', LATE, 5, stopped=STILL, stops=1, within=61.0,
    ),
    abort(
        'nothing shows which migration is to be aborted',
        '0.2 MIGRATING/migrating src -', 'timeout', LATE, 5, within=121.0,
    ),
    abort(
        'a member may not see which migration is to be aborted',
        COPYING, 'timeout', LATE, 5, view=traces.MEMBER, within=120.0,
    ),
    abort(
        'the API is down at the time limit and stays so',
        COPYING + '50 fault', 'unknown', Cause.UNREADABLE, 9, within=75.0,
    ),
    abort(
        'the API is down at the time limit for a while',
        COPYING + '50 fault\n70 MIGRATING/migrating src running',
        'aborted', Cause.ABORTED, 3, stopped=CANCELLED, stops=1,
    ),
    abort(
        'what of another user is under way is not aborted',
        COPYING + '59 MIGRATING/migrating src failed '
        'newer:live-migration=running live-migration:bob',
        'conflict', Cause.FOREIGN_MOVE, 7,
    ),
    abort(
        'a server that rests with an open record is not aborted',
        COPYING + '30 ACTIVE src running', 'timeout', LATE, 5, within=32.0,
    ),
    abort(
        'another user aborts it first',
        COPYING, 'aborted', Cause.ABORTED, 3, answers=(fakes.TOO_LATE,),
        stopped='0.0 MIGRATING/migrating src running '
                'live_migration_cancel:alice\n0.6 ACTIVE src cancelled',
        stops=1, says='user-alice',
    ),
    force(
        'completed by force',
        COPYING, 'completed', Cause.ARRIVED, 0, stopped=ARRIVED, stops=1,
    ),
    force(
        'Nova does not force what is prepared',
        PREPARED, 'completed', Cause.ARRIVED, 0, stopped=ARRIVED, stops=3,
        answers=(fakes.NOT_NOW, fakes.NOT_NOW, fakes.TAKEN),
    ),
    force(
        'Nova never forces it',
        PREPARED, 'timeout', LATE, 5, stops=11, answers=(fakes.NOT_NOW,),
        within=120.0, says='Cannot force complete',
    ),
    force(
        'it is forced, and fails',
        COPYING, 'error', Cause.LIVE_ERROR_ON_SOURCE, 4, stops=1,
        stopped='1.0 ACTIVE src error\n1.5 ERROR src error',
    ),
    force(
        'it completes just before it is forced',
        COPYING, 'completed', Cause.ARRIVED, 0,
        stopped='0.1 ACTIVE dst running\n0.6 ACTIVE dst completed', stops=1,
        answers=(fakes.TOO_LATE,),
    ),
    force(
        'the answer to the force was lost',
        COPYING, 'completed', Cause.ARRIVED, 0, stopped=ARRIVED, stops=1,
        answers=(fakes.LOST_TAKEN,),
    ),
    force(
        'a check of what was forced has the rest of the minute',
        COPYING, 'completed', Cause.ARRIVED, 0, stopped=ARRIVED, stops=1,
        gate=rows.Gated(gate.Answer.CONFIRM, 20.0), within=22.0,
    ),
)  # fmt: skip
