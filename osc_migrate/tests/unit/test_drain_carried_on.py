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

"""Drains of a simulated host that were killed, and are carried on."""

import dataclasses
import fcntl
import os
from typing import Any
from unittest import mock

from osc_migrate import drain as drains
from osc_migrate.engine import fitting
from osc_migrate.engine.request import Method
from osc_migrate.engine import rows as told_rows
from osc_migrate.engine import turns
from osc_migrate.tests.simulation.chances import Fate
from osc_migrate.tests.simulation import population
from osc_migrate.tests.simulation import truth
from osc_migrate.tests.unit import fake_host


class CarryOnTestCase(fake_host.HostTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.cloud(10)

    def kill(self, name: str, number: int = 1, **options: Any) -> None:
        """A run that is killed when it is about to ask for something."""
        self.nova.before[name] = fake_host.nth(number, fake_host.Killed())
        self.assertRaises(fake_host.Killed, self.drained, **options)
        self.nova.before.clear()

    def assert_true(self, report: drains.Report) -> None:
        """No server is moved or confirmed twice, none is forgotten."""
        self.nova.settle()
        wrong = truth.contradictions(
            self.nova, report.rows, list(self.world.servers)
        )
        self.assertEqual([], wrong)

    def test_the_same_options_or_none(self) -> None:
        begun: dict[str, Any] = {'excluded': ('web2', 'web9')}
        self.kill('migrate', 2, **begun)
        others: tuple[dict[str, Any], ...] = (
            {'excluded': ('web2',)},
            {'method': Method.COLD},
            {'servers': ('web1',)},
            {'destination': 'host2'},
            {'include_locked': True},
            {'project_id': 'project-1'},
            {'block_migration': True},
        )
        for other in others:
            name = fitting.OPTIONS[next(iter(other))]
            self.assertIn(
                f'with other options ({name})',
                self.refused_drain(**{**begun, **other}),
            )
        # The order in which they are given says nothing.
        report = self.drained(excluded=('web9', 'web2'))
        self.assertEqual(0, report.exit_code)

    def test_how_it_is_carried_out_may_change(self) -> None:
        self.kill('migrate', 3)
        report = self.drained(
            limits=turns.Limits(5, 3),
            timeout=7200.0,
            poll_interval=2.0,
            disable_reason='other',
        )
        self.assertEqual(0, report.exit_code)
        self.assert_true(report)

    def test_a_finished_one_is_refused(self) -> None:
        self.drained()
        before = self.path.read_text()
        self.assertIn('is finished', self.refused_drain())
        self.assertIn('is finished', self.refused_drain(dry_run=True))
        self.assertEqual(before, self.path.read_text())

    def test_one_of_another_host_or_cloud_is_refused(self) -> None:
        self.kill('migrate')
        before = self.path.read_text()
        self.serve(id='service-of-another-cloud')
        self.assertIn('another cloud', self.refused_drain())
        self.path.write_text(before.replace('host1', 'host9'))
        self.assertIn('host9', self.refused_drain())

    def test_what_arrived_is_not_asked_for_again(self) -> None:
        self.kill('migrate', 8)
        arrived = [
            server_id
            for server_id, entry in self.written.away.items()
            if entry.row.outcome in told_rows.ARRIVED
        ]
        self.assertTrue(arrived)
        with mock.patch.object(
            self.nova, 'server', mock.Mock(wraps=self.nova.server)
        ) as server:
            report = self.drained()
        looked = {call.args[0] for call in server.call_args_list}
        self.assertEqual(set(), set(arrived) & looked)
        self.assert_true(report)

    def test_what_was_skipped_stays_skipped(self) -> None:
        self.kill('migrate', 2, excluded=('web9',))
        report = self.drained(excluded=('web9',))
        self.assertEqual('skipped', self.outcomes(report.rows)['web9'])
        self.assertEqual(0, report.exit_code)

    def test_what_came_since_is_told_and_not_moved(self) -> None:
        self.kill('migrate', 3)
        self.boot()
        report = self.drained()
        self.assertEqual('not-started', self.outcomes(report.rows)['new1'])
        self.assertEqual(8, report.exit_code)
        self.assertEqual(fake_host.HOST, self.where()['new1'])

    def test_what_was_deleted_or_moved_since(self) -> None:
        self.kill('migrate', 3)
        self.nova.api.delete(population.server_id(9))
        self.save(8, host='host3')
        self.save(7, vm_state='error')
        self.save(6, host='host2', vm_state='error')
        report = self.drained()
        found = self.outcomes(report.rows)
        self.assertEqual(
            ('refused', 'refused', 'not-on-source', 'deleted'),
            tuple(found[f'web{n}'] for n in (7, 8, 9, 10)),
        )
        self.assertEqual(8, report.exit_code)

    def test_what_failed_is_tried_again(self) -> None:
        self.cloud(4, {Fate.NO_VALID_HOST: 1.0})
        first = self.drained()
        self.assertEqual(
            {'rolled-back'}, set(self.outcomes(first.rows).values())
        )
        self.nova._odds = dataclasses.replace(self.nova._odds, fates={})
        self.nova.api._odds = self.nova._odds
        self.board = fake_host.Board()
        again = self.drained()
        self.assertEqual(
            {'confirmed'}, set(self.outcomes(again.rows).values())
        )
        self.assertEqual((0, 4), (again.exit_code, self.board.counted))

    def test_what_timed_out_is_followed(self) -> None:
        self.cloud(2, {Fate.CONFIRM_FAILED: 0.0})
        first = self.drained(timeout=3.0)
        self.assertEqual({'timeout'}, set(self.outcomes(first.rows).values()))
        again = self.drained()
        self.assertEqual(0, again.exit_code)
        self.assert_true(again)

    def test_killed_before_there_is_a_plan(self) -> None:
        self.kill('servers_on')
        self.assertEqual((True, {}), (self.written.disabled,
                                      self.written.away))  # fmt: skip
        report = self.drained()
        self.assertEqual(10, len(report.rows))
        self.assertEqual(0, report.exit_code)
        # The way back enables it, although the second run found it disabled.
        self.assertTrue(self.written.disabled)

    def test_without_a_file_what_is_in_flight_is_found(self) -> None:
        self.cloud(3)
        self.kill('migrate', 3, plan=False, limits=turns.Limits(3, 0))
        report = self.drained(plan=False)
        # It may be anybody's, who confirms it, too.
        self.assertEqual(
            {
                'web1': 'awaiting-confirmation',
                'web2': 'awaiting-confirmation',
                'web3': 'confirmed',
            },
            self.outcomes(report.rows),
        )
        self.assertEqual(8, report.exit_code)
        self.assertIn('not over: web', report.sentences[-1])
        self.assertEqual({1}, set(self.nova.api.begun.values()))

    def test_the_disk_is_full_under_way(self) -> None:
        def fill_up() -> None:
            self.useFixture(fake_host.full_disk())

        self.nova.before['migrate'] = fill_up
        report = self.drained(limits=turns.Limits(2, 1))
        # What Nova had been asked for is waited for; nothing else is asked.
        found = self.outcomes(report.rows)
        self.assertEqual('confirmed', found['web1'])
        self.assertEqual('refused', found['web2'])
        self.assertEqual({'not-started'},
                         {found[f'web{n}'] for n in range(3, 11)})  # fmt: skip
        self.assertEqual(1, self.nova.changes.count('migrate'))


class KilledTestCase(fake_host.HostTestCase):
    """SIGKILL at every request of a drain, before and after it is done."""

    def test_no_server_is_moved_twice_and_none_forgotten(self) -> None:
        for shutoff in (1.0, 0.0):
            for where in ('before', 'after'):
                self.sweep(shutoff, where)

    def sweep(self, shutoff: float, where: str) -> None:
        number = 0
        killed = True
        while killed:
            number += 1
            self.path.unlink(missing_ok=True)
            self.board = fake_host.Board()
            self.cloud(2, shutoff=shutoff)
            hook = fake_host.nth(number, fake_host.Killed())
            getattr(self.nova, where)['*'] = hook
            try:
                self.drained()
                killed = False
            except fake_host.Killed:
                at = f'{where} {number}, {self.nova.asked[-1]}'
                self.nova.before.clear()
                self.nova.after.clear()
                self.carry_on(at)
        # That there was something to be killed.
        self.assertGreater(number, 3)

    def carry_on(self, at: str) -> None:
        report = self.drained()
        self.nova.settle()
        wrong = truth.contradictions(
            self.nova, report.rows, list(self.world.servers)
        )
        self.assertEqual([], wrong, at)
        self.assertEqual(0, report.exit_code, at)
        self.assertFalse(self.service.enabled, at)
        self.assertTrue(self.written.disabled, at)

    def test_while_the_file_is_written(self) -> None:
        steps = ((os, 'rename'), (os, 'link'), (fcntl, 'flock'))
        for module, step in steps:
            number = 0
            killed = True
            while killed:
                number += 1
                self.path.unlink(missing_ok=True)
                self.cloud(2)
                hook = fake_host.nth(number, fake_host.Killed())
                function = getattr(module, step)

                def call(
                    *given: Any, _hook: Any = hook, _function: Any = function
                ) -> Any:
                    _hook()
                    return _function(*given)

                try:
                    with mock.patch.object(module, step, call):
                        self.drained()
                    killed = False
                except fake_host.Killed:
                    self.carry_on(f'{step} {number}')
