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

"""What is to become of a server, by the plan and by what Nova shows."""

import dataclasses

import testtools

from osc_migrate.engine import eligibility
from osc_migrate.engine import facts
from osc_migrate.engine.outcomes import Outcome
from osc_migrate.engine import placing
from osc_migrate.engine import plan_file
from osc_migrate.engine.rows import Fate
from osc_migrate.tests.unit import rows
from osc_migrate.tests.unit import rows_placing
from osc_migrate.tests.unit import traces


def meaning(finding: eligibility.Finding) -> str:
    """The word of the table for a finding."""
    if isinstance(finding, eligibility.Await):
        return 'await and confirm' if finding.confirm else 'await'
    if isinstance(finding, eligibility.Gone):
        return str(finding.outcome)
    return type(finding).__name__.lower()


@rows.each(rows_placing.CASES)
class PlaceTestCase(testtools.TestCase):
    def check(self, row: rows_placing.Case) -> None:
        placed = row.placed
        finding = placed.finding
        self.assertEqual(row.means, meaning(finding), str(finding))
        self.assertEqual((row.entry, row.now), (placed.entry, placed.server))
        own = placed.own.uuid if placed.own else None
        self.assertEqual(f'uuid-{row.own}' if row.own else None, own)
        if isinstance(finding, eligibility.Await) and finding.confirm:
            self.assertIs(placed.own, finding.record)
        reason = getattr(finding, 'reason', '')
        self.assertEqual(bool(row.says), bool(reason), reason)
        self.assertIn(row.says, reason)
        self.assertNotIn('None', reason)
        # What may still be found is not forgotten, and nothing else is kept.
        kept = row.trace if row.own or row.means == 'unknown' else None
        self.assertEqual(kept, placed.trace)


class OnlyOursTestCase(testtools.TestCase):
    def test_nothing_is_confirmed_that_the_plan_did_not_ask_for(self) -> None:
        for row in rows_placing.CASES:
            untouched = dataclasses.replace(row, trace=None)
            finding = untouched.placed.finding
            self.assertNotEqual('await and confirm', meaning(finding), row)

    def test_nothing_is_moved_again_while_it_is_moved(self) -> None:
        for row in rows_placing.CASES:
            now = row.now
            if now is not None and now.task_state is not None:
                self.assertNotEqual('move', row.means)

    def test_what_is_confirmed_by_another_user_is_anothers(self) -> None:
        for row in rows_placing.KILLED:
            if row.own != 'ours' or row.trace is None:
                continue
            if row.trace.migration_id:
                continue
            theirs = dataclasses.replace(
                row, records=row.records.replace('ours', 'bobs')
            )
            finding = theirs.placed.finding
            self.assertNotEqual('await and confirm', meaning(finding), row)


class IsOverTestCase(testtools.TestCase):
    def test_only_who_arrived_or_was_not_chosen_is_left_alone(self) -> None:
        over = {
            str(outcome)
            for outcome in (*Outcome, *Fate)
            if placing.is_over(rows_placing.Case('any', '', was=outcome).entry)
        }
        self.assertEqual(
            {
                'confirmed', 'auto-confirmed', 'confirmed-elsewhere',
                'completed', 'check-failed', 'skipped',
            },
            over,
        )  # fmt: skip

    def test_a_request_changes_nothing_about_it(self) -> None:
        entry = rows_placing.Case('any', '', was=Outcome.CONFIRMED).entry
        asked = plan_file.Entry(entry.row, rows_placing.SEEN)
        self.assertTrue(placing.is_over(asked))


@dataclasses.dataclass(frozen=True)
class Away:
    """A server that is on another host: whether it may come back.

    :ivar records: Statuses of its migrations from the host, newest first.
    """

    name: str
    records: str
    may_come_back: bool


AWAY = (
    Away('under way', 'migrating', True),
    Away('it arrives', 'post-migrating', True),
    Away('awaits a decision', 'finished', True),
    Away('is confirmed', 'confirming', True),
    Away('is reverted', 'reverting', True),
    # Nova says so before the source has the guest.
    Away('is as good as back', 'reverted', True),
    Away('confirmed', 'confirmed', False),
    Away('moved live', 'completed', False),
    Away('evacuated', 'done', False),
    Away('gone, and an older record was left open', 'confirmed migrating',
         False),
    Away('gone, and reverted before', 'completed reverted', False),
    Away('awaits a decision, and was moved before', 'finished confirmed',
         True),
)  # fmt: skip


@rows.each(AWAY)
class OnTheWayTestCase(testtools.TestCase):
    def check(self, row: Away) -> None:
        records = tuple(
            facts.MigrationRecord(f'uuid-{status}', 'migration', status)
            for status in row.records.split()
        )
        known = {traces.SERVER_ID: records}
        expected = (traces.SERVER_ID,) if row.may_come_back else ()
        self.assertEqual(expected, placing.on_the_way([], known))
        # Who is on the host is looked at in any case.
        here = [traces.server('ACTIVE')]
        self.assertEqual((), placing.on_the_way(here, known))
