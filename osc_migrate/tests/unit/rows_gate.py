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

"""A check or a person decides about a server that has arrived."""

from osc_migrate.engine import facts
from osc_migrate.engine import move as moves
from osc_migrate.engine.outcomes import Cause
from osc_migrate import gate
from osc_migrate.tests.unit import fakes
from osc_migrate.tests.unit.rows import Gated
from osc_migrate.tests.unit.rows import Row
from osc_migrate.tests.unit.rows_live import MOVED
from osc_migrate.tests.unit.rows_moved import ARRIVED
from osc_migrate.tests.unit.rows_moved import DONE
from osc_migrate.tests.unit.rows_moved import SOMEBODY_CONFIRMED
from osc_migrate.tests.unit import traces

#: As libvirt reverts: the record says so 6 s before the guest is back.
REVERTED = """
    0.0 REVERT_RESIZE/resize_reverting dst reverting
    0.6 REVERT_RESIZE/resize_reverting dst reverted
    0.8 REVERT_RESIZE/resize_reverting src reverted
    6.8 ACTIVE src reverted
"""
SHUTOFF = REVERTED.replace('6.8 ACTIVE', '7.5 SHUTOFF')
AGAIN = 'The check exited with code 1.'
PASSES = Gated(gate.Answer.CONFIRM, 3.0)
FAILS = Gated(gate.Answer.REVERT, 3.0, AGAIN)
#: A person who says so without a reason.
REVERTS = Gated(gate.Answer.REVERT, 40.0)
LEAVES = Gated(gate.Answer.LEAVE, 40.0)
SILENT = Gated(None)
NEVER = Gated(gate.Answer.REVERT, begins=False)
OURS, REFUSED = Cause.REVERTED_BY_US, Cause.REVERT_REFUSED
UP = {'src': facts.ComputeService('src', up=True, enabled=True)}
DISABLED = {'src': facts.ComputeService('src', up=True, enabled=False)}
DOWN = {'src': facts.ComputeService('src', up=False, enabled=True)}

