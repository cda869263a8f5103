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

"""The look beside a move, and the command of its own."""

import argparse
import io
import types
from typing import Any
from unittest import mock

import testtools

from osc_migrate.command import candidates as commands
from osc_migrate.engine.candidates import facts as candidate_facts
from osc_migrate.engine.candidates.facts import Missing
from osc_migrate.engine import facts
from osc_migrate.engine import move as moves
from osc_migrate.engine.outcomes import Outcome
from osc_migrate import exceptions
from osc_migrate import result as results
from osc_migrate import search
from osc_migrate.tests.unit import candidate_facts as made
from osc_migrate.tests.unit import fakes
from osc_migrate import why


class Candidates:
    """Shows what it is given, and remembers how it was asked."""

    def __init__(self, *hosts: candidate_facts.Host) -> None:
        self.hosts: Any = hosts
        self.asked: list[tuple[object, ...]] = []
        self.fault: Exception | None = None

    def look(
        self,
        server_id: str,
        kind: moves.Kind,
        destination: str | None,
    ) -> candidate_facts.Seen:
        self.asked.append((server_id, kind, destination))
        if self.fault is not None:
            raise self.fault
        return made.seen(hosts=self.hosts, kind=kind, destination=destination)


class Door:
    """Knows one server."""

    project_id = 'ours'

    def __init__(self, **changes: Any) -> None:
        self.server = facts.Server(
            **{'id': 'web1-id', 'name': 'web1', 'project_id': 'ours',
               'status': 'ACTIVE', 'host': 'host1', **changes}
        )  # fmt: skip

    def find(self, name_or_id: str) -> tuple[facts.Server, ...]:
        return (self.server,) if name_or_id == 'web1' else ()


def planned(**changes: Any) -> results.Result:
    return results.Result(
        **{'server_id': 'web1-id', 'server_name': 'web1',
           'outcome': Outcome.PLANNED, 'migration_type': 'migration',
           **changes}
    )  # fmt: skip


def rolled_back(**changes: Any) -> results.Result:
    return planned(
        **{'outcome': Outcome.ROLLED_BACK, 'migration_id': 'm',
           'reason': 'No valid host was found. No valid host found for cold '
                     'migrate', 'request_id': 'req-1', **changes}
    )  # fmt: skip


