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

"""A clock that is turned by hand, and a Nova that plays what was seen."""

import collections
from collections.abc import Iterable, Mapping
import dataclasses
import datetime

from osc_migrate import door as doors
from osc_migrate.engine import decisions
from osc_migrate.engine import facts
from osc_migrate.engine import move as moves
from osc_migrate import exceptions
from osc_migrate import gate as gates
from osc_migrate.tests.unit import traces

NOON = datetime.datetime(2026, 8, 1, 12, tzinfo=datetime.UTC)
#: Seconds that one request takes.
LATENCY = 0.02
#: The requests that change something.
CHANGES = (
    'migrate', 'live-migrate', 'confirm', 'revert', 'abort', 'force',
)  # fmt: skip
#: Seconds after which a wait that does not end is a failed test.
FOR_EVER = 2 * 24 * 3600.0


class FakeClock:
    """Time passes only when somebody sleeps, or asks the API.

    :ivar wrong: How far the time of day is ahead of the true one, which is
        that of Nova's.
    """

    def __init__(self) -> None:
        self._start = self._now = 1000.0
        self.wrong = datetime.timedelta()
        self.slept: list[float] = []

    def now(self) -> float:
        return self._now

    def utc(self) -> datetime.datetime:
        return self.true_utc() + self.wrong

    def true_utc(self) -> datetime.datetime:
        return NOON + datetime.timedelta(seconds=self._now - self._start)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.pass_by(seconds)

    def pass_by(self, seconds: float) -> None:
        if seconds < 0:
            raise ValueError('time goes forward only')
        self._now += seconds
        if self._now - self._start > FOR_EVER:
            raise AssertionError('the wait does not end')


class Observer:
    """Remembers what it was told."""

    def __init__(self, *, transfers: bool = False) -> None:
        self.transfers = transfers
        self.told: list[doors.Progress] = []
        self.said: list[str] = []

    def say(self, sentence: str) -> None:
        self.said.append(sentence)

    def progress(self, progress: doors.Progress) -> None:
        self.told.append(progress)


class Gate:
    """A check or a person that answers after so many seconds, or never.

    :ivar arrivals: What it was asked about.
    :ivar closed: Nobody waits for the answer any more.
    """

    def __init__(
        self,
        clock: FakeClock,
        answered: gates.Answered | None,
        seconds: float = 0.0,
        *,
        after_live: bool = True,
    ) -> None:
        self.arrivals: list[gates.Arrival] = []
        self.closed = False
        self.after_live = after_live
        self.phase = decisions.Phase.CHECKING
        self._clock = clock
        self._answered = answered
        self._seconds = seconds
        self._due = float('inf')

    def wait(
        self, arrival: gates.Arrival, seconds: float
    ) -> gates.Answered | None:
        now = self._clock.now()
        if not self.arrivals:
            self.arrivals.append(arrival)
            self._due = now + self._seconds
        if self._answered is None or now + seconds < self._due:
            self._clock.pass_by(seconds)
            return None
        self._clock.pass_by(max(0.0, self._due - now))
        return self._answered

    def close(self) -> None:
        self.closed = True


@dataclasses.dataclass(frozen=True)
class Answer:
    """What Nova answers to a POST, and whether it does as it was asked."""

    error: exceptions.MigrateError | None = None
    takes: bool = False
    ours: bool = False


TAKEN = Answer(takes=True, ours=True)
#: Taken, and a replica of the database does not know it yet.
UNLISTED = Answer(takes=True)
LOST = Answer(exceptions.TransientError('The answer was lost.'))
LOST_TAKEN = dataclasses.replace(LOST, takes=True, ours=True)
BUSY = Answer(
    exceptions.TransientError('HTTP 503: busy', accepted=False, retry_after=2)
)
#: As ``BUSY``, without a word about when to come back.
PRESSED = Answer(exceptions.TransientError('HTTP 503', accepted=False))
SOURCE_DOWN = Answer(
    exceptions.ApiError('Service is unavailable at this time.', status=409)
)
#: Somebody else was quicker.
ALREADY = Answer(
    exceptions.ApiError('Instance has not been resized.', status=400),
    takes=True,
)
LOCKED = Answer(exceptions.ApiError('Instance X is locked', status=409))
FORBIDDEN = Answer(
    exceptions.ApiError('Policy does not allow it.', status=403)
)
#: The live migration is not at the point where Nova does that.
NOT_NOW = Answer(
    exceptions.ApiError(
        'Migration 7 state of instance X is preparing. Cannot force complete '
        'while the migration is in this state.',
        status=400,
    )
)
#: The same, as Nova did something else meanwhile.
TOO_LATE = dataclasses.replace(NOT_NOW, takes=True)
AT_WORK = Answer(
    exceptions.ApiError(
        "Cannot 'migrate' instance X while it is in task_state resize_prep",
        status=409,
    )
)


#: The steps of a move that came to no compute host.
CONDUCTOR_ONLY = (facts.ActionEvent('conductor_migrate_server', 'Error'),)


