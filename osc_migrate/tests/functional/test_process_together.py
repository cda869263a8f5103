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

"""Two runs on the same server at once: one move, one confirm."""

import dataclasses
import time
from typing import Any

from osc_migrate.tests.functional import asked_for
from osc_migrate.tests.functional import base
from osc_migrate.tests.functional import draining
from osc_migrate.tests.functional import meanwhile_live
from osc_migrate.tests.functional import people
from osc_migrate.tests.functional import signalling
from osc_migrate.tests.functional import truths

LIVE = '--live-migration'
SOURCE = '--source-host'
COLD_HOLD, LIVE_HOLD = 'migrate_disk_and_power_off', 'live_migration'
COPYING = f'stopping and copying|{meanwhile_live.COPYING}'
MOVED_COLD = truths.Truth('ACTIVE', True, 1, 1, ('confirmed',))
TELLS_OF_IT = frozenset({'confirmed', 'confirmed-elsewhere', 'completed'})


@dataclasses.dataclass(frozen=True)
class Pair:
    """Two runs on one server, the second some seconds later.

    :ivar follows: whether the second is to follow the move of the first,
        and not to be refused
    :ivar others: whether it is somebody else's
    """

    name: str
    later: float
    live: bool = False
    follows: bool = False
    others: bool = False
    attach: bool = False


PAIRS = (
    Pair('cold_together', 0.0),
    Pair('live_together', 0.0, live=True),
    Pair('cold_repeatable_by_another', 0.5, follows=True, others=True),
    Pair('cold_attached', 2.0, follows=True, attach=True),
    Pair('live_attached', 2.0, live=True, follows=True, attach=True),
)


@asked_for.campaign
class TestOneServer(base.TestCase):
    def test_at_once(self) -> None:
        draining.somebody_else(self.admin)
        signalling.side_by_side(PAIRS, self._check)

    def _check(self, pair: Pair) -> None:
        step = LIVE_HOLD if pair.live else COLD_HOLD
        steps: Any = {step: 'hold'}
        server = self.boot(pair.name, **steps)
        runs = self._started(pair, server)
        if pair.follows:
            for run in runs:
                run.until_it_says(COPYING)
        else:
            people.eventually(
                lambda: [run for run in runs if run.is_over], bool
            )
        self.cloud.release(server.id)
        results = [run.wait() for run in runs]
        told = '\n'.join(map(str, results))
        results.sort(key=lambda result: result.exit_code)
        codes = [0, 0] if pair.follows else [0, 1]
        self.assertEqual(codes, [r.exit_code for r in results], told)
        for result in results[: codes.count(0)]:
            self.assertIn(result.fields['outcome'], TELLS_OF_IT, told)
        for result in results[codes.count(0) :]:
            self.assert_refused(result, 'task_state|vm_state|no longer as')
        ours = [r.fields['outcome'] for r in results if not r.exit_code]
        self.assertLessEqual(ours.count('confirmed'), 1, told)
        expected = truths.MOVED_LIVE if pair.live else MOVED_COLD
        self.assertEqual(expected, truths.truth(self.admin, server), told)

    def _started(self, pair: Pair, server: people.Server) -> list[Any]:
        options = [LIVE] if pair.live else []
        if pair.follows and not pair.attach:
            options += [SOURCE, server.host]
        first = self._start(server, options, {})
        if pair.attach:
            people.eventually(lambda: self.admin.records(server.id), bool)
            options = ['--attach']
        time.sleep(pair.later)
        environment = self._as_somebody_else() if pair.others else {}
        return [first, self._start(server, options, environment)]

    def _start(
        self, server: people.Server, options: list[str],
        environment: dict[str, str],
    ) -> signalling.Run:  # fmt: skip
        words = (*base.COMMAND, '-f', 'json', *options, server.id)
        run = signalling.Run(
            {**self.cloud.environment(), **environment}, *words
        )
        self.addCleanup(run.close)
        return run

    def _as_somebody_else(self) -> dict[str, str]:
        name = 'somebody-else'
        return self.another_clouds_yaml(
            auth={'username': name, 'password': name}
        )
