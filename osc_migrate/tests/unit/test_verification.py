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

"""Whose turn it is to confirm."""

import testtools

from osc_migrate.engine import decisions
from osc_migrate.engine import move as moves
from osc_migrate.tests.unit import fakes
from osc_migrate.tests.unit import traces
from osc_migrate import verification


class PrecedenceTestCase(testtools.TestCase):
    """Two confirms at the same moment put the server into ERROR."""

    def confirms(self, *, attached: bool, after: float) -> int:
        """How many are sent so long after the first wish for one."""
        nova = fakes.ScriptedNova(fakes.FakeClock(), '0 VERIFY_RESIZE dst -')
        move = moves.Move(traces.server('ACTIVE'), attached=attached)
        watching = verification.Verification(nova)
        for now in (0.0, after):
            if not move.confirm_accepted:
                move = watching.act(decisions.Confirm(), move, now)
        return nova.requests['confirm']

    def test_who_began_the_move_confirms_at_once(self) -> None:
        self.assertEqual(1, self.confirms(attached=False, after=0.0))

    def test_who_took_it_over_leaves_that_to_others_for_3_s(self) -> None:
        for _try in range(20):
            self.assertEqual(0, self.confirms(attached=True, after=2.9))

    def test_who_took_it_over_confirms_within_6_s(self) -> None:
        for _try in range(20):
            self.assertEqual(1, self.confirms(attached=True, after=6.0))

    def test_who_got_no_answer_to_the_request_leaves_it_to_others_as_well(
        self,
    ) -> None:
        nova = fakes.ScriptedNova(fakes.FakeClock(), '0 VERIFY_RESIZE dst -')
        move = moves.Move(traces.server('ACTIVE'), doubtful=True)
        watching = verification.Verification(nova)
        for now in (0.0, 2.9):
            move = watching.act(decisions.Confirm(), move, now)
        self.assertEqual(0, nova.requests['confirm'])

    def test_two_who_took_it_over_do_not_confirm_at_the_same_moment(
        self,
    ) -> None:
        sent = [self.confirms(attached=True, after=4.5) for _ in range(200)]
        self.assertTrue(50 < sum(sent) < 150, sum(sent))
