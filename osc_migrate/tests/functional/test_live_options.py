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

"""What each option makes of a live migration."""

from osc_migrate.tests.functional import base
from osc_migrate.tests.functional import meanwhile_live
from osc_migrate.tests.functional import people

LIVE = '--live-migration'

USAGE_ERRORS = (
    ('--live-migration', '--auto', 'web1'),
    ('--block-migration', 'web1'),
    ('--auto', '--block-migration', '--shared-migration', 'web1'),
    ('--live-migration', '--prompt', 'web1'),
    ('--live-migration', '--on-timeout', 'cancel', 'web1'),
)


class TestUsage(base.TestCase):
    def test_errors(self) -> None:
        for options in USAGE_ERRORS:
            result = self.start(*base.COMMAND, *options).wait()
            self.assert_exit(2, result)
            self.assertEqual('', result.stdout)
            self.assertRegex(result.stderr, '(?m)^usage: ')


class TestAuto(base.TestCase):
    def test_picks_by_the_state_and_says_so(self) -> None:
        server = self.boot()
        self._assert_picked(server, 'ACTIVE', 'live', 'completed')
        self.admin.pause(server)
        self._assert_picked(server, 'PAUSED', 'live', 'completed')
        self.admin.compute.unpause_server(server.id)
        self.admin.await_status(server.id, 'ACTIVE')
        self.admin.compute.stop_server(server.id)
        self.admin.await_status(server.id, 'SHUTOFF')
        for options in (('--timeout', '60'), ('--on-timeout', 'leave')):
            self._assert_picked(
                server, 'SHUTOFF', 'cold', 'confirmed', *options
            )
        result = self.migrate(server, '--auto', '--on-timeout', 'abort')
        self.assert_exit(2, result)
        self.assertEqual('', result.stdout)
        self.assertRegex(result.stderr, 'this one is cold')
        self.assertEqual(4, len(self.admin.records(server.id)))

    def _assert_picked(
        self,
        server: people.Server,
        status: str,
        method: str,
        outcome: str,
        *options: str,
    ) -> None:
        before = self.admin.look_at(server.id)
        result = self.migrate(server, '--auto', *options)
        self.assert_outcome(outcome, 0, result)
        self.assertIn(
            f'Server web1 is {status}: it is moved {method}.\n', result.stderr
        )
        self.assertEqual(before.host, result.fields['source_host'])
        after = self.admin.look_at(server.id)
        self.assertEqual((status, None), (after.status, after.task_state))
        self.assertEqual(after.host, result.fields['destination_host'])
        self.assertNotEqual(before.host, after.host)
        self.assertEqual(outcome, self.admin.records(server.id)[0].status)


class TestOptions(base.TestCase):
    def test_host_and_disks(self) -> None:
        server = self.boot()
        sent = (
            ((), '"auto"'),
            (('--block-migration',), 'true'),
            (('--shared-migration',), 'false'),
        )
        for options, block_migration in sent:
            now = self.admin.look_at(server.id).host
            host = next(h for h in self.cloud.compute_hosts if h != now)
            result = self.start(
                '--debug', *base.COMMAND, '-f', 'json', LIVE, '--host', host,
                *options, server.id,
            ).wait()  # fmt: skip
            self.assertEqual(0, result.exit_code, str(result))
            self.assertEqual('completed', result.fields['outcome'])
            self.assertEqual(host, result.fields['destination_host'])
            self.assertEqual(host, self.admin.look_at(server.id).host)
            self.assertRegex(
                result.stderr,
                rf'"os-migrateLive": {{"host": "{host}", '
                rf'"block_migration": {block_migration}}}',
            )
        asked = [
            request.microversion.removeprefix('compute 2.')
            for request in self.cloud.requests()
            if request.path.endswith(f'/servers/{server.id}/action')
        ]
        # 2.34 is the first in which Nova answers before it has looked.
        self.assertEqual(3, len(asked))
        self.assertTrue(all(int(minor) >= 34 for minor in asked), str(asked))

    def test_it_waits_in_the_queue_of_its_host(self) -> None:
        host = self.cloud.compute_hosts[0]
        steps = {'live_migration': 'hold'}
        first = self.boot(host=host, stopped=False, **steps)
        second = self.boot('web2', host=host)
        runs = [self.start_migrate(first, LIVE)]
        runs[0].until_it_says(meanwhile_live.COPYING)
        runs.append(self.start_migrate(second, LIVE))
        runs[1].until_it_says('waiting for other live migrations')
        self.cloud.release(first.id)
        for server, run in zip((first, second), runs, strict=True):
            result = run.wait()
            self.assert_outcome('completed', 0, result)
            self.assert_nova_says(
                server, 'ACTIVE', result.fields['destination_host'],
                'completed',
            )  # fmt: skip
