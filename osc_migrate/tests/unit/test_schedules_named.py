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

"""Schedules with a name, each played to its end and beyond."""

import testtools

from osc_migrate.engine import move as moves
from osc_migrate.tests.simulation import honesty
from osc_migrate.tests.simulation import schedule as schedules
from osc_migrate.tests.simulation import stage
from osc_migrate.tests.unit import rows
from osc_migrate.tests.unit import rows_schedules


@rows.each(rows_schedules.ROWS)
class NamedScheduleTestCase(testtools.TestCase):
    def check(self, row: rows_schedules.Row) -> None:
        played = stage.play(row.schedule)
        self.assertEqual([], honesty.wrong(played))
        assert played.result is not None
        self.assertEqual(row.outcome, played.result.outcome)
        self.assertIn(row.says, played.result.reason or '')
        self.assertLess(played.elapsed, row.within)


@rows.each(rows_schedules.LIMITS)
class LimitTestCase(testtools.TestCase):
    """What the documentation says is not promised; nothing else goes wrong."""

    def check(self, row: rows_schedules.Limit) -> None:
        played = stage.play(row.schedule)
        assert played.result is not None
        self.assertEqual(row.outcome, played.result.outcome)
        wrong = honesty.wrong(played)
        self.assertEqual(bool(row.wrong), bool(wrong), str(wrong))
        self.assertTrue(all(row.wrong in sentence for sentence in wrong))
        if row.then:
            played.nova.settle()
            server = played.nova.world.servers[schedules.SERVER]
            self.assertEqual(row.then, server.status)
        elif not row.wrong:
            asked = {sent.taken.name for sent in played.sent}
            self.assertEqual(set(), asked & moves.MOVING_ACTIONS)
