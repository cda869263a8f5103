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

"""How a move can end, each ending brought about on a real Nova."""

from collections.abc import Callable, Mapping
import dataclasses

from osc_migrate.tests.functional import base
from osc_migrate.tests.functional import history
from osc_migrate.tests.functional import meanwhile
from osc_migrate.tests.functional import people
from osc_migrate.tests.functional import program

HELD = 'hold'


@dataclasses.dataclass(frozen=True)
class Scenario:
    """What happens, what the command says of it, and what Nova says.

    :ivar status: of the server, in the end
    :ivar on: where it is then: 'source', 'destination', 'nowhere' when it is
        deleted, or 'anywhere' that others had it moved to
    :ivar records: statuses of its migration records, the newest first
    :ivar reason: pattern, '' where the field is null
    :ivar hint: as reason
    :ivar since: what the scenario itself needs
    :ivar words_since: what reason and hint need; without it, any words do
    """

    name: str
    outcome: str
    exit_code: int
    status: str = 'ACTIVE'
    on: str = 'destination'
    records: tuple[str, ...] = ('confirmed',)
    reason: str = ''
    hint: str = ''
    steps: Mapping[str, str] = dataclasses.field(default_factory=dict)
    stopped: bool = False
    options: tuple[str, ...] = ()
    others: Callable[[base.TestCase, people.Server, program.Running], None] = (
        meanwhile.nothing
    )
    since: history.Since | None = None
    words_since: history.Since | None = None


