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

"""The way back: what a plan moved away comes back to its host."""

import dataclasses
import json

from osc_migrate.tests.functional import draining
from osc_migrate.tests.functional import people
from osc_migrate.tests.functional import truths

HERE = truths.Truth('ACTIVE', False)


class TestRestore(draining.TestCase):
    def _drained(self, *servers: people.Server) -> None:
        self.assert_exit(0, self.drain())
        self.assert_truth(truths.MOVED_LIVE, *servers)

    def _host_of(self, server: people.Server) -> str:
        host = self.admin.look_at(server.id).host
        assert host is not None
        return host

    def test_all_come_back(self) -> None:
        active, stopped = self.boot_all(draining.ACTIVE, draining.STOPPED)
        self.assert_exit(0, self.drain())
        came_from = {s.name: self._host_of(s) for s in (active, stopped)}

        result = self.restore()
        self.assert_exit(0, result)
        self.assert_outcomes(
            {'web1': 'completed', 'web2': 'confirmed'}, result
        )
        for name, row in draining.by_name(result).items():
            self.assertEqual(came_from[name], row['Source Host'])
            self.assertEqual(self.host, row['Destination Host'])
        self.assert_enabled()
        self.assert_truth(truths.BACK_LIVE, active)
        self.assert_truth(truths.BACK_COLD, stopped)
        draining.assert_readable(self.file)

        before = self.file.read_text()
        again = self.restore()
        self.assert_one_sentence(again, 'are back since')
        self.assert_one_sentence(self.drain(), 'brought back')
        self.assertEqual(before, self.file.read_text())
        self.assert_enabled()
        self.assert_truth(truths.BACK_LIVE, active)

    def test_dry_run_changes_nothing(self) -> None:
        server = self.boot_one()
        self._drained(server)
        before = self.file.read_text()
        result = self.restore('--dry-run')
        self.assert_exit(0, result)
        row = draining.by_name(result)['web1']
        self.assertEqual(
            ('planned', self.host), (row['Outcome'], row['Destination Host'])
        )
        self.assertEqual(before, self.file.read_text())
        self.assert_disabled()
        self.assert_truth(truths.MOVED_LIVE, server)

    def test_host_that_somebody_else_disabled(self) -> None:
        server = self.boot_one()
        self.admin.disable(self.host)
        self._drained(server)
        before = self.file.read_text()
        for options in ((), ('--dry-run',)):
            result = self.restore(*options)
            self.assert_one_sentence(
                result,
                f'{self.host} is disabled',
                f'openstack compute service set --enable {self.host} '
                'nova-compute',
            )
        self.assertEqual(before, self.file.read_text())
        self.assert_disabled()
        self.assert_truth(truths.MOVED_LIVE, server)

        self.admin.enable(self.host)
        self.assert_exit(0, self.restore())
        self.assert_enabled()
        self.assert_truth(truths.BACK_LIVE, server)

    def test_host_that_was_enabled_meanwhile(self) -> None:
        server = self.boot_one()
        self._drained(server)
        self.admin.enable(self.host)
        self.assert_exit(0, self.restore())
        self.assert_enabled()
        self.assert_truth(truths.BACK_LIVE, server)

    def test_server_that_somebody_moved_since_is_left(self) -> None:
        left, back = self.boot_all(draining.ACTIVE, draining.ACTIVE)
        self._drained(left, back)
        (elsewhere,) = {*self.others} - {self._host_of(left)}
        self.admin.migrate_live(left, elsewhere)
        people.eventually(
            lambda: truths.truth(self.admin, left),
            lambda found: found.records == ('completed',) * 2,
        )
        result = self.restore()
        self.assert_exit(8, result)
        rows = draining.by_name(result)
        self.assertEqual('completed', rows['web2']['Outcome'])
        self.assertEqual('refused', rows['web1']['Outcome'])
        self.assertIn(elsewhere, rows['web1']['Reason'])
        self.assertIn('web1', result.stderr)
        self.assertEqual(elsewhere, self._host_of(left))
        self.assertEqual(2, truths.truth(self.admin, left).moves)
        self.assert_truth(truths.BACK_LIVE, back)

    def test_server_that_somebody_brought_back_is_back(self) -> None:
        server = self.boot_one()
        self._drained(server)
        self.admin.enable(self.host)
        self.admin.migrate_live(server, self.host)
        people.eventually(
            lambda: truths.truth(self.admin, server),
            lambda found: found == truths.BACK_LIVE,
        )
        result = self.restore()
        self.assert_exit(0, result)
        self.assert_outcomes({'web1': 'not-on-source'}, result)
        self.assert_truth(truths.BACK_LIVE, server)

    def test_server_that_was_deleted_since_is_reported(self) -> None:
        gone, back = self.boot_all(draining.ACTIVE, draining.ACTIVE)
        self._drained(gone, back)
        self.admin.delete(gone)
        self.admin.await_status(gone.id, '')
        result = self.restore()
        # There is no server that could not be moved back.
        self.assert_exit(0, result)
        self.assert_outcomes({'web1': 'deleted', 'web2': 'completed'}, result)
        self.assert_truth(truths.BACK_LIVE, back)

    def test_only_some(self) -> None:
        first, second = self.boot_all(draining.ACTIVE, draining.ACTIVE)
        self._drained(first, second)
        result = self.restore('--server', 'web1')
        self.assert_exit(0, result)
        self.assert_outcomes({'web1': 'completed', 'web2': 'skipped'}, result)
        self.assert_truth(truths.BACK_LIVE, first)
        self.assert_truth(truths.MOVED_LIVE, second)
        result = self.restore()
        self.assert_exit(0, result)
        self.assert_truth(truths.BACK_LIVE, first, second)

    def test_no_plan(self) -> None:
        self.assert_one_sentence(self.restore(), 'There is no plan')
        self.file.write_text('{}')
        self.assert_one_sentence(self.restore(), 'not a plan')
        self.assertEqual('{}', self.file.read_text())
        self.assert_enabled()

    def test_plan_of_something_else(self) -> None:
        server = self.boot_one()
        self._drained(server)
        plan = json.loads(self.file.read_text())
        elsewhere = [{**row, 'source_host': 'host9'} for row in plan['away']]
        for changes, sentence in (
            ({'host': 'host9', 'away': elsewhere}, 'for compute host host9'),
            ({'host': 'host9'}, 'is damaged'),
            ({'service_id': '9ed9a049'}, 'another cloud'),
            ({'version': 99}, 'newer version'),
        ):
            text = json.dumps({**plan, **changes})
            self.file.write_text(text)
            self.assert_one_sentence(self.restore(), sentence)
            self.assertEqual(text, self.file.read_text())
            self.assert_disabled()
        self.assert_truth(truths.MOVED_LIVE, server)


