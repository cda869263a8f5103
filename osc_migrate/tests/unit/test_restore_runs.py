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

"""The way back of a simulated host that was drained."""

from collections.abc import Callable
import dataclasses
from typing import Any
from unittest import mock

from osc_migrate.engine import move as moves
from osc_migrate.engine import outcomes
from osc_migrate.engine.request import Method
from osc_migrate.engine import turns
from osc_migrate import exceptions
from osc_migrate import gate as gates
from osc_migrate import restore as restores
from osc_migrate.tests.simulation.chances import Fate
from osc_migrate.tests.simulation import population
from osc_migrate.tests.simulation import truth
from osc_migrate.tests.unit import fake_host
from osc_migrate.tests.unit import fakes
from osc_migrate.tests.unit import rows

HOST = fake_host.HOST


class RestoreTestCase(fake_host.HostTestCase):
    """Each test begins with a host that is empty."""

    def setUp(self) -> None:
        super().setUp()
        self.begin(3)

    def begin(self, servers: int, **options: Any) -> None:
        self.path.unlink(missing_ok=True)
        self.cloud(servers, **options)
        report = self.drained()
        self.assertEqual(0, report.exit_code)
        self.board = fake_host.Board()
        self.nova.asked.clear()

    def assert_true(self, report: restores.Report) -> None:
        """Each server was moved twice and confirmed twice, and is told so."""
        self.nova.settle()
        self.nova.api.begun.subtract(list(self.world.servers))
        for server_id, count in self.nova.api.confirmed.items():
            self.nova.api.confirmed[server_id] = count - 1
        wrong = truth.contradictions(
            self.nova, report.rows, list(self.world.servers)
        )
        self.assertEqual([], wrong)


class BackTestCase(RestoreTestCase):
    def test_all_are_back_and_the_host_is_enabled(self) -> None:
        report = self.restored()
        self.assertEqual({HOST}, set(self.where().values()))
        self.assertEqual(
            {'web1': 'confirmed', 'web2': 'confirmed', 'web3': 'confirmed'},
            self.outcomes(report.rows),
        )
        self.assertEqual(0, report.exit_code)
        self.assertEqual(
            ('3 of 3 servers are back on compute host host1.',),
            report.sentences,
        )
        self.assertEqual(
            (True, None), (self.service.enabled, self.service.disabled_reason)
        )
        self.assertIsNotNone(self.written.restored)
        self.assertFalse(self.written.disabled)
        # Nova sends nothing to a host that is disabled.
        self.assertEqual('enable', self.nova.changes[0])
        self.assert_true(report)

    def test_a_signal_while_the_host_is_enabled(self) -> None:
        """It is heeded before anything is moved."""

        def stop() -> None:
            assert self.work is not None
            if self.work.convoy is not None and self.work.convoy.fleet:
                self.work.convoy.fleet.stopping = True

        sleep = self.clock.sleep

        def heed(seconds: float) -> None:
            # As the clock of a command does.
            if 'enable' in self.nova.asked:
                stop()
            sleep(seconds)

        with mock.patch.object(self.clock, 'sleep', heed):
            report = self.restored()
        self.assertEqual(['enable'], self.nova.changes)
        self.assertEqual(
            {'not-started'}, set(self.outcomes(report.rows).values())
        )
        self.assertEqual(0, self.restored().exit_code)

    def test_live_as_they_left(self) -> None:
        self.begin(2, shutoff=0.0)
        report = self.restored()
        self.assertEqual(
            {'live-migration'}, {row.method for row in report.rows}
        )
        self.assertEqual(0, report.exit_code)

    def test_by_another_method(self) -> None:
        self.begin(2, shutoff=0.0)
        report = self.restored(method=Method.COLD)
        self.assertEqual({'migration'}, {row.method for row in report.rows})

    def test_sources_are_where_they_were_put(self) -> None:
        before = self.where()
        report = self.restored()
        self.assertEqual(
            before, {row.name: row.source_host for row in report.rows}
        )
        self.assertEqual({HOST}, {r.destination_host for r in report.rows})

    def test_once(self) -> None:
        self.restored()
        self.assertIn('are back since', self.refused_restore())
        # And it is not drained again by that plan.
        self.assertIn('were brought back', self.refused_drain())

    def test_what_was_never_moved_is_no_part_of_it(self) -> None:
        self.path.unlink()
        self.cloud(3)
        self.drained(excluded=('web2',))
        report = self.restored()
        self.assertEqual({'web1', 'web3'}, set(self.outcomes(report.rows)))
        self.assertEqual(0, report.exit_code)

    def test_a_drain_that_is_not_finished_can_be_undone(self) -> None:
        self.path.unlink()
        self.cloud(4)
        self.nova.before['migrate'] = fake_host.nth(4, fake_host.Killed())
        self.assertRaises(
            fake_host.Killed, self.drained, limits=turns.Limits(1, 0)
        )
        self.nova.before.clear()
        # The fourth may have been asked for, and it is not known where it is.
        report = self.restored()
        self.assertEqual(
            {
                'web1': 'confirmed',
                'web2': 'confirmed',
                'web3': 'confirmed',
                'web4': 'refused',
            },
            self.outcomes(report.rows),
        )
        self.assertEqual(8, report.exit_code)
        self.assertIn('3 of 4 servers are back', report.sentences[-1])
        self.assertIsNone(self.written.restored)

    def test_a_server_whose_check_failed_comes_back_as_well(self) -> None:
        self.path.unlink()
        self.cloud(1, shutoff=0.0)
        text = self.drained_with_check()
        self.assertIn('check-failed', text)
        report = self.restored()
        self.assertEqual({'web1': 'completed'}, self.outcomes(report.rows))

    def drained_with_check(self) -> str:
        clock: Any = self.clock
        answered = gates.Answered(gates.Answer.REVERT, 'It is not there.')
        self.gate = lambda: fakes.Gate(clock, answered)
        self.drained()
        self.gate = lambda: None
        return self.path.read_text()


