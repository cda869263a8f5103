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

"""A live migration that ends where it was to: as real clouds showed it."""

import functools

from osc_migrate.engine import move as moves
from osc_migrate.engine.outcomes import Cause
from osc_migrate.tests.unit import rows
from osc_migrate.tests.unit import traces

Row = functools.partial(rows.Row, kind=moves.Kind.LIVE)

PREPARED = """
    0.2 MIGRATING/migrating src accepted
    1.0 MIGRATING/migrating src queued
    1.6 MIGRATING/migrating src preparing
"""
COPYING = PREPARED + '2.6 MIGRATING/migrating src running\n'
MOVED = (
    COPYING
    + """
    30.0 ACTIVE dst running
    31.0 ACTIVE dst completed
"""
)

ROWS = (
    Row(
        'an ACTIVE server moves, and its record is running for a second more',
        MOVED, 'completed', Cause.ARRIVED, 0, within=1.5,
    ),
    Row(
        'the record is completed 0.2 s after the server has arrived',
        COPYING + '4.0 ACTIVE dst running\n4.2 ACTIVE dst completed',
        'completed', Cause.ARRIVED, 0, within=1.5,
    ),
    Row(
        'nothing of it is seen but the end',
        '0.1 ACTIVE dst completed', 'completed', Cause.ARRIVED, 0,
    ),
    Row(
        'a PAUSED server stays so',
        MOVED.replace('ACTIVE', 'PAUSED'),
        'completed', Cause.ARRIVED, 0, was='PAUSED', within=1.5,
    ),
    Row(
        'a PAUSED server is ACTIVE again',
        MOVED, 'completed', Cause.ARRIVED, 0, was='PAUSED',
    ),
    Row(
        'queued for an hour behind the other live migrations of its host',
        """
        0.2 MIGRATING/migrating src accepted
        1.0 MIGRATING/migrating src queued
        3600 MIGRATING/migrating src preparing
        3601 MIGRATING/migrating src running
        3630 ACTIVE dst running
        3630.5 ACTIVE dst completed
        """,
        'completed', Cause.ARRIVED, 0, timeout=7200.0,
    ),
    Row(
        'a guest that does not converge takes ten hours',
        COPYING + '36000 ACTIVE dst running\n36001 ACTIVE dst completed',
        'completed', Cause.ARRIVED, 0, timeout=0.0,
    ),
    Row(
        'the guest runs on the destination before its memory is there',
        COPYING + """
        20 MIGRATING/migrating src post-copy
        30 ACTIVE dst post-copy
        31 ACTIVE dst completed
        """,
        'completed', Cause.ARRIVED, 0,
    ),
    Row(
        'the source says that it is done after most of a minute',
        COPYING + '30 ACTIVE dst running\n85 ACTIVE dst completed',
        'completed', Cause.ARRIVED, 0,
    ),
    Row(
        'another user completes it by force',
        COPYING + """
        14.1 ACTIVE dst running live_migration_force_complete:alice
        14.5 ACTIVE dst completed
        """,
        'completed', Cause.ARRIVED, 0,
    ),
    Row(
        'another user aborts it too late',
        COPYING + """
        14.1 ACTIVE dst running live_migration_cancel:alice
        14.5 ACTIVE dst completed
        """,
        'completed', Cause.ARRIVED, 0,
    ),
    Row(
        'a manager sees no host and is told by hostId',
        MOVED, 'completed', Cause.ARRIVED, 0, view=traces.MANAGER,
        within=1.5,
    ),
    Row(
        'a member sees no record and is told by the actions',
        COPYING + '30 ACTIVE dst running',
        'completed', Cause.ARRIVED, 0, view=traces.MEMBER,
    ),
    Row(
        'the record of an earlier one that was left running is not ours',
        MOVED.replace('accepted', 'accepted older:live-migration=running'),
        'completed', Cause.ARRIVED, 0,
        known=(('uuid-older-live-migration', 'running'),),
    ),
    Row(
        'the API faults now and then',
        PREPARED + """
        2.0 fault
        6.0 MIGRATING/migrating src running
        20 fault
        29 MIGRATING/migrating src running
        30 ACTIVE dst running
        30.2 fault
        40 ACTIVE dst completed
        """,
        'completed', Cause.ARRIVED, 0, within=20,
    ),
    Row(
        'one answer of 404 is not believed',
        COPYING + """
        5.0 404
        5.3 MIGRATING/migrating src running
        30 ACTIVE dst completed
        """,
        'completed', Cause.ARRIVED, 0,
    ),
    Row(
        'the cell is down for a while and Nova knows no status',
        COPYING + '5.0 UNKNOWN src running\n90 ACTIVE dst completed',
        'completed', Cause.ARRIVED, 0,
    ),
)  # fmt: skip
