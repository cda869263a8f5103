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

"""Which servers of a host can be moved, how, and what refuses the others."""

import itertools

import testtools

from osc_migrate.engine import drain
from osc_migrate.engine import eligibility
from osc_migrate.engine import facts
from osc_migrate.engine import move as moves
from osc_migrate.engine import outcomes
from osc_migrate.engine import placing
from osc_migrate.engine.request import Method
from osc_migrate import exceptions
from osc_migrate.tests.unit import rows
from osc_migrate.tests.unit import rows_drain

#: vm_states from which Nova takes the request (nova's ``compute/api.py``,
#: ``check_instance_state`` of ``resize`` and ``live_migrate``).
TAKEN = {
    moves.Kind.COLD: frozenset({'active', 'stopped'}),
    moves.Kind.LIVE: frozenset({'active', 'paused'}),
}


def meaning(finding: eligibility.Finding) -> str:
    """The word of the table for a finding."""
    if isinstance(finding, eligibility.Move):
        return 'move live' if finding.kind is moves.Kind.LIVE else 'move cold'
    if isinstance(finding, eligibility.Await):
        return 'await and confirm' if finding.confirm else 'await'
    return type(finding).__name__.lower()


@rows.each(rows_drain.CASES)
class ClassifyTestCase(testtools.TestCase):
    def check(self, row: rows_drain.Case) -> None:
        candidate = eligibility.Candidate(row.server, row.open_record)
        finding = eligibility.classify(candidate, row.selection)
        self.assertEqual(row.means, meaning(finding), repr(finding))
        if isinstance(finding, eligibility.Await):
            self.assertIs(candidate.record, finding.record)
        if isinstance(finding, eligibility.Refused | eligibility.Skipped):
            self.assertTrue(row.says)
            self.assertIn(row.says, finding.reason)
        if isinstance(finding, eligibility.Refused):
            self.assertEqual(row.allow is None, finding.allow is None)
            self.assertIn(row.allow or '', finding.allow or '')
            self.assertNotIn('{', finding.allow or '')


class NovaTakesItTestCase(testtools.TestCase):
    """The rules, beside those of Nova's API."""

    def found(
        self, vm_state: str, task: str | None, method: Method
    ) -> eligibility.Finding:
        state = vm_state if task is None else f'{vm_state}/{task}'
        case = rows_drain.Case('any', state, '')
        return eligibility.classify(
            eligibility.Candidate(case.server),
            eligibility.Selection(method),
        )

    def test_a_server_is_moved_where_nova_takes_it_and_nowhere_else(
        self,
    ) -> None:
        for vm_state, task, method in itertools.product(
            rows_drain.VM_STATES, (None, *rows_drain.TASK_STATES), Method
        ):
            finding = self.found(vm_state, task, method)
            takes = {kind for kind in TAKEN if vm_state in TAKEN[kind]}
            if method is not Method.AUTO:
                live = method is Method.LIVE
                takes &= {moves.Kind.LIVE if live else moves.Kind.COLD}
            where = f'{vm_state}/{task} {method}'
            if task is not None or not takes:
                self.assertIsInstance(finding, eligibility.Refused, where)
            else:
                assert isinstance(finding, eligibility.Move), where
                self.assertIn(finding.kind, takes, where)

    def test_automatically_nobody_is_shut_down_who_runs(self) -> None:
        for vm_state in TAKEN[moves.Kind.LIVE]:
            self.assertEqual(
                eligibility.Move(moves.Kind.LIVE),
                self.found(vm_state, None, Method.AUTO),
            )

    def test_a_server_of_a_cell_that_is_down(self) -> None:
        """There is an ID and a project, and no more."""
        partial = eligibility.Candidate(
            facts.Server('id-1', 'id-1', 'p', 'UNKNOWN')
        )
        for project, expected in (
            (None, eligibility.Refused),
            ('p', eligibility.Refused),
            ('another', eligibility.Skipped),
        ):
            finding = eligibility.classify(
                partial, eligibility.Selection(project_id=project)
            )
            assert isinstance(finding, expected)
            down = expected is eligibility.Refused
            self.assertIn('cell' if down else '--project', finding.reason)

    def test_a_state_that_nova_has_not_yet(self) -> None:
        server = facts.Server('id-1', 'web1', 'p', 'HOVERING', 'hovering')
        for method in Method:
            finding = eligibility.classify(
                eligibility.Candidate(server),
                eligibility.Selection(method),
            )
            assert isinstance(finding, eligibility.Refused)
            self.assertIn('HOVERING', finding.reason)


