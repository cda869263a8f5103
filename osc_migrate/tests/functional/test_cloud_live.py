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

"""What a live migration on the test cloud looks like from Nova's API."""

from collections.abc import Callable, Mapping
import dataclasses

from osc_migrate.tests.cloud import watch
from osc_migrate.tests.functional import base
from osc_migrate.tests.functional import people

#: The status of an answer that promises what was asked for.
ACCEPTED = 202
MOVED = (('ACTIVE', 'completed'),)
#: What nova 33 and 34 make of an end without a move, and up to 32.
BROKEN = (('ACTIVE', 'error'), ('ERROR', 'error'))
FAILED = (('ACTIVE', 'failed'),)
CANCELLED = (('ACTIVE', 'cancelled'),)
BUSY = 'never-converges=1'
DESTINATION_CHECK = 'compute_check_can_live_migrate_destination'


#: Ask Nova for something, let held steps go on; return the answer's status.
Others = Callable[[watch.Observer, Callable[[], None]], int]


def aborted(record: str) -> Others:
    def others(observer: watch.Observer, release: Callable[[], None]) -> int:
        answer = observer.abort(record)
        if record == 'preparing':
            release()
        return answer

    return others


def forced(observer: watch.Observer, _release: Callable[[], None]) -> int:
    return observer.force('running')


def released(record: str) -> Others:
    def others(observer: watch.Observer, release: Callable[[], None]) -> int:
        observer.await_record(record)
        release()
        return ACCEPTED

    return others


def nothing(_observer: watch.Observer, _release: Callable[[], None]) -> int:
    return ACCEPTED


@dataclasses.dataclass(frozen=True)
class Row:
    """What a server is told to do, and what Nova shows.

    :ivar ends: statuses of server and record, with no task, in this order
    :ivar on: where the server is then: 'source' or 'destination'
    :ivar others: what is asked of Nova meanwhile
    :ivar fault: pattern, '' where Nova shows none
    :ivar errors: events of the action that end in an error
    :ivar asked: actions beside the migration
    """

    name: str
    ends: tuple[tuple[str, str], ...]
    on: str = 'source'
    steps: Mapping[str, str] = dataclasses.field(default_factory=dict)
    others: Others = nothing
    fault: str = ''
    errors: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    paused: bool = False


