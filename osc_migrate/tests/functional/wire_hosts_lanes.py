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

"""Drains and restores through a wire that fails, side by side."""

import collections
from collections.abc import Callable, Iterable, Sequence
from concurrent import futures
import contextlib
import dataclasses
import json
import pathlib
import sys
import tempfile
from typing import Any

import testtools

from osc_migrate.tests import cloud as test_cloud
from osc_migrate.tests.functional import draining
from osc_migrate.tests.functional import nursery
from osc_migrate.tests.functional import people
from osc_migrate.tests.functional import program
from osc_migrate.tests.functional import truths
from osc_migrate.tests.functional import wire_hosts_cells
from osc_migrate.tests import wire
from osc_migrate.tests.wire import faults

#: Moves of one server: each look reads all that it has behind it.
MOST_MOVES = 20
#: Zones with two hosts each: what is drained goes to the other host.
LANES = 3
WANTED = (draining.ACTIVE, draining.STOPPED)
#: Seconds that a run may take, which may have to wait for its cloud.
LIMIT = 400.0
ARRIVED = frozenset({'completed', 'confirmed'})
#: Nothing was asked for a server of which this is told.
NOT_ASKED = frozenset({'refused', 'not-started'})
#: What the looks are for which a repeated request has to wait.
LOOKS = frozenset({'records', 'actions', 'server', 'host records'})
#: Where that is not heard: ports are asked for a few more times at most;
#: for discovery see :data:`.promises.UNHEARD`.
UNHEARD = frozenset({'ports', 'discovery'})
TOLD_TO_WAIT = frozenset({'429-seconds', '429-date', '503-retry-after'})


@dataclasses.dataclass(frozen=True)
class Told:
    """What came of a cell.

    :ivar exit_code: of the run that met the fault
    :ivar outcomes: that it told, in the order of the servers
    """

    exit_code: int
    outcomes: tuple[str, ...]

    def __str__(self) -> str:
        if self.exit_code:
            return ' '.join(map(str, (self.exit_code, *self.outcomes)))
        return '0'


def arrivals(person: people.Person, server: people.Server) -> truths.Truth:
    """Ask Nova for everything about a server, without what is over."""
    found = truths.truth(person, server)
    return dataclasses.replace(found, records=found.records[:1])


