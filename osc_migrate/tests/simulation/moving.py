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

"""Carries moves through their tables, one write after the other."""

import collections
from collections.abc import Callable, Iterable, Iterator, Mapping
import functools

from osc_migrate.tests.simulation import agenda
from osc_migrate.tests.simulation import steps
from osc_migrate.tests.simulation import world as worlds

#: A move that waits for its turn, its leg, and what makes it go on.
Waiting = tuple[steps.Course, int, Callable[[], None]]


class Moving:
    """Nova's services at work: every write is due on the clock.

    :param live_at_once: Live migrations that a host runs at once, as
        ``max_concurrent_live_migrations`` says.
    :param done: Told of a move whose table has ended.
    :ivar slow: Seconds that a step takes longer, by its number, from 1 on.
    :ivar begun: How many steps were begun.
    """

    def __init__(
        self,
        world: worlds.World,
        clock: agenda.Clock,
        live_at_once: int,
        done: Callable[[steps.Course], None],
    ) -> None:
        self.slow: Mapping[int, float] = {}
        self.begun = 0
        self._world = world
        self._clock = clock
        self._live_at_once = live_at_once
        self._done = done
        self._running: collections.Counter[str] = collections.Counter()
        self._queues: dict[str, collections.deque[Waiting]] = {}
        self._lives: collections.Counter[str] = collections.Counter()
        self._dead: dict[str, list[Callable[[], None]]] = {}

    def follow(
        self, course: steps.Course, table: Iterable[steps.Step]
    ) -> None:
        """Carry out a table; what the move followed before is dropped."""
        course.leg += 1
        self._go_on(course, iter(table), None)

    def kill(self, host: str) -> None:
        """nova-compute of a host dies: what it was at is never done."""
        self._dead.setdefault(host, [])
        self._lives[host] += 1

    def revive(self, host: str) -> None:
        """It is back, and reads the messages that came meanwhile."""
        for message in self._dead.pop(host, ()):
            message()

    def _go_on(
        self,
        course: steps.Course,
        table: Iterator[steps.Step],
        before: steps.Step | None,
    ) -> None:
        step = next(table, None)
        if step is None:
            self._leave(course)
            self._done(course)
            return
        self.begun += 1
        seconds = course.dice.uniform(step.shortest, step.longest)
        if not step.firm:
            seconds += self.slow.get(self.begun, 0.0)
        host = _host(course, step)
        is_message = before is None or before.by != step.by
        write = functools.partial(
            self._write, course, course.leg, step, table,
            None if is_message else self._lives[host],
        )  # fmt: skip
        wait = functools.partial(self._clock.after, seconds, write)
        if step.queues and not self._enter(course):
            queue = self._queues.setdefault(course.source, collections.deque())
            queue.append((course, course.leg, wait))
            return
        wait()

    def _write(
        self,
        course: steps.Course,
        leg: int,
        step: steps.Step,
        table: Iterator[steps.Step],
        life: int | None,
    ) -> None:
        host = _host(course, step)
        if leg != course.leg:
            # Something else was begun with the server meanwhile.
            return
        if course.server_id not in self._world.servers:
            steps.broken_off(steps.NOT_FOUND)(self._world, course)
            return
        if life is not None and life != self._lives[host]:
            # The service died in the middle of it.
            return
        if life is None and host in self._dead:
            again = functools.partial(
                self._write, course, leg, step, table, None
            )
            self._dead[host].append(again)
            return
        try:
            for write in step.writes:
                write(self._world, course)
        except steps.Unexpected as unexpected:
            self.follow(course, steps.conflicted(course, unexpected))
            return
        self._go_on(course, table, step)

    def _enter(self, course: steps.Course) -> bool:
        """Take a place among the live migrations of the host, if free."""
        if self._running[course.source] >= self._live_at_once:
            return False
        self._running[course.source] += 1
        course.has_slot = True
        return True

    def _leave(self, course: steps.Course) -> None:
        """Give the place to whoever has waited longest for it."""
        if not course.has_slot:
            return
        course.has_slot = False
        self._running[course.source] -= 1
        queue = self._queues.get(course.source)
        while queue:
            waiting, leg, go_on = queue.popleft()
            if leg == waiting.leg:
                self._enter(waiting)
                go_on()
                return


def _host(course: steps.Course, step: steps.Step) -> str:
    """Where a step is done; the conductor is everywhere."""
    hosts = {
        steps.SOURCE: course.source,
        steps.DESTINATION: course.destination,
    }
    return hosts.get(step.by or '') or ''
