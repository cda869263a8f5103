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

"""A schedule: one run of the command, and everything that befalls it."""

import dataclasses
import enum
from typing import Any, ClassVar

from osc_migrate.engine import request as requests
from osc_migrate.tests.simulation.chances import Fate
from osc_migrate.tests.simulation import others
from osc_migrate.tests.simulation import population

SERVER = population.server_id(0)


class Start(enum.StrEnum):
    """How the run comes to its move."""

    NEW = 'a new one'
    REPEATABLE = '--source-host'
    ATTACH = '--attach'
    NAMED = '--attach --migration'


class Wish(enum.StrEnum):
    """What is to be done once the server has arrived."""

    CONFIRM = '--confirm'
    LEAVE = '--no-confirm'
    GOOD = '--check, which passes'
    BAD = '--check, which fails'
    SLOW = '--check, which passes after 20 s'
    SLOW_BAD = '--check, which fails after 20 s'
    ENDLESS = '--check, which never ends'


class Fault(enum.StrEnum):
    """What becomes of a request."""

    LOST = 'it is lost on its way'
    UNANSWERED = 'it is taken, and the answer is lost'
    BUSY = '503'


class Compact:
    """Shown by what is not the default: for dataclasses."""

    __dataclass_fields__: ClassVar[dict[str, dataclasses.Field[Any]]]

    def __repr__(self) -> str:
        shown = [
            f'{field.name}={getattr(self, field.name)!r}'
            for field in dataclasses.fields(self)
            if field.default is dataclasses.MISSING
            or getattr(self, field.name) != field.default
        ]
        return f'{type(self).__name__}({", ".join(shown)})'


@dataclasses.dataclass(frozen=True, repr=False)
class Act(Compact):
    """Something that happens without the command.

    :ivar at: Seconds after the run began.
    :ivar request: Before the request of this number takes effect, from 1 on;
        0: ``at`` says when.
    """

    deed: others.Deed
    at: float = 0.0
    request: int = 0


@dataclasses.dataclass(frozen=True, repr=False)
class Trouble(Compact):
    """Requests of the run that go wrong.

    :ivar request: Number of the first, from 1 on.
    :ivar length: How many in a row.
    """

    request: int
    fault: Fault = Fault.LOST
    length: int = 1


@dataclasses.dataclass(frozen=True, repr=False)
class Slow(Compact):
    """A step of Nova that takes longer, by its number, from 1 on."""

    step: int
    seconds: float = 1.0


@dataclasses.dataclass(frozen=True, repr=False)
class Lag(Compact):
    """How many seconds late the API reads each kind of row.

    As from replicas of the database, or from several servers of it among
    which the load is balanced.

    :ivar actions: Their events as well.
    :ivar jumps: Each read is late by another time, up to this.
    """

    server: float = 0.0
    records: float = 0.0
    actions: float = 0.0
    jumps: bool = False

    @property
    def longest(self) -> float:
        return max(self.server, self.records, self.actions)


@dataclasses.dataclass(frozen=True, repr=False)
class Schedule(Compact):
    """What is asked for, and what happens.

    :ivar was: vm_state of the server.
    :ivar fate: What becomes of the move.
    :ivar seed: How long each step of Nova takes.
    :ivar later: Seconds after which a move is taken over.
    :ivar stale: Status of a record that an earlier move left open, if any.
    """

    method: requests.Method = requests.Method.COLD
    wish: Wish = Wish.CONFIRM
    start: Start = Start.NEW
    timeout: float = 600.0
    poll_interval: float = 5.0
    on_timeout: str = 'leave'
    was: str = 'active'
    fate: Fate = Fate.GOOD
    seed: int = 0
    later: float = 0.0
    stale: str | None = None
    acts: tuple[Act, ...] = ()
    troubles: tuple[Trouble, ...] = ()
    slow: tuple[Slow, ...] = ()
    lag: Lag = Lag()

    @property
    def attached(self) -> bool:
        return self.start in (Start.ATTACH, Start.NAMED)
