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

"""One look for all servers of a host: how often, and whom it tells all."""

from collections.abc import Callable, Iterable
import dataclasses
import datetime
import itertools
from typing import Any

import testtools

from osc_migrate.engine import facts
from osc_migrate.engine import move as moves
from osc_migrate import exceptions
from osc_migrate import pace
from osc_migrate import shared_look
from osc_migrate.tests.unit import fakes
from osc_migrate.tests.unit import rows
from osc_migrate.tests.unit import traces

#: Migrations on one page of the listing.
PAGE = 100


class Hosts:
    """Lists migrations from src, newest first, page by page.

    :ivar records: Server and record, the newest first.
    :ivar asked: What was not to be looked beyond.
    :ivar at: When each listing was asked for.
    """

    def __init__(self, clock: fakes.FakeClock) -> None:
        self.records: list[tuple[str, facts.MigrationRecord]] = []
        self.asked: list[frozenset[str]] = []
        self.at: list[float] = []
        self.fault: exceptions.MigrateError | None = None
        self._clock = clock

    def records_from(
        self, host: str, until: frozenset[str]
    ) -> dict[str, tuple[facts.MigrationRecord, ...]]:
        self.asked.append(until)
        self.at.append(self._clock.now())
        if self.fault is not None:
            raise self.fault
        found: dict[str, list[facts.MigrationRecord]] = {}
        for first in range(0, len(self.records), PAGE):
            page = self.records[first : first + PAGE]
            for server_id, record in page:
                found.setdefault(server_id, []).append(record)
            if until & {record.uuid for _id, record in page}:
                break
        return {one: tuple(records) for one, records in found.items()}

    def begin(self, server_id: str, status: str = 'migrating') -> str:
        """A new record; returns its UUID."""
        number = len(self.records)
        created = fakes.NOON + datetime.timedelta(seconds=number)
        record = facts.MigrationRecord(
            f'uuid-{number}', 'migration', status, 'src', 'dst',
            created_at=created.isoformat(),
        )  # fmt: skip
        self.records.insert(0, (server_id, record))
        return f'uuid-{number}'

    def save(self, uuid: str, status: str) -> None:
        self.records = [
            (one, dataclasses.replace(record, status=status))
            if record.uuid == uuid
            else (one, record)
            for one, record in self.records
        ]


