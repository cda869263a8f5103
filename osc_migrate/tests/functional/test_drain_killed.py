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

"""A drain with a plan that is killed at a random moment, and begun again."""

import dataclasses
from typing import ClassVar

import testtools

from osc_migrate.tests import cloud as test_cloud
from osc_migrate.tests.functional import base
from osc_migrate.tests.functional import killing
from osc_migrate.tests.functional import stories

SEEDS = range(1, 25)
#: Seeds of those where somebody else moves a server meanwhile.
INTERFERING = range(101, 107)
#: How many stories are one test.
TOGETHER = 12


@dataclasses.dataclass(frozen=True)
class Stories:
    """Some of them, which are played side by side."""

    told: tuple[stories.Story, ...]

    @property
    def name(self) -> str:
        return f'seeds_{self.told[0].seed}_to_{self.told[-1].seed}'


def _rows() -> list[Stories]:
    told = stories.tell_all(SEEDS)
    return [
        Stories(told[first : first + TOGETHER])
        for first in range(0, len(told), TOGETHER)
    ]


@base.each(_rows())
class TestKilled(testtools.TestCase):
    """Of every server Nova was asked once, and every server has left.

    Each seed draws the servers, how many move at once, and when the run is
    killed, some of them twice.
    """

    cloud: ClassVar[test_cloud.Cloud]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.cloud = base.started(
            cls.addClassCleanup, computes=2 * killing.LANES
        )

    def check(self, row: Stories) -> None:
        killed = killing.play_all(self.cloud, row.told)
        self.assertGreaterEqual(killed, len(row.told) - 1)

    def test_somebody_else_moves_a_server_meanwhile(self) -> None:
        told = stories.tell_all(INTERFERING, furthest=0.6)
        interfered = killing.play_all(self.cloud, told, interfering=True)
        self.assertGreater(interfered, 1)
