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

"""The server moved: seen on Nova 34 with libvirt and with the fake driver."""

from osc_migrate.engine.outcomes import Cause
from osc_migrate.tests.unit import fakes
from osc_migrate.tests.unit.rows import Row
from osc_migrate.tests.unit import traces

COPIED = """
    0.1 RESIZE/resize_prep src -
    0.2 RESIZE/resize_prep src pre-migrating
    0.4 RESIZE/resize_prep src pre-migrating dest=dst
    0.7 RESIZE/resize_migrating src migrating
    3.4 RESIZE/resize_migrated dst post-migrating
    3.9 RESIZE/resize_finish dst post-migrating
"""
ARRIVED = COPIED + '10.6 VERIFY_RESIZE dst finished'
DONE = """
    0.0 VERIFY_RESIZE dst confirming
    0.5 VERIFY_RESIZE dst confirmed
    0.7 ACTIVE dst confirmed
"""
SOMEBODY_CONFIRMED = """
    0.0 VERIFY_RESIZE dst confirming confirmResize:alice
    0.4 VERIFY_RESIZE dst confirmed
    0.9 ACTIVE dst confirmed
"""

ROWS = (
    Row(
        'an ACTIVE server moves and is confirmed',
        ARRIVED, 'confirmed', Cause.ARRIVED, 0,
        after=DONE, confirms=1, within=1.5,
    ),
    Row(
        'a SHUTOFF server has no record at first and stays off',
        """
        0.0 RESIZE/resize_prep src -
        0.2 RESIZE/resize_prep src pre-migrating
        0.6 RESIZE/resize_migrating src migrating
        3.5 RESIZE/resize_finish dst post-migrating
        10.6 VERIFY_RESIZE dst finished
        """,
        'confirmed', Cause.ARRIVED, 0,
        after="""
        0.0 VERIFY_RESIZE dst confirming
        0.4 VERIFY_RESIZE dst confirmed
        0.6 SHUTOFF dst confirmed
        """,
        confirms=1, was='SHUTOFF', within=1.5,
    ),
    Row(
        'the record is finished while the server still starts',
        COPIED + """
        10.3 RESIZE/resize_finish dst finished
        10.8 VERIFY_RESIZE dst finished
        """,
        'confirmed', Cause.ARRIVED, 0, after=DONE, confirms=1,
    ),
    Row(
        'the record is confirmed 0.6 s before the server is ACTIVE',
        ARRIVED, 'confirmed', Cause.ARRIVED, 0,
        after="""
        0.0 VERIFY_RESIZE dst confirming
        0.1 VERIFY_RESIZE dst confirmed
        0.7 ACTIVE dst confirmed
        """,
        confirms=1, within=1.5,
    ),
    Row(
        'a dead source that Nova has not noticed confirms after it is back',
        ARRIVED, 'confirmed', Cause.ARRIVED, 0,
        after="""
        0.0 VERIFY_RESIZE dst confirming
        400 VERIFY_RESIZE dst confirmed
        400.5 ACTIVE dst confirmed
        """,
        confirms=1,
    ),
    Row(
        'nobody confirms when asked not to',
        ARRIVED, 'awaiting-confirmation', Cause.ARRIVED, 0,
        confirm=False, within=2.0,
    ),
    Row(
        'Nova confirms by itself before VERIFY_RESIZE was ever seen',
        COPIED + '10.6 ACTIVE dst confirmed confirmResize:nova',
        'auto-confirmed', Cause.ARRIVED, 0,
    ),
    Row(
        'Nova confirms by itself just before we do',
        ARRIVED, 'auto-confirmed', Cause.ARRIVED, 0,
        after=SOMEBODY_CONFIRMED.replace('alice', 'nova'),
        confirms=1, answers=(fakes.ALREADY,),
    ),
    Row(
        'another user confirms unseen',
        COPIED + '10.6 ACTIVE dst confirmed confirmResize:alice',
        'confirmed-elsewhere', Cause.ARRIVED, 0,
    ),
    Row(
        'another user confirms just before we do',
        ARRIVED, 'confirmed-elsewhere', Cause.ARRIVED, 0,
        after=SOMEBODY_CONFIRMED, confirms=1, answers=(fakes.ALREADY,),
    ),
    Row(
        'another user confirms what was left to a person',
        ARRIVED.replace('10.6', '10.5') + """
        10.9 VERIFY_RESIZE dst confirming confirmResize:alice
        11.4 ACTIVE dst confirmed
        """,
        'confirmed-elsewhere', Cause.ARRIVED, 0, confirm=False,
    ),
    Row(
        'the source is down for a while when the server has arrived',
        ARRIVED, 'confirmed', Cause.ARRIVED, 0,
        after=DONE, confirms=3,
        answers=(fakes.SOURCE_DOWN, fakes.SOURCE_DOWN, fakes.TAKEN),
    ),
    Row(
        'the API is busy when it is asked to confirm',
        ARRIVED, 'confirmed', Cause.ARRIVED, 0,
        after=DONE, confirms=2, answers=(fakes.BUSY, fakes.TAKEN),
    ),
    Row(
        'the confirm took effect and its answer was lost',
        ARRIVED, 'confirmed', Cause.ARRIVED, 0,
        after=DONE, confirms=1, answers=(fakes.LOST_TAKEN,),
    ),
    Row(
        'the confirm was lost on its way',
        ARRIVED, 'confirmed', Cause.ARRIVED, 0,
        after=DONE, confirms=2, answers=(fakes.LOST, fakes.TAKEN),
    ),
    Row(
        'the confirm was lost and somebody else confirms meanwhile',
        ARRIVED, 'confirmed-elsewhere', Cause.ARRIVED, 0,
        after=SOMEBODY_CONFIRMED, confirms=2,
        answers=(fakes.LOST, fakes.ALREADY),
    ),
    Row(
        'a record of an earlier move that was left open is taken up again',
        ARRIVED.replace('src -', 'src pre-migrating'),
        'confirmed', Cause.ARRIVED, 0,
        after=DONE, confirms=1,
        record='uuid-stale', known=(('uuid-stale', 'pre-migrating'),),
    ),
    Row(
        'a record of an earlier move that is over is not ours',
        ARRIVED.replace('src -', 'src - older:migration=confirmed'),
        'confirmed', Cause.ARRIVED, 0,
        after=DONE, confirms=1,
        known=(('uuid-older-migration', 'confirmed'),),
    ),
    Row(
        'the API faults now and then',
        """
        0.1 RESIZE/resize_prep src pre-migrating
        0.5 fault
        4.0 RESIZE/resize_finish dst post-migrating
        5.0 fault
        20 VERIFY_RESIZE dst finished
        """,
        'confirmed', Cause.ARRIVED, 0,
        after="""
        0.0 fault
        9.0 VERIFY_RESIZE dst confirming
        12 fault
        18 ACTIVE dst confirmed
        """,
        confirms=1, within=20,
    ),
    Row(
        'the cell is down for a while and Nova knows no status',
        COPIED + """
        5.0 UNKNOWN dst post-migrating
        30 VERIFY_RESIZE dst finished
        """,
        'confirmed', Cause.ARRIVED, 0, after=DONE, confirms=1,
    ),
    Row(
        'the copy takes ten hours and there is no time limit',
        COPIED + '36000 VERIFY_RESIZE dst finished',
        'confirmed', Cause.ARRIVED, 0,
        after=DONE, confirms=1, timeout=0.0,
    ),
    Row(
        'a manager sees no host and is told by hostId',
        ARRIVED, 'confirmed', Cause.ARRIVED, 0,
        after=DONE, confirms=1, view=traces.MANAGER,
    ),
    Row(
        'a member sees no record and is told by the actions',
        ARRIVED, 'confirmed', Cause.ARRIVED, 0,
        after=DONE, confirms=1, view=traces.MEMBER,
    ),
    Row(
        'a member is told who else confirmed by the actions',
        COPIED + '10.6 ACTIVE dst confirmed confirmResize:alice',
        'confirmed-elsewhere', Cause.ARRIVED, 0, view=traces.MEMBER,
    ),
    Row(
        'one answer of 404 is not believed',
        COPIED + """
        5.0 404
        5.3 RESIZE/resize_finish dst post-migrating
        10 VERIFY_RESIZE dst finished
        """,
        'confirmed', Cause.ARRIVED, 0, after=DONE, confirms=1,
    ),
    Row(
        'the API is busy for a while when it is asked to confirm',
        ARRIVED, 'confirmed', Cause.ARRIVED, 0,
        after=DONE, confirms=5,
        answers=(*(fakes.PRESSED,) * 4, fakes.TAKEN),
    ),
)  # fmt: skip
