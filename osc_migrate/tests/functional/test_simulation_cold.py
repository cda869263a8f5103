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

"""The simulated Nova is held to the real one: cold migrations.

Each scenario takes place on both. What the real one shows, in its order, has
to be among what the simulated one shows between any two of its writes, in
its order, and the last state of both is one; so are the actions, the message
of the move's action and the events that failed. What is so for a moment only,
polling may miss: delays make it stand.
"""

from osc_migrate.tests.functional import base
from osc_migrate.tests.functional import following
from osc_migrate.tests.functional.following import Scenario
from osc_migrate.tests.simulation.chances import Fate
from osc_migrate.tests.simulation.others import Deed
from osc_migrate.tests.simulation.sequence import Meanwhile

#: Every step stands for a moment.
SLOWLY = {
    'prep_resize': 'delay=0.4',
    'resize_instance': 'delay=0.4',
    'migrate_disk_and_power_off': 'delay=0.4',
    'finish_migration': 'delay=0.4',
    'confirm_migration': 'delay=0.4',
    'destroy_for_revert': 'delay=0.4',
    'finish_revert_migration': 'delay=0.4',
}
CONFIRMED = (Meanwhile(Deed.CONFIRM, 'finished'),)
REVERTED = (Meanwhile(Deed.REVERT, 'finished'),)
SCENARIOS = (
    Scenario('success', steps=SLOWLY, meanwhile=CONFIRMED),
    Scenario('success_of_a_stopped_server', steps=SLOWLY, was='stopped',
             meanwhile=CONFIRMED),
    Scenario('reverted', steps=SLOWLY, meanwhile=REVERTED),
    Scenario('reverted_of_a_stopped_server', steps=SLOWLY, was='stopped',
             meanwhile=REVERTED),
    Scenario('no_valid_host', Fate.NO_VALID_HOST, alone=True),
    Scenario('rolled_back_before_power_off', Fate.ROLLED_BACK,
             {'migrate_disk_and_power_off': 'delay=0.4,fail=ssh'}),
    Scenario('the_copy_fails', Fate.ERROR_ON_SOURCE,
             {'migrate_disk_and_power_off': 'delay=0.4,fail=process'}),
    Scenario('the_guest_does_not_start', Fate.ERROR_ON_DESTINATION,
             {'finish_migration': 'delay=0.4,fail=nova'}),
    Scenario('rescheduled', Fate.RESCHEDULED,
             {**SLOWLY, 'prep_resize': 'delay=0.4,once,fail=nova'},
             meanwhile=CONFIRMED),
    Scenario('every_host_fails', Fate.LATE_ERROR,
             {'prep_resize': 'fail=nova', 'reschedule': 'delay=1'},
             # The simulated one asks one host and no other.
             besides=frozenset({'cold_migrate', 'conductor_migrate_server'})),
    Scenario('the_confirm_fails', Fate.CONFIRM_FAILED,
             {'confirm_migration': 'delay=0.4,fail=nova'},
             meanwhile=CONFIRMED),
    Scenario('deleted_under_way',
             steps={'migrate_disk_and_power_off': 'hold'},
             meanwhile=(Meanwhile(Deed.DELETE, 'migrating',
                                  'resize_migrating'),)),
    Scenario('reset_under_way',
             steps={'migrate_disk_and_power_off': 'hold'},
             meanwhile=(Meanwhile(Deed.RESET, 'migrating',
                                  'resize_migrating'),)),
    Scenario('reset_while_it_starts',
             steps={'finish_migration': 'hold'},
             meanwhile=(Meanwhile(Deed.RESET, 'post-migrating',
                                  'resize_finish'),)),
    Scenario('reset_while_it_is_taken_back',
             steps={'finish_revert_migration': 'hold'},
             meanwhile=(*REVERTED,
                        Meanwhile(Deed.RESET, 'reverted',
                                  'resize_reverting', moved=False))),
)  # fmt: skip


@base.each(SCENARIOS)
class TestColdSequences(following.Case):
    """Each scenario is a test of its own."""
