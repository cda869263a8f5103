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

"""What the simulated Nova answers to a request, and what it begins then.

Anybody may be the one who asks: tests let other users confirm, revert or
delete in between.
"""

import collections
import dataclasses
import random
from typing import NoReturn

from osc_migrate.engine import facts
from osc_migrate.engine import move as moves
from osc_migrate import exceptions
from osc_migrate.tests.simulation import agenda
from osc_migrate.tests.simulation import chances
from osc_migrate.tests.simulation.chances import Fate
from osc_migrate.tests.simulation import cold
from osc_migrate.tests.simulation import live
from osc_migrate.tests.simulation import moving
from osc_migrate.tests.simulation import steps
from osc_migrate.tests.simulation import world as worlds

#: vm_states from which Nova moves a server (``compute/api.py``).
MOVABLE = {
    moves.Kind.COLD: frozenset({'active', 'stopped'}),
    moves.Kind.LIVE: frozenset({'active', 'paused'}),
}
TABLES = {moves.Kind.COLD: cold.MOVES, moves.Kind.LIVE: live.MOVES}
TASKS = {moves.Kind.COLD: 'resize_prep', moves.Kind.LIVE: 'migrating'}


@dataclasses.dataclass(frozen=True, slots=True)
class Taken:
    """A request to change something that Nova took.

    :ivar at: Seconds of the clock.
    :ivar name: The instance action.
    :ivar user: Who asked; None is Nova itself.
    :ivar record_uuid: The migration record that it hit, '' for one to come.
    """

    at: float
    server_id: str
    name: str
    user: str | None
    request_id: str
    record_uuid: str = ''


