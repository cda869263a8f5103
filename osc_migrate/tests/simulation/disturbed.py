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


"""A simulated Nova at whose requests something happens."""

from collections.abc import Callable
import contextlib
import dataclasses
import random
from typing import TypeVar

from osc_migrate.engine import decisions
from osc_migrate.engine import facts
from osc_migrate import exceptions
from osc_migrate import gate as gates
from osc_migrate.tests.simulation import agenda
from osc_migrate.tests.simulation import api as apis
from osc_migrate.tests.simulation import chances
from osc_migrate.tests.simulation import nova as novas
from osc_migrate.tests.simulation import others
from osc_migrate.tests.simulation import population
from osc_migrate.tests.simulation import replica as replicas
from osc_migrate.tests.simulation import schedule as schedules
from osc_migrate.tests.simulation.schedule import Fault
from osc_migrate.tests.simulation.schedule import SERVER

#: What no run may need: requests, and seconds of the simulated clock.
MOST_REQUESTS = 8000
LONGEST = 5000.0

T = TypeVar('T')


class Gate:
    """A check that answers after so many seconds.

    :ivar answered: Its answer, once it was heard.
    """

    phase = decisions.Phase.CHECKING
    after_live = True

    def __init__(
        self, clock: agenda.Clock, seconds: float, answer: gates.Answered
    ) -> None:
        self.answered: gates.Answered | None = None
        self._clock = clock
        self._seconds = seconds
        self._answer = answer
        self._due: float | None = None

    def wait(
        self, arrival: gates.Arrival, seconds: float
    ) -> gates.Answered | None:
        now = self._clock.now()
        if self._due is None:
            self._due = now + self._seconds
        if now + seconds < self._due:
            self._clock.pass_by(seconds)
            return None
        self._clock.pass_by(max(0.0, self._due - now))
        self.answered = self._answer
        return self._answer

    def close(self) -> None:
        pass


@dataclasses.dataclass(frozen=True, slots=True)
class Sent:
    """A request of the run that Nova took, and what it knew then.

    :ivar seen: Statuses of the records when it last read them, by UUID.
    :ivar source_up: What was said of the source's service, None: not asked.
    :ivar answer: Of the check.
    """

    taken: apis.Taken
    seen: dict[str, str]
    source_up: bool | None
    really_up: bool
    answer: gates.Answered | None


class Nova(novas.Nova):
    """A Nova at whose requests something may happen.

    :ivar sent: What was taken of the run's own requests.
    :ivar faults: How many requests went wrong.
    :ivar server_at: When the run last read the server.
    :ivar server_seen: The server as it was then.
    :ivar records_seen: The records as they were when it last read them.
    :ivar records_found: The same when it read them first.
    :ivar unanswered: Requests of the run whose answers were lost, by name.
    :ivar over: The run has ended: nobody does anything any more.
    """

    def __init__(
        self, clock: agenda.Clock, schedule: schedules.Schedule
    ) -> None:
        super().__init__(
            clock,
            population.Size(1, 3, 1, 0.0),
            chances.Chances({schedule.fate: 1.0}),
            seed=schedule.seed,
        )
        self.clock = clock
        self.sent: list[Sent] = []
        self.faults = 0
        self.unanswered: set[str] = set()
        self.server_at = 0.0
        self.server_seen: facts.Server | None = None
        self.records_seen: tuple[facts.MigrationRecord, ...] = ()
        self.records_found: tuple[facts.MigrationRecord, ...] | None = None
        self.over = False
        self.gate: Gate | None = None
        self.others = others.Others(self.world, self.api, clock, SERVER)
        self.api.moving.slow = {s.step: s.seconds for s in schedule.slow}
        self._acts = [act for act in schedule.acts if act.request]
        self._troubles = schedule.troubles
        self._count = 0
        self._seen: dict[str, str] = {}
        self._source_up: bool | None = None
        self._replica = replicas.Replica(
            self.world, clock, schedule.lag, SERVER,
            random.Random(f'{schedule.seed} lag'),
        )  # fmt: skip

    def begin(self, gate: Gate | None) -> None:
        """Nothing was asked or found yet by the run that begins."""
        self.gate, self.sent, self.records_found = gate, [], None

    def do(self, deed: others.Deed) -> None:
        """Nova may refuse what others ask."""
        if not self.over:
            with contextlib.suppress(exceptions.ApiError):
                self.others.do(deed)

    def find(self, name_or_id: str) -> tuple[facts.Server, ...]:
        found = self._read('find', self._replica.server)
        return () if found is None else (found,)

    def server(self, server_id: str) -> facts.Server | None:
        self.server_seen = self._read('server', self._replica.server)
        self.server_at = self._clock.now()
        return self.server_seen

    def records(self, server_id: str) -> facts.Records:
        records = self._read('records', self._replica.records)
        self.records_seen = records
        if self.records_found is None:
            self.records_found = records
        self._seen = {str(record.uuid): record.status for record in records}
        return records

    def actions(self, server_id: str) -> facts.Actions:
        return self._read('actions', self._replica.actions)

    def events(
        self, server_id: str, request_id: str
    ) -> tuple[facts.ActionEvent, ...]:
        return self._read('events', lambda: self._replica.events(request_id))

    def service(self, host: str) -> facts.ComputeService | facts.Missing:
        found = super().service(host)
        if isinstance(found, facts.ComputeService):
            self._source_up = found.up
        return found

    def _fault(self) -> Fault | None:
        return next(
            (
                trouble.fault
                for trouble in self._troubles
                if trouble.request
                <= self._count
                < trouble.request + trouble.length
            ),
            None,
        )

    def _pass(self, name: str, unreadable: float) -> None:
        self._count += 1
        if self._count > MOST_REQUESTS or self._clock.now() > LONGEST:
            raise AssertionError('It hangs.')
        for act in self._acts:
            if act.request == self._count:
                self.do(act.deed)
        super()._pass(name, unreadable)

    def _read(self, name: str, look: Callable[[], T]) -> T:
        def faulty() -> T:
            if not self.over and self._fault() is not None:
                self.faults += 1
                raise exceptions.TransientError('HTTP 502: Bad Gateway')
            return look()

        return super()._read(name, faulty)

    def _change(self, name: str, what: str, change: Callable[[], T]) -> T:
        self._pass(name, 0.0)
        fault = None if self.over else self._fault()
        self.faults += fault is not None
        if fault is Fault.BUSY:
            raise exceptions.TransientError('HTTP 503', accepted=False)
        if fault is not None:
            self.unanswered.add(name)
        if fault is Fault.LOST:
            raise exceptions.TransientError('The request was lost.')
        before = len(self.api.taken)
        try:
            answer = change()
        except exceptions.ApiError:
            if fault is not None:
                raise exceptions.TransientError('No answer.') from None
            raise
        finally:
            for taken in self.api.taken[before:]:
                self._note(taken)
        if fault is not None:
            raise exceptions.TransientError('The answer was lost.')
        return answer

    def _note(self, taken: apis.Taken) -> None:
        record = self.world.records.get(taken.record_uuid)
        source = record.source_host if record is not None else None
        service = self.world.services.get(source or '')
        self.sent.append(
            Sent(
                taken,
                dict(self._seen),
                self._source_up,
                service is None or service.up,
                self.gate.answered if self.gate else None,
            )
        )
