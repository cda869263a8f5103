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

"""What happens while a check decides, and reverts that fail."""

from collections.abc import Callable
import dataclasses
import os
import shlex
import signal

from osc_migrate.tests.functional import base
from osc_migrate.tests.functional import checks
from osc_migrate.tests.functional import people


@dataclasses.dataclass(frozen=True)
class Broken:
    """A revert that fails, and where the server is then."""

    name: str
    step: str
    on_source: bool


@base.each((
    Broken('on_the_source', 'finish_revert_migration', True),
    Broken('on_the_destination', 'destroy_for_revert', False),
))  # fmt: skip
class TestRevertFails(checks.Case):
    def check(self, broken: Broken) -> None:
        server = self.boot(stopped=False, **{broken.step: 'fail=nova'})
        result = self.migrate(server, '--check', 'false')
        self.assert_outcome('error', 4, result)
        self.assertIn(
            f'Steered failure at {broken.step}',
            result.fields['reason'],
        )
        self.assertIn('Look for the guest', result.fields['hint'])
        on = server.host
        if not broken.on_source:
            on = result.fields['destination_host']
        self.assert_nova_says(server, 'ERROR', on, 'error')


Interference = Callable[[checks.Case, people.Server], None]


def _confirms(case: checks.Case, server: people.Server) -> None:
    case.admin.confirm(server)
    case.admin.await_status(server.id, 'ACTIVE')


def _reverts(case: checks.Case, server: people.Server) -> None:
    case.admin.revert(server)
    case.admin.await_status(server.id, 'ACTIVE')


def _reverts_and_migrates(case: checks.Case, server: people.Server) -> None:
    _reverts(case, server)
    case.admin.migrate(server)
    case.admin.await_status(server.id, 'VERIFY_RESIZE')


def _source_dies(case: checks.Case, server: people.Server) -> None:
    case.force_down(server.host)


@dataclasses.dataclass(frozen=True)
class Meanwhile:
    """What happens while the check runs, and what its answer is."""

    name: str
    others: Interference
    code: int
    outcome: str
    exit_code: int
    status: str
    on: str
    records: tuple[str, ...]
    reason: str
    asked: tuple[str, ...]


MEANWHILE = (
    Meanwhile('somebody_confirms', _confirms, 1, 'confirmed-elsewhere', 0,
              'ACTIVE', 'destination', ('confirmed',), '^$',
              ('confirmResize',)),
    Meanwhile('somebody_reverts', _reverts, 0, 'reverted', 6,
              'ACTIVE', 'source', ('reverted',), 'by user', ('revertResize',)),
    Meanwhile('somebody_reverts_and_migrates', _reverts_and_migrates, 0,
              'conflict', 7, 'VERIFY_RESIZE', 'anywhere',
              ('finished', 'reverted'), 'not ours',
              ('migrate', 'revertResize')),
    # A revert would destroy the guest and start none.
    Meanwhile('source_dies_and_it_fails', _source_dies, 1, 'unconfirmed', 4,
              'VERIFY_RESIZE', 'destination', ('finished',),
              'exited with code 1. No revert was begun: .* is down', ()),
)  # fmt: skip


@base.each(MEANWHILE)
class TestMeanwhile(checks.Case):
    def check(self, row: Meanwhile) -> None:
        server = self.boot()
        run = self.start_migrate(
            server, '--check', self.waiting_check(row.code)
        )
        run.until_it_says('checking')
        self.process_of_the_check()
        row.others(self, server)
        self.let_it_end()
        result = run.wait()

        self.assert_outcome(row.outcome, row.exit_code, result)
        self.assertRegex(result.fields['reason'] or '', row.reason)
        on = {
            'source': server.host,
            'destination': result.fields['destination_host'],
            'anywhere': self.admin.look_at(server.id).host,
        }[row.on]
        self.assert_nova_says(server, row.status, on, *row.records)
        self.assertEqual(
            [*row.asked, 'migrate', 'create'], self.admin.actions(server.id)
        )

    def test_novas_window_confirms_while_it_runs(self) -> None:
        server = self.boot(finish_migration='auto-confirm=2')
        result = self.migrate(server, '--check', self.waiting_check(1))
        self.assert_outcome('auto-confirmed', 0, result)
        self.assertIn('checking', result.stderr)
        self.assert_gone(self.process_of_the_check())
        self.assert_nova_says(
            server, 'ACTIVE', result.fields['destination_host'], 'confirmed'
        )

    def test_interrupted(self) -> None:
        server = self.boot()
        check = self.waiting_check(0)
        run = self.start_migrate(
            server, '--check', check, '--check-timeout', '90'
        )
        process = self.process_of_the_check()
        run.signal(signal.SIGINT)
        result = run.wait()

        self.assert_exit(130, result)
        self.assertEqual('', result.stdout)
        self.assertIn('waits in VERIFY_RESIZE for a decision', result.stderr)
        self.assert_gone(process)
        (record,) = self.admin.records(server.id)
        self.assertEqual('finished', record.status)
        self.assertEqual(
            'openstack --os-cloud admin server migrate-and-wait --attach '
            f'--migration {record.uuid} --check {shlex.quote(check)} '
            f'--check-timeout 90 -f json {server.id}',
            result.resume,
        )
        self.let_it_end()
        resumed = self.follow(result.resume)
        self.assert_outcome('confirmed', 0, resumed)
        self.assertIn('checking', resumed.stderr)
        self.assert_nova_says(
            server, 'ACTIVE', resumed.fields['destination_host'], 'confirmed'
        )

    def assert_gone(self, process: int) -> None:
        self.assertRaises(ProcessLookupError, os.kill, process, 0)