class Api:
    """The requests that change something; each is answered at once.

    :ivar begun: How many moves of each server were taken, by its ID.
    :ivar confirmed: How many confirms of it were taken.
    :ivar fates: What became, or will become, of the last move of a server.
    :ivar taken: Everything that was taken, in its order.
    :ivar courses: The moves of each server, the first one first.
    """

    def __init__(
        self,
        world: worlds.World,
        clock: agenda.Clock,
        odds: chances.Chances,
        seed: int,
        live_at_once: int,
    ) -> None:
        self.begun: collections.Counter[str] = collections.Counter()
        self.confirmed: collections.Counter[str] = collections.Counter()
        self.fates: dict[str, Fate] = {}
        self.taken: list[Taken] = []
        self.courses: dict[str, list[steps.Course]] = {}
        self._world = world
        self._clock = clock
        self._odds = odds
        self._seed = seed
        self._latest: dict[str, steps.Course] = {}
        self.moving = moving.Moving(
            world, clock, live_at_once, self._has_ended
        )

    def migrate(
        self,
        server_id: str,
        kind: moves.Kind,
        host: str | None,
        user: str | None,
        action: str | None = None,
        fate: Fate | None = None,
    ) -> str:
        """``migrate``, ``resize`` or ``os-migrateLive``.

        202 once the task is named.

        :param action: ``resize`` for another flavor, in the way of a cold
            migration.
        :param fate: How it goes on, where chance is not to say.
        """
        action = action or kind.action
        server = self.resting(server_id, action, MOVABLE[kind])
        source = server.host or ''
        if host is not None and host not in self._world.services:
            _refuse(400, f'Compute host {host} could not be found.')
        if kind is moves.Kind.COLD and host == source:
            _refuse(400, 'Cannot migrate to the host where the server exists.')
        if kind is moves.Kind.COLD and not self._world.services[source].up:
            _refuse(409, 'Service is unavailable at this time.')
        self.begun[server_id] += 1
        dice = random.Random(
            f'{self._seed} {server_id} {self.begun[server_id]}'
        )
        chance = self._odds.fate(dice)
        fate = chance if fate is None else fate
        destination = self._chosen(source, host, dice)
        if destination is None or (
            kind is moves.Kind.LIVE and not self._world.services[source].up
        ):
            fate = Fate.NO_VALID_HOST
        table = TABLES[kind].get(fate, TABLES[kind][Fate.GOOD])
        if fate is Fate.DELETED:
            table = table[: dice.randint(1, len(table))] + steps.DELETION
        self.fates[server_id] = fate
        self._world.save(server_id, task_state=TASKS[kind])
        request_id = self.begin(server_id, action, user)
        course = self._latest[server_id] = steps.Course(
            server_id, kind, fate, source, destination,
            server.vm_state or '', user, request_id, dice,
            'resize' if action == 'resize' else str(kind), began=request_id,
        )  # fmt: skip
        self.courses.setdefault(server_id, []).append(course)
        self.moving.follow(course, table)
        return request_id

    def begin(
        self,
        server_id: str,
        name: str,
        user: str | None,
        record_uuid: str | None = '',
    ) -> str:
        """Write down what was taken; returns the ID of the request."""
        request_id = self._world.begin_action(server_id, name, user)
        self.taken.append(
            Taken(
                self._clock.now(), server_id, name, user, request_id,
                str(record_uuid),
            )
        )  # fmt: skip
        return request_id

    def _chosen(
        self, source: str, host: str | None, dice: random.Random
    ) -> str | None:
        """The scheduler's: a host that is up, enabled and another one."""
        fit = [
            service.host
            for service in self._world.services.values()
            if service.up and service.enabled and service.host != source
            and host in (None, service.host)
        ]  # fmt: skip
        return dice.choice(fit) if fit else None

    def confirm(self, server_id: str, user: str | None) -> str:
        """204 once the record is ``confirming``; no task is named."""
        record = self._awaiting(server_id, 'confirmResize')
        if not self._world.services[record.source_host or ''].up:
            _refuse(409, 'Service is unavailable at this time.')
        self._world.save_record(str(record.uuid), status='confirming')
        course = self.course(server_id, record)
        course.request_id = self.begin(
            server_id, 'confirmResize', user, record.uuid
        )
        self.confirmed[server_id] += 1
        self.moving.follow(
            course, cold.CONFIRMS.get(course.fate, cold.CONFIRMED)
        )
        return course.request_id

    def course(
        self, server_id: str, record: facts.MigrationRecord
    ) -> steps.Course:
        """The move that has this record: the last, if one took it up."""
        return next(
            course
            for course in reversed(self.courses[server_id])
            if course.record_uuid == record.uuid
        )

    def revert(self, server_id: str, user: str | None) -> str:
        """202 once the server is in REVERT_RESIZE."""
        record = self._awaiting(server_id, 'revertResize')
        self._world.save(server_id, task_state='resize_reverting')
        self._world.save_record(str(record.uuid), status='reverting')
        course = self.course(server_id, record)
        course.request_id = self.begin(
            server_id, 'revertResize', user, record.uuid
        )
        off = course.was == 'stopped'
        self.moving.follow(course, cold.REVERTED_OFF if off else cold.REVERTED)
        return course.request_id

    def abort(self, server_id: str, record_id: int, user: str | None) -> str:
        """The end of a live migration that is queued or copies."""
        record = self._live(
            server_id, record_id, ('queued', 'preparing', 'running')
        )
        table = live.ABORTED if record.status == 'running' else live.CANCELLED
        request_id = self.begin(
            server_id, 'live_migration_cancel', user, record.uuid
        )
        self.moving.follow(self.course(server_id, record), table)
        return request_id

    def force_complete(
        self, server_id: str, record_id: int, user: str | None
    ) -> str:
        """Only of one that copies."""
        record = self._live(server_id, record_id, ('running',))
        request_id = self.begin(
            server_id, 'live_migration_force_complete', user, record.uuid
        )
        self.moving.follow(self.course(server_id, record), live.FORCED)
        return request_id

    def delete(self, server_id: str) -> None:
        """The owner deletes it, whatever is under way."""
        course = self._latest.get(server_id)
        if course is not None:
            self.moving.follow(course, steps.DELETION)
        elif server_id in self._world.servers:
            self._world.begin_action(server_id, 'delete', 'user-owner')
            self._world.delete(server_id)

    def remove(self, server_id: str, user: str | None) -> None:
        """DELETE names its task before it is answered.

        What else Nova is at work on goes on until it meets that.
        """
        server = self._world.servers.get(server_id)
        if server is None:
            _refuse(404, f'Instance {server_id} could not be found.')
        if server.task_state == 'deleting':
            return
        self._world.save(server_id, task_state='deleting')
        request_id = self.begin(server_id, 'delete', user)
        host = server.host or ''
        course = steps.Course(
            server_id, moves.Kind.COLD, Fate.DELETED, host, host,
            server.vm_state or '', user, request_id,
            random.Random(f'{self._seed} {request_id}'), began=request_id,
        )  # fmt: skip
        self.moving.follow(course, steps.REMOVAL)

    def resting(
        self, server_id: str, action: str, fit: frozenset[str]
    ) -> facts.Server:
        """A server without a task, in one of these vm_states."""
        server = self._world.servers.get(server_id)
        if server is None:
            _refuse(404, f'Instance {server_id} could not be found.')
        said = f"Cannot '{action}' instance {server_id} while it is in "
        if server.vm_state not in fit:
            _refuse(409, f'{said}vm_state {server.vm_state}')
        if server.task_state is not None:
            _refuse(409, f'{said}task_state {server.task_state}')
        return server

    def _awaiting(self, server_id: str, action: str) -> facts.MigrationRecord:
        """The record that is finished: neither request names one."""
        self.resting(server_id, action, frozenset({'resized'}))
        # Unordered, which is the order in which they were made.
        for record in reversed(self._world.records_of(server_id)):
            if record.status == 'finished':
                return record
        _refuse(400, 'Instance has not been resized.')

    def _live(
        self, server_id: str, record_id: int, fit: tuple[str, ...]
    ) -> facts.MigrationRecord:
        server = self._world.servers.get(server_id)
        if server is None:
            _refuse(404, f'Instance {server_id} could not be found.')
        if server.task_state != 'migrating':
            _refuse(409, f'Instance {server_id} is not being moved live.')
        for record in self._world.records_of(server_id):
            if record.id == record_id and record.status in fit:
                return record
        _refuse(400, f'Migration {record_id} is not in a state for that.')

    def _has_ended(self, course: steps.Course) -> None:
        """Forget a move with which nothing more can be done."""
        record = self._world.records.get(course.record_uuid)
        if record is None or record.status in moves.TERMINAL:
            self._latest.pop(course.server_id, None)


def _refuse(status: int, message: str) -> NoReturn:
    raise exceptions.ApiError(message, status=status)