class TestUnfinished(draining.TestCase):
    """Drains and restores that were killed on their way."""

    def test_restore_is_carried_on(self) -> None:
        active, stopped = self.boot_all(draining.ACTIVE, draining.STOPPED)
        self.assert_exit(0, self.drain())
        self.admin.steer(active, live_migration='hold')
        self.admin.steer(stopped, finish_migration='hold')
        for _again in range(2):
            run = self.start_restore()
            run.until_it_says('web1: copying')
            run.until_it_says('web2: starting on the destination')
            run.kill()
            draining.assert_readable(self.file)
        self.assert_enabled()

        # It is too late to go on with the drain.
        before = self.file.read_text()
        self.assert_one_sentence(self.drain(), 'on their way back')
        self.assertEqual(before, self.file.read_text())
        self.assert_enabled()

        for server in (active, stopped):
            self.cloud.release(server.id)
        result = self.restore()
        self.assert_exit(0, result)
        self.assertEqual({'web1', 'web2'}, set(draining.outcomes(result)))
        self.assert_truth(truths.BACK_LIVE, active)
        self.assert_truth(truths.BACK_COLD, stopped)

    def test_killed_drain_remembers_that_it_disabled(self) -> None:
        server = self.boot_one(draining.active(live_migration='hold'))
        run = self.start_drain()
        run.until_it_says('copying')
        run.kill()
        self.cloud.release(server.id)
        self.admin.await_record(server.id, 'completed')
        self.assert_exit(0, self.drain())
        self.admin.steer(server, live_migration='')
        self.assert_exit(0, self.restore())
        self.assert_enabled()
        self.assert_truth(truths.BACK_LIVE, server)

    def test_restore_of_an_unfinished_drain(self) -> None:
        held = draining.stopped(finish_migration='hold')
        servers = self.boot_all(held, held, held)
        run = self.start_drain('--parallel', '1')
        run.until_it_says('starting on the destination')
        (first,) = [s for s in servers if self.admin.records(s.id)]
        self.cloud.release(first.id)
        run.until_it_says('1/3(?s:.*)starting on the destination')
        run.kill()
        (second,) = [
            server
            for server in servers
            if server is not first and self.admin.records(server.id)
        ]
        (third,) = [s for s in servers if s not in (first, second)]
        self.cloud.release(second.id)
        self.admin.await_status(second.id, 'VERIFY_RESIZE')
        self.admin.steer(first, finish_migration='')

        result = self.restore()
        self.assert_exit(8, result)
        rows = draining.outcomes(result)
        self.assertEqual('confirmed', rows[first.name])
        self.assertEqual('refused', rows[second.name])
        self.assertIn(second.name, result.stderr)
        self.assert_truth(truths.BACK_COLD, first)
        self.assert_truth(truths.NOT_CONFIRMED, second)
        self.assert_truth(dataclasses.replace(HERE, status='SHUTOFF'), third)
