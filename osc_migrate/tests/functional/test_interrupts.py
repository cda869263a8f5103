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

"""A signal ends the wait, never the move; nothing is lost by it."""

import dataclasses
import signal

from osc_migrate.tests.functional import base


@dataclasses.dataclass(frozen=True)
class Ending:
    """A signal, and the exit code that a shell knows it by."""

    name: str
    number: signal.Signals
    exit_code: int


ENDINGS = (
    Ending('interrupted', signal.SIGINT, 130),
    Ending('terminated', signal.SIGTERM, 143),
    Ending('hung_up', signal.SIGHUP, 129),
)


@base.each(ENDINGS)
class TestInterruptedCopy(base.TestCase):
    def check(self, ending: Ending) -> None:
        server = self.boot(migrate_disk_and_power_off='hold')
        run = self.start_migrate(
            server, '--timeout', '90', '--poll-interval', '1'
        )
        run.until_it_says('stopping and copying')
        run.signal(ending.number)
        result = run.wait()

        self.assert_exit(ending.exit_code, result)
        self.assertEqual('', result.stdout)
        (record,) = self.admin.records(server.id)
        self.assertEqual('migrating', record.status)
        self.assertEqual(
            'openstack --os-cloud admin server migrate-and-wait --attach '
            f'--migration {record.uuid} --timeout 90 --poll-interval 1 '
            f'-f json {server.id}',
            result.resume,
        )
        self.assertRegex(result.stderr, r'Nova goes on')
        self.assertRegex(result.stderr, r'Request ID: req-')

        self.cloud.release(server.id)
        resumed = self.follow(result.resume)
        self.assert_outcome('confirmed', 0, resumed)
        self.assertEqual(record.uuid, resumed.fields['migration_id'])
        self.assertIn(
            f'Request ID: {resumed.fields["request_id"]}\n', result.stderr
        )
        self.assertIsNone(resumed.fields['changes'])
        self.assert_nova_says(
            server, 'ACTIVE', resumed.fields['destination_host'], 'confirmed'
        )


class TestInterrupts(base.TestCase):
    def test_during_the_confirm(self) -> None:
        server = self.boot(confirm_migration='hold')
        run = self.start_migrate(server)
        run.until_it_says('confirming')
        run.signal(signal.SIGINT)
        result = run.wait()

        self.assert_exit(130, result)
        self.assertEqual('', result.stdout)
        self.assertEqual('VERIFY_RESIZE', self.admin.look_at(server.id).status)
        self.cloud.release(server.id)
        resumed = self.follow(result.resume)
        self.assert_exit(0, resumed)
        self.assertIn(
            resumed.fields['outcome'], ('confirmed', 'confirmed-elsewhere')
        )
        self.assert_nova_says(
            server, 'ACTIVE', resumed.fields['destination_host'], 'confirmed'
        )

    def test_twice(self) -> None:
        server = self.boot(migrate_disk_and_power_off='hold')
        run = self.start_migrate(server)
        run.until_it_says('stopping and copying')
        run.pause()
        run.signal(signal.SIGINT)
        run.signal(signal.SIGTERM)
        run.resume()
        result = run.wait()
        self.assertIn(result.exit_code, (130, 143), str(result))
        self.assertEqual('', result.stdout)
        self.assertNotIn('Traceback', result.stderr)

    def test_before_anything_was_asked(self) -> None:
        # Nova's API is not there, so that the command tries for 30 s.
        server = self.boot()
        run = self.start_migrate(
            server,
            environment=self.another_clouds_yaml(
                compute_endpoint_override=base.CLOSED
            ),
        )
        run.until_it_says('the API does not answer')
        run.signal(signal.SIGTERM)
        result = run.wait()

        self.assert_exit(143, result)
        self.assertEqual('', result.stdout)
        self.assertIn('before anything was asked of Nova', result.stderr)
        self.assertNotIn('--attach', result.stderr)
        self.assert_untouched(server)