class EnableTestCase(RestoreTestCase):
    def test_a_host_that_somebody_enabled(self) -> None:
        self.serve(enabled=True, disabled_reason=None)
        self.assertEqual(0, self.restored().exit_code)
        self.assertNotIn('enable', self.nova.changes)

    def test_a_host_that_was_disabled_before_the_drain_stays_so(self) -> None:
        self.path.unlink()
        self.cloud(1)
        self.serve(enabled=False, disabled_reason='broken fan')
        self.drained()
        self.nova.asked.clear()
        said = self.refused_restore()
        self.assertIn('disabled (broken fan), and not by the plan', said)
        self.assertEqual([], self.nova.changes)

    def test_a_host_whose_service_is_down(self) -> None:
        self.serve(up=False)
        self.assertIn('is down', self.refused_restore())
        self.assertEqual([], self.nova.changes)

    def test_a_drain_that_goes_on_with_all_is_not_undone(self) -> None:
        """New servers would come to a host that others are leaving."""
        self.path.unlink()
        self.cloud(1)
        self.nova.before['confirm'] = fake_host.raising(fake_host.Killed())
        self.assertRaises(fake_host.Killed, self.drained)
        self.nova.before.clear()
        self.nova.asked.clear()
        report = self.restored()
        self.assertEqual({'refused'}, set(self.outcomes(report.rows).values()))
        self.assertEqual([], self.nova.changes)
        self.assertTrue(any('left disabled' in s for s in self.board.said))
        self.assertFalse(self.service.enabled)

    def test_not_liked_it_stays_disabled(self) -> None:
        with self.file(True) as file:
            restore = restores.Restore(self.request(), self.means(), file)
            restore.plan()
            restore.give_up()
        self.assertFalse(self.service.enabled)
        self.assertTrue(self.path.exists())
        self.assertEqual(0, self.restored().exit_code)