SCENARIOS = (
    Scenario('confirmed', 'confirmed', 0),
    Scenario('confirmed_shutoff', 'confirmed', 0, 'SHUTOFF', stopped=True),
    Scenario(
        'confirmed_after_slow_steps', 'confirmed', 0,
        steps={'migrate_disk_and_power_off': 'delay=1',
               'confirm_migration': 'delay=2'},
    ),
    Scenario(
        'auto_confirmed', 'auto-confirmed', 0,
        steps={'finish_migration': 'hold,auto-confirm'},
        others=meanwhile.nova_confirms,
    ),
    Scenario(
        'confirmed_elsewhere', 'confirmed-elsewhere', 0,
        steps={'finish_migration': HELD},
        others=meanwhile.somebody_confirms,
    ),
    Scenario(
        'awaiting_confirmation', 'awaiting-confirmation', 0, 'VERIFY_RESIZE',
        records=('finished',),
        options=('--no-confirm',),
    ),
    Scenario(
        'ssh_refused', 'rolled-back', 3, on='source', records=('error',),
        reason='not able to execute ssh command', hint='SSH',
        words_since=history.DETAILS,
        steps={'migrate_disk_and_power_off': 'fail=ssh'},
    ),
    Scenario(
        'ssh_refused_shutoff', 'rolled-back', 3, 'SHUTOFF', on='source',
        records=('error',),
        reason='not able to execute ssh command', hint='SSH',
        words_since=history.DETAILS,
        since=history.Since('20', 'rolls a stopped server back to SHUTOFF'),
        steps={'migrate_disk_and_power_off': 'fail=ssh'}, stopped=True,
    ),
    Scenario(
        'compute_restarted', 'rolled-back', 3, on='source',
        records=('migrating',),
        reason='left open.*restarted', hint='openstack server show',
        steps={'migrate_disk_and_power_off': 'restart'},
    ),
    Scenario(
        'copy_fails', 'error', 4, 'ERROR', on='source', records=('error',),
        reason='ProcessExecutionError',
        hint='copy failed after the guest was powered off',
        steps={'migrate_disk_and_power_off': 'fail=process'},
    ),
    Scenario(
        'finish_fails', 'error', 4, 'ERROR', records=('error',),
        reason='Steered failure at finish_migration', hint='reboot --hard',
        steps={'finish_migration': 'fail=nova'},
    ),
    Scenario(
        'confirm_fails', 'error', 4, 'ERROR', records=('error',),
        reason='Steered failure at confirm_migration',
        hint='openstack server set --state active',
        steps={'confirm_migration': 'fail=nova'},
    ),
    Scenario(
        'revert_of_somebody_fails', 'error', 4, 'ERROR', on='source',
        records=('error',),
        reason='Steered failure at finish_revert_migration',
        hint='Look for the guest',
        steps={'finish_migration': HELD,
               'finish_revert_migration': 'fail=nova'},
        others=meanwhile.somebody_reverts,
    ),
    Scenario(
        'state_reset', 'error', 4, on='source', records=('migrating',),
        reason='state of the server was reset', hint='event list',
        steps={'migrate_disk_and_power_off': HELD},
        others=meanwhile.an_admin_resets_the_state,
        since=history.Since('22', 'records that somebody reset the state'),
    ),
    Scenario(
        'deleted', 'deleted', 4, on='nowhere', records=(),
        reason='deleted', hint='event list',
        steps={'migrate_disk_and_power_off': HELD},
        others=meanwhile.somebody_deletes,
    ),
    Scenario(
        'reverted_by_somebody', 'reverted', 6, on='source',
        records=('reverted',),
        reason='reverted', hint='Somebody reverted it',
        steps={'finish_migration': HELD},
        others=meanwhile.somebody_reverts,
    ),
    Scenario(
        'somebody_migrates_after_the_rollback', 'conflict', 7,
        'VERIFY_RESIZE', on='anywhere', records=('finished', 'error'),
        reason='migrat', hint='Nothing of it was confirmed',
        steps={'migrate_disk_and_power_off': 'hold,fail=ssh'},
        others=meanwhile.somebody_migrates_after_the_rollback,
    ),
    Scenario(
        'somebody_confirms_and_resizes', 'conflict', 7, 'VERIFY_RESIZE',
        on='anywhere', records=('finished', 'confirmed'),
        reason='resize', hint='Nothing of it was confirmed',
        steps={'finish_migration': HELD},
        others=meanwhile.somebody_confirms_and_resizes,
    ),
    Scenario(
        'somebody_reverts_and_migrates', 'conflict', 7, 'VERIFY_RESIZE',
        on='anywhere', records=('finished', 'reverted'),
        reason='migrat', hint='Nothing of it was confirmed',
        steps={'finish_migration': HELD},
        others=meanwhile.somebody_reverts_and_migrates,
    ),
    Scenario(
        'somebody_reverts_and_is_migrating', 'conflict', 7, 'VERIFY_RESIZE',
        on='anywhere', records=('finished', 'reverted'),
        reason='migrat', hint='Nothing of it was confirmed',
        steps={'finish_migration': HELD},
        others=meanwhile.somebody_reverts_and_is_migrating,
    ),
)  # fmt: skip


@base.each(SCENARIOS)
class TestOutcomes(base.TestCase):
    def check(self, scenario: Scenario) -> None:
        server = self.boot(stopped=scenario.stopped, **scenario.steps)
        before = self.admin.look_at(server.id)
        run = self.start_migrate(server, *scenario.options)
        scenario.others(self, server, run)
        result = run.wait()

        self.assert_outcome(scenario.outcome, scenario.exit_code, result)
        self.assert_words(scenario, result)
        self.assertEqual(server.host, result.fields['source_host'])
        after = self.admin.look_at(server.id)
        destination = result.fields['destination_host']
        if scenario.on == 'nowhere':
            self.assertEqual('', after.status)
            self.assertEqual(['id', 'name', *base.FIELDS], list(result.fields))
            return
        on = {
            'source': server.host,
            'destination': destination,
            'anywhere': after.host,
        }[scenario.on]
        self.assertNotEqual(server.host, destination)
        self.assert_nova_says(server, scenario.status, on, *scenario.records)
        self.assertEqual(before.addresses, after.addresses)
        self.assertIn(
            result.fields['migration_id'],
            [record.uuid for record in self.admin.records(server.id)],
        )
        if scenario.exit_code == 0:
            self.assertEqual({}, result.fields['changes'])
            self.assertEqual([], result.fields['warnings'])
            self.assertEqual(on, self.admin.port_host(server.id))
            self.assertEqual(after.host_id, result.fields['hostId'])
