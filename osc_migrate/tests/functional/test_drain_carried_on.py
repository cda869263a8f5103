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

"""Drains that are carried on, and what came between."""

from collections.abc import Callable
import dataclasses
import signal

from osc_migrate.tests.functional import draining
from osc_migrate.tests.functional import people
from osc_migrate.tests.functional import program
from osc_migrate.tests.functional import truths

CARRY_ON = 'Carry on with: '
CONFIRM = 'openstack server migration confirm'


class TestWithoutPlan(draining.TestCase):
    """What a run that was killed began is found through Nova itself."""

    def test_live(self) -> None:
        moving = self.boot_one(draining.active(live_migration='hold'))
        run = self.start_without_file()
        run.until_it_says('copying')
        run.kill()
        run = self.start_without_file()
        run.until_it_says('copying')
        self.cloud.release(moving.id)
        result = run.wait()
        self.assert_exit(0, result)
        self.assert_outcomes({'web1': 'completed'}, result)
        self.assert_truth(truths.MOVED_LIVE, moving)

    def test_cold(self) -> None:
        moving, waiting = self.boot_all(
            draining.stopped(migrate_disk_and_power_off='hold'),
            draining.ACTIVE,
        )
        run = self.start_without_file('--server', 'web1')
        run.until_it_says('stopping and copying')
        run.kill()
        run = self.start_without_file()
        run.until_it_says('stopping and copying')
        self.cloud.release(moving.id)
        result = run.wait()
        self.assert_exit(8, result)
        self.assert_outcomes(
            {'web1': 'awaiting-confirmation', 'web2': 'completed'}, result
        )
        # Nobody knows any more whose migration it is.
        self.assertIn(f'{CONFIRM} {moving.id}', result.stderr)
        self.assert_truth(truths.NOT_CONFIRMED, moving)
        self.assert_truth(truths.MOVED_LIVE, waiting)

        self.admin.confirm(moving)
        self.admin.await_record(moving.id, 'confirmed')
        result = self.start_without_file().wait()
        self.assert_exit(0, result)
        self.assert_truth(truths.MOVED_COLD, moving)

    def test_awaits_confirmation_already(self) -> None:
        server = self.boot_one()
        self.admin.migrate(server)
        self.admin.await_status(server.id, 'VERIFY_RESIZE')
        result = self.start_without_file().wait()
        self.assert_exit(8, result)
        self.assertIn(f'{CONFIRM} {server.id}', result.stderr)
        self.assert_truth(truths.NOT_CONFIRMED, server)


class TestSomebodyElse(draining.TestCase):
    """What the plan did not ask for is never confirmed by it."""

    def _between_two_runs(
        self, interfere: Callable[[people.Server], object]
    ) -> program.Result:
        """Interfere with the server whose turn has not come."""
        held = draining.stopped(finish_migration='hold')
        servers = self.boot_all(held, held)
        run = self.start_drain('--parallel', '1')
        run.until_it_says('starting on the destination')
        run.kill()
        asked = [len(self.admin.records(server.id)) for server in servers]
        self.assertEqual([0, 1], sorted(asked))
        theirs, ours = servers if asked[1] else servers[::-1]
        interfere(theirs)
        for server in servers:
            self.cloud.release(server.id)
        self.admin.await_status(theirs.id, 'VERIFY_RESIZE')
        result = self.drain('--parallel', '1')
        self.assert_exit(8, result)
        self.assert_truth(truths.MOVED_COLD, ours)
        rows = draining.outcomes(result)
        self.assertEqual('confirmed', rows[ours.name])
        self.assertIn(rows[theirs.name], ('refused', 'awaiting-confirmation'))
        self.assertIn(f'{CONFIRM} {theirs.id}', result.stderr)
        self.theirs = theirs
        return result

    def test_migrates_it(self) -> None:
        other = draining.somebody_else(self.admin)
        self._between_two_runs(lambda server: other.migrate_server(server.id))
        self.assert_truth(truths.NOT_CONFIRMED, self.theirs)

    def test_migrates_it_with_our_credentials(self) -> None:
        self._between_two_runs(self.admin.migrate)
        self.assert_truth(truths.NOT_CONFIRMED, self.theirs)

    def test_resizes_it(self) -> None:
        self._between_two_runs(self.admin.resize)
        self.assert_truth(
            dataclasses.replace(truths.NOT_CONFIRMED, moves=0), self.theirs
        )

    def test_confirms_for_us(self) -> None:
        server = self.boot_one(draining.active(finish_migration='hold'))
        run = self.start_drain('--cold')
        run.until_it_says('starting on the destination')
        run.kill()
        self.cloud.release(server.id)
        self.admin.await_status(server.id, 'VERIFY_RESIZE')
        self.admin.confirm(server)
        self.admin.await_record(server.id, 'confirmed')
        result = self.drain('--cold')
        self.assert_exit(0, result)
        self.assert_outcomes({'web1': 'confirmed-elsewhere'}, result)
        self.assert_truth(
            dataclasses.replace(truths.MOVED_COLD, status='ACTIVE'), server
        )


class TestInterrupts(draining.TestCase):
    def setUp(self) -> None:
        super().setUp()
        held = draining.stopped(migrate_disk_and_power_off='hold')
        self.servers = self.boot_all(held, held)

    def _interrupted(self) -> program.Running:
        """Interrupt a drain that has one server in flight."""
        run = self.start_drain('--parallel', '1')
        run.until_it_says('stopping and copying')
        run.signal(signal.SIGINT)
        run.until_it_says('Interrupted')
        return run

    def _carry_on(self, result: program.Result) -> None:
        """Do what the run said; a step that is held goes on."""
        (command,) = [
            line.removeprefix(CARRY_ON)
            for line in result.stderr.splitlines()
            if line.startswith(CARRY_ON)
        ]
        self.assertIn(f'--plan {self.file}', command)
        for server in self.servers:
            self.cloud.release(server.id)
        self.assert_exit(0, self.follow(command))
        self.assert_truth(truths.MOVED_COLD, *self.servers)

    def test_once(self) -> None:
        run = self._interrupted()
        (flying,) = [s for s in self.servers if self.admin.records(s.id)]
        self.cloud.release(flying.id)
        result = run.wait()
        self.assert_exit(130, result)
        draining.assert_readable(self.file)
        for server in self.servers:
            if server is flying:
                self.assert_truth(truths.MOVED_COLD, server)
            else:
                self.assert_truth(truths.Truth('SHUTOFF', False), server)
        self._carry_on(result)

    def test_twice(self) -> None:
        run = self._interrupted()
        run.signal(signal.SIGINT)
        result = run.wait()
        self.assert_exit(130, result)
        self.assertEqual('', result.stdout)
        draining.assert_readable(self.file)
        (flying,) = [s for s in self.servers if self.admin.records(s.id)]
        (record,) = self.admin.records(flying.id)
        self.assertEqual('migrating', record.status)
        self.assertRegex(result.stderr, f'(?m)^In flight.*{flying.name}')
        self.assertIn(f'--attach --migration {record.uuid}', result.stderr)
        self._carry_on(result)