class Lane:
    """Two hosts in a zone of their own, and two servers that go to and fro.

    :ivar host: where the servers are
    """

    def __init__(
        self,
        cloud: test_cloud.Cloud,
        number: int,
        hosts: Sequence[str],
        wanted: Sequence[draining.Wanted] = WANTED,
    ) -> None:
        self._cloud = cloud
        self._wanted = wanted
        self._zone = f'lane{number}'
        self.host, self._other = hosts
        self._admin = people.Person(cloud, 'admin')
        self._servers: list[people.Server] = []
        self._file: pathlib.Path | None = None
        self._moves = 0
        zone = self._admin.compute.create_aggregate(
            name=self._zone, availability_zone=self._zone
        )
        for host in hosts:
            self._admin.compute.add_host_to_aggregate(zone, host)

    @property
    def is_drained(self) -> bool:
        """Whether the next cell can be a restore at once."""
        return self._file is not None

    def play(self, *cells: wire_hosts_cells.Cell) -> Told:
        """Have a run meet faults, and the next do what it left.

        :param cells: of the same direction
        :raises AssertionError: for what must not be
        """
        try:
            if cells[0].back:
                self._have_drained()
            else:
                self._have_servers()
            return self._played(cells)
        except Exception:
            # What is left of a cell that failed is no start for the next.
            self._start_anew()
            raise

    def _have_servers(self) -> None:
        self._file = None
        if self._moves >= MOST_MOVES:
            self._start_anew()
        self._admin.enable(self.host)
        self._admin.enable(self._other)
        if not self._servers:
            self._servers = draining.ask_for(
                self._admin, self._wanted, self._zone, self.host
            )
            draining.await_all(self._admin, self._servers, self._wanted)

    def _have_drained(self) -> None:
        """Have the servers elsewhere, and a plan that tells how they went."""
        if self._file is None:
            self._have_servers()
            self._file = self._new_file()
            result = self._run(self._words(False), self._cloud.environment())
            assert result.exit_code == 0, str(result)
            self._swap()

    def _start_anew(self) -> None:
        for server in self._servers:
            self._admin.compute.delete_server(server.id, ignore_missing=True)
        for server in self._servers:
            self._admin.await_status(server.id, '')
        self._servers, self._file, self._moves = [], None, 0
        with contextlib.suppress(Exception):
            self._admin.enable(self.host)
            self._admin.enable(self._other)

    def _new_file(self) -> pathlib.Path:
        directory = tempfile.mkdtemp(dir=self._cloud.directory)
        return pathlib.Path(directory, 'plan.json')

    def drained(
        self, fail: Callable[[wire.Wire], None], *options: str
    ) -> list[wire.Passed]:
        """Empty the host in one run, though it meets faults.

        :param fail: says which
        :returns: what was asked
        :raises AssertionError: when not everything arrives at once
        """
        self._have_servers()
        self._file = self._new_file()
        before = [arrivals(self._admin, server) for server in self._servers]
        with wire.Wire(self._cloud) as between:
            fail(between)
            words = [*self._words(False)[:-1], *options, self.host]
            result = self._run(words, between.environment())
            between.settle()
            passed = between.passed()
        try:
            cell = wire_hosts_cells.Cell('', '')
            self._check_run(cell, result, before)
            self._check_end(cell, before, result)
        except AssertionError as error:
            error.add_note(str(result))
            raise
        self._swap()
        return passed

    def _words(self, back: bool) -> list[str]:
        """The servers are on the other host when they are to come back."""
        words = draining.RESTORE if back else draining.DRAIN
        host = self._other if back else self.host
        return [
            *words, '-f', 'json', '--yes', '--plan', str(self._file), host,
        ]  # fmt: skip

    def _run(
        self, words: Sequence[str], environment: dict[str, str]
    ) -> program.Result:
        run = nursery.Running(environment, *words)
        with contextlib.closing(run):
            return run.wait(LIMIT)

    def _swap(self) -> None:
        self._moves += 1
        self.host, self._other = self._other, self.host
        self._servers = [
            dataclasses.replace(server, host=self.host)
            for server in self._servers
        ]

    def _played(self, cells: Sequence[wire_hosts_cells.Cell]) -> Told:
        cell = cells[0]
        if not cell.back:
            self._file = self._new_file()
        before = [arrivals(self._admin, server) for server in self._servers]
        settings = {}
        if any(one.is_slow for one in cells):
            settings['api_timeout'] = wire_hosts_cells.API_TIMEOUT
        with wire.Wire(self._cloud, **settings) as between:
            for one in cells:
                between.fail(
                    one.step, one.fault, wire.When(one.first),
                    lasts=one.seconds,
                )  # fmt: skip
            words = self._words(cell.back)
            result = self._run(words, between.environment())
            between.settle()
            passed = between.passed()
        results = [result]
        try:
            told = self._check_run(cell, result, before)
            check_requests(passed, [server.id for server in self._servers])
            met = {one.step for one in passed if one.fault}
            for one in cells:
                assert one.step in met, f'no fault was met at {one.step}'
            if result.exit_code:
                results.append(self._run(words, self._cloud.environment()))
                self._check_run(cell, results[-1], before)
            self._check_end(cell, before, results[-1])
        except (AssertionError, ValueError) as error:
            error.add_note('\n'.join(map(str, (*cells, *results))))
            error.add_note('\n'.join(map(_line, passed)))
            raise
        self._swap()
        if cell.back:
            self._file = None
        return told

    def _check_run(
        self,
        cell: wire_hosts_cells.Cell,
        result: program.Result,
        before: Sequence[truths.Truth],
    ) -> Told:
        """What is said after one run is true."""
        host = self._other if cell.back else self.host
        assert 'Traceback' not in result.stderr
        assert result.exit_code in (0, 1, 8, 9)
        rows = json.loads(result.stdout) if result.stdout else []
        assert self._file is not None
        if self._file.exists():
            draining.assert_readable(self._file)
        status, _reason = truths.service(self._admin, host)
        here = truths.servers_on(self._admin, self.host)
        if not cell.back:
            is_empty = f'Compute host {host} is empty.' in result.stderr
            assert is_empty == (result.exit_code == 0)
            assert not (is_empty and here)
            if result.exit_code == 1:
                left = 'is left disabled' in result.stderr
                doubtful = 'is left disabled is not known' in result.stderr
                assert doubtful or (status == 'disabled') == left, status
            else:
                assert status == 'disabled'
        elif result.exit_code != 1:
            assert status == 'enabled'
        if result.exit_code == 9:
            assert 'Carry on with: openstack ' in result.stderr
        by_name = {row['Name']: row['Outcome'] for row in rows}
        for server, was in zip(self._servers, before, strict=True):
            is_now = arrivals(self._admin, server)
            asked = is_now.moves - was.moves
            outcome = by_name.get(server.name)
            assert asked <= 1, f'{server.name} was moved {asked} times'
            if outcome in ARRIVED:
                assert server.id not in here, server.name
            elif outcome in NOT_ASKED or outcome is None:
                assert not asked, f'{server.name}: {outcome}'
        return Told(result.exit_code, tuple(by_name.values()))

    def _check_end(
        self,
        cell: wire_hosts_cells.Cell,
        before: Sequence[truths.Truth],
        result: program.Result,
    ) -> None:
        """Nothing is lost, nothing doubled."""
        assert result.exit_code == 0
        for server, was in zip(self._servers, before, strict=True):
            is_now = arrivals(self._admin, server)
            cold = is_now.status == 'SHUTOFF'
            expected = truths.Truth(
                'SHUTOFF' if cold else 'ACTIVE',
                True,
                was.moves + 1,
                was.confirms + cold,
                ('confirmed',) if cold else ('completed',),
            )
            assert is_now == expected, f'{server.name}: {is_now}'
        assert not truths.servers_on(self._admin, self.host)


