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

"""The simulated Nova is held to what real ones showed."""

from collections.abc import Callable, Iterable
import dataclasses

import testtools

from osc_migrate.engine import facts
from osc_migrate.engine import move as moves
from osc_migrate import exceptions
from osc_migrate.tests.simulation import agenda
from osc_migrate.tests.simulation import chances
from osc_migrate.tests.simulation.chances import Fate
from osc_migrate.tests.simulation import cold
from osc_migrate.tests.simulation import live
from osc_migrate.tests.simulation import nova as novas
from osc_migrate.tests.simulation import population
from osc_migrate.tests.unit import rows
from osc_migrate.tests.unit import rows_gate
from osc_migrate.tests.unit import rows_limit
from osc_migrate.tests.unit import rows_live
from osc_migrate.tests.unit import rows_live_failed
from osc_migrate.tests.unit import rows_moved
from osc_migrate.tests.unit import rows_stayed
from osc_migrate.tests.unit import traces

COLD, LIVE = moves.Kind.COLD, moves.Kind.LIVE
SOURCE = population.FIRST
#: Status and task, the host, the record's status, whether it names a
#: destination.
State = tuple[str, str, str, bool]
Ask = Callable[[novas.Nova, str], object]


def cloud(
    fate: Fate = Fate.GOOD,
    *,
    seed: int = 1,
    servers: int = 1,
    was: str = 'active',
    odds: chances.Chances | None = None,
    live_at_once: int = 1,
    history: int = 0,
) -> tuple[agenda.Clock, novas.Nova]:
    """A cloud of three hosts, of which the first holds all servers."""
    clock = agenda.Clock()
    size = population.Size(
        servers, 3, servers, float(was == 'stopped'), history=history
    )
    nova = novas.Nova(
        clock,
        size,
        odds or chances.Chances({fate: 1.0}),
        seed=seed,
        live_at_once=live_at_once,
    )
    return clock, nova


def ask(nova: novas.Nova, kind: moves.Kind, number: int = 0) -> str:
    """Have a server moved; returns its ID."""
    server_id = population.server_id(number)
    if kind is COLD:
        nova.cold_migrate(server_id, None)
    else:
        nova.live_migrate(server_id, None, None)
    return server_id


def state_of(
    server: facts.Server | None,
    records: facts.Records,
    source: str,
) -> State | None:
    if server is None or isinstance(records, facts.Missing):
        return None
    what = server.status
    if server.task_state is not None:
        what += f'/{server.task_state}'
    host = 'src' if server.host == source else 'dst'
    if not records:
        return what, host, '-', False
    named = records[0].destination_host is not None
    return what, host, records[0].status, named


def noted(text: str, kind: moves.Kind) -> list[State | None]:
    """What a real Nova showed."""
    return _changes(
        state_of(scene.server, scene.records, 'src')
        for scene in traces.read(text, kind=kind)
    )


def shown(
    clock: agenda.Clock, nova: novas.Nova, server_id: str
) -> list[State | None]:
    """What the simulation shows between any two of its writes."""
    world = nova.world

    def look() -> State | None:
        return state_of(
            world.servers.get(server_id), world.records_of(server_id), SOURCE
        )

    found = [look()]
    while clock.turn():
        found.append(look())
    return _changes(found)


def _changes(states: Iterable[State | None]) -> list[State | None]:
    found: list[State | None] = []
    for state in states:
        if not found or state != found[-1]:
            found.append(state)
    return found


def confirm(nova: novas.Nova, server_id: str) -> object:
    return nova.confirm(server_id)


def revert(nova: novas.Nova, server_id: str) -> object:
    return nova.revert(server_id)


def abort(nova: novas.Nova, server_id: str) -> object:
    record = nova.world.records_of(server_id)[0]
    return nova.abort(server_id, record.id or 0)


def force(nova: novas.Nova, server_id: str) -> object:
    record = nova.world.records_of(server_id)[0]
    return nova.force_complete(server_id, record.id or 0)


