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

"""How live migrations end: a row for everything that Nova makes of them."""

from collections.abc import Callable, Mapping
import dataclasses

from osc_migrate.tests.functional import base
from osc_migrate.tests.functional import history
from osc_migrate.tests.functional import meanwhile
from osc_migrate.tests.functional import meanwhile_live
from osc_migrate.tests.functional import people
from osc_migrate.tests.functional import program

#: A guest that writes faster than it is copied, for a second.
BUSY = 'never-converges=1'
#: What Nova 33 and 34 leave after an abort, and what to do about it.
SET_ACTIVE = 'openstack server set --state active'
RUNS_ON_SOURCE = (
    f'most likely (still )?runs on (?P<source>host.)(.|\\n)*{SET_ACTIVE}'
)
RUNS_ON_DESTINATION = 'most likely runs on host.: do not start it on host.'


@dataclasses.dataclass(frozen=True)
class Scenario:
    """What happens, what the command says of it, and what Nova says.

    :ivar status: of the server, in the end
    :ivar on: where it is then: 'source', 'destination', 'nowhere' when it is
        deleted, or 'anywhere' that others had it moved to
    :ivar records: statuses of its migration records, the newest first
    :ivar reason: pattern, '' where the field is null
    :ivar hint: as reason
    :ivar asked: actions beside the migration, the newest first
    :ivar chosen: whether a destination was ever chosen
    :ivar words_since: what reason and hint need; without it, any words do
    """

    name: str
    outcome: str
    exit_code: int
    status: str = 'ACTIVE'
    on: str = 'source'
    records: tuple[str, ...] = ('error',)
    reason: str = ''
    hint: str = ''
    steps: Mapping[str, str] = dataclasses.field(default_factory=dict)
    paused: bool = False
    asked: tuple[str, ...] = ()
    chosen: bool = True
    since: history.Since | None = None
    words_since: history.Since | None = None
    others: Callable[[base.TestCase, people.Server, program.Running], None] = (
        meanwhile.nothing
    )


def completed(
    name: str,
    steps: Mapping[str, str],
    others: Callable[
        [base.TestCase, people.Server, program.Running], None
    ] = meanwhile.nothing,
    *,
    asked: tuple[str, ...] = (),
    paused: bool = False,
) -> Scenario:
    return Scenario(
        name, 'completed', 0, 'PAUSED' if paused else 'ACTIVE', 'destination',
        ('completed',), steps=steps, others=others, asked=asked,
        paused=paused,
    )  # fmt: skip


