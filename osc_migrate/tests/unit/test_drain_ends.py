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

"""Drains of a simulated host: what is told at the end."""

from collections.abc import Callable
import dataclasses
from typing import Any

import testtools

from osc_migrate import drain as drains
from osc_migrate.engine import drain as plans
from osc_migrate.engine import facts
from osc_migrate.engine import outcomes
from osc_migrate.engine import rows as told_rows
from osc_migrate.engine import turns
from osc_migrate import gate as gates
from osc_migrate.tests.simulation.chances import Fate
from osc_migrate.tests.simulation import population
from osc_migrate.tests.unit import fake_host
from osc_migrate.tests.unit import fakes
from osc_migrate.tests.unit import rows


@dataclasses.dataclass(frozen=True)
class End:
    """A drain of three servers, and how it ends.

    :ivar prepare: What is different, before it or meanwhile.
    :ivar code: Of the command.
    :ivar outcomes: Of the three servers.
    :ivar says: Words of the last sentence.
    """

    name: str
    prepare: Callable[[fake_host.HostTestCase], object]
    code: int
    outcomes: tuple[str, ...] = ('confirmed', 'confirmed', 'confirmed')
    says: str = 'host1 is empty.'
    options: dict[str, Any] = dataclasses.field(default_factory=dict)
    finished: bool = False


def at_last_look(
    change: Callable[[fake_host.HostTestCase], object],
) -> Callable[[fake_host.HostTestCase], object]:
    """Have something happen when every server has its verdict."""

    def prepare(case: fake_host.HostTestCase) -> None:
        original = case.board.landed

        def landed(row: told_rows.Row) -> None:
            original(row)
            if len(case.board.rows) == 3:
                change(case)

        case.patch(case.board, 'landed', landed)

    return prepare


def unseen(case: fake_host.HostTestCase) -> None:
    case.serve(id=None)


def unreadable(case: fake_host.HostTestCase) -> None:
    case.nova.before['servers_on'] = fake_host.raising(fake_host.AWAY)


def awaiting(
    status: str, task: str | None = None, host: str = 'host2'
) -> Callable[[fake_host.HostTestCase], object]:
    """One that somebody resizes away from the host, and does not confirm."""

    def change(case: fake_host.HostTestCase) -> None:
        case.world.open_record(
            population.server_id(0),
            type='resize',
            status=status,
            source_host=fake_host.HOST,
            destination_host='host2',
            user_id='user-bob',
        )
        case.save(0, vm_state='resized', task_state=task, host=host)

    return change


def nothing(case: fake_host.HostTestCase) -> None:
    pass


ALL = ('confirmed',) * 3
ENDS = (
    End('all are gone', nothing, 0, finished=True),
    End('one is excluded', nothing, 0,
        ('skipped', 'confirmed', 'confirmed'), 'but for what was excluded',
        {'excluded': ('web1',)}, finished=True),
    End('one is chosen', nothing, 0, ('confirmed', 'skipped', 'skipped'),
        'but for what was excluded', {'servers': ('web1',)}, finished=True),
    End('one is refused', lambda case: case.save(0, locked=True), 8,
        ('refused', 'confirmed', 'confirmed'), 'on it: web1'),
    End('one is locked and meant', lambda case: case.save(0, locked=True), 0,
        options={'include_locked': True}, finished=True),
    End('one came since', at_last_look(lambda case: case.boot()), 8,
        (*ALL, 'not-started'), 'on it: new1'),
    End('its cell does not answer at the end', at_last_look(unseen), 9, ALL,
        'is not known: its cell does not answer'),
    End('nothing can be read at the end', at_last_look(unreadable), 9, ALL,
        'is not known: HTTP 502: Bad Gateway'),
    End('one awaits a decision of somebody',
        at_last_look(awaiting('finished')), 8, ALL, 'not over: web1'),
    End('one is reverted', at_last_look(
        awaiting('reverting', 'resize_reverting')), 8, ALL,
        'not over: web1'),
    End('one is as good as reverted', at_last_look(
        awaiting('reverted', 'resize_reverting')), 8, ALL,
        'not over: web1'),
    End('one was reverted', at_last_look(
        awaiting('reverted', None, fake_host.HOST)), 8, ALL, 'on it: web1'),
    End('it cannot be written that it is empty', at_last_look(
        lambda case: case.useFixture(fake_host.full_disk())), 0),
)  # fmt: skip


@rows.each(ENDS)
class EndTestCase(fake_host.HostTestCase):
    def check(self, row: End) -> None:
        self.cloud(3)
        row.prepare(self)
        report = self.drained(**row.options)
        found = tuple(str(told.outcome) for told in report.rows)
        self.assertEqual(row.outcomes, found)
        self.assertEqual(row.code, report.exit_code)
        self.assertIn(row.says, report.sentences[-1])
        self.assertEqual(row.finished, self.written.finished is not None)


@dataclasses.dataclass(frozen=True)
class Failed:
    """A move that does not get where it should: row, and exit code."""

    name: str
    fate: Fate
    outcome: str
    code: int
    shutoff: float = 1.0


