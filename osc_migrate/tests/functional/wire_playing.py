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

"""Runs of the command on a wire that fails, side by side."""

from collections.abc import Callable, Iterable
from concurrent import futures
import contextlib
import itertools
import math
import queue
import shlex
import sys
from typing import Any

import testtools

from osc_migrate.tests import cloud as test_cloud
from osc_migrate.tests.functional import nursery
from osc_migrate.tests.functional import people
from osc_migrate.tests.functional import program
from osc_migrate.tests.functional import promises
from osc_migrate.tests.functional import wire_cells
from osc_migrate.tests.functional import wire_stories
from osc_migrate.tests import wire

#: Runs at once: most of a run is waiting.
LANES = 6
#: ``api_timeout`` where a client has to run into it.
IMPATIENT = 5
#: Seconds that a run may last beyond its time limit: the last look, the
#: confirm that is under way, the final show; the minute after
#: ``--on-timeout`` and the patience before the request and for the show come
#: on top.
BEYOND, EXTRA, PATIENCE = 25.0, 65.0, 35.0
#: Seconds for one run, however slow the machine is: the time limits above
#: are those of the promise.
LIMIT = 400.0
#: Who finds out later did not confirm it, where the first run had.
FOUND_OUT = {'confirmed': {'confirmed', 'confirmed-elsewhere'}}
_names = itertools.count(1)

Cell = wire_cells.Cell
Lasts = wire_cells.Lasts


class Lane:
    """A server after the other, which cell after cell is played on."""

    def __init__(self, cloud: test_cloud.Cloud) -> None:
        self._cloud = cloud
        self._admin = people.Person(cloud, 'admin')
        self._story: wire_stories.Story | None = None
        self._server: people.Server | None = None

    def play(self, cell: Cell) -> str:
        """Play a cell, check every promise; return how it ended."""
        story = wire_stories.STORIES[cell.row.story]
        settings: dict[str, Any] = {}
        if any(wire.FAULTS[one.column.fault].slow for one in cell.all):
            settings['api_timeout'] = IMPATIENT
        with wire.Wire(self._cloud, **settings) as between:
            run = Played(
                self._cloud, self._admin, self._ready(story), story, between
            )
            for one in cell.all:
                self._plan(between, one)
            try:
                ended = run.through(cell)
            except BaseException as error:
                self._remove()
                error.add_note(run.told())
                raise
            if run.is_spoilt:
                self._remove()
            return ended

    def _plan(self, between: wire.Wire, cell: Cell) -> None:
        column, first = cell.column, cell.row.number
        if column.lasts is Lasts.EVER:
            always = wire.When(first, count=math.inf)
            between.fail(cell.row.step, column.fault, always)
            return
        lasts = math.inf
        if column.lasts is Lasts.BRIEFLY:
            lasts = wire_cells.BRIEF
        between.fail(cell.row.step, column.fault, wire.When(first), lasts)

    def _ready(self, story: wire_stories.Story) -> people.Server:
        """Return a server at rest for this story."""
        if self._server is None or self._story is not story:
            self._remove()
            self._story = story
            self._server = self._boot(story)
        return self._server

    def _boot(self, story: wire_stories.Story) -> people.Server:
        name = f'wire{next(_names)}'
        server_id = self._admin.boot(name, people.metadata(story.steps))
        seen = self._admin.await_status(server_id, 'ACTIVE', 'ERROR')
        assert seen.status == 'ACTIVE' and seen.host is not None
        if story.stopped:
            self._admin.compute.stop_server(server_id)
            self._admin.await_status(server_id, 'SHUTOFF')
        return people.Server(server_id, name, seen.host)

    def _remove(self) -> None:
        if self._server is not None:
            self._admin.compute.delete_server(
                self._server.id, ignore_missing=True
            )
            self._server = None

    def close(self) -> None:
        self._remove()