#: Some older ones got it as well.
HOST_OF_THE_GUEST = history.Since(
    '27', 'shows the host where the guest is after a failed end'
)
CANCEL = ('live_migration_cancel',)
FORCE = ('live_migration_force_complete',)
SCENARIOS = (
    completed('completed', {'live_migration': 'copy=1'}),
    completed('completed_paused', {'live_migration': 'copy=1'}, paused=True),
    completed('completed_after_post_copy', {'live_migration': 'post-copy=1'}),
    # The server has arrived, and its record is still `running`.
    completed('completed_late', {'live_migration_arrived': 'delay=2'}),
    completed('one_host_refuses', {
        'check_can_live_migrate_destination': 'once,fail=precheck',
    }),
    completed('forced_by_somebody', {'live_migration': 'never-converges'},
              meanwhile_live.somebody_forces_it, asked=FORCE),
    Scenario(
        'every_host_refuses', 'rolled-back', 3, chosen=False,
        words_since=history.DETAILS,
        reason='Steered refusal|pre-check|No valid host|exceeded max',
        hint='guest runs on as before|passed the scheduler',
        steps={'check_can_live_migrate_destination': 'fail=precheck'},
    ),
    Scenario(
        'preparation_fails', 'rolled-back', 3, records=('failed',),
        since=history.Since(
            '34', 'is known to tell a failed preparation as failed'
        ),
        reason='Steered failure at pre_live_migration',
        hint='runs on host. as before',
        steps={'pre_live_migration': 'fail=nova'},
    ),
    Scenario(
        'copy_fails_up_to_nova_32', 'rolled-back', 3, records=('failed',),
        reason='rolled back; Nova gives no reason',
        hint='runs on host. as before',
        steps={'live_migration': f'roll-back,{BUSY},fail=copy'},
    ),
    Scenario(
        'copy_fails', 'error', 4, 'ERROR',
        reason='failed and Nova left the server in ERROR',
        hint=RUNS_ON_SOURCE,
        steps={'live_migration': f'{BUSY},fail=copy'},
    ),
    # ACTIVE, no task, and a record in `failed`: for three seconds.
    Scenario(
        'copy_fails_and_seems_rolled_back', 'error', 4, 'ERROR',
        reason='failed and Nova left the server in ERROR',
        hint=RUNS_ON_SOURCE,
        steps={'live_migration': f'pretend=3,{BUSY},fail=copy'},
    ),
    # The same, and the record is in `error`.
    Scenario(
        'copy_fails_and_lingers', 'error', 4, 'ERROR',
        reason='failed and Nova left the server in ERROR',
        hint=RUNS_ON_SOURCE,
        steps={'live_migration': f'linger=3,{BUSY},fail=copy'},
    ),
    Scenario(
        'destination_fails_after_post_copy', 'error', 4, 'ERROR',
        since=HOST_OF_THE_GUEST,
        on='destination',
        reason='Steered failure at post_live_migration_at_destination',
        hint=RUNS_ON_DESTINATION,
        steps={'live_migration': 'post-copy=1',
               'post_live_migration_at_destination': 'fail=nova'},
    ),
    Scenario(
        'destination_dead', 'error', 4, 'ERROR', on='destination',
        since=HOST_OF_THE_GUEST,
        reason='MessagingTimeout', hint=RUNS_ON_DESTINATION,
        steps={'post_live_migration': 'delay=1,fail=no-answer'},
    ),
    Scenario(
        'aborted_up_to_nova_32', 'aborted', 3, records=('cancelled',),
        reason='aborted, by user [0-9a-f]{32}', hint='runs on host. as before',
        steps={'live_migration': 'roll-back,copy=60'},
        others=meanwhile_live.somebody_aborts, asked=CANCEL,
    ),
    Scenario(
        'aborted_paused_up_to_nova_32', 'aborted', 3, 'PAUSED',
        records=('cancelled',),
        reason='aborted, by user [0-9a-f]{32}', hint='runs on host. as before',
        steps={'live_migration': 'roll-back,copy=60'}, paused=True,
        others=meanwhile_live.somebody_aborts, asked=CANCEL,
    ),
    Scenario(
        'aborted_in_preparation', 'aborted', 3, records=('cancelled',),
        reason='aborted, by user [0-9a-f]{32}', hint='runs on host. as before',
        steps={'pre_live_migration': 'hold'},
        others=meanwhile_live.somebody_aborts_early, asked=CANCEL,
    ),
    Scenario(
        'aborted', 'error', 4, 'ERROR',
        reason='ERROR after its live migration was aborted, by user .{32}',
        hint=RUNS_ON_SOURCE,
        steps={'live_migration': 'copy=60'},
        others=meanwhile_live.somebody_aborts, asked=CANCEL,
    ),
    # live_migration_completion_timeout: nobody asked for the abort.
    Scenario(
        'ended_by_nova', 'error', 4, 'ERROR',
        reason='failed and Nova left the server in ERROR',
        hint=RUNS_ON_SOURCE,
        steps={'live_migration': f'{BUSY},fail=timeout'},
    ),
    Scenario(
        'ended_by_nova_up_to_32', 'aborted', 3, records=('cancelled',),
        reason='live_migration_completion_timeout',
        hint='runs on host. as before',
        steps={'live_migration': f'roll-back,{BUSY},fail=timeout'},
    ),
    Scenario(
        'source_restarted', 'rolled-back', 3,
        since=history.Since(
            '34', 'is known to close a record that a restart left open'
        ),
        reason='Nova gives no reason', hint='log of nova-compute',
        steps={'live_migration': f'{BUSY},restart'},
    ),
    Scenario(
        'deleted', 'deleted', 4, on='nowhere', records=(),
        reason='deleted', hint='event list',
        steps={'live_migration': 'hold'},
        others=meanwhile_live.somebody_deletes,
    ),
    Scenario(
        'state_reset', 'error', 4, records=('running',),
        since=history.Since('22', 'records that somebody reset the state'),
        reason='state of the server was reset', hint='event list',
        steps={'live_migration': 'hold'},
        others=meanwhile_live.an_admin_resets_the_state,
        asked=('resetState',),
    ),
    Scenario(
        'somebody_tries_again', 'conflict', 7, on='anywhere',
        records=('completed', 'failed'),
        reason='live-migration.*Ours had ended as failed',
        hint='Nothing of it was confirmed',
        steps={'live_migration': 'hold,roll-back,fail=copy'},
        others=meanwhile_live.somebody_tries_again,
        asked=('live-migration',),
    ),
    Scenario(
        'somebody_moves_it_cold', 'conflict', 7, 'VERIFY_RESIZE',
        on='anywhere', records=('finished', 'failed'),
        reason='migrate.*Ours had ended as failed',
        hint='Nothing of it was confirmed',
        steps={'live_migration': 'hold,roll-back,fail=copy'},
        others=meanwhile_live.somebody_moves_it_cold,
        asked=('migrate',),
    ),
)  # fmt: skip
