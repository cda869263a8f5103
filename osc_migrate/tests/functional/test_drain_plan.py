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

"""The plan of a drain: made, and carried out."""

from osc_migrate.tests.functional import draining
from osc_migrate.tests.functional import truths


class TestPlan(draining.TestCase):
    def test_dry_run_writes_what_is_then_done(self) -> None:
        servers = self.boot_all(draining.ACTIVE, draining.STOPPED)
        planned = self.drain('--dry-run')
        self.assert_exit(0, planned)
        self.assert_outcomes({'web1': 'planned', 'web2': 'planned'}, planned)
        draining.assert_readable(self.file)
        self.assert_enabled()
        self.assert_truth(truths.Truth('ACTIVE', False), servers[0])
        self.assert_truth(truths.Truth('SHUTOFF', False), servers[1])

        result = self.drain()
        self.assert_exit(0, result)
        self.assert_outcomes(
            {'web1': 'completed', 'web2': 'confirmed'}, result
        )
        for name, row in draining.by_name(planned).items():
            done = draining.by_name(result)[name]
            self.assertEqual(row['Method'], done['Method'])
            self.assertEqual(row['Source Host'], done['Source Host'])
        draining.assert_readable(self.file)
        self.assert_disabled()
        self.assert_truth(truths.MOVED_LIVE, servers[0])
        self.assert_truth(truths.MOVED_COLD, servers[1])
        self.assertEqual(set(), truths.servers_on(self.admin, self.host))

    def test_server_that_appeared_since_is_reported(self) -> None:
        planned = self.boot_one()
        self.assert_exit(0, self.drain('--dry-run'))
        appeared = self.boot('web2', host=self.host)
        result = self.drain()
        self.assert_exit(8, result)
        self.assert_outcomes(
            {'web1': 'completed', 'web2': 'not-started'}, result
        )
        self.assertIn('web2', result.stderr)
        self.assert_truth(truths.MOVED_LIVE, planned)
        self.assert_untouched(appeared)

    def test_server_that_went_since_is_no_failure(self) -> None:
        here, gone, deleted = self.boot_all(*[draining.ACTIVE] * 3)
        self.assert_exit(0, self.drain('--dry-run'))
        self.admin.migrate_live(gone)
        self.admin.await_record(gone.id, 'completed')
        self.admin.delete(deleted)
        self.admin.await_status(deleted.id, '')
        result = self.drain()
        self.assert_exit(0, result)
        self.assert_outcomes(
            {'web1': 'completed', 'web2': 'not-on-source', 'web3': 'deleted'},
            result,
        )
        self.assert_truth(truths.MOVED_LIVE, here, gone)

    def test_failed_server_whose_cause_was_removed(self) -> None:
        failing, fine = self.boot_all(
            draining.stopped(migrate_disk_and_power_off='fail=ssh'),
            draining.STOPPED,
        )
        options = ('--parallel', '1', '--max-failures', '0')
        result = self.drain(*options)
        self.assert_exit(8, result)
        self.assert_outcomes(
            {'web1': 'rolled-back', 'web2': 'confirmed'}, result
        )
        self.assert_disabled()
        self.admin.steer(failing, migrate_disk_and_power_off='')
        result = self.drain(*options)
        self.assert_exit(0, result)
        self.assert_outcomes(
            {'web1': 'confirmed', 'web2': 'confirmed'}, result
        )
        self.assert_truth(truths.MOVED_COLD, fine)
        self.assert_truth(
            truths.Truth('SHUTOFF', True, 2, 1, ('confirmed', 'error')),
            failing,
        )

    def test_server_that_was_not_started_is_not_forgotten(self) -> None:
        failing = draining.stopped(migrate_disk_and_power_off='fail=ssh')
        servers = self.boot_all(failing, failing)
        result = self.drain('--parallel', '1')
        self.assert_exit(8, result)
        self.assertEqual(
            ['not-started', 'rolled-back'],
            sorted(draining.outcomes(result).values()),
        )
        for server in servers:
            self.admin.steer(server, migrate_disk_and_power_off='')
        result = self.drain('--parallel', '1')
        self.assert_exit(0, result)
        self.assert_outcomes(
            {'web1': 'confirmed', 'web2': 'confirmed'}, result
        )
        moves = [truths.truth(self.admin, s).moves for s in servers]
        self.assertEqual([1, 2], sorted(moves))

    def test_two_at_once(self) -> None:
        server = self.boot_one(draining.active(live_migration='hold'))
        first = self.start_drain()
        first.until_it_says('copying')
        before = self.file.read_text()
        self.assert_one_sentence(self.drain(), 'plan')
        self.assertEqual(before, self.file.read_text())
        self.cloud.release(server.id)
        self.assert_exit(0, first.wait())
        self.assert_truth(truths.MOVED_LIVE, server)

    def test_two_at_the_same_moment(self) -> None:
        servers = self.boot_all(draining.ACTIVE, draining.STOPPED)
        results = [
            run.wait() for run in [self.start_drain(), self.start_drain()]
        ]
        results.sort(key=lambda result: result.exit_code)
        self.assertEqual(
            [0, 1],
            [result.exit_code for result in results],
            '\n'.join(map(str, results)),
        )
        self.assert_outcomes(
            {'web1': 'completed', 'web2': 'confirmed'}, results[0]
        )
        self.assert_one_sentence(results[1], 'plan')
        self.assert_truth(truths.MOVED_LIVE, servers[0])
        self.assert_truth(truths.MOVED_COLD, servers[1])