@dataclasses.dataclass(frozen=True)
class Unfit:
    """A plan by which nothing is brought back, and why."""

    name: str
    spoil: Callable[[RestoreTestCase], object]
    says: str


def text(old: str, new: str) -> Callable[[RestoreTestCase], object]:
    def change(case: RestoreTestCase) -> None:
        found = case.path.read_text()
        assert old in found
        case.path.write_text(found.replace(old, new))

    return change


UNFIT = (
    Unfit('there is none', lambda case: case.path.unlink(),
          'There is no plan'),
    Unfit('it is damaged', text('"away"', '"aways"'), 'is damaged'),
    Unfit('it is no plan', lambda case: case.path.write_text('a list'),
          'is not a plan'),
    Unfit('it is newer', text('"version": 1', '"version": 2'),
          'newer version'),
    Unfit('of another host', text('"host1"', '"host2"'),
          'for compute host host2'),
    Unfit('of another cloud', text('"service-1"', '"service-x"'),
          'another cloud'),
)  # fmt: skip


@rows.each(UNFIT)
class UnfitTestCase(RestoreTestCase):
    def check(self, row: Unfit) -> None:
        row.spoil(self)
        self.assertIn(row.says, self.refused_restore())
        self.assertEqual([], self.nova.changes)
        self.assertFalse(self.service.enabled)


@dataclasses.dataclass(frozen=True)
class Since:
    """What became of the second of three servers since it was moved away.

    :ivar outcome: What the row says of it.
    :ivar says: Words of its reason.
    :ivar back: How many servers are back then.
    """

    name: str
    change: Callable[[RestoreTestCase], object]
    outcome: str
    code: int
    says: str = ''
    back: int = 2


def put(**changes: Any) -> Callable[[RestoreTestCase], object]:
    return lambda case: case.save(1, **changes)


def moved_under_way(case: RestoreTestCase) -> None:
    """Somebody is quicker, after the plan was shown."""
    case.nova.before['migrate'] = fake_host.nth_call(
        1, lambda: case.save(1, host='host9')
    )


SINCE = (
    Since('it was moved by somebody', put(host='host9'), 'refused', 8,
          'Somebody moved the server to host9 since'),
    Since('it was brought back by somebody', put(host=HOST),
          'not-on-source', 0, 'on host1', 3),
    Since('it was deleted', lambda case: case.nova.api.delete(
        population.server_id(1)), 'deleted', 0, 'deleted'),
    Since('it is in ERROR', put(vm_state='error'), 'refused', 8,
          'in ERROR'),
    Since('it is locked', put(locked=True), 'refused', 8,
          '--include-locked'),
    Since('it is moved by somebody after the plan was made', moved_under_way,
          'refused', 8, 'on host9 by now'),
)  # fmt: skip


@rows.each(SINCE)
class SinceTestCase(RestoreTestCase):
    def check(self, row: Since) -> None:
        row.change(self)
        report = self.restored(limits=turns.Limits(1, 0))
        found = fake_host.by_name(report.rows)
        self.assertEqual(row.outcome, str(found['web2'].outcome))
        self.assertIn(row.says, found['web2'].reason or '')
        self.assertEqual(row.code, report.exit_code)
        self.assertIn(f'{row.back} of 3 servers', report.sentences[-1])
        self.assertEqual(not row.code, self.written.restored is not None)


