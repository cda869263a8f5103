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

"""A compute host that is emptied and filled again, on a simulated Nova."""

from collections.abc import Callable, Mapping, Sequence
import contextlib
import dataclasses
import errno
import os
import pathlib
from typing import Any

import fixtures
import testtools

from osc_migrate import convoy as convoys
from osc_migrate import door as doors
from osc_migrate import drain as drains
from osc_migrate.engine import drain as plans
from osc_migrate.engine import facts
from osc_migrate.engine import plan
from osc_migrate.engine import plan_file
from osc_migrate.engine import rows as told_rows
from osc_migrate.engine import turns
from osc_migrate import exceptions
from osc_migrate import gate as gates
from osc_migrate import restore as restores
from osc_migrate import storage
from osc_migrate.tests.simulation import agenda
from osc_migrate.tests.simulation import chances
from osc_migrate.tests.simulation import nova as novas
from osc_migrate.tests.simulation import population
from osc_migrate.tests.unit import fakes

HOST = population.FIRST
#: What changes something, as the simulation counts it.
CHANGES = (
    'migrate', 'live-migrate', 'confirm', 'revert', 'enable', 'disable',
)  # fmt: skip


FORBIDDEN = exceptions.ApiError('Policy does not allow it.', status=403)
AWAY = exceptions.TransientError('HTTP 502: Bad Gateway')
BUSY = exceptions.TransientError('HTTP 503', accepted=False)
FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


class Killed(BaseException):
    """SIGKILL: nothing of the run goes on, no file is closed properly."""


class Board:
    """Remembers what it was told.

    :ivar counted: How many servers were to be moved.
    """

    def __init__(self) -> None:
        self.said: list[str] = []
        self.counted: int | None = None
        self.rows: list[told_rows.Row] = []

    def say(self, sentence: str) -> None:
        self.said.append(sentence)

    def plan(self, planned: Sequence[told_rows.Row]) -> None:
        raise AssertionError('The command shows the plan.')

    def begin(self, count: int) -> None:
        self.counted = count

    def observer(self, server: facts.Server) -> doors.Observer:
        return fakes.Observer()

    def landed(self, row: told_rows.Row) -> None:
        self.rows.append(row)

    def pause(self) -> None:
        raise AssertionError('The command gives the screen back.')


class Nova(novas.Nova):
    """The simulation, in which a test can have a request do something else.

    :ivar asked: What was asked, in its order.
    :ivar before: Called before a request of this name takes effect.
    :ivar after: Called before it is answered.
    """

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.asked: list[str] = []
        self.before: dict[str, Callable[[], None]] = {}
        self.after: dict[str, Callable[[], None]] = {}

    def _pass(self, name: str, *given: Any) -> None:
        self.asked.append(name)
        self.before.get(name, _nothing)()
        self.before.get('*', _nothing)()
        super()._pass(name, *given)

    def _change(self, name: str, *given: Any) -> Any:
        answer = super()._change(name, *given)
        self.after.get(name, _nothing)()
        self.after.get('*', _nothing)()
        return answer

    def moving(self) -> frozenset[str]:
        return self._read(
            'moving',
            lambda: frozenset(
                s.id for s in self.world.servers.values() if plan.is_moving(s)
            ),
        )

    @property
    def changes(self) -> list[str]:
        """What was asked to be changed, in that order."""
        return [name for name in self.asked if name in CHANGES]


def _nothing() -> None:
    pass


def raising(error: BaseException) -> Callable[[], None]:
    def call() -> None:
        raise error

    return call


def full_disk() -> fixtures.MockPatch:
    """No plan can be written any more."""
    return fixtures.MockPatch('os.fsync', side_effect=FULL)


def nth(number: int, error: BaseException) -> Callable[[], None]:
    """Raises when it is called for the time of this number, from 1 on."""
    return nth_call(number, raising(error))


def nth_call(number: int, then: Callable[[], object]) -> Callable[[], None]:
    """Has something happen then, once."""
    left = [number]

    def call() -> None:
        left[0] -= 1
        if not left[0]:
            then()

    return call


