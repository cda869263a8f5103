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

"""What copies of the database show: each kind of row so many seconds late."""

import bisect
from collections.abc import Callable
import random
from typing import Generic, TypeVar

from osc_migrate.engine import facts
from osc_migrate.tests.simulation import agenda
from osc_migrate.tests.simulation import schedule as schedules
from osc_migrate.tests.simulation import world as worlds

T = TypeVar('T')


class Copy(Generic[T]):
    """One kind of row, as it was at each time.

    :param look: What the database itself holds now.
    """

    def __init__(
        self, clock: agenda.Clock, late: float, look: Callable[[], T]
    ) -> None:
        self._clock = clock
        self._late = late
        self._look = look
        self._times: list[float] = []
        self._shown: list[T] = []

    def note(self) -> None:
        """Something was written; writes of one moment are one."""
        if not self._late:
            return
        now = self._clock.now()
        if self._times and self._times[-1] == now:
            self._shown[-1] = self._look()
            return
        self._times.append(now)
        self._shown.append(self._look())

    def read(self, share: float) -> T:
        """What is shown now.

        :param share: Of the seconds that it is late at the most.
        """
        if not self._late:
            return self._look()
        then = self._clock.now() - share * self._late
        found = bisect.bisect_right(self._times, then)
        return self._shown[max(0, found - 1)]


class Replica:
    """The rows of one server, read from copies that lag."""

    def __init__(
        self,
        world: worlds.World,
        clock: agenda.Clock,
        lag: schedules.Lag,
        server_id: str,
        dice: random.Random,
    ) -> None:
        self._world = world
        self._server_id = server_id
        self._jumps = lag.jumps
        self._dice = dice
        self._server = Copy(clock, lag.server, self._one)
        self._records = Copy(
            clock, lag.records, lambda: world.records_of(server_id)
        )
        self._actions = Copy(
            clock, lag.actions, lambda: world.actions_of(server_id)
        )
        self._events = Copy(clock, lag.actions, self._steps)
        self.note()
        world.written = self.note

    def _one(self) -> facts.Server | None:
        return self._world.servers.get(self._server_id)

    def _steps(self) -> dict[str, tuple[facts.ActionEvent, ...]]:
        return {
            action.request_id: self._world.events_of(action.request_id)
            for action in self._world.actions_of(self._server_id)
        }

    def note(self) -> None:
        for copy in (
            self._server, self._records, self._actions, self._events,
        ):  # fmt: skip
            copy.note()

    def _share(self) -> float:
        """Whoever balances the load sends each read to another copy."""
        return self._dice.random() if self._jumps else 1.0

    def server(self) -> facts.Server | None:
        return self._server.read(self._share())

    def records(self) -> tuple[facts.MigrationRecord, ...]:
        return self._records.read(self._share())

    def actions(self) -> tuple[facts.InstanceAction, ...]:
        return self._actions.read(self._share())

    def events(self, request_id: str) -> tuple[facts.ActionEvent, ...]:
        return self._events.read(self._share()).get(request_id, ())
