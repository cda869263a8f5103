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

"""A drain of which the API does not answer now and then."""

from collections.abc import Callable
import math

from osc_migrate.engine import facts
from osc_migrate.engine import turns
from osc_migrate.tests.simulation import chances
from osc_migrate.tests.simulation import population
from osc_migrate.tests.unit import fake_host

#: What changes a server: of each, one is enough.
ONCE = ('migrate', 'confirm')


class MinuteTestCase(fake_host.HostTestCase):
    """The cloud is away for a minute."""

    def away(self, begins: float, ends: float) -> Callable[[], None]:
        """No request is answered between these seconds from now on."""
        now = self.clock.now()
        self.asked: list[float] = []

        def call() -> None:
            if begins <= self.clock.now() - now < ends:
                self.asked.append(self.clock.now() - now)
                raise fake_host.AWAY

        return call

    def drained_away(self, begins: float, parallel: int) -> float:
        """Return how long a drain of six takes; every one arrives."""
        self.cloud(6)
        self.path.unlink(missing_ok=True)
        self.nova.before['*'] = self.away(begins, begins + 60.0)
        began = self.clock.now()
        report = self.drained(limits=turns.Limits(parallel, 1))
        self.assertEqual(
            {'confirmed'}, set(self.outcomes(report.rows).values())
        )
        self.assertEqual(0, report.exit_code)
        for name in ONCE:
            self.assertEqual(6, self.nova.changes.count(name), name)
        return self.clock.now() - began

    def test_it_costs_a_minute_and_no_server(self) -> None:
        usual = self.drained_away(math.inf, 2)
        for share in (0.1, 0.3, 0.5, 0.7):
            begins = share * usual
            took = self.drained_away(begins, 2)
            self.assertTrue(self.asked, begins)
            self.assertLess(took, usual + 60.0 + 20.0, begins)

    def test_it_is_asked_as_often_however_many_are_in_flight(self) -> None:
        for parallel in (1, 2, 6):
            self.drained_away(5.0, parallel)
            self.assertLess(len(self.asked), 20, parallel)

    def test_faults_are_no_failures(self) -> None:
        self.cloud(3)
        self.nova.before['server'] = self.away(0.0, 300.0)
        report = self.drained(limits=turns.Limits(2, 1))
        self.assertEqual(
            {'confirmed'}, set(self.outcomes(report.rows).values())
        )

    def test_who_is_never_asked_for_was_not_started(self) -> None:
        self.cloud(2)
        self.nova.before['server'] = fake_host.raising(fake_host.AWAY)
        report = self.drained(timeout=120.0)
        self.assertEqual(
            {'not-started'}, set(self.outcomes(report.rows).values())
        )
        self.assertEqual(8, report.exit_code)
        self.assertNotIn('migrate', self.nova.changes)
        self.nova.before.clear()
        self.assertEqual(0, self.drained(timeout=120.0).exit_code)

    def test_a_server_of_which_nova_shows_next_to_nothing_waits(self) -> None:
        self.cloud(2)
        real = self.nova.server

        def server(server_id: str) -> facts.Server | None:
            found = real(server_id)
            if found is None or self.clock.now() > 20.0:
                return found
            # As Nova does where a cell does not answer (2.69).
            return facts.Server(found.id, '', None, 'UNKNOWN')

        self.nova.server = server  # type: ignore[method-assign]
        report = self.drained(limits=turns.Limits(2, 1))
        self.assertEqual(
            {'confirmed'}, set(self.outcomes(report.rows).values())
        )

    def test_a_request_that_is_not_taken_holds_up_nobody(self) -> None:
        self.cloud(2)
        first = population.server_id(0)
        real = self.nova.cold_migrate

        def cold_migrate(server_id: str, host: str | None) -> str | None:
            if server_id == first and self.clock.now() < 60.0:
                raise fake_host.BUSY
            return real(server_id, host)

        self.nova.cold_migrate = cold_migrate  # type: ignore[method-assign]
        report = self.drained(limits=turns.Limits(1, 1))
        self.assertEqual(0, report.exit_code)
        self.assertLess(
            self.board.rows.index(report.rows[1]),
            self.board.rows.index(report.rows[0]),
        )

    def test_the_last_look_has_time_after_a_server_had_none(self) -> None:
        self.cloud(2, {chances.Fate.STUCK: 1.0})
        hurried: list[float] = []

        def hurry(seconds: float) -> None:
            hurried.append(seconds)

        self.nova.hurry = hurry  # type: ignore[method-assign]
        self.nova.before['servers_on'] = lambda: hurried.append(-1.0)
        self.drained(timeout=60.0)
        self.assertLess(min(h for h in hurried if h > 0), 10.0)
        looks = [place for place, h in enumerate(hurried) if h < 0]
        self.assertEqual(math.inf, hurried[looks[-1] - 1])