def server(server_id: str, name: str) -> facts.Server:
    return facts.Server(server_id, name, 'p', 'ACTIVE')


ID_1 = '4f6d9d2e-0000-4000-8000-000000000001'
ID_2 = '4f6d9d2e-0000-4000-8000-00000000000a'
HERE = (
    server(ID_1, 'web1'), server(ID_2, 'db1'), server('id-3', 'twin'),
    server('id-4', 'twin'), server('id-5', ID_2),
)  # fmt: skip


class IdentifyTestCase(testtools.TestCase):
    def test_names_and_ids(self) -> None:
        for names, found, missing in (
            ((), set(), ()),
            (('web1',), {ID_1}, ()),
            ((ID_1,), {ID_1}, ()),
            (('web1', ID_1), {ID_1}, ()),
            (('web1', 'db1'), {ID_1, ID_2}, ()),
            (('web',), set(), ('web',)),
            (('WEB1',), set(), ('WEB1',)),
            (('web1', 'web9', 'web8'), {ID_1}, ('web9', 'web8')),
            ((ID_2.upper(),), {ID_2}, ()),
        ):
            self.assertEqual(
                (frozenset(found), missing), drain.identify(names, HERE)
            )

    def test_an_id_is_never_taken_for_a_name(self) -> None:
        self.assertEqual((frozenset({ID_2}), ()), drain.identify([ID_2], HERE))

    def test_a_name_of_two_is_refused_with_their_ids(self) -> None:
        refused = self.assertRaises(
            exceptions.Refused, drain.identify, ['web1', 'twin'], HERE
        )
        for word in ('twin', 'id-3', 'id-4'):
            self.assertIn(word, refused.message)
        self.assertTrue(refused.hint)

    def test_servers_may_come_one_by_one(self) -> None:
        found = drain.identify(['web1', 'db1'], iter(HERE))
        self.assertEqual((frozenset({ID_1, ID_2}), ()), found)


def record(uuid: str, status: str) -> facts.MigrationRecord:
    return facts.MigrationRecord(uuid, 'migration', status, 'src', 'dst')


OVER = record('uuid-over', 'confirmed')
OPEN = record('uuid-open', 'finished')
OLDER = record('uuid-older', 'migrating')


class OpenRecordTestCase(testtools.TestCase):
    def test_the_newest_unless_it_is_over(self) -> None:
        for records, expected in (
            ((), None),
            ((OVER,), None),
            ((OPEN,), OPEN),
            ((OPEN, OLDER), OPEN),
            # Left open by a restart: nothing newer had begun else.
            ((OVER, OPEN), None),
            ((OVER, OLDER, OPEN), None),
        ):
            self.assertIs(expected, placing.open_record(records))

    def test_what_is_over(self) -> None:
        for status in sorted(moves.TERMINAL):
            self.assertIsNone(placing.open_record([record('u', status)]))
        for status in sorted(moves.IN_PROGRESS | {'finished', 'tomorrow'}):
            found = record('u', status)
            self.assertIs(found, placing.open_record(iter([found])))


class OnTheWayTestCase(testtools.TestCase):
    def test_who_left_and_may_come_back(self) -> None:
        self.assertEqual(
            ('id-7',),
            placing.on_the_way(
                HERE[:2],
                {
                    ID_1: (OPEN,),
                    'id-3': (OVER, OPEN),
                    'id-4': (OVER,),
                    'id-5': (),
                    'id-7': (OLDER,),
                },
            ),
        )


class EmptinessTestCase(testtools.TestCase):
    def test_when_a_host_is_called_empty(self) -> None:
        left = (server(ID_1, 'web1'),)
        for emptiness, code in (
            (drain.Emptiness(), 0),
            (drain.Emptiness(remaining=left), outcomes.EXIT_REMAIN),
            (drain.Emptiness(pending=left), outcomes.EXIT_REMAIN),
            (drain.Emptiness(unseen=True), outcomes.EXIT_UNKNOWN),
            # What is certain is told before what is not.
            (drain.Emptiness(left, left, True), outcomes.EXIT_REMAIN),
        ):
            self.assertEqual(code, emptiness.exit_code)
        self.assertEqual((8, 9), (outcomes.EXIT_REMAIN,
                                  outcomes.EXIT_UNKNOWN))  # fmt: skip