class HostTestCase(testtools.TestCase):
    """Runs of a drain or a restore, one after the other.

    :ivar work: The run that was begun last.
    """

    def setUp(self) -> None:
        super().setUp()
        folder = self.useFixture(fixtures.TempDir()).path
        self.path = pathlib.Path(folder, 'plan.json')
        # Hundreds of files are written, none of which has to last.
        self.useFixture(fixtures.MockPatch('os.fsync'))
        self.gate: Callable[[], gates.Gate | None] = lambda: None
        self.room: doors.Room | None = None
        self.board = Board()
        self.work: drains.Drain | restores.Restore | None = None
        self.cloud(2)

    def cloud(
        self,
        servers: int,
        fates: Mapping[chances.Fate, float] | None = None,
        *,
        shutoff: float = 1.0,
        pairs: int = 0,
        seed: int = 1,
    ) -> None:
        """A new cloud of three hosts, with servers on the first.

        :param shutoff: Share of the servers that are, from 0 to 1.
        """
        self.clock = agenda.Clock()
        self.nova = Nova(
            self.clock,
            population.Size(servers, 3, servers, shutoff, pairs),
            chances.Chances(fates or {}),
            seed=seed,
        )
        self.world = self.nova.world

    def save(self, number: int, **changes: Any) -> str:
        """Make a server another one; returns its ID."""
        server_id = population.server_id(number)
        self.world.save(server_id, **changes)
        return server_id

    def boot(self) -> None:
        """A server comes to the host."""
        new = facts.Server('id-new', 'new1', 'project', 'SHUTOFF', 'stopped')
        self.world.boot(dataclasses.replace(new, host=HOST, host_id='hash'))

    def serve(self, host: str = HOST, **changes: Any) -> None:
        """Make the compute service of a host another one."""
        self.world.services[host] = dataclasses.replace(
            self.world.services[host], **changes
        )

    @property
    def service(self) -> facts.ComputeService:
        return self.world.services[HOST]

    def means(self) -> convoys.Means:
        return convoys.Means(
            self.nova, self.nova, self.clock, self.board, self.gate,
            room=self.room,
        )  # fmt: skip

    def request(self, **options: Any) -> plans.Request:
        options.setdefault('limits', turns.Limits(2, 0))
        return plans.Request(HOST, **options)

    @contextlib.contextmanager
    def file(self, is_wanted: bool) -> Any:
        with contextlib.ExitStack() as stack:
            yield (
                stack.enter_context(storage.PlanFile(str(self.path)))
                if is_wanted
                else None
            )

    def planned(
        self, plan: bool = True, **options: Any
    ) -> dict[str, told_rows.Row]:
        """What a drain would do, by the names of the servers."""
        with self.file(plan) as file:
            self.work = drains.Drain(
                self.request(**options), self.means(), file
            )
            return by_name(self.work.plan())

    def drained(self, plan: bool = True, **options: Any) -> drains.Report:
        """The report of a whole drain."""
        with self.file(plan) as file:
            drain = drains.Drain(self.request(**options), self.means(), file)
            self.work = drain
            drain.plan()
            return drain.run()

    def refused_drain(self, plan: bool = True, **options: Any) -> str:
        """What a drain says that does not come to move anything."""
        with self.file(plan) as file:
            self.work = drains.Drain(
                self.request(**options), self.means(), file
            )
            return self.refusal(self.work.plan)

    def restored(self, **options: Any) -> restores.Report:
        """The report of a whole restore."""
        with storage.PlanFile(str(self.path)) as file:
            restore = restores.Restore(
                self.request(**options), self.means(), file
            )
            self.work = restore
            restore.plan()
            return restore.run()

    def refused_restore(self, **options: Any) -> str:
        with storage.PlanFile(str(self.path)) as file:
            self.work = restores.Restore(
                self.request(**options), self.means(), file
            )
            return self.refusal(self.work.plan)

    def refusal(self, call: Callable[[], object]) -> str:
        try:
            call()
        except exceptions.MigrateError as error:
            return error.message
        self.fail('nothing was refused')

    @property
    def written(self) -> plan_file.Plan:
        """What is written down."""
        return plan_file.decode(self.path.read_text(), 'plan.json')

    def outcomes(self, rows: Sequence[told_rows.Row]) -> dict[str, str]:
        return {row.name: str(row.outcome) for row in rows}

    def where(self) -> dict[str, str | None]:
        """Name to host, as it is in truth."""
        return {s.name: s.host for s in self.world.servers.values()}


def by_name(rows: Sequence[told_rows.Row]) -> dict[str, told_rows.Row]:
    return {row.name: row for row in rows}