@dataclasses.dataclass(frozen=True)
class Sequence:
    """A move, and what a real Nova showed of it.

    :ivar at: The record's status at which something is asked.
    :ivar after: What a real Nova showed from then on.
    """

    name: str
    trace: str
    fate: Fate = Fate.GOOD
    kind: moves.Kind = COLD
    was: str = 'active'
    at: str | None = None
    ask: Ask = confirm
    after: str = ''


OFF = rows_moved.DONE.replace('ACTIVE', 'SHUTOFF')
SEQUENCES = (
    Sequence(
        'an ACTIVE server arrives and is confirmed',
        rows_moved.ARRIVED, at='finished', after=rows_moved.DONE,
    ),
    Sequence(
        'a SHUTOFF server arrives and is confirmed',
        rows_moved.ARRIVED, was='stopped', at='finished', after=OFF,
    ),
    Sequence(
        'the record is finished while the server still starts',
        '10.3 RESIZE/resize_finish dst finished',
    ),
    Sequence(
        'an ACTIVE server is reverted',
        rows_moved.ARRIVED, at='finished', ask=revert,
        after=rows_gate.REVERTED,
    ),
    Sequence(
        'a SHUTOFF server is in VERIFY_RESIZE once more when reverted',
        rows_moved.ARRIVED, was='stopped', at='finished', ask=revert,
        after=rows_gate.REVERTED.replace(
            '6.8 ACTIVE',
            '6.8 VERIFY_RESIZE/powering-off src reverted\n7.5 SHUTOFF'),
    ),
    Sequence(
        'no valid host', rows_stayed.NO_VALID_HOST, Fate.NO_VALID_HOST,
    ),
    Sequence(
        'no valid host for a SHUTOFF server',
        rows_stayed.NO_VALID_HOST.replace('ACTIVE', 'SHUTOFF'),
        Fate.NO_VALID_HOST, was='stopped',
    ),
    Sequence(
        'SSH between the hosts is broken',
        rows_stayed.SSH_BROKEN, Fate.ROLLED_BACK,
    ),
    Sequence(
        'the copy fails after the guest was powered off',
        """
        0.2 RESIZE/resize_migrating src migrating
        0.4 RESIZE/resize_migrating src error
        0.6 ERROR/resize_migrating src error
        0.8 ERROR src error failed
        """,
        Fate.ERROR_ON_SOURCE,
    ),
    Sequence(
        'every host fails, and ACTIVE is shown before ERROR',
        rows_stayed.NO_VALID_HOST + '3.7 ERROR src error dest=- failed',
        Fate.LATE_ERROR,
    ),
    Sequence(
        'the destination cannot start the guest',
        rows_moved.COPIED + """
        9.0 ERROR/resize_finish dst post-migrating
        9.2 ERROR/resize_finish dst error
        9.4 ERROR dst error failed
        """,
        Fate.ERROR_ON_DESTINATION,
    ),
    Sequence(
        'the source compute was restarted and left its record open',
        rows_moved.COPIED.split('3.4')[0] + '18 ACTIVE src migrating',
        Fate.RESTARTED,
    ),
    Sequence(
        'the destination died, and nobody goes on',
        rows_moved.COPIED, Fate.STUCK,
    ),
    Sequence(
        'the source cannot clean up after the confirm',
        rows_moved.ARRIVED, Fate.CONFIRM_FAILED, at='finished',
        after="""
        0.0 VERIFY_RESIZE dst confirming
        1.0 ERROR dst error
        """,
    ),
    Sequence(
        'the source cannot clean up after the server was ACTIVE',
        rows_moved.ARRIVED, Fate.CONFIRM_FAILED_LATE, at='finished',
        after="""
        0.0 VERIFY_RESIZE dst confirming
        0.4 ACTIVE dst confirmed
        0.7 ERROR dst error
        """,
    ),
    Sequence('an ACTIVE server moves live', rows_live.MOVED, kind=LIVE),
    Sequence(
        'a PAUSED server moves live and stays so',
        rows_live.MOVED.replace('ACTIVE', 'PAUSED'), kind=LIVE, was='paused',
    ),
    Sequence(
        'the checks before it refuse, and the server rests before the record',
        """
        0.2 MIGRATING/migrating src accepted
        1.2 ACTIVE src accepted failed
        1.4 ACTIVE src error dest=- failed
        """,
        Fate.NO_VALID_HOST, LIVE,
    ),
    Sequence(
        'the destination cannot prepare itself',
        rows_live.PREPARED + """
        1.7 MIGRATING/migrating src error
        1.9 ACTIVE src failed
        """,
        Fate.ROLLED_BACK, LIVE,
    ),
    Sequence(
        'the machine of the destination is gone',
        rows_live_failed.LOST, Fate.ERROR_ON_SOURCE, LIVE,
    ),
    Sequence(
        'ACTIVE without a task before ERROR',
        rows_live.COPYING + '4.0 ACTIVE src failed\n7.0 ERROR src error',
        Fate.LATE_ERROR, LIVE,
    ),
    Sequence(
        'nova-compute of the destination is gone and cannot be told',
        rows_live.COPYING + '64.0 ERROR dst error',
        Fate.ERROR_ON_DESTINATION, LIVE,
    ),
    Sequence(
        'nova-compute of the source is started again',
        rows_live.COPYING + '9.0 ACTIVE src error', Fate.RESTARTED, LIVE,
    ),
    Sequence(
        'an abort of what copies ends in ERROR',
        rows_live.COPYING, kind=LIVE, at='running', ask=abort,
        after="""
        0.1 MIGRATING/migrating src running
        0.5 ACTIVE src error
        0.7 ERROR src error
        """,
    ),
    Sequence(
        'a completion by force',
        rows_live.COPYING, kind=LIVE, at='running', ask=force,
        after=rows_limit.ARRIVED,
    ),
)  # fmt: skip

