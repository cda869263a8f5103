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

"""What is told of each server of a compute host, and what it asks for."""

import dataclasses

import testtools

from osc_migrate.engine import eligibility
from osc_migrate.engine import facts
from osc_migrate.engine import move as moves
from osc_migrate.engine import outcomes
from osc_migrate.engine.outcomes import Outcome
from osc_migrate.engine import rows as told_rows
from osc_migrate.engine.rows import Fate
from osc_migrate.tests.unit import rows
from osc_migrate.tests.unit import traces

SERVER = facts.Server('id-1', 'web1', 'project', 'ACTIVE', host='host1')
PLANNED = told_rows.of(SERVER, 'host1', None)
RECORD = facts.MigrationRecord(
    'uuid', 'migration', 'migrating', 'host1', 'host7'
)
#: What asks for no person.
WELL: tuple[Outcome | Fate, ...] = (
    *(one for one, code in outcomes.EXIT_CODES.items() if not code),
    # It did leave the host.
    Outcome.DELETED,
    Fate.SKIPPED,
)
EVERY = (*Outcome, *Fate)


def row(
    outcome: Outcome | Fate, name: str = 'web1', reason: str | None = None
) -> told_rows.Row:
    method = None if outcome in tuple(Fate) else 'migration'
    return told_rows.Row(
        f'id-of-{name}', name, 'project', method, 'host1', 'host2', outcome,
        reason,
    )  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Told:
    """A finding, and the row that it makes.

    :ivar goes_to: What is told of where it goes.
    """

    name: str
    finding: eligibility.Finding
    outcome: Outcome | Fate
    method: str | None = None
    reason: str | None = None
    goes_to: str | None = 'asked'


TOLD = (
    Told('moved live', eligibility.Move(moves.Kind.LIVE), Outcome.PLANNED,
         'live-migration'),
    Told('moved cold', eligibility.Move(moves.Kind.COLD), Outcome.PLANNED,
         'migration'),
    Told('under way', eligibility.Await(RECORD, confirm=False),
         Outcome.PLANNED, 'migration',
         'It is under way already (migrating).', 'host7'),
    Told('refused', eligibility.Refused('It rests.'), Fate.REFUSED,
         reason='It rests.'),
    Told('refused, and what would allow it',
         eligibility.Refused('It is locked.', '--include-locked'),
         Fate.REFUSED, reason='It is locked. To allow it: --include-locked'),
    Told('not chosen', eligibility.Skipped('Excluded.'), Fate.SKIPPED,
         reason='Excluded.'),
    Told('deleted', eligibility.Gone(Outcome.DELETED, 'It is gone.'),
         Outcome.DELETED, reason='It is gone.'),
    Told('elsewhere', eligibility.Gone(Outcome.NOT_ON_SOURCE, 'On host9.'),
         Outcome.NOT_ON_SOURCE, reason='On host9.'),
)  # fmt: skip


@rows.each(TOLD)
class ToldTestCase(testtools.TestCase):
    def check(self, row: Told) -> None:
        before = dataclasses.replace(
            PLANNED,
            method='live-migration',
            destination_host='of an earlier attempt',
            outcome=Outcome.TIMEOUT,
            reason='What an earlier run said.',
            duration=7.0,
        )
        self.assertEqual(
            dataclasses.replace(
                PLANNED,
                method=row.method,
                destination_host=row.goes_to,
                outcome=row.outcome,
                reason=row.reason,
            ),
            told_rows.told(before, row.finding, 'asked'),
        )


@dataclasses.dataclass(frozen=True)
class Worst:
    """What became of some servers, and the exit code."""

    name: str
    found: tuple[Outcome | Fate, ...]
    code: int


WORST = (
    Worst('no server', (), 0),
    Worst('all as wished', WELL, 0),
    Worst('one refused', (Outcome.CONFIRMED, Fate.REFUSED), 8),
    Worst('one not started', (Outcome.CONFIRMED, Fate.NOT_STARTED), 8),
    Worst('one rolled back', (Outcome.ROLLED_BACK, Outcome.COMPLETED), 8),
    Worst('one whose check failed', (Outcome.CHECK_FAILED,), 8),
    Worst('one that timed out', (Outcome.TIMEOUT,), 8),
    Worst('one of which nothing is known',
          (Outcome.UNKNOWN, Outcome.CONFIRMED), 9),
    Worst('nothing is known of one, and another stays',
          (Outcome.UNKNOWN, Outcome.ERROR), 8),
    Worst('deleted under way', (Outcome.DELETED,), 0),
)  # fmt: skip