class Played:
    """One run, and what is found out of it afterwards."""

    def __init__(
        self,
        cloud: test_cloud.Cloud,
        admin: people.Person,
        server: people.Server,
        story: wire_stories.Story,
        between: wire.Wire,
    ) -> None:
        self._cloud = cloud
        self._admin = admin
        self._story = story
        self._between = between
        self._marked = promises.mark(admin, server)
        self._results: list[program.Result] = []
        self._truth: promises.Since | None = None
        #: The server is not as it was before.
        self.is_spoilt = False

    def through(self, cell: Cell) -> str:
        """Run it through the wire; return how it ended."""
        if self._story.begun:
            self._admin.migrate(self._marked.server)
            self._admin.await_status(self._marked.server.id, 'VERIFY_RESIZE')
        result = self._run(cell)
        self._between.settle()
        passed = self._between.passed()
        self._check_wire(cell, passed, result)
        promises.assert_output(result)
        self._truth = promises.since(self._admin, self._marked)
        allowed = wire_cells.allowed(cell, self._story.outcome)
        if result.exit_code == 1:
            assert 'refused' in allowed, 'refused'
            self._assert_nothing_asked()
            return 'refused'
        outcome = str(result.fields['outcome'])
        assert outcome in allowed, outcome
        promises.assert_true(outcome, self._truth)
        promises.assert_once(self._truth)
        shown = '' if 'status' in result.fields else ', not shown'
        if outcome == self._story.outcome:
            assert self._truth == self._story.truth, str(self._truth)
            return outcome + shown
        then = self._find_out(result)
        return f'{outcome}, then {then}'

    def _run(self, cell: Cell) -> program.Result:
        server, story = self._marked.server, self._story
        # Who attaches is told by the ID what is to be taken over.
        timeout = str(story.timeout or cell.timeout)
        words = ('server', 'migrate-and-wait', '-f', 'json', *story.options,
                 '--timeout', timeout, server.name)  # fmt: skip
        return self._started(self._between.environment(), *words)

    def _started(self, env: dict[str, str], *words: str) -> program.Result:
        run = nursery.Running(env, *words)
        with contextlib.closing(run):
            self._results.append(run.wait(LIMIT))
        return self._results[-1]

    def _check_wire(
        self, cell: Cell, passed: list[wire.Passed], result: program.Result
    ) -> None:
        ever = cell.column.lasts is Lasts.EVER
        # On a slow machine the time limit may come first.
        too_early = ever and result.exit_code == promises.EXITS['timeout']
        met = any(p.fault for p in passed)
        assert met or too_early, 'no request met the fault'
        promises.assert_looks_first(passed)
        promises.assert_waits_as_told(passed)
        promises.assert_few(passed)
        if ever:
            self._assert_in_time(cell, passed)

    def _assert_in_time(self, cell: Cell, passed: list[wire.Passed]) -> None:
        took = passed[-1].ended - passed[0].time
        limit = (self._story.timeout or cell.timeout) + BEYOND
        if self._story.timeout:
            limit += EXTRA
        if cell.row.before or cell.row.step in ('request', 'final show'):
            limit += PATIENCE
        assert took <= limit, f'it took {took:.0f} s'

    def _assert_nothing_asked(self) -> None:
        assert self._truth is not None
        if self._story.begun:
            promises.assert_once(self._truth)
            assert not self._truth.confirms
            self.is_spoilt = True
            return
        promises.assert_untouched(self._marked, self._truth)

    def _find_out(self, result: program.Result) -> str:
        """Do what standard error says finds it out, the wire being well."""
        self._between.restore()
        self.is_spoilt = True
        if result.fields['outcome'] == 'unconfirmed':
            return 'left to a person'
        words = shlex.split(result.resume)[1:]
        words[words.index('--timeout') + 1] = '100'
        found = self._started(self._cloud.environment(), *words)
        promises.assert_output(found)
        self._truth = promises.since(self._admin, self._marked)
        promises.assert_once(self._truth)
        if not found.stdout and not self._truth.moves:
            # There is nothing to be taken over, as it says.
            self._assert_nothing_asked()
            return 'nothing had been asked'
        outcome = found.fields['outcome'] if found.stdout else 'refused'
        assert outcome in FOUND_OUT.get(
            self._story.outcome, {self._story.outcome}
        ), f'then {outcome}'
        assert self._truth == self._story.truth, str(self._truth)
        return str(outcome)

    def told(self) -> str:
        """Return all that is known, for who reads why it went wrong."""
        lines = [
            f'{p.time:.2f} +{p.ended - p.time:.2f} {p.step} {p.number} '
            f'{p.method} {p.path[:60]} {p.fault} {p.taken} {p.status}'
            for p in self._between.passed()
        ]
        parts = [*map(str, self._results), str(self._truth), *lines]
        return '\n'.join(parts)


def play_all(
    cloud: test_cloud.Cloud,
    cells: Iterable[Cell],
    tell: Callable[[Cell, str], None] = lambda cell, ended: None,
    lanes: int = LANES,
) -> list[Any]:
    """Play cells side by side.

    :param tell: told how each ended
    :returns: what went wrong, as :func:`sys.exc_info` has it
    """
    waiting: queue.SimpleQueue[Cell] = queue.SimpleQueue()
    for cell in cells:
        waiting.put(cell)
    wrong: list[Any] = []

    def play(lane: Lane) -> None:
        with contextlib.closing(lane), contextlib.suppress(queue.Empty):
            while True:
                cell = waiting.get_nowait()
                try:
                    ended = lane.play(cell)
                except Exception as error:
                    error.add_note(cell.name)
                    wrong.append(sys.exc_info())
                    tell(cell, f'WRONG: {str(error) or repr(error)}')
                else:
                    tell(cell, ended)

    with futures.ThreadPoolExecutor(lanes) as pool:
        list(pool.map(play, [Lane(cloud) for _lane in range(lanes)]))
    return wrong


def assert_all(cloud: test_cloud.Cloud, cells: Iterable[Cell]) -> None:
    """Play cells; say of all what is wrong."""
    wrong = play_all(cloud, cells)
    if wrong:
        raise testtools.MultipleExceptions(*wrong)
