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

"""A clock that is hours wrong: a lost answer is found all the same."""

import datetime
import os
import pathlib
import re

from osc_migrate.tests.functional import base
from osc_migrate.tests.functional import program
from osc_migrate.tests.functional import shifted
from osc_migrate.tests.functional import signalling
from osc_migrate.tests.functional import truths
from osc_migrate.tests import wire

FOLDER = pathlib.Path(str(shifted.__file__)).parent
MOVED = truths.Truth('ACTIVE', True, 1, 1, ('confirmed',))
HOURS = (5, -5)
#: Hours by which what a run says may differ from what it is to be.
NEAR = 0.5


class TestWrongClock(base.TestCase):
    """The command's time of day is not Nova's."""

    def test_the_answer_to_the_request_is_lost(self) -> None:
        signalling.side_by_side(HOURS, self._check)

    def _check(self, hours: int) -> None:
        server = self.boot(f'web{hours}')
        with wire.Wire(self.cloud) as between:
            between.fail('request', 'reset-after')
            environment = between.environment()
            folders = (str(FOLDER), environment['PYTHONPATH'])
            environment['PYTHONPATH'] = os.pathsep.join(folders)
            environment['SHIFTED_AHEAD'] = str(hours * 3600)
            words = (*base.COMMAND, '-f', 'json', server.id)
            run = program.Running(environment, *words)
            self.addCleanup(run.close)
            result = run.wait()
            between.settle()
            passed = between.passed('request')
        self.assert_outcome('confirmed', 0, result)
        self.assertTrue(any(one.fault for one in passed), str(passed))
        self._assert_shifted(hours, result)
        self.assertLess(result.fields['duration'], program.LIMIT)
        self.assertEqual(MOVED, truths.truth(self.admin, server), str(result))

    def _assert_shifted(self, hours: int, result: program.Result) -> None:
        """The times that it tells are as wrong as its clock."""
        first = re.search(r'(?m)^(20\S+)Z ', result.stderr)
        assert first is not None, str(result)
        told = datetime.datetime.fromisoformat(f'{first[1]}+00:00')
        ahead = told - datetime.datetime.now(datetime.UTC)
        self.assertAlmostEqual(hours, ahead.total_seconds() / 3600, delta=NEAR)