#: What no poll of a real Nova has caught, as two of its writes follow each
#: other at once: the order is that of its source.
BETWEEN = {
    # _resize_instance saves the record first, twice.
    ('RESIZE/resize_prep', 'src', 'migrating', True),
    ('RESIZE/resize_migrating', 'src', 'post-migrating', True),
    # confirm_resize has the server in error before its record.
    ('ERROR', 'dst', 'confirming', True),
    ('ERROR', 'dst', 'confirmed', True),
    # The conductor names the destination, the source queues.
    ('MIGRATING/migrating', 'src', 'accepted', True),
}
TABLES = (
    *rows_moved.ROWS, *rows_stayed.ROWS, *rows_live.ROWS,
    *rows_live_failed.ROWS,
)  # fmt: skip
SEEN = {
    state and ('ACTIVE' if state[0] in ('SHUTOFF', 'PAUSED') else state[0],
               *state[1:])
    for text, kind in (
        *((row.trace, row.kind) for row in TABLES),
        *((row.after, row.kind) for row in TABLES),
        *((one.trace, one.kind) for one in SEQUENCES),
        *((one.after, one.kind) for one in SEQUENCES),
    )
    for state in noted(text, kind)
}  # fmt: skip


@rows.each(SEQUENCES)
class SequenceTestCase(testtools.TestCase):
    """What was seen is shown, in its order, and nothing that was never."""

    def check(self, row: Sequence) -> None:
        for seed in range(5):
            clock, nova = cloud(row.fate, seed=seed)
            server_id = population.server_id(0)
            nova.world.save(server_id, vm_state=row.was)
            ask(nova, row.kind)
            if row.at is not None:
                self.until(clock, nova, server_id, row.at)
                row.ask(nova, server_id)
                self.compare(row.after, row.kind, clock, nova, server_id)
            else:
                self.compare(row.trace, row.kind, clock, nova, server_id)

    def until(
        self,
        clock: agenda.Clock,
        nova: novas.Nova,
        server_id: str,
        status: str,
    ) -> None:
        """Go on until something may be asked of a server."""
        while True:
            records = nova.world.records_of(server_id)
            task = nova.world.servers[server_id].task_state
            if records and records[0].status == status:
                if status == 'running' or task is None:
                    return
            self.assertTrue(clock.turn())

    def compare(
        self,
        text: str,
        kind: moves.Kind,
        clock: agenda.Clock,
        nova: novas.Nova,
        server_id: str,
    ) -> None:
        real = noted(text, kind)
        found = shown(clock, nova, server_id)
        left = iter(found)
        for state in real:
            self.assertIn(state, left, f'{state} is not in {found}')
        if len(real) > 1:
            self.assertEqual(real[-1], found[-1])
        resting = [
            state
            and (
                'ACTIVE' if state[0] in ('SHUTOFF', 'PAUSED') else state[0],
                *state[1:],
            )
            for state in found
        ]
        self.assertEqual(set(), set(resting) - SEEN - BETWEEN)


