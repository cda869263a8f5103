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

"""What is written down before Nova is asked, and after each verdict."""

import dataclasses
from typing import Any

import testtools

from osc_migrate.engine import facts
from osc_migrate.engine import move as moves
from osc_migrate.engine.outcomes import Outcome
from osc_migrate.engine import plan_file
from osc_migrate.engine import rows as told_rows
from osc_migrate.engine.rows import Fate
from osc_migrate import exceptions
from osc_migrate import journal as journals
from osc_migrate.tests.unit import fakes
from osc_migrate.tests.unit import rows

SERVER = facts.Server('id-1', 'web1', 'project', 'ACTIVE', host='host1')
PLANNED = plan_file.Entry(told_rows.of(SERVER, 'host1', None))
FRESH = plan_file.Plan('host1', 'service-1')
MOVE = moves.Move(
    SERVER,
    kind=moves.Kind.LIVE,
    source_host='host1',
    known={'uuid-old': 'completed'},
    user_id='user-me',
)
ASKED = plan_file.Trace(
    moves.Kind.LIVE, fakes.NOON, {'uuid-old': 'completed'}, 'user-me'
)


class File:
    """Remembers what was written, or writes no more.

    :ivar written: Every state, in its order.
    """

    def __init__(self) -> None:
        self.written: list[plan_file.Plan] = []
        self.is_full = False

    def write(self, text: str) -> None:
        if self.is_full:
            raise exceptions.Refused('No space left on device.')
        self.written.append(plan_file.decode(text, 'plan.json'))

    @property
    def last(self) -> plan_file.Plan:
        return self.written[-1]


