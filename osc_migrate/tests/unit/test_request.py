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
from osc_migrate.engine import request as requests
from osc_migrate import exceptions
from osc_migrate.tests.unit import rows
from osc_migrate.tests.unit import traces

OWN = facts.Server('id-1', 'web', 'own', 'ACTIVE')
OTHERS = facts.Server('id-2', 'web', 'elsewhere', 'ACTIVE')
SECOND = facts.Server('id-3', 'web', 'own', 'ACTIVE')


class ChooseTestCase(testtools.TestCase):
    def test_the_only_one(self) -> None:
        self.assertIs(OTHERS, requests.choose('web', [OTHERS], 'own'))

    def test_the_own_one_wins_over_those_of_others(self) -> None:
        for found in ([OWN, OTHERS], [OTHERS, OWN]):
            self.assertIs(OWN, requests.choose('web', found, 'own'))

    def test_none(self) -> None:
        refused = self.assertRaises(
            exceptions.Refused, requests.choose, 'web', [], 'own'
        )
        self.assertIn("'web'", refused.message)

    def test_several_are_told_with_their_ids(self) -> None:
        for found, project in (
            ([OWN, SECOND], 'own'),
            ([OWN, OTHERS], None),
            ([OWN, OTHERS], 'third'),
        ):
            refused = self.assertRaises(
                exceptions.Refused, requests.choose, 'web', found, project
            )
            for server in found:
                self.assertIn(server.id, refused.message)


@dataclasses.dataclass(frozen=True)
class Plan:
    """What was asked, what was found, and what that means.

    ``means`` is the class of the plan, or words of the refusal.
    """

    name: str
    found: str
    means: type | str
    attach: bool = False
    migration: str | None = None
    source_host: str | None = None
    view: traces.View = traces.ADMIN


START, TAKE_OVER = requests.Start, requests.TakeOver
PLANS = (
    Plan('nothing said: move it', 'ACTIVE src -', START),
    Plan(
        'nothing said: Nova refuses what is at work',
        'VERIFY_RESIZE dst finished', START,
    ),
    Plan(
        'attach to what is in flight',
        'RESIZE/resize_migrating src migrating', TAKE_OVER, attach=True,
    ),
    Plan(
        'attach to what awaits confirmation',
        'VERIFY_RESIZE dst finished', TAKE_OVER, attach=True,
    ),
    Plan(
        'attach and nothing is open',
        'ACTIVE dst confirmed', 'No migration of the server', attach=True,
    ),
    Plan(
        'attach and nothing was ever moved',
        'ACTIVE src -', 'No migration of the server', attach=True,
    ),
    Plan(
        'attach by name to what is over',
        'ACTIVE dst confirmed', TAKE_OVER,
        attach=True, migration=traces.OURS,
    ),
    Plan(
        'attach by name to what is not there',
        'ACTIVE dst confirmed', 'no migration uuid-else',
        attach=True, migration='uuid-else',
    ),
    Plan(
        'attach to a flavor resize',
        'VERIFY_RESIZE dst - newer:resize=finished', 'a flavor resize',
        attach=True,
    ),
    Plan(
        'attach by name to a flavor resize',
        'VERIFY_RESIZE dst - newer:resize=finished', 'a flavor resize',
        attach=True, migration='uuid-newer-resize',
    ),
    Plan(
        'attach to an evacuation',
        'ACTIVE dst - newer:evacuation=pre-migrating', 'an evacuation',
        attach=True,
    ),
    Plan(
        'attach where records are hidden',
        'VERIFY_RESIZE dst finished', 'may not be read by this user',
        attach=True, view=traces.MEMBER,
    ),
    Plan(
        'attach as a manager',
        'VERIFY_RESIZE dst finished', TAKE_OVER,
        attach=True, view=traces.MANAGER,
    ),
    Plan(
        'attach to what an admin started, as a manager',
        'VERIFY_RESIZE dst -', 'no migration of it is shown',
        attach=True, view=traces.MANAGER,
    ),
    Plan('on the source', 'ACTIVE src -', START, source_host='src'),
    Plan(
        'on the source with a record that was left open',
        'ACTIVE src migrating', START, source_host='src',
    ),
    Plan(
        'elsewhere and nothing open',
        'ACTIVE dst confirmed', requests.NothingToDo, source_host='src',
    ),
    Plan(
        'a move away from the source is open',
        'VERIFY_RESIZE dst finished', TAKE_OVER, source_host='src',
    ),
    Plan(
        'a move away from elsewhere is open',
        'VERIFY_RESIZE dst finished', 'is open', source_host='other',
    ),
    Plan(
        'a flavor resize is open away from the source',
        'VERIFY_RESIZE dst - newer:resize=finished', 'is open',
        source_host='src',
    ),
    Plan(
        'hosts are hidden',
        'ACTIVE src -', 'may not see hosts',
        source_host='src', view=traces.MANAGER,
    ),
)  # fmt: skip


@rows.each(PLANS)
class PlanTestCase(testtools.TestCase):
    def check(self, row: Plan) -> None:
        found = traces.read(f'0 {row.found}', row.view)[0]
        request = requests.Request(
            'web-1',
            attach=row.attach,
            migration=row.migration,
            source_host=row.source_host,
        )
        assert found.server is not None
        if isinstance(row.means, str):
            refused = self.assertRaises(
                exceptions.Refused,
                requests.plan, request, found.server, found.records,
            )  # fmt: skip
            self.assertIn(row.means, refused.message)
            self.assertTrue(refused.hint)
            return
        plan = requests.plan(request, found.server, found.records)
        self.assertIsInstance(plan, row.means)
        if isinstance(plan, requests.TakeOver):
            self.assertEqual(traces.OURS, plan.record.uuid)
