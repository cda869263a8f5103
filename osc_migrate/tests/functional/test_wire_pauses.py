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


"""How long a run waits after a fault, and for an answer that does not come."""

import concurrent.futures
import itertools
import math

from osc_migrate.tests.functional import base
from osc_migrate.tests.functional import people
from osc_migrate.tests.functional import program
from osc_migrate.tests import wire

#: Runs that meet the same fault at the same time.
TOGETHER = 3
#: Seconds that a run may be late on a busy machine.
SLACK = 3.0
#: Seconds for which an answer is waited for.
ANSWER = 30.0
#: Seconds for a run as a whole.
LIMIT = 200.0


class Case(base.TestCase):
    def moved(
        self, between: wire.Wire, server: people.Server, *options: str
    ) -> program.Result:
        words = (*base.COMMAND, '-f', 'json', *options, server.id)
        run = program.Running(between.environment(), *words)
        self.addCleanup(run.close)
        return run.wait(LIMIT)


class TestPauses(Case):
    def test_each_pause_is_about_twice_the_last_and_none_is_shared(
        self,
    ) -> None:
        """Of each, up to half is left out at random."""
        servers = [self.boot(f'web{n}') for n in range(TOGETHER)]
        with concurrent.futures.ThreadPoolExecutor(TOGETHER) as pool:
            found = list(pool.map(self._pauses, servers))
        for pauses in found:
            self.assertGreaterEqual(len(pauses), 4, str(found))
            # The last one was cut short by the time limit.
            for number, pause in enumerate(pauses[:-1]):
                whole = 0.5 * 2**number
                self.assertGreaterEqual(pause, whole / 2, str(found))
                self.assertLess(pause, whole + SLACK, str(found))
        for one, other in itertools.combinations(found, 2):
            apart = [abs(a - b) for a, b in zip(one, other, strict=False)]
            self.assertGreater(max(apart), 0.1, str(found))

    def _pauses(self, server: people.Server) -> list[float]:
        """The seconds between looks that all fail."""
        with wire.Wire(self.cloud) as between:
            always = wire.When(3, count=math.inf)
            between.fail('records', '500', always)
            result = self.moved(between, server, '--timeout', '20')
            self.assert_outcome('unknown', 9, result)
            failed = [one for one in between.passed() if one.fault]
        return [
            again.time - one.ended for one, again in itertools.pairwise(failed)
        ]


class TestSilence(Case):
    """Without ``api_timeout``, an answer is waited for as documented."""

    def test_what_is_not_answered_is_given_up_after_half_a_minute(
        self,
    ) -> None:
        rows = (('request', 1), ('records', 3))
        with concurrent.futures.ThreadPoolExecutor(len(rows)) as pool:
            tuple(pool.map(self._check, rows))

    def _check(self, row: tuple[str, int]) -> None:
        step, number = row
        server = self.boot(f'web-{step}')
        with wire.Wire(self.cloud) as between:
            between.fail(step, 'silent-taken', wire.When(number))
            result = self.moved(between, server)
            self.assert_outcome('confirmed', 0, result)
            passed = between.passed()
        (silent,) = (one for one in passed if one.fault)
        again = next(one for one in passed if one.time > silent.time)
        waited = again.time - silent.time
        self.assertGreaterEqual(waited, ANSWER - SLACK)
        self.assertLess(waited, ANSWER + 5 * SLACK)
