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

"""Drains of a host on which somebody else is at work, too."""

import dataclasses

from osc_migrate import drain as drains
from osc_migrate.engine import move as moves
from osc_migrate.engine import outcomes
from osc_migrate.engine import plan_file
from osc_migrate.tests.simulation import population
from osc_migrate.tests.unit import fake_host

FIRST = population.server_id(0)


class OvertakenTestCase(fake_host.HostTestCase):
    """Somebody moves a server between its last look and our request."""

    def overtake(self, kind: moves.Kind) -> None:
        def move() -> None:
            if not self.nova.api.begun[FIRST]:
                self.nova.api.migrate(FIRST, kind, None, 'user-bob')

        self.nova.before['migrate'] = move
        self.nova.before['live-migrate'] = move

    def test_a_live_migration_is_followed_to_its_end(self) -> None:
        self.cloud(1, shutoff=0.0)
        self.overtake(moves.Kind.LIVE)
        report = self.drained()
        self.assertEqual({'web1': 'completed'}, self.outcomes(report.rows))
        self.assertEqual((0, 1), (report.exit_code, self.asked()))

    def test_a_cold_one_is_left_to_who_asked_for_it(self) -> None:
        self.cloud(1)
        self.overtake(moves.Kind.COLD)
        report = self.drained()
        (row,) = report.rows
        self.assertEqual('awaiting-confirmation', str(row.outcome))
        self.assertIn('server migration confirm', str(row.reason))
        self.assertEqual(8, report.exit_code)
        self.assertNotIn('confirm', self.nova.changes)
        # The next run does not take it for its own, either.
        self.assertIsNone(self.written.away[FIRST].trace)
        self.assertEqual(8, self.drained().exit_code)
        self.assertNotIn('confirm', self.nova.changes)

    def test_another_refusal_stays_one(self) -> None:
        self.nova.before['migrate'] = fake_host.raising(fake_host.FORBIDDEN)
        report = self.drained()
        self.assertEqual({'refused'}, set(self.outcomes(report.rows).values()))

    def asked(self) -> int:
        return self.nova.api.begun[FIRST]


class BackTestCase(fake_host.HostTestCase):
    def test_a_server_that_came_back_leaves_again(self) -> None:
        """Exit 8 for ever would help nobody."""
        self.save(1, vm_state='error')
        self.assertEqual(8, self.drained().exit_code)
        self.assertNotEqual(fake_host.HOST, self.where()['web1'])
        self.save(0, host=fake_host.HOST)
        self.save(1, vm_state='stopped')
        report = self.drained()
        self.assertEqual(
            {'confirmed'}, set(self.outcomes(report.rows).values())
        )
        self.assertEqual(0, report.exit_code)
        self.assertEqual(2, self.nova.api.begun[FIRST])


class BegunTestCase(fake_host.HostTestCase):
    """What is said of a run that was killed, before anything is done."""

    def setUp(self) -> None:
        super().setUp()
        self.cloud(4)
        self.nova.before['migrate'] = fake_host.nth(2, fake_host.Killed())
        self.assertRaises(fake_host.Killed, self.drained)
        self.nova.before.clear()

    def test_who_may_be_in_flight(self) -> None:
        with self.file(True) as file:
            drain = drains.Drain(self.request(), self.means(), file)
            drain.plan()
            assert drain.convoy is not None
            self.assertEqual(('web1',), drain.convoy.begun())

    def test_it_says_why_it_waits(self) -> None:
        began = self.clock.now()
        self.planned()
        self.assertGreater(self.clock.now() - began, 9.0)
        self.assertTrue(
            any('may have been asked' in said for said in self.board.said)
        )
        # After that time the second request was never sent.
        self.board.said.clear()
        self.planned()
        self.assertEqual(
            [], [said for said in self.board.said if 'asked' in said]
        )


class CheckedTestCase(fake_host.HostTestCase):
    def test_a_check_that_failed_is_told_once(self) -> None:
        """The host is empty, and nothing is left for the next run."""
        self.cloud(1, shutoff=0.0)
        self.drained()
        entry = self.written.away[FIRST]
        failed = dataclasses.replace(
            entry.row, outcome=outcomes.Outcome.CHECK_FAILED
        )
        plan = dataclasses.replace(
            self.written,
            away={FIRST: dataclasses.replace(entry, row=failed)},
            finished=None,
        )
        self.path.write_text(plan_file.encode(plan))
        report = self.drained()
        self.assertEqual({'web1': 'check-failed'}, self.outcomes(report.rows))
        self.assertEqual(0, report.exit_code)
        self.assertIsNotNone(self.written.finished)