ROWS = (
    Row(
        'the check passes',
        ARRIVED, 'confirmed', Cause.ARRIVED, 0,
        after=DONE, confirms=1, gate=PASSES,
    ),
    Row(
        'the check passes after ten minutes',
        ARRIVED, 'confirmed', Cause.ARRIVED, 0, after=DONE, confirms=1,
        gate=Gated(gate.Answer.CONFIRM, 600.0),
    ),
    Row(
        'the check fails and the record is reverted long before the server',
        ARRIVED, 'reverted', OURS, 6,
        reverted=REVERTED, reverts=1, gate=FAILS, says=AGAIN,
    ),
    Row(
        'the check fails and the source is slow to take the guest back',
        ARRIVED, 'reverted', OURS, 6,
        reverted=REVERTED.replace('6.8', '600'), reverts=1, gate=FAILS,
        within=12.0,
    ),
    Row(
        'a SHUTOFF server that is reverted passes through VERIFY_RESIZE',
        ARRIVED, 'reverted', OURS, 6,
        reverted=SHUTOFF.replace('7.5', """
        2.0 VERIFY_RESIZE src reverted
        4.0 VERIFY_RESIZE/powering-off src reverted
        7.5"""),
        reverts=1, gate=FAILS, was='SHUTOFF', services=UP,
    ),
    Row(
        'the revert is seen a moment after it was taken',
        ARRIVED, 'reverted', OURS, 6,
        reverted='0.0 VERIFY_RESIZE dst finished\n'
                 + REVERTED.replace('0.0', '0.5'),
        reverts=1, gate=FAILS, answers=(fakes.UNLISTED,),
    ),
    Row(
        'a source that takes no new servers takes its own back',
        ARRIVED, 'reverted', OURS, 6,
        reverted=REVERTED, reverts=1, gate=FAILS, services=DISABLED,
    ),
    Row(
        'a source that Nova does not show is taken to be up',
        ARRIVED, 'reverted', OURS, 6,
        reverted=REVERTED, reverts=1, gate=FAILS, view=traces.MANAGER,
        services=DOWN,
    ),
    Row(
        'reverted, as a member sees it',
        ARRIVED, 'reverted', OURS, 6,
        reverted=REVERTED, reverts=1, gate=FAILS, view=traces.MEMBER,
    ),
    Row(
        'a revert is not begun while the source is down',
        ARRIVED, 'unconfirmed', Cause.REVERT_UNSAFE, 4,
        gate=FAILS, services=DOWN, says=AGAIN,
    ),
    Row(
        'a person reverts and the source is down',
        ARRIVED, 'unconfirmed', Cause.REVERT_UNSAFE, 4,
        gate=REVERTS, services=DOWN, within=45.0,
        says='the compute service of src is down',
    ),
    Row(
        'a person reverts',
        ARRIVED, 'reverted', OURS, 6,
        reverted=REVERTED, reverts=1, gate=REVERTS, says='as was asked for',
    ),
    Row(
        'a person leaves it',
        ARRIVED, 'awaiting-confirmation', Cause.ARRIVED, 0,
        gate=LEAVES, within=45.0,
    ),
    Row(
        'nobody answers until the time limit',
        ARRIVED, 'timeout', Cause.UNDECIDED, 5,
        gate=SILENT, timeout=60.0, within=50.0,
    ),
    Row(
        'nobody is asked of a move that has failed',
        '0.4 RESIZE/resize_prep src error\n0.7 ACTIVE src error failed',
        'rolled-back', Cause.RECORD_ERROR, 3, gate=NEVER,
    ),
    Row(
        'nobody is asked of what may not be confirmed',
        ARRIVED + ' older:resize=finished',
        'conflict', Cause.FOREIGN_MOVE, 7, gate=NEVER,
    ),
    Row(
        'nobody is asked before the server is there',
        ARRIVED.split('10.6')[0], 'timeout', Cause.TIME_LIMIT, 5,
        gate=NEVER, timeout=60.0, within=57.0,
    ),
    Row(
        'the revert is refused until the time limit',
        ARRIVED, 'unconfirmed', REFUSED, 4, answers=(fakes.LOCKED,),
        gate=FAILS, reverts=4, timeout=30.0, within=25.0, says='is locked',
    ),
    Row(
        'the policy lets the user move and not revert',
        ARRIVED, 'unconfirmed', REFUSED, 4, answers=(fakes.FORBIDDEN,),
        gate=FAILS, reverts=1, says='Policy',
    ),
    Row(
        'the revert is refused at first',
        ARRIVED, 'reverted', OURS, 6, answers=(fakes.LOCKED, fakes.TAKEN),
        reverted=REVERTED, reverts=2, gate=FAILS,
    ),
    Row(
        'the API is busy when it is asked to revert',
        ARRIVED, 'reverted', OURS, 6, answers=(fakes.BUSY, fakes.TAKEN),
        reverted=REVERTED, reverts=2, gate=FAILS,
    ),
    Row(
        'the revert took effect and its answer was lost',
        ARRIVED, 'reverted', OURS, 6, answers=(fakes.LOST_TAKEN,),
        reverted=REVERTED, reverts=1, gate=FAILS, says=AGAIN,
    ),
    Row(
        'the revert was lost on its way',
        ARRIVED, 'reverted', OURS, 6, answers=(fakes.LOST, fakes.TAKEN),
        reverted=REVERTED, reverts=2, gate=FAILS, says=AGAIN,
    ),
    Row(
        'the answers to two reverts are lost and a third is not sent',
        ARRIVED, 'unconfirmed', REFUSED, 4, answers=(fakes.LOST,),
        reverts=2, gate=FAILS, timeout=60.0, within=55.0,
    ),
    Row(
        'the source cannot take the guest back',
        ARRIVED, 'error', Cause.REVERT_FAILED, 4, reverts=1, gate=FAILS,
        reverted=REVERTED.replace('6.8 ACTIVE src reverted',
                                  '6.8 ERROR src error'),
    ),
    Row(
        'the destination cannot let go of the guest',
        ARRIVED, 'error', Cause.REVERT_FAILED, 4, reverts=1, gate=FAILS,
        reverted="""
        0.0 REVERT_RESIZE/resize_reverting dst reverting
        1.0 ERROR dst error
        """,
    ),
    Row(
        'the revert fails and its answer was lost',
        ARRIVED, 'error', Cause.REVERT_FAILED, 4, reverts=1, gate=FAILS,
        answers=(fakes.LOST_TAKEN,), reverted='0.5 ERROR src error',
    ),
    Row(
        'the time limit is reached while the guest is taken back',
        ARRIVED, 'timeout', Cause.TIME_LIMIT, 5, reverts=1, gate=FAILS,
        reverted='0.0 REVERT_RESIZE/resize_reverting dst reverting',
        timeout=60.0, within=47.0,
    ),
    Row(
        'Nova confirms while the check runs',
        ARRIVED + """
        20.0 VERIFY_RESIZE dst confirming confirmResize:nova
        20.5 ACTIVE dst confirmed
        """,
        'auto-confirmed', Cause.ARRIVED, 0,
        gate=Gated(gate.Answer.REVERT, 50.0),
    ),
    Row(
        'another user confirms while a person is asked',
        ARRIVED + """
        20.0 VERIFY_RESIZE dst confirming confirmResize:alice
        20.5 ACTIVE dst confirmed
        """,
        'confirmed-elsewhere', Cause.ARRIVED, 0, gate=SILENT,
    ),
    Row(
        'another user reverts while the check runs',
        ARRIVED + """
        20.0 REVERT_RESIZE/resize_reverting dst reverting revertResize:bob
        20.5 REVERT_RESIZE/resize_reverting dst reverted
        27.0 ACTIVE src reverted
        """,
        'reverted', Cause.REVERTED, 6, says='user-bob',
        gate=Gated(gate.Answer.CONFIRM, 50.0),
    ),
    Row(
        'another user confirms just before we revert',
        ARRIVED, 'confirmed-elsewhere', Cause.ARRIVED, 0,
        reverted=SOMEBODY_CONFIRMED, reverts=1, answers=(fakes.ALREADY,),
        gate=FAILS,
    ),
    Row(
        'another user reverts just before we do',
        ARRIVED, 'reverted', Cause.REVERTED, 6, says='user-bob',
        reverted=REVERTED.replace('dst reverting',
                                  'dst reverting revertResize:bob'),
        reverts=1, answers=(fakes.ALREADY,), gate=FAILS,
    ),
    Row(
        'another user reverts and resizes while a person is asked',
        ARRIVED + """
        20.0 VERIFY_RESIZE dst reverted newer:resize=finished """
        'revertResize:bob resize:bob',
        'conflict', Cause.FOREIGN_MOVE, 7, gate=SILENT,
    ),
    Row(
        'the state is reset while the check runs',
        ARRIVED + '\n20.0 ACTIVE dst finished resetState:bob',
        'error', Cause.STATE_RESET, 4, gate=SILENT, within=10.0,
    ),
    Row(
        'deleted while the check runs',
        ARRIVED + '\n20.0 404', 'deleted', Cause.GONE, 4, gate=SILENT,
    ),
    Row(
        'the API faults while the check runs',
        ARRIVED + '\n12.0 fault\n22.0 VERIFY_RESIZE dst finished',
        'confirmed', Cause.ARRIVED, 0, after=DONE, confirms=1,
        gate=Gated(gate.Answer.CONFIRM, 5.0),
    ),
    Row(
        'a check passes for a server that was moved live',
        MOVED, 'completed', Cause.ARRIVED, 0,
        kind=moves.Kind.LIVE, gate=PASSES,
    ),
    Row(
        'a check fails for a server that was moved live',
        MOVED, 'check-failed', Cause.CHECK_FAILED, 6,
        kind=moves.Kind.LIVE, gate=FAILS, says=AGAIN,
    ),
    Row(
        'a check has not ended when the time limit is reached',
        MOVED, 'check-failed', Cause.CHECK_FAILED, 6, timeout=60.0,
        kind=moves.Kind.LIVE, gate=SILENT, within=30.0,
        says='had not ended at the time limit',
    ),
    Row(
        'deleted while the check of a live migration runs',
        MOVED + '33 404 delete:bob', 'deleted', Cause.GONE, 4,
        kind=moves.Kind.LIVE, gate=PASSES,
    ),
    Row(
        'moved on by somebody while the check of a live migration runs',
        MOVED + """
        33 MIGRATING/migrating dst completed newer:live-migration=running """
        """live-migration:bob
        """,
        'conflict', Cause.FOREIGN_MOVE, 7,
        kind=moves.Kind.LIVE, gate=PASSES,
    ),
    Row(
        'put into ERROR while the check of a live migration runs',
        MOVED + '33 ERROR dst completed resetState:bob',
        'error', Cause.STATE_RESET, 4,
        kind=moves.Kind.LIVE, gate=FAILS,
    ),
    Row(
        'a person is not asked of a server that was moved live',
        MOVED, 'completed', Cause.ARRIVED, 0, kind=moves.Kind.LIVE,
        gate=Gated(gate.Answer.REVERT, begins=False, after_live=False),
    ),
    Row(
        'no check is made of a live migration that failed',
        '0.4 ACTIVE src failed', 'rolled-back', Cause.LIVE_FAILED, 3,
        kind=moves.Kind.LIVE, gate=NEVER,
    ),
)  # fmt: skip
