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

"""The wait for a live migration ends before Nova does."""

from collections.abc import Mapping
import dataclasses
import signal

from osc_migrate.tests.functional import base
from osc_migrate.tests.functional import meanwhile_live

LIVE = '--live-migration'
#: A guest whose copy nobody but ourselves ends.
ENDLESS = 'never-converges'


@dataclasses.dataclass(frozen=True)
class Limit:
    """What is done at the time limit, and how that ends."""

    name: str
    action: str
    outcome: str
    exit_code: int
    status: str
    record: str
    asked: str
    steps: Mapping[str, str]
    reason: str = ''
    hint: str = ''


LIMITS = (
    Limit('abort', 'abort', 'error', 4, 'ERROR', 'error',
          'live_migration_cancel', {'live_migration': 'copy=60'},
          'This command aborted it at the time limit, and Nova left',
          'runs on host. as before: (.|\n)*openstack server set --state'),
    Limit('abort_up_to_nova_32', 'abort', 'aborted', 3, 'ACTIVE', 'cancelled',
          'live_migration_cancel', {'live_migration': 'roll-back,copy=60'},
          'This command aborted it at the time limit', 'runs on host'),
    Limit('force_complete', 'force-complete', 'completed', 0, 'ACTIVE',
          'completed', 'live_migration_force_complete',
          {'live_migration': ENDLESS}),
)  # fmt: skip


@base.each(LIMITS)
class TestOnTimeout(base.TestCase):
    def check(self, limit: Limit) -> None:
        server = self.boot(stopped=False, **limit.steps)
        # Begun before, so that it runs when the time is over.
        self.admin.migrate_live(server)
        self.admin.await_record(server.id, 'running')
        result = self.migrate(
            server, '--attach', '--timeout', '1', '--on-timeout', limit.action
        )
        self.assert_outcome(limit.outcome, limit.exit_code, result)
        self.assertRegex(result.fields['reason'] or '', limit.reason or '^$')
        self.assertRegex(result.fields['hint'] or '', limit.hint or '^$')
        on = server.host
        if limit.exit_code == 0:
            on = result.fields['destination_host']
        self.assert_nova_says(server, limit.status, on, limit.record)
        self.assertEqual(
            [limit.asked, 'live-migration', 'create'],
            self.admin.actions(server.id),
        )
        self.assertGreater(result.fields['duration'], 1)

    def test_refused_until_it_runs(self) -> None:
        server = self.boot(pre_live_migration='hold', live_migration=ENDLESS)
        run = self.start_migrate(
            server, LIVE, '--timeout', '2', '--on-timeout', 'force-complete'
        )
        run.until_it_says('forcing it to complete .*preparing')
        self.cloud.release(server.id)
        result = run.wait()
        self.assert_outcome('completed', 0, result)
        self.assert_nova_says(
            server, 'ACTIVE', result.fields['destination_host'], 'completed'
        )

    def test_leaves_it_to_nova(self) -> None:
        server = self.boot(live_migration='hold')
        result = self.migrate(
            server, LIVE, '--timeout', '2', '--on-timeout', 'leave'
        )
        self.assert_outcome('timeout', 5, result)
        self.assertIn('time limit', result.fields['reason'])
        self.assertIn(
            result.fields['migration_status'], ('preparing', 'running')
        )
        self.assertEqual('MIGRATING', result.fields['status'])
        self.cloud.release(server.id)
        # Not within the same two seconds again.
        resumed = self.follow(
            result.resume.replace('--timeout 2', '--timeout 60')
        )
        self.assert_outcome('completed', 0, resumed)
        for field in ('migration_id', 'request_id', 'source_host'):
            self.assertEqual(result.fields[field], resumed.fields[field])
        self.assertIsNone(resumed.fields['changes'])
        self.assert_nova_says(
            server, 'ACTIVE', resumed.fields['destination_host'], 'completed'
        )


@dataclasses.dataclass(frozen=True)
class Ending:
    """A signal, and the exit code that a shell knows it by."""

    name: str
    number: signal.Signals
    exit_code: int


@base.each((
    Ending('interrupted', signal.SIGINT, 130),
    Ending('terminated', signal.SIGTERM, 143),
))  # fmt: skip
class TestInterruptedCopy(base.TestCase):
    def check(self, ending: Ending) -> None:
        server = self.boot(live_migration='hold')
        run = self.start_migrate(server, LIVE, '--on-timeout', 'abort')
        run.until_it_says(meanwhile_live.COPYING)
        run.signal(ending.number)
        result = run.wait()

        self.assert_exit(ending.exit_code, result)
        self.assertEqual('', result.stdout)
        self.assertIn('Nova goes on', result.stderr)
        (record,) = self.admin.records(server.id)
        self.assertEqual('running', record.status)
        self.assertEqual(
            'openstack --os-cloud admin server migrate-and-wait --attach '
            f'--migration {record.uuid} --on-timeout abort -f json '
            f'{server.id}',
            result.resume,
        )
        self.cloud.release(server.id)
        resumed = self.follow(result.resume)
        self.assert_outcome('completed', 0, resumed)
        self.assertEqual(record.uuid, resumed.fields['migration_id'])
        self.assertIn(
            f'Request ID: {resumed.fields["request_id"]}\n', result.stderr
        )
        self.assert_nova_says(
            server, 'ACTIVE', resumed.fields['destination_host'], 'completed'
        )
