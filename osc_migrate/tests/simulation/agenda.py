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

"""The clock of the simulation, and what is due on it."""

from collections.abc import Callable
import datetime
import heapq
import itertools
import time
from typing import Self

NOON = datetime.datetime(2026, 8, 1, 12, tzinfo=datetime.UTC)


class Meter:
    """Adds up the processor's time that is spent in the simulation.

    That of the process, as others may be at work on the machine.

    :ivar seconds: So far.
    """

    def __init__(self) -> None:
        self.seconds = 0.0
        self._depth = 0
        self._since = 0.0

    def __enter__(self) -> Self:
        if not self._depth:
            self._since = time.process_time()
        self._depth += 1
        return self

    def __exit__(self, *_error: object) -> None:
        self._depth -= 1
        if not self._depth:
            self.seconds += time.process_time() - self._since


class Clock:
    """Time passes only when somebody sleeps, or asks the API.

    :ivar sleeps: How often somebody slept.
    :ivar meter: The processor's time that the simulation has cost.
    """

    def __init__(self) -> None:
        self.sleeps = 0
        self.meter = Meter()
        self._now = 0.0
        self._numbers = itertools.count()
        self._agenda: list[tuple[float, int, Callable[[], None]]] = []

    def now(self) -> float:
        return self._now

    def utc(self) -> datetime.datetime:
        return NOON + datetime.timedelta(seconds=self._now)

    def sleep(self, seconds: float) -> None:
        self.sleeps += 1
        with self.meter:
            self.pass_by(seconds)

    def after(self, seconds: float, call: Callable[[], None]) -> None:
        """Have something happen in so many seconds."""
        due = self._now + seconds
        heapq.heappush(self._agenda, (due, next(self._numbers), call))

    def pass_by(self, seconds: float) -> None:
        """Let time pass; what is due until then happens at its time."""
        if seconds < 0:
            raise ValueError('time goes forward only')
        until = self._now + seconds
        while self._agenda and self._agenda[0][0] <= until:
            self.turn()
        self._now = until

    def turn(self) -> bool:
        """Let the next thing happen; False where nothing is to come."""
        if not self._agenda:
            return False
        due, _number, call = heapq.heappop(self._agenda)
        self._now = max(self._now, due)
        call()
        return True