class SharedLookTestCase(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.clock = fakes.FakeClock()
        self.hosts = Hosts(self.clock)

    def shared(
        self, followed: Iterable[str] = (), poll_interval: float = 5.0
    ) -> shared_look.SharedLook:
        """A look that begins with all that is listed now."""
        hosts: Any = self.hosts
        known = self.hosts.records_from('src', frozenset())
        self.hosts.asked.clear()
        self.hosts.at.clear()
        shared = shared_look.SharedLook(
            hosts, self.clock, 'src', known, poll_interval
        )
        for server_id in followed:
            shared.follow(server_id)
        return shared

    def statuses(
        self, shared: shared_look.SharedLook, server_id: str
    ) -> list[str]:
        since = float('-inf')
        return [r.status for r in shared.records(server_id, since)]


class TicksTestCase(SharedLookTestCase):
    def test_one_listing_tells_all_servers(self) -> None:
        names = [f'id-{n}' for n in range(50)]
        shared = self.shared(names)
        for name in names:
            self.hosts.begin(name)
        for name in names:
            self.assertEqual(['migrating'], self.statuses(shared, name))
        self.assertEqual(1, shared.listings)

    def test_listings_do_not_grow_with_the_number_of_servers(self) -> None:
        listings = set()
        for count in (1, 10, 100):
            names = [f'id-{n}' for n in range(count)]
            shared = self.shared(names)
            for _tick in range(120):
                for name in names:
                    self.statuses(shared, name)
                self.clock.pass_by(0.5)
            listings.add(shared.listings)
        self.assertEqual(1, len(listings))

    def test_where_nothing_happens_it_looks_less_often(self) -> None:
        shared = self.shared(['a'], poll_interval=5.0)
        for _tick in range(1200):
            self.statuses(shared, 'a')
            self.clock.pass_by(0.25)
        pauses = [
            later - sooner
            for sooner, later in itertools.pairwise(self.hosts.at)
        ]
        self.assertEqual(shared_look.SHORTEST_TICK, pauses[0])
        self.assertEqual(5.0, pauses[-1])
        for sooner, later in itertools.pairwise(pauses):
            self.assertLessEqual(sooner, later)

    def test_a_change_of_somebody_who_is_followed_is_a_new_phase(
        self,
    ) -> None:
        uuid = self.hosts.begin('a')
        other = self.hosts.begin('b')
        shared = self.shared(['a'])
        for seconds in (100.0, 10.0):
            self.clock.pass_by(seconds)
            self.statuses(shared, 'a')
        for changed, pause in ((other, 5.0), (uuid, 1.0)):
            self.hosts.save(changed, 'post-migrating')
            self.clock.pass_by(10.0)
            self.statuses(shared, 'a')
            before = self.clock.now()
            while self.hosts.at[-1] <= before:
                self.clock.pass_by(0.25)
                self.statuses(shared, 'a')
            self.assertEqual(pause, self.hosts.at[-1] - before)

    def test_who_is_begun_is_a_new_phase_as_well(self) -> None:
        shared = self.shared(['a'])
        self.clock.pass_by(100.0)
        self.statuses(shared, 'a')
        shared.follow('b')
        self.clock.pass_by(shared_look.SHORTEST_TICK)
        self.statuses(shared, 'a')
        self.assertEqual(2, shared.listings)

    def test_a_user_who_wants_it_faster(self) -> None:
        shared = self.shared(['a'], poll_interval=0.25)
        for _tick in range(8):
            self.statuses(shared, 'a')
            self.clock.pass_by(0.25)
        self.assertEqual(8, shared.listings)

    def test_a_record_counts_that_was_read_after_its_server(self) -> None:
        shared = self.shared(['a', 'b'])
        self.statuses(shared, 'a')
        self.clock.pass_by(0.1)
        read_at = self.clock.now()
        shared.records('b', read_at)
        shared.records('a', read_at)
        self.assertEqual(2, shared.listings)

    def test_a_fault_is_told_and_nothing_is_taken_for_read(self) -> None:
        self.hosts.begin('a')
        shared = self.shared(['a'])
        self.hosts.fault = exceptions.TransientError('HTTP 502')
        for _time in range(2):
            self.assertRaises(
                exceptions.TransientError, shared.records, 'a', 0.0
            )
            self.clock.sleep(1.0)
        self.hosts.fault = None
        self.assertEqual(['migrating'], self.statuses(shared, 'a'))
        self.assertLess(pace.SHORTEST, shared_look.SHORTEST_TICK)

    def test_a_listing_that_fails_is_asked_by_one_for_all(self) -> None:
        shared = self.shared(['a', 'b'])
        self.hosts.fault = exceptions.TransientError('HTTP 502')
        for _look in range(60):
            for server_id in ('a', 'b'):
                self.assertRaises(
                    exceptions.Away, shared.records, server_id, 0.0
                )
            self.clock.sleep(1.0)
        # 0.5 s, 1 s, 2 s ... up to 10 s, each up to a half shorter.
        self.assertLess(len(self.hosts.asked), 16)


class UntilTestCase(SharedLookTestCase):
    """Behind what the listing need not look."""

    def test_a_host_without_a_past_is_read_whole(self) -> None:
        shared = self.shared(['a'])
        self.statuses(shared, 'a')
        self.assertEqual([frozenset()], self.hosts.asked)

    def test_what_was_over_before_is_not_read_again(self) -> None:
        for _number in range(5):
            newest = self.hosts.begin('past', 'confirmed')
        shared = self.shared(['a'])
        self.statuses(shared, 'a')
        self.assertEqual([frozenset({newest})], self.hosts.asked)

    def test_the_oldest_that_is_awaited_is_read(self) -> None:
        shared = self.shared(['a', 'b'])
        first = self.hosts.begin('a')
        self.hosts.begin('b')
        self.statuses(shared, 'a')
        self.clock.pass_by(10.0)
        self.statuses(shared, 'a')
        self.assertEqual(frozenset({first}), self.hosts.asked[-1])

    def test_once_it_is_over_the_next_is_the_oldest(self) -> None:
        shared = self.shared(['a', 'b'])
        first, second = self.hosts.begin('a'), self.hosts.begin('b')
        ends: tuple[Callable[[], None], ...] = (
            lambda: self.hosts.save(first, 'confirmed'),
            lambda: shared.forget('a'),
        )
        for end in ends:
            self.hosts.save(first, 'migrating')
            shared.follow('a')
            end()
            for _look in range(2):
                self.clock.pass_by(10.0)
                self.statuses(shared, 'b')
            self.assertEqual(frozenset({second}), self.hosts.asked[-1])

    def test_what_began_long_ago_is_not_lost_behind_others(self) -> None:
        # As when a killed run is carried on, and others moved meanwhile.
        mine = self.hosts.begin('mine')
        for number in range(2 * PAGE):
            self.hosts.begin(f'id-{number}', 'confirmed')
        shared = self.shared(['mine'])
        for status in ('post-migrating', 'finished', 'confirming'):
            self.hosts.save(mine, status)
            self.clock.pass_by(10.0)
            self.assertEqual([status], self.statuses(shared, 'mine'))

    def test_what_others_begin_meanwhile_hides_nothing(self) -> None:
        shared = self.shared(['mine'])
        mine = self.hosts.begin('mine')
        self.statuses(shared, 'mine')
        for number in range(3 * PAGE):
            self.hosts.begin(f'id-{number}')
            if number % 50 == 0:
                self.clock.pass_by(10.0)
                self.statuses(shared, 'mine')
        self.hosts.save(mine, 'finished')
        self.clock.pass_by(10.0)
        self.assertEqual(['finished'], self.statuses(shared, 'mine'))


@dataclasses.dataclass(frozen=True)
class Told:
    """A server, the listing of its host, and whether that tells all.

    :ivar server: Status, task_state and host, as in
        :mod:`osc_migrate.tests.unit.traces`; empty: Nova has none.
    :ivar records: Statuses, the newest first.
    """

    name: str
    server: str
    records: str
    tells_all: bool


TOLD = (
    Told('at rest on the host, and never moved', 'ACTIVE src', '', True),
    Told('at rest on the host after a failure', 'ACTIVE src', 'error', True),
    Told('at rest on the host after a revert', 'ACTIVE src', 'reverted',
         True),
    Told('at work, and no record yet', 'RESIZE/resize_prep src', '', True),
    Told('at work on the host', 'RESIZE/resize_migrating src', 'migrating',
         True),
    Told('at work elsewhere', 'RESIZE/resize_finish dst', 'post-migrating',
         True),
    Told('awaits a decision where its record leads', 'VERIFY_RESIZE dst',
         'finished', True),
    Told('is confirmed', 'VERIFY_RESIZE dst', 'confirming', True),
    Told('confirmed', 'ACTIVE dst', 'confirmed', True),
    Told('moved live', 'ACTIVE dst', 'completed', True),
    Told('confirmed, and moved before', 'ACTIVE dst', 'confirmed reverted',
         True),
    # Somebody moved it: that is listed with another host.
    Told('confirmed, and elsewhere', 'ACTIVE other', 'confirmed', False),
    Told('moved live, and elsewhere', 'ACTIVE other', 'completed', False),
    Told('awaits a decision elsewhere', 'VERIFY_RESIZE other', 'confirmed',
         False),
    Told('elsewhere, and never moved', 'ACTIVE dst', '', False),
    Told('elsewhere after a failure', 'ERROR dst', 'error', False),
    Told('elsewhere after a revert', 'ACTIVE other', 'reverted', False),
    # It moved, and came back by a migration from another host.
    Told('on the host, although it was confirmed elsewhere', 'ACTIVE src',
         'confirmed', False),
    Told('deleted', '', 'migrating', False),
    Told('deleted, and never moved', '', '', False),
)  # fmt: skip


class Door:
    """A Nova with one server.

    :ivar own: How often its own records were read.
    """

    user_id = traces.ME

    def __init__(self, server: facts.Server | None) -> None:
        self.own = 0
        self._server = server

    def server(self, server_id: str) -> facts.Server | None:
        return self._server

    def records(self, server_id: str) -> facts.Records:
        self.own += 1
        return OWN

    def confirm(self, server_id: str) -> str:
        return 'req-confirm'


OWN = (facts.MigrationRecord('of its own', 'migration', 'confirmed'),)


class SharingTestCase(SharedLookTestCase):
    def door(
        self, server: facts.Server | None, records: str
    ) -> tuple[Door, shared_look.SharingDoor]:
        for status in reversed(records.split()):
            self.hosts.begin(traces.SERVER_ID, status)
        door: Any = Door(server)
        shared = self.shared([traces.SERVER_ID])
        return door, shared_look.SharingDoor(door, self.clock, shared)


@rows.each(TOLD)
class ToldTestCase(SharingTestCase):
    def check(self, row: Told) -> None:
        server = None
        if row.server:
            what, host = row.server.split()
            server = traces.server(what, host)
        door, sharing = self.door(server, row.records)
        self.assertEqual(server, sharing.server(traces.SERVER_ID))
        found = sharing.records(traces.SERVER_ID)
        self.assertEqual(0 if row.tells_all else 1, door.own)
        assert not isinstance(found, facts.Missing)
        if row.tells_all:
            self.assertEqual(row.records.split(), [r.status for r in found])
        else:
            self.assertEqual(OWN, found)

    def test_until_the_server_is_read_nova_is_at_work(self) -> None:
        for records in ('', 'migrating', 'confirmed'):
            self.hosts.records.clear()
            door, sharing = self.door(traces.server('ACTIVE', 'dst'), records)
            sharing.records(traces.SERVER_ID)
            self.assertEqual(0, door.own)

    def test_everything_else_is_the_doors_own(self) -> None:
        _door, sharing = self.door(traces.server('ACTIVE'), '')
        self.assertEqual('req-confirm', sharing.confirm(traces.SERVER_ID))
        self.assertEqual(traces.ME, sharing.user_id)

    def test_records_are_read_after_their_server(self) -> None:
        _door, sharing = self.door(traces.server('ACTIVE'), 'migrating')
        listings = []
        for _look in range(3):
            self.clock.pass_by(0.01)
            sharing.server(traces.SERVER_ID)
            for _time in range(2):
                self.clock.pass_by(0.01)
                sharing.records(traces.SERVER_ID)
            listings.append(len(self.hosts.at))
        self.assertEqual([1, 2, 3], listings)

    def test_no_status_of_a_record_is_forgotten(self) -> None:
        # One that is neither open nor here nor there would be taken for all.
        told = moves.IN_PROGRESS | moves.TERMINAL | {'finished'}
        self.assertLessEqual(shared_look.ARRIVED, told)