@dataclasses.dataclass(frozen=True)
class Telling:
    """What the events of the last action say once all is over."""

    name: str
    fate: Fate
    kind: moves.Kind
    failed: tuple[str, ...]
    details: str | None
    fault: str | None = None


TELLINGS = (
    Telling('no host for a cold one', Fate.NO_VALID_HOST, COLD,
            ('cold_migrate', 'conductor_migrate_server'), cold.NO_HOST),
    Telling('broken SSH', Fate.ROLLED_BACK, COLD,
            ('compute_resize_instance',), cold.NO_SSH),
    Telling('a failed copy', Fate.ERROR_ON_SOURCE, COLD,
            ('compute_resize_instance',), cold.BARE, cold.BARE),
    Telling('the last host that was tried', Fate.LATE_ERROR, COLD,
            ('compute_prep_resize',), cold.NO_ROOM, cold.NO_ROOM),
    Telling('a guest that does not start', Fate.ERROR_ON_DESTINATION, COLD,
            ('compute_finish_resize',), cold.NO_START, cold.NO_START),
    Telling('no event of a restart', Fate.RESTARTED, COLD, (), None),
    Telling('nothing of a success', Fate.GOOD, COLD, (), None),
    Telling('no host for a live one', Fate.NO_VALID_HOST, LIVE,
            ('conductor_live_migrate_instance',), live.NO_HOST),
    Telling('a destination that is not ready', Fate.ROLLED_BACK, LIVE,
            ('compute_pre_live_migration',), live.NOT_READY),
    Telling('nothing of a live copy that fails', Fate.ERROR_ON_SOURCE, LIVE,
            (), None),
    Telling('nothing of a late error', Fate.LATE_ERROR, LIVE, (), None),
    Telling('a fault alone of a lost destination', Fate.ERROR_ON_DESTINATION,
            LIVE, (), None, live.NO_ANSWER),
)  # fmt: skip


@rows.each(TELLINGS)
class TellingTestCase(testtools.TestCase):
    def check(self, row: Telling) -> None:
        _clock, nova = cloud(row.fate)
        server_id = ask(nova, row.kind)
        nova.settle()
        action = nova.world.actions_of(server_id)[0]
        events = nova.world.events_of(action.request_id)
        failed = [event for event in events if event.result == 'Error']
        self.assertEqual(row.failed, tuple(event.name for event in failed))
        self.assertEqual(
            {row.details} if failed else set(),
            {event.details for event in failed},
        )
        self.assertEqual('Error' if failed else None, action.message)
        fault = nova.world.servers[server_id].fault
        self.assertEqual(row.fault, fault and fault.message)

    def test_a_live_migration_is_told_as_done_when_it_is_queued(self) -> None:
        clock, nova = cloud()
        server_id = ask(nova, LIVE)
        while nova.world.servers[server_id].host == SOURCE:
            clock.turn()
        action = nova.world.actions_of(server_id)[0]
        events = {
            event.name: event.result
            for event in nova.world.events_of(action.request_id)
        }
        self.assertEqual('Success', events['compute_live_migration'])


