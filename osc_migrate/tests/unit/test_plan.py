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

"""Which server is meant, and what is to be done with it."""

import dataclasses

import testtools

from osc_migrate.engine import facts
from osc_migrate.engine import plan as plans
from osc_migrate.engine import request as requests
from osc_migrate import exceptions
from osc_migrate.tests.unit import rows
from osc_migrate.tests.unit import rows_plan
from osc_migrate.tests.unit import traces

OWN = facts.Server('id-1', 'web', 'own', 'ACTIVE')
OTHERS = facts.Server('id-2', 'web', 'elsewhere', 'ACTIVE')
SECOND = facts.Server('id-3', 'web', 'own', 'ACTIVE')


class ChooseTestCase(testtools.TestCase):
    def test_the_only_one(self) -> None:
        self.assertIs(OTHERS, plans.choose('web', [OTHERS], 'own'))

    def test_the_own_one_wins_over_those_of_others(self) -> None:
        for found in ([OWN, OTHERS], [OTHERS, OWN]):
            self.assertIs(OWN, plans.choose('web', found, 'own'))

    def test_none(self) -> None:
        refused = self.assertRaises(
            exceptions.Refused, plans.choose, 'web', [], 'own'
        )
        self.assertIn("'web'", refused.message)

    def test_several_are_told_with_their_ids(self) -> None:
        for found, project in (
            ([OWN, SECOND], 'own'),
            ([OWN, OTHERS], None),
            ([OWN, OTHERS], 'third'),
        ):
            refused = self.assertRaises(
                exceptions.Refused, plans.choose, 'web', found, project
            )
            for server in found:
                self.assertIn(server.id, refused.message)


@rows.each((*rows_plan.PLANS, *rows_plan.KINDS))
class PlanTestCase(testtools.TestCase):
    def check(self, row: rows_plan.Plan) -> None:
        found = traces.read(f'0 {row.found}', row.view, kind=row.of)[0]
        request = requests.Request(
            'web-1',
            method=row.method,
            on_timeout=row.on_timeout,
            attach=row.attach,
            migration=row.migration,
            source_host=row.source_host,
            host=row.host,
        )
        assert found.server is not None
        if isinstance(row.means, str):
            refused = self.assertRaises(
                row.refuses,
                plans.plan, request, found.server, found.records,
            )  # fmt: skip
            self.assertIn(row.means, refused.message)
            if row.refuses is exceptions.Refused:
                self.assertTrue(refused.hint)
            return
        plan = plans.plan(request, found.server, found.records)
        self.assertIsInstance(plan, row.means)
        if isinstance(plan, plans.TakeOver):
            self.assertEqual(traces.OURS, plan.record.uuid)
        if row.kind is not None:
            self.assertEqual(row.kind, plans.kind_of(plan))


@dataclasses.dataclass(frozen=True)
class Reads:
    """A server, its records, and the server once more."""

    name: str
    before: str
    records: str
    after: str
    fit: bool
    view: traces.View = traces.ADMIN


READS = (
    Reads('at rest', 'ACTIVE src', '-', 'ACTIVE src', True),
    Reads('at rest with what is over', 'ACTIVE dst', 'confirmed',
          'ACTIVE dst', True),
    Reads('at rest with what is not closed', 'ACTIVE dst', 'running',
          'ACTIVE dst', True),
    Reads('moving, with its record', 'RESIZE/resize_prep src',
          'pre-migrating', 'RESIZE/resize_prep src', True),
    Reads('awaiting confirmation', 'VERIFY_RESIZE dst', 'finished',
          'VERIFY_RESIZE dst', True),
    Reads('moving, and the record is not made', 'MIGRATING/migrating src',
          '-', 'MIGRATING/migrating src', False),
    Reads('moving, and the record is that of an earlier move',
          'MIGRATING/migrating src', 'completed', 'MIGRATING/migrating src',
          False),
    Reads('confirmed meanwhile', 'VERIFY_RESIZE dst', 'confirmed',
          'ACTIVE dst', False),
    Reads('asked to move meanwhile', 'ACTIVE src', '-',
          'MIGRATING/migrating src', False),
    Reads('the next step meanwhile', 'RESIZE/resize_prep src',
          'pre-migrating', 'RESIZE/resize_migrating src', False),
    Reads('arrived meanwhile', 'ACTIVE src', 'completed', 'ACTIVE dst',
          False),
    Reads('records are hidden', 'MIGRATING/migrating src', '-',
          'MIGRATING/migrating src', True, traces.MEMBER),
)  # fmt: skip


@rows.each(READS)
class BelongTogetherTestCase(testtools.TestCase):
    def check(self, row: Reads) -> None:
        records = traces.read(f'0 {row.before} {row.records}', row.view)
        before, after = (
            traces.server(what, host, row.view)
            for what, host in map(str.split, (row.before, row.after))
        )
        self.assertIs(
            row.fit, plans.belong_together(before, records[0].records, after)
        )
