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

"""Somebody else was at work on the same server."""

from osc_migrate.engine.outcomes import Cause
from osc_migrate.tests.unit import fakes
from osc_migrate.tests.unit.rows import Row
from osc_migrate.tests.unit.rows_moved import ARRIVED
from osc_migrate.tests.unit.rows_moved import COPIED
from osc_migrate.tests.unit import traces

REVERTED = """
    10.6 REVERT_RESIZE/resize_reverting dst reverting revertResize:bob
    11.2 REVERT_RESIZE/resize_reverting dst reverted
    11.4 REVERT_RESIZE/resize_reverting src reverted
"""

ROWS = (
    Row(
        'reverted by another user, long before it is ACTIVE again',
        COPIED + REVERTED + '17.4 ACTIVE src reverted',
        'reverted', Cause.REVERTED, 6,
    ),
    Row(
        'a SHUTOFF server that is reverted passes through VERIFY_RESIZE',
        COPIED + REVERTED + """
        12.0 VERIFY_RESIZE/powering-off src reverted
        13.0 SHUTOFF src reverted
        """,
        'reverted', Cause.REVERTED, 6, was='SHUTOFF',
    ),
    Row(
        'reverted by another user just before we confirm',
        ARRIVED, 'reverted', Cause.REVERTED, 6,
        after="""
        0.0 REVERT_RESIZE/resize_reverting dst reverting revertResize:bob
        0.5 REVERT_RESIZE/resize_reverting dst reverted
        7.0 ACTIVE src reverted
        """,
        confirms=1, answers=(fakes.ALREADY,),
    ),
    Row(
        'another user confirms in the same instant: the second one fails',
        ARRIVED, 'error', Cause.CONFIRM_FAILED, 4,
        after="""
        0.0 VERIFY_RESIZE dst confirming confirmResize:alice
        0.5 VERIFY_RESIZE dst confirmed
        0.7 ACTIVE dst confirmed
        1.9 ERROR dst error
        """,
        confirms=1,
    ),
    Row(
        'another user confirms in the same instant, to no harm',
        ARRIVED, 'confirmed', Cause.ARRIVED, 0,
        after="""
        0.0 VERIFY_RESIZE dst confirming confirmResize:alice
        0.5 VERIFY_RESIZE dst confirmed
        0.7 ACTIVE dst confirmed
        """,
        confirms=1,
    ),
    Row(
        'reverted, as a manager sees it',
        COPIED + REVERTED + '17.4 ACTIVE src reverted',
        'reverted', Cause.REVERTED, 6, view=traces.MANAGER,
    ),
    Row(
        'reverted, as a member sees it',
        COPIED + REVERTED + '17.4 ACTIVE src reverted',
        'reverted', Cause.REVERTED, 6, view=traces.MEMBER,
    ),
    Row(
        'the revert of another user fails',
        COPIED + REVERTED + '15 ERROR src error',
        'error', Cause.REVERT_FAILED, 4,
    ),
    Row(
        'the state is reset while the disk is copied',
        COPIED.split('3.4')[0] + '3.0 ACTIVE src migrating resetState:bob',
        'error', Cause.STATE_RESET, 4, within=20.0,
    ),
    Row(
        'the state is reset, and Nova\'s own write fails over it for good',
        COPIED.split('3.4')[0] + """
        3.0 ACTIVE src migrating resetState:bob
        4.0 ERROR/resize_migrated dst error resetState:bob
        """,
        'error', Cause.STATE_RESET, 4, within=80.0,
    ),
    Row(
        'the state is reset when the server has arrived',
        COPIED + '10.6 ACTIVE dst finished resetState:bob',
        'error', Cause.STATE_RESET, 4,
    ),
    Row(
        'the state is reset and Nova\'s confirm window errs over it',
        COPIED + '10.6 ACTIVE dst error resetState:bob',
        'error', Cause.STATE_RESET, 4,
    ),
    Row(
        'the state is reset to error',
        COPIED + '10.6 ERROR dst post-migrating resetState:bob',
        'error', Cause.STATE_RESET, 4,
    ),
    Row(
        'deleted while the disk is copied',
        COPIED + '5.0 404',
        'deleted', Cause.GONE, 4,
    ),
    Row(
        'deleted softly while the disk is copied',
        COPIED + """
        4.5 RESIZE/soft-deleting dst post-migrating
        5.0 SOFT_DELETED dst post-migrating vm=soft-delete
        """,
        'deleted', Cause.GONE, 4, within=20.0,
    ),
    Row(
        'deleted while the source cleans up',
        ARRIVED, 'deleted', Cause.GONE, 4,
        after="""
        0.0 VERIFY_RESIZE dst confirming
        0.4 VERIFY_RESIZE/deleting dst confirming
        1.0 404
        """,
        confirms=1,
    ),
    Row(
        'ours was confirmed and a flavor resize awaits its confirm',
        COPIED + """
        30 VERIFY_RESIZE dst confirmed newer:resize=finished """
        'confirmResize:alice resize:alice',
        'conflict', Cause.FOREIGN_MOVE, 7,
    ),
    Row(
        'ours rolled back and a flavor resize awaits its confirm',
        """
        0.4 RESIZE/resize_prep src pre-migrating
        0.9 VERIFY_RESIZE dst error newer:resize=finished resize:bob
        """,
        'conflict', Cause.FOREIGN_MOVE, 7,
    ),
    Row(
        'ours rolled back and another migration is under way',
        """
        0.4 RESIZE/resize_prep src pre-migrating
        0.9 RESIZE/resize_migrating src error """
        'newer:migration=migrating migrate:bob',
        'conflict', Cause.FOREIGN_MOVE, 7,
    ),
    Row(
        'ours rolled back and another migration awaits its confirm',
        """
        0.4 RESIZE/resize_prep src pre-migrating
        0.9 VERIFY_RESIZE dst error newer:migration=finished migrate:bob
        """,
        'conflict', Cause.FOREIGN_MOVE, 7,
    ),
    Row(
        'the migration of another user awaits its confirm, to a member',
        """
        0.4 RESIZE/resize_prep src pre-migrating
        0.9 VERIFY_RESIZE dst finished migrate:bob
        """,
        'conflict', Cause.FOREIGN_MOVE, 7, view=traces.MEMBER,
    ),
    Row(
        'a newer record is enough to keep from confirming',
        COPIED + '10.6 VERIFY_RESIZE dst finished newer:migration=finished',
        'conflict', Cause.FOREIGN_MOVE, 7,
    ),
    Row(
        'two records are finished and Nova does not say which it confirms',
        COPIED + '10.6 VERIFY_RESIZE dst finished older:resize=finished',
        'conflict', Cause.FOREIGN_MOVE, 7,
    ),
    Row(
        'ours was confirmed and a flavor resize is under way',
        COPIED + """
        30 RESIZE/resize_prep dst confirmed newer:resize=migrating """
        'confirmResize:alice resize:alice',
        'conflict', Cause.FOREIGN_MOVE, 7,
    ),
    Row(
        'the confirm of another user fails on the source',
        COPIED + '12 ERROR dst error confirmResize:alice',
        'error', Cause.CONFIRM_FAILED, 4,
    ),
    Row(
        'the confirm of another user is listed before the record says so',
        COPIED + """
        10.6 VERIFY_RESIZE dst finished confirmResize:alice
        14 VERIFY_RESIZE dst confirming
        15 ACTIVE dst confirmed
        """,
        'confirmed-elsewhere', Cause.ARRIVED, 0,
    ),
    Row(
        'the state was reset and put back to where only a confirm is left',
        COPIED + '10.6 VERIFY_RESIZE dst finished resetState:bob',
        'conflict', Cause.UNPROVEN, 7, within=80.0,
    ),
)  # fmt: skip
