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

"""The doors to the simulated Nova: they count, take time, and may fail."""

import collections
from collections.abc import Callable
import dataclasses
import datetime
import random
from typing import TypeVar

from osc_migrate.engine import facts
from osc_migrate.engine import move as moves
from osc_migrate.engine import turns
from osc_migrate import exceptions
from osc_migrate.tests.simulation import agenda
from osc_migrate.tests.simulation import api as apis
from osc_migrate.tests.simulation import chances
from osc_migrate.tests.simulation import population
from osc_migrate.tests.simulation import world as worlds

ME = 'user-me'
#: Seconds that one request takes.
LATENCY = 0.02
#: Rows of one page of all migrations of a host, and of one of the newest.
PAGE, SMALL_PAGE = 1000, 100

T = TypeVar('T')


class Nova:
    """A cloud, and the doors to it of one admin.

    Two with the same seed that are asked the same do the same. What becomes
    of a move hangs on the seed and the server alone, not on the order in
    which moves are asked for.

    :ivar api: What others ask of Nova.
    :ivar world: What is true, whoever may see it.
    :ivar requests: How often each kind of request was made; ``records_from``
        counts pages.
    :ivar lost: Servers of which a request, or its answer, was lost.
    """

    def __init__(
        self,
        clock: agenda.Clock,
        size: population.Size,
        odds: chances.Chances = chances.CALM,
        *,
        seed: int = 0,
        live_at_once: int = 1,
        latency: float = LATENCY,
    ) -> None:
        self.user_id: str | None = ME
        self.project_id: str | None = 'project-ours'
        self.roles = frozenset({'admin', 'member'})
        self.checks_source = True
        self.requests: collections.Counter[str] = collections.Counter()
        self.lost: set[str] = set()
        self.world = worlds.World(clock)
        self.api = apis.Api(self.world, clock, odds, seed, live_at_once)
        self._clock = clock
        self._odds = odds
        self._dice = random.Random(f'{seed} faults')
        self._latency = latency
        population.populate(self.world, size, seed)

    def settle(self) -> None:
        """Let everything come to its end that has been begun."""
        while self._clock.turn():
            pass

    def utc(self) -> datetime.datetime:
        return self._clock.utc()

    def hurry(self, seconds: float) -> None:
        """No look takes longer than a moment."""

    def find(self, name_or_id: str) -> tuple[facts.Server, ...]:
        return self._read('find', lambda: self.world.named(name_or_id))

    def server(self, server_id: str) -> facts.Server | None:
        return self._read('server', lambda: self.world.servers.get(server_id))

    def records(self, server_id: str) -> facts.Records:
        return self._read('records', lambda: self.world.records_of(server_id))

    def actions(self, server_id: str) -> facts.Actions:
        return self._read('actions', lambda: self.world.actions_of(server_id))

    def events(
        self, server_id: str, request_id: str
    ) -> tuple[facts.ActionEvent, ...]:
        return self._read('events', lambda: self.world.events_of(request_id))

    def service(self, host: str) -> facts.ComputeService | facts.Missing:
        services = self.world.services
        return self._read(
            'service', lambda: services.get(host, facts.Missing.NOT_READ)
        )

    def transfer(
        self, server_id: str, record: facts.MigrationRecord
    ) -> facts.Transfer | None:
        return self._read('transfer', lambda: _bytes(record))

    def cold_migrate(self, server_id: str, host: str | None) -> str | None:
        kind = moves.Kind.COLD
        return self._change(
            'migrate',
            server_id,
            lambda: self.api.migrate(server_id, kind, host, self.user_id),
        )

    def live_migrate(
        self, server_id: str, host: str | None, block_migration: bool | None
    ) -> str | None:
        kind = moves.Kind.LIVE
        return self._change(
            'live-migrate',
            server_id,
            lambda: self.api.migrate(server_id, kind, host, self.user_id),
        )

    def confirm(self, server_id: str) -> str | None:
        return self._change(
            'confirm',
            server_id,
            lambda: self.api.confirm(server_id, self.user_id),
        )

    def revert(self, server_id: str) -> str | None:
        return self._change(
            'revert',
            server_id,
            lambda: self.api.revert(server_id, self.user_id),
        )

    def abort(self, server_id: str, record_id: int) -> str | None:
        return self._change(
            'abort',
            server_id,
            lambda: self.api.abort(server_id, record_id, self.user_id),
        )

    def force_complete(self, server_id: str, record_id: int) -> str | None:
        return self._change(
            'force',
            server_id,
            lambda: self.api.force_complete(
                server_id, record_id, self.user_id
            ),
        )

    def servers_on(self, host: str) -> tuple[facts.Server, ...]:
        return self._read('servers_on', lambda: self.world.servers_on(host))

    def records_from(
        self, host: str, until: frozenset[str]
    ) -> dict[str, tuple[facts.MigrationRecord, ...]]:
        """Page by page, up to the first page with one of ``until``."""
        with self._clock.meter:
            found: dict[str, list[facts.MigrationRecord]] = {}
            size = SMALL_PAGE if until else PAGE
            for page in self.world.pages_from(host, size):
                self._pass('records_from', self._odds.unreadable)
                for server_id, record in page:
                    found.setdefault(server_id, []).append(record)
                if until and any(record.uuid in until for _id, record in page):
                    break
            return {one: tuple(records) for one, records in found.items()}

    def moving(self) -> frozenset[str]:
        return self._read('moving', lambda: frozenset(self.world.moving))

    def server_groups(self) -> tuple[turns.ServerGroup, ...]:
        return self._read('server_groups', lambda: self.world.groups)

    def disable(self, service_id: str, reason: str) -> None:
        self._change(
            'disable',
            service_id,
            lambda: self._switch(service_id, False, reason),
        )

    def enable(self, service_id: str) -> None:
        self._change(
            'enable', service_id, lambda: self._switch(service_id, True, None)
        )

    def _switch(
        self, service_id: str, enabled: bool, reason: str | None
    ) -> None:
        for host, service in self.world.services.items():
            if service.id == service_id:
                self.world.services[host] = dataclasses.replace(
                    service, enabled=enabled, disabled_reason=reason
                )

    def _read(self, name: str, look: Callable[[], T]) -> T:
        with self._clock.meter:
            self._pass(name, self._odds.unreadable)
            return look()

    def _pass(self, name: str, unreadable: float) -> None:
        """A request is on its way; it may be for nothing."""
        self.requests[name] += 1
        self._clock.pass_by(self._latency)
        if unreadable and self._dice.random() < unreadable:
            raise exceptions.TransientError('HTTP 502: Bad Gateway')

    def _change(self, name: str, what: str, change: Callable[[], T]) -> T:
        """A request that changes something, and what may happen to it."""
        with self._clock.meter:
            self._pass(name, 0.0)
            roll = self._dice.random()
            odds = self._odds
            if roll < odds.busy:
                raise exceptions.TransientError('HTTP 503', accepted=False)
            roll -= odds.busy
            if roll < odds.vanished:
                self.lost.add(what)
                raise exceptions.TransientError('The request was lost.')
            answer = change()
            if roll - odds.vanished < odds.unanswered:
                self.lost.add(what)
                raise exceptions.TransientError('The answer was lost.')
            return answer


def _bytes(record: facts.MigrationRecord) -> facts.Transfer | None:
    return (
        facts.Transfer(1000, 500, 500) if record.status == 'running' else None
    )