FAILED = (
    Failed('good', Fate.GOOD, 'confirmed', 0),
    Failed('good and live', Fate.GOOD, 'completed', 0, 0.0),
    Failed('no valid host', Fate.NO_VALID_HOST, 'rolled-back', 8),
    Failed('rolled back', Fate.ROLLED_BACK, 'rolled-back', 8),
    Failed('rolled back and live', Fate.ROLLED_BACK, 'rolled-back', 8, 0.0),
    Failed('in ERROR on the source', Fate.ERROR_ON_SOURCE, 'error', 8),
    # The host is empty, and still this needs a person.
    Failed('in ERROR on the destination', Fate.ERROR_ON_DESTINATION,
           'error', 8),
    Failed('the confirm failed', Fate.CONFIRM_FAILED, 'error', 8),
    Failed('never over', Fate.STUCK, 'timeout', 8),
    Failed('never over and live', Fate.STUCK, 'timeout', 8, 0.0),
    Failed('deleted', Fate.DELETED, 'deleted', 0),
)  # fmt: skip


@rows.each(FAILED)
class FailedTestCase(fake_host.HostTestCase):
    def check(self, row: Failed) -> None:
        self.cloud(1, {row.fate: 1.0}, shutoff=row.shutoff)
        report = self.drained()
        self.assertEqual({'web1': row.outcome}, self.outcomes(report.rows))
        self.assertEqual(row.code, report.exit_code)
        self.assertEqual(list(report.rows), self.board.rows)
        self.assertEqual(not row.code, self.written.finished is not None)
        if row.code:
            # What is told of it, and what of the host.
            self.assertIn(f'web1: {row.outcome}', report.sentences[0])
            self.assertIn('host1', report.sentences[-1])
        # The file says the same.
        written = tuple(e.row for e in self.written.away.values())
        self.assertEqual(report.rows, written)

    def test_nothing_is_begun_after_so_many(self) -> None:
        self.cloud(5, {Fate.ROLLED_BACK: 1.0})
        report = self.drained(limits=turns.Limits(1, 2))
        self.assertEqual(
            ['rolled-back'] * 2 + ['not-started'] * 3,
            [str(row.outcome) for row in report.rows],
        )
        self.assertEqual(8, report.exit_code)
        # Those whose turn did not come are tried by the next run.
        self.assertEqual(
            'planned', str(list(self.written.away.values())[-1].row.outcome)
        )

    def test_what_is_not_known_matters_less_than_what_remains(self) -> None:
        for emptiness, code in (
            (plans.Emptiness(), 9),
            (plans.Emptiness(unseen=True), 9),
            (plans.Emptiness((facts.Server('a', 'a', 'p', 'ACTIVE'),)), 8),
        ):
            row = dataclasses.replace(
                told_rows.came_since(facts.Server('a', 'a', 'p', 'ACTIVE')),
                outcome=outcomes.Outcome.UNKNOWN,
            )
            report = drains.Report('host1', (row,), emptiness)
            self.assertEqual(code, report.exit_code)


class CheckTestCase(fake_host.HostTestCase):
    def test_each_server_has_its_own(self) -> None:
        clock: Any = self.clock
        made: list[fakes.Gate] = []

        def gate() -> gates.Gate:
            answered = gates.Answered(gates.Answer.CONFIRM)
            made.append(fakes.Gate(clock, answered))
            return made[-1]

        self.gate = gate
        report = self.drained()
        self.assertEqual(0, report.exit_code)
        self.assertEqual(
            ['web1', 'web2'],
            sorted(one.arrivals[0].server.name for one in made),
        )

    def test_what_it_does_not_like_is_reverted(self) -> None:
        clock: Any = self.clock
        answered = gates.Answered(gates.Answer.REVERT, 'It does not answer.')
        self.gate = lambda: fakes.Gate(clock, answered)
        report = self.drained(limits=turns.Limits(1, 1))
        self.assertEqual(
            {'web1': 'reverted', 'web2': 'not-started'},
            self.outcomes(report.rows),
        )
        self.assertEqual(8, report.exit_code)

    def test_a_live_migration_cannot_be(self) -> None:
        self.cloud(1, shutoff=0.0)
        clock: Any = self.clock
        answered = gates.Answered(gates.Answer.REVERT, 'It does not answer.')
        self.gate = lambda: fakes.Gate(clock, answered)
        report = self.drained()
        self.assertEqual({'web1': 'check-failed'}, self.outcomes(report.rows))
        # The host is empty, and a person has to look at the server.
        self.assertEqual(8, report.exit_code)
        self.assertIn('host1 is empty', report.sentences[-1])


class EmptinessTestCase(testtools.TestCase):
    def servers(self, count: int) -> tuple[facts.Server, ...]:
        return tuple(
            facts.Server(f'id-{n}', f'web{n}', 'project', 'ACTIVE')
            for n in range(1, count + 1)
        )

    def test_what_is_told_of_the_host(self) -> None:
        one, many = self.servers(1), self.servers(8)
        for found, code, sentence in (
            (plans.Emptiness(), 0, 'Compute host h is empty.'),
            (
                plans.Emptiness(excluded=3),
                0,
                'Compute host h is empty but for what was excluded.',
            ),
            (
                plans.Emptiness(one),
                8,
                'Compute host h is not empty; on it: web1.',
            ),
            (
                plans.Emptiness(many, one),
                8,
                'Compute host h is not empty; on it: web1, web2, web3, web4, '
                'web5 and 3 more; migrations from it that are not over: web1.',
            ),
            (
                plans.Emptiness(unseen=True),
                9,
                'Whether compute host h is empty is not known: its cell does '
                'not answer.',
            ),
            (
                plans.Emptiness(unread='HTTP 502.'),
                9,
                'Whether compute host h is empty is not known: HTTP 502.',
            ),
            (
                plans.Emptiness(one, unseen=True),
                8,
                'Compute host h is not empty; on it: web1; its cell does not '
                'answer.',
            ),
        ):
            self.assertEqual(sentence, plans.told('h', found))
            self.assertEqual(code, found.exit_code)
