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


"""``openstack server migrate-candidates`` and Nova's own scheduler."""

import os
import unittest

import testtools

from osc_migrate.tests.functional import asked_for
from osc_migrate.tests.functional import scheduler_cases as cases
from osc_migrate.tests.functional import scheduler_check
from osc_migrate.tests.functional import scheduler_drains
from osc_migrate.tests.functional import scheduler_sample


@unittest.skipIf(
    os.environ.get('OSC_MIGRATE_NOVA_PYTHON'),
    'the question to the scheduler is put in the way of Nova 34',
)
class Case(testtools.TestCase):
    """Holds the command against one configuration of Nova."""

    maxDiff = None

    def hold(
        self, configuration: str, servers: int, arrangements: int, tried: int
    ) -> None:
        sample = scheduler_sample.Sample(tried)
        drained: list[scheduler_drains.Told] = []
        verdicts = scheduler_check.play(
            configuration,
            cases.servers(scheduler_check.SEED, servers),
            scheduler_check.seeds(arrangements),
            sample,
            lambda _verdicts: None,
            drained,
        )
        self.assertEqual([], [str(one) for one in verdicts if one.wrong])
        self.assertEqual([], [str(one) for one in sample.tried if one.wrong])
        self.assertEqual([], [str(one) for one in drained if one.wrong])
        self.assertEqual({True, False}, {one.nowhere for one in drained})
        # Otherwise nothing was held against anything.
        self.assertEqual(
            servers * arrangements * len(cases.HOSTS), len(verdicts)
        )
        self.assertEqual({True, False}, {one.taken for one in sample.tried})
        self.assertEqual({True, False, None}, {one.fits for one in verdicts})


class TestScheduler(Case):
    def test_what_it_says_is_what_the_scheduler_does(self) -> None:
        self.hold('default filters', servers=22, arrangements=1, tried=4)


@asked_for.campaign
class TestEveryCase(Case):
    def test_with_the_default_filters(self) -> None:
        self.hold(
            'default filters', scheduler_check.SERVERS,
            scheduler_check.ARRANGEMENTS, scheduler_check.TRIED,
        )  # fmt: skip

    def test_with_all_stock_filters(self) -> None:
        self.hold(
            'all stock filters', scheduler_check.SERVERS,
            scheduler_check.ARRANGEMENTS, scheduler_check.TRIED,
        )  # fmt: skip
