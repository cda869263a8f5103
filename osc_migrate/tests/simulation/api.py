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


class Api:
    """The requests that change something; each is answered at once.

    :ivar begun: How many moves of each server were taken, by its ID.
    :ivar confirmed: How many confirms of it were taken.
    :ivar fates: What became, or will become, of the last move of a server.
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
        self._world = world
        self._odds = odds
        self._seed = seed
        self._courses: dict[str, steps.Course] = {}
        self._moving = moving.Moving(
            world, clock, live_at_once, self._has_ended
        )

    def migrate(
        self,
        server_id: str,
        kind: moves.Kind,
        host: str | None,
        user: str | None,
    ) -> str:
        """``migrate`` or ``os-migrateLive``: 202 once the task is named."""
        server = self._resting(server_id, kind.action, MOVABLE[kind])
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
        fate = self._odds.fate(dice)
        destination = self._chosen(source, host, dice)
        if destination is None:
            fate = Fate.NO_VALID_HOST
        table = TABLES[kind].get(fate, TABLES[kind][Fate.GOOD])
        if fate is Fate.DELETED:
            table = table[: dice.randint(1, len(table))] + steps.DELETION
        self.fates[server_id] = fate
        self._world.save(server_id, task_state=TASKS[kind])
        request_id = self._world.begin_action(server_id, kind.action, user)
        course = self._courses[server_id] = steps.Course(
            server_id, kind, fate, source, destination,
            server.vm_state or '', user, request_id, dice,
        )  # fmt: skip
        self._moving.follow(course, table)
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
        course = self._courses[server_id]
        course.request_id = self._world.begin_action(
            server_id, 'confirmResize', user
        )
        self.confirmed[server_id] += 1
        self._moving.follow(
            course, cold.CONFIRMS.get(course.fate, cold.CONFIRMED)
        )
        return course.request_id

    def revert(self, server_id: str, user: str | None) -> str:
        """202 once the server is in REVERT_RESIZE."""
        record = self._awaiting(server_id, 'revertResize')
        self._world.save(server_id, task_state='resize_reverting')
        self._world.save_record(str(record.uuid), status='reverting')
        course = self._courses[server_id]
        course.request_id = self._world.begin_action(
            server_id, 'revertResize', user
        )
        off = course.was == 'stopped'
        self._moving.follow(
            course, cold.REVERTED_OFF if off else cold.REVERTED
        )
        return course.request_id

    def abort(self, server_id: str, record_id: int, user: str | None) -> str:
        """The end of a live migration that is queued or copies."""
        record = self._live(
            server_id, record_id, ('queued', 'preparing', 'running')
        )
        table = live.ABORTED if record.status == 'running' else live.CANCELLED
        request_id = self._world.begin_action(
            server_id, 'live_migration_cancel', user
        )
        self._moving.follow(self._courses[server_id], table)
        return request_id

    def force_complete(
        self, server_id: str, record_id: int, user: str | None
    ) -> str:
        """Only of one that copies."""
        self._live(server_id, record_id, ('running',))
        request_id = self._world.begin_action(
            server_id, 'live_migration_force_complete', user
        )
        self._moving.follow(self._courses[server_id], live.FORCED)
        return request_id

    def delete(self, server_id: str) -> None:
        """The owner deletes it, whatever is under way."""
        course = self._courses.get(server_id)
        if course is not None:
            self._moving.follow(course, steps.DELETION)
        elif server_id in self._world.servers:
            self._world.begin_action(server_id, 'delete', 'user-owner')
            self._world.delete(server_id)

    def _resting(
        self, server_id: str, action: str, fit: frozenset[str]
    ) -> facts.Server:
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
        self._resting(server_id, action, frozenset({'resized'}))
        for record in self._world.records_of(server_id):
            if record.status == 'finished':
                return record
        _refuse(400, 'Instance has not been resized.')

    def _live(
        self, server_id: str, record_id: int, fit: tuple[str, ...]
    ) -> facts.MigrationRecord:
        if server_id not in self._world.servers:
            _refuse(404, f'Instance {server_id} could not be found.')
        for record in self._world.records_of(server_id):
            if record.id == record_id and record.status in fit:
                return record
        _refuse(400, f'Migration {record_id} is not in a state for that.')

    def _has_ended(self, course: steps.Course) -> None:
        """Forget a move with which nothing more can be done."""
        record = self._world.records.get(course.record_uuid)
        if record is None or record.status in moves.TERMINAL:
            self._courses.pop(course.server_id, None)


def _refuse(status: int, message: str) -> NoReturn:
    raise exceptions.ApiError(message, status=status)
