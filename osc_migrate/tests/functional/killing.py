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

"""Drains that are killed at a random moment, and begun again."""

from collections.abc import Callable, Iterable
from concurrent import futures
import contextlib
import functools
import json
import pathlib
import queue
import signal
import sys
import tempfile
import time
from typing import Any

from openstack import exceptions as sdk_exceptions
import testtools

from osc_migrate.tests import cloud as test_cloud
from osc_migrate.tests.functional import draining
from osc_migrate.tests.functional import people
from osc_migrate.tests.functional import program
from osc_migrate.tests.functional import stories
from osc_migrate.tests.functional import truths

#: Zones with two hosts each: what is drained goes to the other host.
LANES = 3
#: The exit code of such a run.
KILLED = -signal.SIGKILL
#: Seconds between two looks at the plan.
LOOK_EVERY = 0.05
ARRIVED = frozenset({
    'completed', 'confirmed', 'auto-confirmed', 'confirmed-elsewhere',
})  # fmt: skip


class Run(program.Running):
    """A run that may be over at any moment."""

    @property
    def is_over(self) -> bool:
        return self._process.poll() is not None

    @property
    def lines(self) -> int:
        """How many lines it has said."""
        return self._said().count('\n')


def _told(
    result: program.Result, file: pathlib.Path
) -> tuple[dict[str, str], int]:
    """Return name to outcome, and the exit code, of a drain at its end.

    One that was killed when it had written that it is finished is not begun
    again: the file tells.
    """
    if 'is finished' not in result.stderr:
        return draining.outcomes(result), result.exit_code
    plan = json.loads(file.read_text())
    assert plan['finished'], 'it is not finished'
    assert (result.exit_code, result.stdout) == (1, '')
    return {row['name']: row['outcome'] for row in plan['away']}, 0