@rows.each(WORST)
class WorstTestCase(testtools.TestCase):
    def check(self, row_: Worst) -> None:
        found = [row(outcome) for outcome in row_.found]
        self.assertEqual(row_.code, told_rows.worst(found))


class RowsTestCase(testtools.TestCase):
    def test_a_person_looks_at_what_did_not_get_where_it_should(self) -> None:
        for outcome in EVERY:
            self.assertIs(
                outcome not in WELL, row(outcome).failed, str(outcome)
            )

    def test_who_arrived_is_never_waited_for_again(self) -> None:
        self.assertEqual(frozenset(), told_rows.ARRIVED & told_rows.OPEN)
        for outcome in told_rows.ARRIVED:
            # On another host, whatever a check said of it.
            self.assertIn(outcomes.EXIT_CODES[outcome], (0, 6))

    def test_bad_news_are_a_sentence_each(self) -> None:
        found = [
            row(Outcome.CONFIRMED),
            row(Outcome.ROLLED_BACK, 'web2', 'No valid host was found.'),
            row(Fate.REFUSED, 'web3', 'The server is locked.'),
            row(Fate.SKIPPED, 'web4', 'Excluded by --exclude.'),
        ]
        self.assertEqual(
            [
                'web2: rolled-back (host1 -> host2): No valid host was found.',
                'web3: refused: The server is locked.',
            ],
            list(told_rows.bad_news(found)),
        )

    def test_where_it_goes_is_told_where_it_is_known(self) -> None:
        self.assertEqual(
            'web1: confirmed (host1 -> host2)',
            told_rows.describe(row(Outcome.CONFIRMED)),
        )
        self.assertEqual(
            'web1: rolled-back',
            told_rows.describe(
                dataclasses.replace(
                    row(Outcome.ROLLED_BACK), destination_host=None
                )
            ),
        )

    def test_a_server_whose_turn_did_not_come(self) -> None:
        found = told_rows.not_started(row(Outcome.PLANNED))
        self.assertEqual(Fate.NOT_STARTED, found.outcome)
        self.assertTrue(found.failed)

    def test_a_server_that_nobody_planned_for(self) -> None:
        found = told_rows.came_since(SERVER)
        self.assertEqual(
            (Fate.NOT_STARTED, 'host1', None, True),
            (
                found.outcome,
                found.source_host,
                found.destination_host,
                found.failed,
            ),
        )

    def test_the_way_back_is_planned_anew(self) -> None:
        there = dataclasses.replace(
            row(Outcome.CHECK_FAILED, reason='The check failed.'), duration=3.0
        )
        back = told_rows.homewards(there, 'host1')
        self.assertEqual(
            dataclasses.replace(
                there,
                method=None,
                source_host='host2',
                destination_host='host1',
                outcome=Outcome.PLANNED,
                reason=None,
                duration=None,
            ),
            back,
        )

    def test_where_it_is_has_to_be_known_for_the_way_back(self) -> None:
        found = told_rows.unfinished(row(Outcome.TIMEOUT))
        self.assertEqual(Fate.REFUSED, found.outcome)
        self.assertIn('carried on first', found.reason or '')

    def test_an_outline_names_what_is_moved_and_what_is_not(self) -> None:
        kind = eligibility.Move(moves.Kind.LIVE)
        live = told_rows.told(PLANNED, kind, None)
        named = dataclasses.replace(
            live, name='web2', destination_host='host5'
        )
        await_ = eligibility.Await(RECORD, confirm=False)
        under_way = told_rows.told(PLANNED, await_, None)
        self.assertEqual(
            [
                'web1: live',
                'web2: live (host1 -> host5)',
                'web1: cold (host1 -> host7): It is under way already '
                '(migrating).',
                'web3: refused: The server is locked.',
                'Plan: 2 live, 1 cold, 1 refused, 2 skipped',
            ],
            list(
                told_rows.outline(
                    [
                        live,
                        named,
                        under_way,
                        row(Fate.REFUSED, 'web3', 'The server is locked.'),
                        row(Fate.SKIPPED, 'web4'),
                        row(Fate.SKIPPED, 'web5'),
                    ]
                )
            ),
        )

    def test_an_outline_of_nothing(self) -> None:
        self.assertEqual(
            ['Plan: there is no server'], list(told_rows.outline([]))
        )

    def test_who_was_planned_is_on_the_source(self) -> None:
        found = told_rows.of(traces.server('ACTIVE'), 'src', 'dst')
        self.assertEqual(
            (traces.SERVER_ID, traces.PROJECT, 'src', 'dst', Outcome.PLANNED),
            (
                found.server_id,
                found.project_id,
                found.source_host,
                found.destination_host,
                found.outcome,
            ),
        )
