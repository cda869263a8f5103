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

"""Compute hosts with servers of their own, for tests side by side."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent import futures
import contextlib
import pathlib
import queue
import sys
import tempfile
from typing import Any, ClassVar, TypeVar

import testtools

from osc_migrate.tests import cloud as test_cloud
from osc_migrate.tests.functional import base
from osc_migrate.tests.functional import draining
from osc_migrate.tests.functional import people
from osc_migrate.tests.functional import program
from osc_migrate.tests.functional import signalling
from osc_migrate.tests.functional import truths

#: Zones with two hosts each: what is drained goes to the other host.
LANES = 3

R = TypeVar('R')


class Lane:
    """Two hosts in a zone of their own, of which one is drained.

    :ivar admin: who asks Nova
    :ivar host: where the servers are
    :ivar other: where they go
    """

    def __init__(
        self, cloud: test_cloud.Cloud, number: int, hosts: Sequence[str]
    ) -> None:
        self.cloud = cloud
        self.host, self.other = hosts
        self.admin = people.Person(cloud, 'admin')
        self._zone = f'lane{number}'
        zone = self.admin.compute.create_aggregate(
            name=self._zone, availability_zone=self._zone
        )
        for host in hosts:
            self.admin.compute.add_host_to_aggregate(zone, host)

    @contextlib.contextmanager
    def filled(
        self, *wanted: draining.Wanted
    ) -> Iterator[tuple[people.Server, ...]]:
        """Have these servers on the host, and both hosts enabled."""
        servers: list[people.Server] = []
        try:
            servers += draining.ask_for(
                self.admin, wanted, self._zone, self.host
            )
            draining.await_all(self.admin, servers, wanted)
            yield tuple(servers)
        finally:
            self._empty(servers)
            for host in (self.host, self.other):
                self.admin.enable(host)

    def _empty(self, servers: Iterable[people.Server]) -> None:
        for server in servers:
            self.release(server)
            self.admin.compute.delete_server(server.id, ignore_missing=True)
        for server in servers:
            self.admin.await_status(server.id, '')

    def release(self, *servers: people.Server) -> None:
        """Let the steps go on that are held."""
        for server in servers:
            self.cloud.release(server.id)

    def new_file(self) -> pathlib.Path:
        """Return where a plan may be written."""
        directory = tempfile.mkdtemp(dir=self.cloud.directory)
        return pathlib.Path(directory, 'plan.json')

    def words(
        self, command: Sequence[str], file: pathlib.Path | None
    ) -> list[str]:
        """Return a drain or a restore of the host."""
        plan = [] if file is None else ['--plan', str(file)]
        return [*command, '-f', 'json', '--yes', *plan, self.host]

    def run(self, words: Iterable[str]) -> program.Result:
        """Return what a run leaves that meets no fault."""
        run = signalling.Run(self.cloud.environment(), *words)
        with contextlib.closing(run):
            return run.wait()

    @property
    def status(self) -> str:
        """Whether the host is enabled or disabled."""
        return truths.service(self.admin, self.host)[0]

    @property
    def is_empty(self) -> bool:
        return not truths.servers_on(self.admin, self.host)


class TestCase(testtools.TestCase):
    """Has a cloud with so many lanes."""

    maxDiff = None
    cloud: ClassVar[test_cloud.Cloud]
    lanes: ClassVar[tuple[Lane, ...]]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.cloud = base.started(cls.addClassCleanup, computes=2 * LANES)
        hosts = cls.cloud.compute_hosts
        cls.lanes = tuple(
            Lane(cls.cloud, n, hosts[n::LANES]) for n in range(LANES)
        )

    def play_all(
        self, rows: Iterable[R], check: Callable[[Lane, R], object]
    ) -> None:
        """Check every row on a lane that is free; say of all what is wrong."""
        waiting: queue.SimpleQueue[R] = queue.SimpleQueue()
        for row in rows:
            waiting.put(row)
        wrong: list[Any] = []

        def play(lane: Lane) -> None:
            with contextlib.suppress(queue.Empty):
                while True:
                    row = waiting.get_nowait()
                    try:
                        check(lane, row)
                    except Exception as error:
                        error.add_note(f'in the case {row}')
                        wrong.append(sys.exc_info())

        with futures.ThreadPoolExecutor(LANES) as pool:
            tuple(pool.map(play, self.lanes))
        if wrong:
            raise testtools.MultipleExceptions(*wrong)