@dataclasses.dataclass(frozen=True)
class Refusal:
    """Something that Nova does not take."""

    name: str
    status: int
    ask: Ask
    before: Ask = lambda nova, server_id: None


def cold_to(host: str | None) -> Ask:
    return lambda nova, server_id: nova.cold_migrate(server_id, host)


def live_to(host: str | None) -> Ask:
    return lambda nova, server_id: nova.live_migrate(server_id, host, None)


def source_down(nova: novas.Nova, server_id: str) -> None:
    service = nova.world.services[SOURCE]
    nova.world.services[SOURCE] = dataclasses.replace(service, up=False)


def arrived(nova: novas.Nova, server_id: str) -> None:
    nova.cold_migrate(server_id, None)
    nova.settle()


def confirmed(nova: novas.Nova, server_id: str) -> None:
    arrived(nova, server_id)
    nova.confirm(server_id)


def arrived_and_down(nova: novas.Nova, server_id: str) -> None:
    arrived(nova, server_id)
    source_down(nova, server_id)


def off(nova: novas.Nova, server_id: str) -> None:
    nova.world.save(server_id, vm_state='stopped')


REFUSALS = (
    Refusal('a second move', 409, cold_to(None), cold_to(None)),
    Refusal('a move from VERIFY_RESIZE', 409, cold_to(None), arrived),
    Refusal('a live move of a stopped server', 409, live_to(None), off),
    Refusal('a host that there is not', 400, cold_to('host9')),
    Refusal('the own host', 400, cold_to(SOURCE)),
    Refusal('a source that is down', 409, cold_to(None), source_down),
    Refusal('a confirm of what rests', 409, confirm),
    Refusal('a confirm of what is under way', 409, confirm, cold_to(None)),
    Refusal('a second confirm', 400, confirm, confirmed),
    Refusal('a confirm while the source is down', 409, confirm,
            arrived_and_down),
    Refusal('a revert of what is confirmed', 400, revert, confirmed),
    Refusal('force before it copies', 400,
            lambda nova, server_id: nova.force_complete(server_id, 1),
            live_to(None)),
    Refusal('anything of a server that is gone', 404, cold_to(None),
            lambda nova, server_id: nova.api.delete(server_id)),
)  # fmt: skip


@rows.each(REFUSALS)
class RefusalTestCase(testtools.TestCase):
    def check(self, row: Refusal) -> None:
        _clock, nova = cloud()
        server_id = population.server_id(0)
        row.before(nova, server_id)
        before = nova.world.servers.get(server_id)
        refused = self.assertRaises(
            exceptions.ApiError, row.ask, nova, server_id
        )
        self.assertEqual(row.status, refused.status)
        self.assertEqual(before, nova.world.servers.get(server_id))


