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

"""What goes wrong in the simulation, and how often."""

from collections.abc import Mapping
import dataclasses
import enum
import random


class Fate(enum.StrEnum):
    """How a move goes on once Nova has taken it."""

    GOOD = 'it succeeds'
    NO_VALID_HOST = 'the scheduler finds no host'
    ROLLED_BACK = 'it fails before anything was touched'
    ERROR_ON_SOURCE = 'the copy fails'
    LATE_ERROR = 'the server rests for up to 3 s before ERROR'
    ERROR_ON_DESTINATION = 'the destination cannot start the guest'
    RESTARTED = 'nova-compute of the source is started again'
    STUCK = 'a compute host dies and nobody goes on'
    RESCHEDULED = 'the first host refuses, another one takes it'
    CONFIRM_FAILED = 'the source cannot clean up'
    CONFIRM_FAILED_LATE = 'the same, after the server was at rest'
    DELETED = 'its owner deletes the server under way'


#: One move in ten does not get where it should.
MIXED: Mapping[Fate, float] = {
    Fate.NO_VALID_HOST: 0.02, Fate.ROLLED_BACK: 0.02,
    Fate.ERROR_ON_SOURCE: 0.01, Fate.LATE_ERROR: 0.01,
    Fate.ERROR_ON_DESTINATION: 0.01, Fate.RESTARTED: 0.005,
    Fate.CONFIRM_FAILED: 0.01, Fate.CONFIRM_FAILED_LATE: 0.005,
    Fate.DELETED: 0.01,
}  # fmt: skip


@dataclasses.dataclass(frozen=True, slots=True)
class Chances:
    """How often something goes wrong, each from 0 to 1.

    :ivar fates: Of a move; what is left is good.
    :ivar unreadable: Of a read: the API does not answer.
    :ivar busy: Of a request to change something: it is not taken (503).
    :ivar vanished: Of the same: it is lost on its way.
    :ivar unanswered: Of the same: it is taken, and the answer is lost.
    """

    fates: Mapping[Fate, float] = dataclasses.field(default_factory=dict)
    unreadable: float = 0.0
    busy: float = 0.0
    vanished: float = 0.0
    unanswered: float = 0.0

    def fate(self, dice: random.Random) -> Fate:
        """What becomes of one move."""
        left = dice.random()
        for fate, share in self.fates.items():
            left -= share
            if left < 0:
                return fate
        return Fate.GOOD


#: Nothing goes wrong.
CALM = Chances()
#: As a cloud on a bad day.
ROUGH = Chances(
    MIXED, unreadable=0.01, busy=0.01, vanished=0.005, unanswered=0.01
)