class JournalTestCase(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.file = File()

    def journal(
        self, plan: plan_file.Plan = FRESH, **options: Any
    ) -> journals.Journal:
        file: Any = self.file
        return journals.Journal(plan, file, **options)

    def planned(self, **options: Any) -> journals.Journal:
        journal = self.journal(**options)
        journal.planned([PLANNED])
        return journal


class StepsTestCase(JournalTestCase):
    def test_the_request_is_written_before_it_is_sent(self) -> None:
        journal = self.planned()
        journal.asking(MOVE, fakes.NOON)
        journal.asked(dataclasses.replace(MOVE, request_id='req-ours'))
        row = dataclasses.replace(PLANNED.row, outcome=Outcome.COMPLETED)
        journal.landed(row, 'uuid-ours')
        answered = dataclasses.replace(ASKED, request_id='req-ours')
        self.assertEqual(
            [
                PLANNED,
                plan_file.Entry(PLANNED.row, ASKED),
                plan_file.Entry(
                    row,
                    dataclasses.replace(answered, migration_id='uuid-ours'),
                ),
            ],
            [plan.away['id-1'] for plan in self.file.written],
        )

    def test_what_becomes_of_the_host(self) -> None:
        journal = self.journal()
        journal.note(disabled=True)
        journal.planned([PLANNED])
        journal.note(disabled=False)
        journal.note(finished='noon')
        journal.note(restored='evening')
        self.assertEqual(
            [
                (True, 0, None, None),
                (True, 1, None, None),
                (False, 1, None, None),
                (False, 1, 'noon', None),
                (False, 1, 'noon', 'evening'),
            ],
            [
                (plan.disabled, len(plan.away), plan.finished, plan.restored)
                for plan in self.file.written
            ],
        )

    def test_an_earlier_run_is_carried_on(self) -> None:
        other = dataclasses.replace(PLANNED.row, server_id='id-2')
        plan = dataclasses.replace(
            FRESH, away={'id-2': plan_file.Entry(other), 'id-1': PLANNED}
        )
        journal = self.journal(plan)
        refused = dataclasses.replace(other, outcome=Fate.REFUSED)
        journal.planned([plan_file.Entry(refused)])
        self.assertEqual(['id-2', 'id-1'], list(self.file.last.away))
        self.assertEqual(plan_file.Entry(refused), journal.entries['id-2'])
        # What was read is not changed.
        self.assertEqual(plan_file.Entry(other), plan.away['id-2'])

    def test_the_way_back_leaves_the_way_there_as_it_is(self) -> None:
        plan = dataclasses.replace(FRESH, away={'id-1': PLANNED})
        journal = self.journal(plan, homewards=True)
        self.assertEqual({}, journal.entries)
        home = plan_file.Entry(told_rows.homewards(PLANNED.row, 'host1'))
        journal.planned([home])
        self.assertEqual(
            ({'id-1': PLANNED}, {'id-1': home}),
            (self.file.last.away, self.file.last.back),
        )

    def test_without_a_file_it_is_known_all_the_same(self) -> None:
        journal = journals.Journal(FRESH)
        journal.planned([PLANNED])
        journal.asking(MOVE, fakes.NOON)
        journal.note(disabled=True)
        self.assertEqual(ASKED, journal.entries['id-1'].trace)
        self.assertTrue(journal.plan.disabled)


@dataclasses.dataclass(frozen=True)
class Verdict:
    """What became of a move that was asked for, and what is kept of it.

    :ivar migration: Of the verdict, None where nothing was begun.
    :ivar before: As an earlier run knew it.
    :ivar kept: What finds it again: its migration, '-' if that is not known,
        None if nothing is to be found.
    """

    name: str
    outcome: Outcome | Fate
    migration: str | None
    kept: str | None
    before: str | None = None


VERDICTS = (
    Verdict('refused by Nova', Fate.REFUSED, None, None),
    Verdict('gone before', Outcome.NOT_ON_SOURCE, None, None),
    Verdict('arrived', Outcome.CONFIRMED, 'uuid-ours', 'uuid-ours'),
    Verdict('rolled back before it had a record', Outcome.ROLLED_BACK, None,
            None),
    Verdict('not over', Outcome.TIMEOUT, 'uuid-ours', 'uuid-ours'),
    Verdict('not over, and no record was seen', Outcome.TIMEOUT, None, '-'),
    Verdict('unknown', Outcome.UNKNOWN, None, '-'),
    Verdict('unknown, and an earlier run had seen it', Outcome.UNKNOWN, None,
            'uuid-ours', 'uuid-ours'),
    Verdict('unconfirmed', Outcome.UNCONFIRMED, 'uuid-ours', 'uuid-ours'),
)  # fmt: skip


@rows.each(VERDICTS)
class VerdictTestCase(JournalTestCase):
    def check(self, row: Verdict) -> None:
        asked = dataclasses.replace(ASKED, migration_id=row.before)
        away = {'id-1': plan_file.Entry(PLANNED.row, asked)}
        journal = self.journal(dataclasses.replace(FRESH, away=away))
        told = dataclasses.replace(PLANNED.row, outcome=row.outcome)
        journal.landed(told, row.migration)
        found = self.file.last.away['id-1']
        self.assertEqual(told, found.row)
        kept = None
        if found.trace is not None:
            kept = found.trace.migration_id or '-'
        self.assertEqual(row.kept, kept)

    def test_a_move_of_somebody_else_becomes_none_of_ours(self) -> None:
        journal = self.planned()
        row = dataclasses.replace(PLANNED.row, outcome=Outcome.TIMEOUT)
        journal.landed(row, 'uuid-of-bob')
        self.assertEqual(plan_file.Entry(row), self.file.last.away['id-1'])


class FullTestCase(JournalTestCase):
    """The disk is full: nothing new is asked, and nothing is lost."""

    def setUp(self) -> None:
        super().setUp()
        self.journal_ = self.planned()

    def fill(self) -> journals.Journal:
        self.file.is_full = True
        return self.journal_

    def test_nothing_may_be_asked_that_is_not_written(self) -> None:
        journal = self.fill()
        self.assertRaises(exceptions.Refused, journal.asking, MOVE, fakes.NOON)

    def test_nor_planned_nor_noted(self) -> None:
        journal = self.fill()
        self.assertRaises(exceptions.Refused, journal.planned, [PLANNED])
        self.assertRaises(exceptions.Refused, journal.note, disabled=True)

    def test_what_nova_does_goes_on_and_is_written_when_there_is_room(
        self,
    ) -> None:
        self.journal_.asking(MOVE, fakes.NOON)
        journal = self.fill()
        journal.asked(dataclasses.replace(MOVE, request_id='req-ours'))
        row = dataclasses.replace(PLANNED.row, outcome=Outcome.COMPLETED)
        journal.landed(row, 'uuid-ours')
        # Where this run is killed now, the move is found by its request.
        self.assertEqual(ASKED, self.file.last.away['id-1'].trace)
        self.file.is_full = False
        journal.save()
        self.assertEqual(row, self.file.last.away['id-1'].row)

    def test_a_request_that_was_not_sent_leaves_no_trace(self) -> None:
        journal = self.fill()
        self.assertRaises(exceptions.Refused, journal.asking, MOVE, fakes.NOON)
        row = dataclasses.replace(PLANNED.row, outcome=Fate.REFUSED)
        journal.landed(row, None)
        self.file.is_full = False
        journal.save()
        self.assertEqual(plan_file.Entry(row), self.file.last.away['id-1'])