class HostsTestCase(testtools.TestCase):
    def test_a_host_runs_one_live_migration_at_a_time(self) -> None:
        for at_once in (1, 2):
            clock, nova = cloud(servers=6, live_at_once=at_once)
            for number in range(6):
                ask(nova, LIVE, number)
            most = 0
            while clock.turn():
                records = [
                    nova.world.records_of(population.server_id(number))
                    for number in range(6)
                ]
                running = [
                    found
                    for found in records
                    if found and found[0].status in ('preparing', 'running')
                ]
                most = max(most, len(running))
            self.assertEqual(at_once, most)
            self.assertEqual((), nova.servers_on(SOURCE))

    def test_one_that_is_deleted_in_the_queue_gives_up_its_turn(self) -> None:
        clock, nova = cloud(servers=3)
        for number in range(3):
            ask(nova, LIVE, number)
        clock.pass_by(2.0)
        nova.api.delete(population.server_id(1))
        nova.settle()
        self.assertEqual(2, len(nova.world.servers))
        self.assertEqual((), nova.servers_on(SOURCE))

    def test_only_hosts_that_are_up_and_enabled_are_chosen(self) -> None:
        _clock, nova = cloud(servers=20)
        nova.disable('service-2', 'for this test')
        for number in range(20):
            ask(nova, COLD, number)
        nova.settle()
        self.assertEqual(20, len(nova.servers_on('host3')))
        nova.disable('service-1', 'too')
        nova.api.confirm(population.server_id(0), 'user-alice')
        nova.settle()
        server_id = ask(nova, COLD, 0)
        nova.settle()
        self.assertEqual(Fate.NO_VALID_HOST, nova.api.fates[server_id])

    def test_records_go_with_a_server_and_its_actions_stay(self) -> None:
        _clock, nova = cloud(Fate.DELETED)
        server_id = ask(nova, COLD)
        nova.settle()
        self.assertIsNone(nova.server(server_id))
        self.assertEqual((), nova.records(server_id))
        self.assertEqual({}, nova.records_from(SOURCE, frozenset()))
        names = [action.action for action in nova.world.actions_of(server_id)]
        self.assertEqual(['delete', 'migrate'], names)

    def test_a_listing_ends_with_the_page_of_a_known_record(self) -> None:
        _clock, nova = cloud(servers=5, history=2500)
        whole = nova.records_from(SOURCE, frozenset())
        self.assertEqual(3, nova.requests['records_from'])
        self.assertEqual(2500, sum(len(found) for found in whole.values()))
        newest = max(
            (found[0] for found in whole.values()), key=lambda r: r.id or 0
        )
        server_id = ask(nova, COLD)
        nova.settle()
        part = nova.records_from(SOURCE, frozenset({str(newest.uuid)}))
        self.assertEqual(4, nova.requests['records_from'])
        self.assertEqual(100, sum(len(found) for found in part.values()))
        self.assertEqual(
            nova.world.records_of(server_id)[0], part[server_id][0]
        )


class ChancesTestCase(testtools.TestCase):
    def played(
        self, seed: int, order: Iterable[int]
    ) -> list[tuple[Fate, facts.Server | None]]:
        _clock, nova = cloud(
            servers=40, seed=seed, odds=chances.Chances(chances.MIXED),
        )  # fmt: skip
        for number in order:
            ask(nova, COLD, number)
        nova.settle()
        return [
            (nova.api.fates[one], nova.world.servers.get(one))
            for one in map(population.server_id, range(40))
        ]

    def test_everything_follows_from_the_seed(self) -> None:
        self.assertEqual(self.played(1, range(40)), self.played(1, range(40)))
        self.assertNotEqual(
            self.played(1, range(40)), self.played(2, range(40))
        )

    def test_a_fate_does_not_hang_on_the_order_of_the_requests(self) -> None:
        straight = self.played(1, range(40))
        turned = self.played(1, reversed(range(40)))
        self.assertEqual(
            [fate for fate, _server in straight],
            [fate for fate, _server in turned],
        )

    def test_of_a_lost_request_nobody_can_say_whether_it_was_taken(
        self,
    ) -> None:
        for odds, taken in (
            (chances.Chances(vanished=1.0), 0),
            (chances.Chances(unanswered=1.0), 1),
        ):
            _clock, nova = cloud(odds=odds)
            lost = self.assertRaises(
                exceptions.TransientError, ask, nova, COLD
            )
            self.assertIsNone(lost.accepted)
            self.assertEqual(taken, nova.api.begun.total())

    def test_what_is_busy_takes_nothing(self) -> None:
        _clock, nova = cloud(odds=chances.Chances(busy=1.0))
        busy = self.assertRaises(exceptions.TransientError, ask, nova, COLD)
        self.assertIs(False, busy.accepted)
        self.assertEqual(0, nova.api.begun.total())

    def test_a_read_fails_as_often_as_it_should(self) -> None:
        _clock, nova = cloud(odds=chances.Chances(unreadable=0.1))
        failed = 0
        for _number in range(1000):
            try:
                nova.server(population.server_id(0))
            except exceptions.TransientError:
                failed += 1
        self.assertTrue(70 < failed < 130, failed)
        self.assertEqual(1000, nova.requests['server'])