class ChoiceTestCase(RestoreTestCase):
    def test_some_now_and_the_others_later(self) -> None:
        first = self.restored(servers=('web1', 'web2'))
        self.assertEqual(
            {'web1': 'confirmed', 'web2': 'confirmed', 'web3': 'skipped'},
            self.outcomes(first.rows),
        )
        self.assertEqual(0, first.exit_code)
        self.assertIsNone(self.written.restored)
        self.board = fake_host.Board()
        again = self.restored(excluded=('web2',))
        self.assertEqual(
            {'web1': 'confirmed', 'web2': 'confirmed', 'web3': 'confirmed'},
            self.outcomes(again.rows),
        )
        self.assertEqual(1, self.board.counted)
        self.assertIsNotNone(self.written.restored)

    def test_a_name_that_the_plan_does_not_know(self) -> None:
        for option in ('servers', 'excluded'):
            said = self.refused_restore(**{option: ('web9',)})
            self.assertIn('\'web9\'', said)

    def test_of_one_project(self) -> None:
        report = self.restored(project_id='project-1')
        self.assertEqual(
            {'web1': 'skipped', 'web2': 'confirmed', 'web3': 'skipped'},
            self.outcomes(report.rows),
        )

    def test_locked_ones(self) -> None:
        self.save(0, locked=True)
        self.assertEqual(0, self.restored(include_locked=True).exit_code)

    def test_a_dry_run_changes_nothing(self) -> None:
        before = self.path.read_text(), self.where()
        with self.file(True) as file:
            restore = restores.Restore(
                self.request(dry_run=True), self.means(), file
            )
            found = restore.plan()
        self.assertEqual({'planned'}, {str(row.outcome) for row in found})
        self.assertEqual(before, (self.path.read_text(), self.where()))
        self.assertEqual([], self.nova.changes)

    def test_what_fails_is_tried_again(self) -> None:
        self.nova._odds = dataclasses.replace(
            self.nova._odds, fates={Fate.ROLLED_BACK: 1.0}
        )
        calm, self.nova.api._odds = self.nova.api._odds, self.nova._odds
        first = self.restored(limits=turns.Limits(2, 1))
        self.assertEqual(8, first.exit_code)
        self.assertIn('0 of 3 servers are back', first.sentences[-1])
        self.nova.api._odds = calm
        again = self.restored()
        self.assertEqual(0, again.exit_code)


class KilledTestCase(RestoreTestCase):
    def test_killed_at_any_request_it_is_carried_on(self) -> None:
        for where in ('before', 'after'):
            number = 0
            killed = True
            while killed:
                number += 1
                self.begin(2)
                hook = fake_host.nth(number, fake_host.Killed())
                getattr(self.nova, where)['*'] = hook
                try:
                    self.restored()
                    killed = False
                except fake_host.Killed:
                    at = f'{where} {number}, {self.nova.asked[-1]}'
                    self.nova.before.clear()
                    self.nova.after.clear()
                    report = self.restored()
                    self.assertEqual(0, report.exit_code, at)
                    self.assertTrue(self.service.enabled, at)
                    self.assert_true(report)
            self.assertGreater(number, 3)

    def test_what_is_in_flight_cannot_be_followed(self) -> None:
        # The plan does not forget it for that.
        self.nova.after['migrate'] = fake_host.nth(1, fake_host.Killed())
        self.assertRaises(fake_host.Killed, self.restored)
        self.nova.after.clear()
        with mock.patch.object(
            self.nova, 'actions', mock.Mock(side_effect=fake_host.FORBIDDEN)
        ):
            report = self.restored(limits=turns.Limits(1, 1))
        found = self.outcomes(report.rows)
        self.assertEqual('unknown', found['web1'])
        trace = self.written.back[population.server_id(0)].trace
        assert trace is not None
        self.assertEqual(moves.Kind.COLD, trace.kind)
        self.assertEqual(0, self.restored().exit_code)

    def test_it_cannot_be_written_that_all_are_back(self) -> None:
        report = None
        with self.file(True) as file:
            restore = restores.Restore(self.request(), self.means(), file)
            restore.plan()
            refused = exceptions.Refused('No space left on device.')
            assert restore.convoy is not None
            with mock.patch.object(
                restore.convoy.journal, 'note', side_effect=refused
            ):
                report = restore.run()
        self.assertEqual(0, report.exit_code)
        self.assertEqual(
            {outcomes.Outcome.CONFIRMED}, {r.outcome for r in report.rows}
        )
        self.assertIn('No space left on device.', self.board.said)