def check_requests(
    passed: Sequence[wire.Passed], server_ids: Iterable[str]
) -> None:
    """A move is looked for before it is asked once more, and once at most.

    :raises AssertionError: otherwise
    """
    for server_id in server_ids:
        asked = [
            one
            for one in passed
            if one.step == 'request' and server_id in one.path
        ]
        doubtful = [
            one
            for one in asked
            if one.fault and one.status not in (401, 429, 503)
        ]
        assert len(doubtful) <= 1 or len(asked) <= 2, str(asked)
        for first in doubtful:
            again = [one for one in asked if one.time > first.time][:1]
            for second in again:
                assert any(
                    one.step in LOOKS
                    and server_id in one.path
                    and first.time < one.time < second.time
                    for one in passed
                ), 'it was asked again without a look'
    for one in passed:
        if one.fault not in TOLD_TO_WAIT or one.step in UNHEARD:
            continue
        until = one.ended + faults.RETRY_AFTER
        early = [
            other
            for other in passed
            if other.path == one.path
            and other.method == one.method
            and one.ended < other.time < until
        ]
        assert not early, f'it was not waited for as told: {early}'


def _line(one: wire.Passed) -> str:
    return (
        f'{one.time:.2f} {one.step} {one.method} {one.path.partition("?")[0]}'
        f' {one.fault} {one.taken} {one.status}'
    )


def play_all(
    cloud: test_cloud.Cloud,
    runs: Iterable[Sequence[wire_hosts_cells.Cell]],
    note: Callable[[wire_hosts_cells.Cell, Told | Exception], None],
    wanted: Sequence[draining.Wanted] = WANTED,
) -> None:
    """Play cells side by side; say of all what is wrong.

    :param runs: the cells that one run meets; if something is wrong with
        several, each is played alone
    :param note: is told what came of each
    :param wanted: the servers of each host
    """
    drains: collections.deque[Sequence[wire_hosts_cells.Cell]]
    restores: collections.deque[Sequence[wire_hosts_cells.Cell]]
    drains, restores = collections.deque(), collections.deque()
    for cells in runs:
        (restores if cells[0].back else drains).append(cells)
    wrong: list[Any] = []

    def following(lane: Lane) -> Sequence[wire_hosts_cells.Cell]:
        """What a drain left is what a restore needs."""
        first, then = (
            (restores, drains) if lane.is_drained else (drains, restores)
        )
        with contextlib.suppress(IndexError):
            return first.popleft()
        return then.popleft()

    def play(lane: Lane) -> None:
        with contextlib.suppress(IndexError):
            while True:
                cells = following(lane)
                waiting = restores if cells[0].back else drains
                try:
                    told = lane.play(*cells)
                except Exception as error:
                    if len(cells) > 1:
                        waiting.extend((cell,) for cell in cells)
                        continue
                    error.add_note(f'in the cell {cells[0].name}')
                    wrong.append(sys.exc_info())
                    note(cells[0], error)
                else:
                    for cell in cells:
                        note(cell, told)

    hosts = cloud.compute_hosts
    count = len(hosts) // 2
    lanes = [Lane(cloud, n, hosts[n::count], wanted) for n in range(count)]
    with futures.ThreadPoolExecutor(count) as pool:
        tuple(pool.map(play, lanes))
    if wrong:
        raise testtools.MultipleExceptions(*wrong)