class ScriptedNova:
    """A door behind which one timeline is played, then another.

    Until a move is asked for nothing happens; a confirm that is taken
    starts ``after``, a revert ``reverted``, an abort or a completion by
    force ``stopped``. The last answer of each kind is given for ever.

    :ivar requests: How often each kind of request was made.
    """

    def __init__(
        self,
        clock: FakeClock,
        trace: str,
        after: str = '',
        *,
        migrates: Iterable[Answer] = (TAKEN,),
        confirms: Iterable[Answer] = (TAKEN,),
        reverted: str = '',
        reverts: Iterable[Answer] = (TAKEN,),
        stopped: str = '',
        stops: Iterable[Answer] = (TAKEN,),
        kind: moves.Kind = moves.Kind.COLD,
        before: str = '0 ACTIVE src -',
        view: traces.View = traces.ADMIN,
        record: str = traces.OURS,
        events: Mapping[str, tuple[facts.ActionEvent, ...]] | None = None,
        services: Mapping[str, facts.ComputeService] | None = None,
    ) -> None:
        self.user_id: str | None = traces.ME
        self.project_id: str | None = traces.PROJECT
        self.roles = frozenset({'admin', 'member'})
        self.checks_source = True
        self.requests: collections.Counter[str] = collections.Counter()
        self.hosts_asked: list[str | None] = []
        self._clock = clock
        self._view = view
        self._record = record
        self._before = traces.read(before, view, record, False, kind)
        self._trace = traces.read(trace, view, record, kind=kind)
        self._then = {
            name: traces.read(then, view, record, kind=kind)
            for name, then in (
                ('confirm', after),
                ('revert', reverted),
                ('abort', stopped),
                ('force', stopped),
            )
        }
        self._migrates = list(migrates)
        self._answers = {
            'confirm': list(confirms),
            'revert': list(reverts),
            'abort': list(stops),
            'force': list(stops),
        }
        self._events = events or {}
        self._services = services or {}
        self._playing = self._before
        self._since = clock.now()
        self._added: tuple[facts.InstanceAction, ...] = ()

    def begin(self) -> None:
        """Nova took the request: the timeline begins."""
        self._playing, self._since = self._trace, self._clock.now()

    @property
    def lag(self) -> float:
        """Seconds since the last line of what is played came true."""
        return self._clock.now() - self._since - self._playing[-1].at

    @property
    def total(self) -> int:
        return sum(self.requests.values())

    @property
    def changes(self) -> dict[str, int]:
        """How often something was asked to be changed."""
        return {
            name: self.requests[name]
            for name in CHANGES
            if self.requests[name]
        }

    def utc(self) -> datetime.datetime | None:
        return self._clock.true_utc()

    def hurry(self, seconds: float) -> None:
        self.hurried = seconds

    def find(self, name_or_id: str) -> tuple[facts.Server, ...]:
        server = self._look('find').server
        return () if server is None else (server,)

    def server(self, server_id: str) -> facts.Server | None:
        return self._look('server').server

    def records(self, server_id: str) -> facts.Records:
        return self._look('records').records

    def actions(self, server_id: str) -> facts.Actions:
        actions = self._look('actions').actions
        if isinstance(actions, facts.Missing):
            return actions
        return (*self._added, *actions)

    def events(
        self, server_id: str, request_id: str
    ) -> tuple[facts.ActionEvent, ...]:
        self._look('events')
        return self._events.get(request_id, CONDUCTOR_ONLY)

    def service(self, host: str) -> facts.ComputeService | facts.Missing:
        self._look('service')
        return self._services.get(host, facts.Missing.NOT_READ)

    def transfer(
        self, server_id: str, record: facts.MigrationRecord
    ) -> facts.Transfer | None:
        return self._look('transfer').transfer

    def cold_migrate(self, server_id: str, host: str | None) -> str | None:
        return self._migrate('migrate', host)

    def live_migrate(
        self, server_id: str, host: str | None, block_migration: bool | None
    ) -> str | None:
        self.block_migration = block_migration
        return self._migrate('live-migrate', host)

    def _migrate(self, name: str, host: str | None) -> str | None:
        self._pass(name)
        self.hosts_asked.append(host)
        answer = _next(self._migrates)
        if answer.takes:
            self.begin()
        if answer.error is not None:
            raise answer.error
        return traces.REQUEST

    def confirm(self, server_id: str) -> str | None:
        return self._ask('confirm', 'confirmResize')

    def revert(self, server_id: str) -> str | None:
        return self._ask('revert', 'revertResize')

    def abort(self, server_id: str, record_id: int) -> str | None:
        return self._ask('abort', 'live_migration_cancel')

    def force_complete(self, server_id: str, record_id: int) -> str | None:
        return self._ask('force', 'live_migration_force_complete')

    def _ask(self, name: str, action: str) -> str | None:
        self._pass(name)
        answer = _next(self._answers[name])
        if answer.takes:
            self._playing, self._since = self._then[name], self._clock.now()
        if answer.ours:
            self._added = (
                facts.InstanceAction(f'req-{name}', action, traces.ME, None),
            )
        if answer.error is not None:
            raise answer.error
        return f'req-{name}'

    def _look(self, kind: str) -> traces.Scene:
        self._pass(kind)
        scene = traces.scene(self._playing, self._clock.now() - self._since)
        if scene.error is not None:
            raise scene.error
        return scene

    def _pass(self, kind: str) -> None:
        self.requests[kind] += 1
        self._clock.pass_by(LATENCY)


def _next(answers: list[Answer]) -> Answer:
    return answers.pop(0) if len(answers) > 1 else answers[0]