class WhyTestCase(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.candidates = Candidates(made.host('host2'))

    def look(self, result: results.Result, host: str | None = None) -> why.Why:
        return why.look(result, lambda: self.candidates, host)

    def test_a_dry_run_looks_once(self) -> None:
        found = self.look(planned(migration_type='live-migration'), 'host2')
        self.assertEqual(
            [('web1-id', moves.Kind.LIVE, 'host2')],
            self.candidates.asked,
        )
        self.assertEqual((), found.result.warnings)
        self.assertIn('host2  nova  up  fits', found.lines)

    def test_a_dry_run_warns_where_no_host_is_left(self) -> None:
        self.candidates.hosts = (made.host('host2', up=False),)
        found = self.look(planned(warnings=('before',)))
        self.assertEqual('before', found.result.warnings[0])
        self.assertIn('no valid host', found.result.warnings[1])

    def test_after_a_move_for_which_no_host_was_found(self) -> None:
        result = rolled_back()
        found = self.look(result)
        self.assertEqual(
            [('web1-id', moves.Kind.COLD, None)],
            self.candidates.asked,
        )
        self.assertIs(result, found.result)
        self.assertIn('request ID req-1', found.lines[-2])

    def test_other_ends_cost_no_look(self) -> None:
        for result in (
            planned(outcome=Outcome.CONFIRMED),
            planned(migration_id='m'),
            rolled_back(reason='not able to execute ssh command'),
            rolled_back(reason=None),
        ):
            self.assertEqual(why.Why(result), self.look(result))
        self.assertEqual([], self.candidates.asked)

    def test_a_look_that_fails_changes_nothing(self) -> None:
        for fault in (exceptions.TransientError('away'), KeyError('x')):
            self.candidates.fault = fault
            result = rolled_back()
            self.assertEqual(why.Why(result), self.look(result))
        self.assertEqual(2, len(self.candidates.asked))

    def test_who_is_no_admin_gets_one_sentence(self) -> None:
        self.candidates.hosts = Missing.HIDDEN
        self.assertEqual(1, len(self.look(rolled_back()).lines))


class SearchTestCase(testtools.TestCase):
    def run_it(
        self, *hosts: candidate_facts.Host, host: str | None = None,
        name: str = 'web1', **changes: Any,
    ) -> search.Found:  # fmt: skip
        door: Any = Door(**changes)
        return search.Search(door, Candidates(*hosts), fakes.FakeClock()).run(
            name, moves.Kind.COLD, host
        )

    def test_a_host_that_fits_or_may_fit_is_success(self) -> None:
        self.assertEqual(0, self.run_it(made.host()).exit_code)
        self.assertEqual(0, self.run_it(made.host(node=None)).exit_code)

    def test_no_host_that_is_left_is_3(self) -> None:
        found = self.run_it(made.host(up=False), made.host('host1'))
        self.assertEqual(3, found.exit_code)

    def test_one_host_alone(self) -> None:
        found = self.run_it(made.host(), made.host('host3'), host='host3')
        self.assertEqual(['host3'], [row.host for row in found.rows])

    def test_a_host_that_nova_does_not_know(self) -> None:
        error = self.assertRaises(
            exceptions.Refused, self.run_it, made.host(), host='nowhere'
        )
        self.assertEqual(
            'Compute host nowhere could not be found.', error.message
        )

    def test_a_server_that_is_not_there(self) -> None:
        self.assertRaises(
            exceptions.Refused, self.run_it, made.host(), name='web2'
        )

    def test_why_nova_would_not_move_it_now(self) -> None:
        found = self.run_it(made.host(), status='ERROR', vm_state='error')
        self.assertIn('vm_state error', found.refusals[0])
        self.assertEqual((), self.run_it(made.host()).refusals)


class CommandTestCase(testtools.TestCase):
    def command(self, *hosts: candidate_facts.Host) -> Any:
        door: Any = Door()
        app: Any = types.SimpleNamespace(
            stdout=io.StringIO(), stderr=io.StringIO(),
            options=types.SimpleNamespace(verbose_level=1),
        )  # fmt: skip
        command = commands.MigrateCandidates(app, None)

        def found(arguments: argparse.Namespace) -> search.Found:
            return search.Search(
                door, Candidates(*hosts), fakes.FakeClock()
            ).run(arguments.server, moves.Kind.COLD, arguments.host)

        self.patch(command, '_found', found)
        return command

    def rows(self, command: Any, *options: str) -> Any:
        parser = command.get_parser('openstack server migrate-candidates')
        return command.take_action(parser.parse_args(['web1', *options]))

    def test_the_columns_of_the_contract(self) -> None:
        columns, values = self.rows(self.command(made.host()))
        self.assertEqual(('Host', 'Zone', 'State', 'Fits', 'Reason'), columns)
        self.assertEqual([('host2', 'nova', 'up', True, None)], values)

    def test_an_empty_host_is_wrong_usage(self) -> None:
        command = self.command(made.host())
        parser = command.get_parser('openstack server migrate-candidates')
        stderr = io.StringIO()
        with mock.patch('sys.stderr', stderr):
            code = command.run(parser.parse_args(['web1', '--host', '']))
        self.assertEqual(2, code)
        self.assertIn('usage: ', stderr.getvalue())

    def test_what_is_needed_and_free(self) -> None:
        columns, values = self.rows(self.command(made.host()), '--long')
        self.assertEqual(('Needed', 'Free'), columns[-2:])
        self.assertEqual(
            [{'VCPU': 1, 'MEMORY_MB': 64, 'DISK_GB': 1},
             {'VCPU': 8, 'MEMORY_MB': 1024, 'DISK_GB': 100}],
            [cell.machine_readable() for cell in values[0][-2:]],
        )  # fmt: skip

    def test_what_is_free_is_null_where_it_was_not_seen(self) -> None:
        _columns, values = self.rows(
            self.command(made.host(node=None)), '--long'
        )
        self.assertIsNone(values[0][-1])