CANCEL = ('live_migration_cancel',)
ROWS = (
    Row('without_words', MOVED, 'destination'),
    Row('paused', (('PAUSED', 'completed'),), 'destination', paused=True),
    Row('copied', MOVED, 'destination', {'live_migration': 'copy=1'}),
    Row('in_post_copy', MOVED, 'destination',
        {'live_migration': 'post-copy=1'}),
    Row('arrived_before_the_record_says_so',
        (('ACTIVE', 'running'), *MOVED), 'destination',
        {'live_migration_arrived': 'delay=1'}),
    Row('forced', MOVED, 'destination',
        {'live_migration': 'never-converges'}, forced,
        asked=('live_migration_force_complete',)),
    Row('held_and_forced', MOVED, 'destination',
        {'live_migration': 'hold'}, forced,
        asked=('live_migration_force_complete',)),
    Row('held_in_queue', MOVED, 'destination', {'queued': 'hold'},
        released('queued')),
    Row('held_in_preparation', MOVED, 'destination',
        {'pre_live_migration': 'hold'}, released('preparing')),

    Row('aborted_in_queue', CANCELLED, 'source', {'queued': 'hold'},
        aborted('queued'), asked=CANCEL),
    Row('aborted_in_preparation', CANCELLED, 'source',
        {'pre_live_migration': 'hold'}, aborted('preparing'), asked=CANCEL),
    Row('aborted', BROKEN, 'source', {'live_migration': 'copy=60'},
        aborted('running'), asked=CANCEL),
    Row('aborted_while_held', BROKEN, 'source', {'live_migration': 'hold'},
        aborted('running'), asked=CANCEL),
    Row('aborted_and_seems_well', (*CANCELLED, *BROKEN), 'source',
        {'live_migration': 'pretend=1,linger=1,copy=60'},
        aborted('running'), asked=CANCEL),
    Row('aborted_up_to_nova_32', CANCELLED, 'source',
        {'live_migration': 'roll-back,copy=60'}, aborted('running'),
        asked=CANCEL),
    Row('aborted_and_paused', (('PAUSED', 'error'), ('ERROR', 'error')),
        'source', {'live_migration': 'copy=60'}, aborted('running'),
        asked=CANCEL, paused=True),
    Row('aborted_and_paused_up_to_nova_32', (('PAUSED', 'cancelled'),),
        'source', {'live_migration': 'roll-back,copy=60'},
        aborted('running'), asked=CANCEL, paused=True),
    Row('completion_timeout', BROKEN, 'source',
        {'live_migration': f'{BUSY},fail=timeout'}),
    Row('completion_timeout_up_to_nova_32', CANCELLED, 'source',
        {'live_migration': f'roll-back,{BUSY},fail=timeout'}),

    Row('every_host_refuses', (('ACTIVE', 'error'),), 'source',
        {'check_can_live_migrate_destination': 'fail=precheck'},
        errors=('conductor_live_migrate_instance', DESTINATION_CHECK)),
    Row('one_host_refuses', MOVED, 'destination',
        {'check_can_live_migrate_destination': 'once,fail=precheck'}),
    Row('check_breaks', (('ERROR', 'error'),), 'source',
        {'check_can_live_migrate_destination': 'fail=nova'},
        fault='Steered failure',
        errors=('conductor_live_migrate_instance', DESTINATION_CHECK)),
    Row('preparation_fails', FAILED, 'source',
        {'pre_live_migration': 'fail=nova'},
        errors=('compute_pre_live_migration',)),
    Row('copy_fails', BROKEN, 'source',
        {'live_migration': f'{BUSY},fail=copy'}),
    Row('copy_fails_and_seems_well', (*FAILED, *BROKEN), 'source',
        {'live_migration': f'pretend=1,linger=1,{BUSY},fail=copy'}),
    Row('copy_fails_up_to_nova_32', FAILED, 'source',
        {'live_migration': f'roll-back,{BUSY},fail=copy'}),
    Row('copy_breaks', (('ERROR', 'error'),), 'source',
        {'live_migration': 'fail=nova'}),
    Row('source_restarted', (('ACTIVE', 'error'),), 'source',
        {'live_migration': f'{BUSY},restart'}),
    Row('destination_fails_after_post_copy', (('ERROR', 'error'),),
        'destination',
        {'live_migration': 'post-copy=1',
         'post_live_migration_at_destination': 'fail=nova'},
        fault='Steered failure',
        errors=('compute_post_live_migration_at_destination',)),
    Row('destination_dead', (('ERROR', 'error'),), 'destination',
        {'post_live_migration': 'delay=1,fail=no-answer'},
        fault='^MessagingTimeout$'),
)  # fmt: skip


@base.each(ROWS)
class TestLiveMigrations(base.TestCase):
    def check(self, row: Row) -> None:
        server = self.boot(stopped=False, **row.steps)
        if row.paused:
            self.admin.compute.pause_server(server.id)
            self.admin.await_status(server.id, 'PAUSED')
        # A session of its own: the watch asks in a thread.
        watcher = people.Person(self.cloud, 'admin')
        observer = watch.Observer(watcher.compute, server.id)
        self.assertEqual(ACCEPTED, observer.migrate_live())
        watching = watch.Watch(
            observer,
            lambda look: (
                look.task_state is None
                and (look.status, look.record) == row.ends[-1]
            ),
        )
        me = watch.Observer(self.admin.compute, server.id)
        answer = row.others(me, lambda: self.cloud.release(server.id))
        self.assertEqual(ACCEPTED, answer)
        looks = watching.wait()

        self.assertEqual([], watch.missing(row.ends, looks), str(looks))
        last = looks[-1]
        self.assertEqual(row.ends[-1], (last.status, last.record), str(looks))
        self.assertIsNone(last.task_state)
        self.assertRegex(last.fault or '', row.fault or '^$')
        if row.on == 'source':
            self.assertEqual(server.host, last.host)
        else:
            self.assertEqual(last.destination, last.host)
            self.assertNotEqual(server.host, last.host)
        failed = observer.failed_events('live-migration')
        self.assertEqual(set(row.errors), failed)
        actions = [a for a in self.admin.actions(server.id) if a != 'pause']
        self.assertEqual([*row.asked, 'live-migration', 'create'], actions)