class Lane:
    """Two hosts in a zone of their own, of which one at a time is drained."""

    def __init__(
        self, cloud: test_cloud.Cloud, number: int, hosts: tuple[str, ...]
    ) -> None:
        self._cloud = cloud
        self._zone = f'lane{number}'
        self._hosts = hosts
        self._admin = people.Person(cloud, 'admin')
        self._somebody_else = draining.somebody_else(self._admin)
        zone = self._admin.compute.create_aggregate(
            name=self._zone, availability_zone=self._zone
        )
        for host in hosts:
            self._admin.compute.add_host_to_aggregate(zone, host)

    def play(self, story: stories.Story, *, interfering: bool = False) -> bool:
        """Do what the story says, and ask Nova afterwards.

        :param interfering: whether somebody else moves a server after the
            first kill, and leaves it unconfirmed
        :returns: whether a run was killed, or, where somebody interferes,
            whether that came to pass
        """
        self._hosts = self._hosts[::-1]
        with contextlib.ExitStack() as stack:
            servers = self._boot(story, stack)
            directory = tempfile.mkdtemp(dir=self._cloud.directory)
            file = pathlib.Path(directory, 'plan.json')
            foreign = None
            results: list[program.Result] = []
            for moment in (*story.kills, None):
                results.append(self._run(story, file, moment))
                if results[-1].exit_code != KILLED:
                    break
                if interfering and foreign is None:
                    foreign = self._interfere(servers)
            try:
                draining.assert_readable(file)
                self._check(story, servers, foreign, results[-1], file)
            except (AssertionError, ValueError) as error:
                error.add_note('\n'.join(map(str, (story, *results))))
                raise
        return foreign is not None if interfering else len(results) > 1

    def _boot(
        self, story: stories.Story, stack: contextlib.ExitStack
    ) -> tuple[people.Server, ...]:
        host = self._hosts[0]
        stack.callback(self._admin.enable, host)
        servers = draining.ask_for(
            self._admin, story.servers, self._zone, host
        )
        stack.callback(self._remove, servers)
        draining.await_all(self._admin, servers, story.servers)
        return tuple(servers)

    def _remove(self, servers: list[people.Server]) -> None:
        for server in servers:
            self._admin.delete(server)
        for server in servers:
            self._admin.await_status(server.id, '')

    def _run(
        self,
        story: stories.Story,
        file: pathlib.Path,
        moment: stories.Moment | None,
    ) -> program.Result:
        """Run the drain; the plan is whole at any moment.

        :param moment: when it is killed
        """
        words = [
            *draining.DRAIN, '-f', 'json', '--yes', '--plan', str(file),
            '--parallel', str(story.parallel), self._hosts[0],
        ]  # fmt: skip
        run = Run(self._cloud.environment(), *words)
        with contextlib.closing(run):
            if moment is None:
                return run.wait()
            self._watch(run, file, lambda: run.lines >= moment.lines)
            until = time.monotonic() + moment.seconds
            self._watch(run, file, lambda: time.monotonic() >= until)
            if not run.is_over:
                run.kill()
                _look_at(file)
            return run.wait()

    def _watch(
        self, run: Run, file: pathlib.Path, done: Callable[[], bool]
    ) -> None:
        deadline = time.monotonic() + program.LIMIT
        while not done() and not run.is_over:
            assert time.monotonic() < deadline, str(run.lines)
            time.sleep(LOOK_EVERY)
            _look_at(file)

    def _interfere(
        self, servers: tuple[people.Server, ...]
    ) -> people.Server | None:
        """Have somebody else move the last server that nobody moves yet."""
        for server in reversed(servers):
            if self._admin.records(server.id):
                continue
            try:
                self._somebody_else.migrate_server(server.id)
            except sdk_exceptions.ConflictException:
                # The request of the run that was killed came first.
                continue
            return server
        return None

    def _check(
        self,
        story: stories.Story,
        servers: tuple[people.Server, ...],
        foreign: people.Server | None,
        result: program.Result,
        file: pathlib.Path,
    ) -> None:
        """Nothing is lost, nothing doubled, and nobody else's is touched."""
        told, exit_code = _told(result, file)
        for server, wanted in zip(servers, story.servers, strict=True):
            expected = truths.MOVED_LIVE
            if server is foreign:
                expected = truths.NOT_CONFIRMED
            elif wanted.stopped:
                expected = truths.MOVED_COLD
            if server is not foreign:
                assert told[server.name] in ARRIVED, server.name
            found = truths.truth(self._admin, server)
            assert found == expected, f'{server.name}: {found}'
        assert told.keys() == {server.name for server in servers}
        assert exit_code == (8 if foreign else 0)
        host = self._hosts[0]
        assert not truths.servers_on(self._admin, host)
        assert truths.service(self._admin, host)[0] == 'disabled'
        assert 'Traceback' not in result.stderr


def _look_at(file: pathlib.Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        draining.assert_readable(file)


def play_all(
    cloud: test_cloud.Cloud,
    told: Iterable[stories.Story],
    *,
    interfering: bool = False,
) -> int:
    """Play stories side by side; say of all what is wrong.

    :returns: how many of them came to what they were to be about
    """
    waiting: queue.SimpleQueue[stories.Story] = queue.SimpleQueue()
    for story in told:
        waiting.put(story)
    wrong: list[Any] = []

    def play(lane: Lane) -> int:
        count = 0
        with contextlib.suppress(queue.Empty):
            while True:
                story = waiting.get_nowait()
                try:
                    count += lane.play(story, interfering=interfering)
                except Exception as error:
                    error.add_note(f'seed {story.seed}')
                    wrong.append(sys.exc_info())
        return count

    with futures.ThreadPoolExecutor(LANES) as pool:
        counted = sum(pool.map(play, _lanes(cloud)))
    if wrong:
        raise testtools.MultipleExceptions(*wrong)
    return counted


@functools.cache
def _lanes(cloud: test_cloud.Cloud) -> tuple[Lane, ...]:
    hosts = cloud.compute_hosts
    return tuple(
        Lane(cloud, number, hosts[number::LANES]) for number in range(LANES)
    )
