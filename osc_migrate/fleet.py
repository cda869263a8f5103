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

"""Many watches at once, turned by one hand: no thread, no server forgotten."""

from collections.abc import Callable, Iterable, Iterator, Mapping
import contextlib
import dataclasses

from osc_migrate import clock as clocks
from osc_migrate import driver
from osc_migrate import ending as endings
from osc_migrate.engine import turns
from osc_migrate import exceptions

#: Seconds after which a check that runs is looked at again.
LISTEN_EVERY = 0.2
#: Seconds after which one whose turn had not come is asked for again.
AGAIN = 5.0

#: Begins the move of a server; the watch follows it.
Begin = Callable[[str], driver.Watch]


@dataclasses.dataclass(frozen=True, slots=True)
class Landed:
    """One server of which is known what became of it.

    :ivar ending: How its watch ended, None where the move was refused.
    """

    server_id: str
    ending: endings.Ending | None = None
    refusal: exceptions.MigrateError | None = None


class NotYet(exceptions.MigrateError):
    """Nothing was asked for a server: its turn has not come.

    :param again_in: Seconds after which it is asked for again.
    """

    def __init__(self, message: str, again_in: float | None = None) -> None:
        super().__init__(message)
        self.again_in = AGAIN if again_in is None else again_in


class Fleet:
    """Moves servers, so many at once as the limits allow.

    :param begin: Starts or takes over one move.
    :param landed: Told about each server once; says whether it failed.
    :param groups: Server to the groups of which no two are in flight.
    :ivar in_flight: The watches that go on, by the ID of the server.
    :ivar failures: How many servers did not get where they should.
    :ivar stopping: Start nothing more.
    :ivar beginning: The server for which Nova is being asked.
    """

    def __init__(
        self,
        clock: clocks.Clock,
        begin: Begin,
        landed: Callable[[Landed], bool],
        groups: Mapping[str, frozenset[str]],
        limits: turns.Limits,
    ) -> None:
        self.in_flight: dict[str, driver.Watch] = {}
        self.failures = 0
        self.stopping = False
        self.beginning: str | None = None
        self._clock = clock
        self._begin = begin
        self._landed = landed
        self._groups = groups
        self._limits = limits
        self._waiting: dict[str, None] = {}
        self._not_before: dict[str, float] = {}

    @property
    def waiting(self) -> tuple[str, ...]:
        """The servers that were not begun."""
        return tuple(self._waiting)

    def run(self, first: Iterable[str], waiting: Iterable[str]) -> None:
        """Move them all.

        :param first: Servers that are under way already.
        """
        self._waiting = dict.fromkeys(waiting)
        try:
            for server_id in first:
                self._launch(server_id)
            self._start()
            while self._goes_on():
                self._start()
        finally:
            with contextlib.ExitStack() as closing:
                for watch in self.in_flight.values():
                    closing.callback(watch.close)

    def _goes_on(self) -> bool:
        """Let time pass for those in flight, or for whom was put off."""
        if self.in_flight:
            self._turn()
            return True
        again = self._next_start()
        if again is not None:
            self._clock.sleep(max(0.0, again - self._clock.now()))
        return again is not None

    def _start(self) -> None:
        """Begin as many as may be; each of them may fail at once."""
        parallel = self._limits.parallel
        while not self.stopping and len(self.in_flight) < parallel:
            server_id = next(
                turns.next_up(
                    self._ready(),
                    self.in_flight,
                    self._groups,
                    self._limits,
                    self.failures,
                ),
                None,
            )
            if server_id is None:
                return
            self.beginning = server_id
            try:
                self._launch(server_id)
            except NotYet as error:
                self._not_before[server_id] = (
                    self._clock.now() + error.again_in
                )
            else:
                del self._waiting[server_id]
            self.beginning = None

    def _ready(self) -> Iterator[str]:
        """Those that wait for nothing but their turn."""
        now = self._clock.now()
        return (
            server_id
            for server_id in self._waiting
            if self._not_before.get(server_id, now) <= now
        )

    def _next_start(self) -> float | None:
        """When one that was put off may be asked for; None: nobody was."""
        limit = self._limits.max_failures
        stopped = self.stopping or (limit and self.failures >= limit)
        waits = [
            self._not_before[server_id]
            for server_id in self._waiting
            if server_id in self._not_before
        ]
        return None if stopped else min(waits, default=None)

    def _launch(self, server_id: str) -> None:
        try:
            self.in_flight[server_id] = self._begin(server_id)
        except NotYet:
            raise
        except exceptions.MigrateError as error:
            self._land(Landed(server_id, refusal=error))

    def _turn(self) -> None:
        """Look at those whose look is due, after waiting for the first."""
        now = self._clock.now()
        due = min(watch.due for watch in self.in_flight.values())
        if any(watch.asking for watch in self.in_flight.values()):
            due = min(due, now + LISTEN_EVERY)
        again = self._next_start()
        if again is not None and again > now:
            due = min(due, again)
        self._clock.sleep(max(0.0, due - now))
        for server_id, watch in tuple(self.in_flight.items()):
            watch.listen(0.0)
            if watch.due > self._clock.now():
                continue
            ending = watch.step()
            if ending is not None:
                watch.close()
                del self.in_flight[server_id]
                self._land(Landed(server_id, ending))

    def _land(self, landed: Landed) -> None:
        self.failures += self._landed(landed)
