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

"""The simulated Nova is held to the real one: live migrations.

What is compared is said in :mod:`.test_simulation_cold`.
"""

from osc_migrate.engine.move import Kind
from osc_migrate.tests.functional import asked_for
from osc_migrate.tests.functional import base
from osc_migrate.tests.functional import following
from osc_migrate.tests.functional.following import Scenario
from osc_migrate.tests.simulation.chances import Fate
from osc_migrate.tests.simulation.others import Deed
from osc_migrate.tests.simulation.sequence import Meanwhile

LIVE = Kind.LIVE
#: Every step stands for a moment.
SLOWLY = {
    'check_can_live_migrate_destination': 'delay=0.4',
    'queued': 'delay=0.4',
    'pre_live_migration': 'delay=0.4',
    'live_migration': 'copy=0.6',
    'live_migration_arrived': 'delay=0.4',
}
COPYING = 'running', 'migrating'
POST = 'compute_post_live_migration_at_destination'
SCENARIOS = (
    Scenario('success', steps=SLOWLY, kind=LIVE),
    Scenario('success_of_a_paused_server', steps=SLOWLY, kind=LIVE,
             was='paused'),
    Scenario('no_valid_host', Fate.NO_VALID_HOST, kind=LIVE, alone=True),
    Scenario('one_host_refuses', Fate.RESCHEDULED,
             {**SLOWLY, 'check_can_live_migrate_destination':
              'delay=0.4,once,fail=precheck'}, LIVE),
    Scenario('the_preparation_fails', Fate.ROLLED_BACK,
             {'pre_live_migration': 'delay=0.4,fail=nova'}, LIVE),
    Scenario('the_copy_breaks', Fate.ERROR_ON_SOURCE,
             {'live_migration': 'delay=0.4,fail=nova'}, LIVE),
    Scenario('the_copy_fails', Fate.LATE_ERROR,
             {'live_migration':
              'pretend=1,linger=1,never-converges=1,fail=copy'}, LIVE),
    Scenario('the_destination_dies', Fate.ERROR_ON_DESTINATION,
             {'post_live_migration': 'delay=0.4,fail=no-answer'}, LIVE),
    Scenario('the_source_is_restarted', Fate.RESTARTED,
             {'live_migration': 'never-converges=1,restart'}, LIVE),
    Scenario('aborted', steps={'live_migration': 'copy=60'}, kind=LIVE,
             meanwhile=(Meanwhile(Deed.ABORT, *COPYING),)),
    Scenario('aborted_in_the_queue', steps={'queued': 'hold'}, kind=LIVE,
             meanwhile=(Meanwhile(Deed.ABORT, 'queued', 'migrating'),)),
    Scenario('forced', steps={'live_migration': 'never-converges'}, kind=LIVE,
             meanwhile=(Meanwhile(Deed.FORCE, *COPYING),)),
    Scenario('deleted_under_way', steps={'live_migration': 'hold'}, kind=LIVE,
             meanwhile=(Meanwhile(Deed.DELETE, *COPYING),),
             # The destination is told of a server that is gone.
             besides=frozenset({POST})),
    Scenario('reset_under_way', steps={'live_migration': 'hold'}, kind=LIVE,
             meanwhile=(Meanwhile(Deed.RESET, *COPYING),)),
)  # fmt: skip


@asked_for.campaign
@base.each(SCENARIOS)
class TestLiveSequences(following.Case):
    """Each scenario is a test of its own."""
