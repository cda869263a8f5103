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

"""``openstack server migrate-candidates``: the command by itself."""

import re
from typing import Any, cast

from osc_migrate.command import candidates
from osc_migrate.engine.candidates import told
from osc_migrate.tests.functional import drain_base
from osc_migrate.tests.functional import history
from osc_migrate.tests.functional import people
from osc_migrate.tests.functional import people_states
from osc_migrate.tests.functional import program

Row = dict[str, Any]

COMMAND = ('server', 'migrate-candidates')
LIVE = '--live-migration'
ON_IT = 'the server is on it'
DISABLED = 'its compute service is disabled (new disks)'
#: Of flavor m1.tiny.
NEEDED = {'VCPU': 1, 'MEMORY_MB': 64, 'DISK_GB': 1}
#: Older ones may be configured to move a server to the host that it is on:
#: then that host is not ruled out, and not every one can be.
SAME_HOST = history.Since(
    '2.87', 'all hosts report whether they migrate to the same host'
)


class Case(drain_base.Case):
    def ask(
        self, server: people.Server, *options: str, user: str = 'admin'
    ) -> program.Result:
        return self.start_asking(server.id, *options, user=user).wait()

    def start_asking(
        self, name_or_id: str, *options: str, user: str = 'admin'
    ) -> program.Running:
        words = (*COMMAND, '-f', 'json', *options, name_or_id)
        return self.start(*words, user=user)

    def by_host(
        self,
        result: program.Result,
        columns: tuple[str, ...] = candidates.COLUMNS,
    ) -> dict[str, Row]:
        """Return the rows by their hosts, in the order of the command."""
        rows = cast(list[Row], result.fields)
        for row in rows:
            self.assertEqual(columns, tuple(row))
        found = {row['Host']: row for row in rows}
        self.assertEqual(len(rows), len(found), str(result))
        return found

    def assert_says(
        self, fits: bool | None, reason: str | None, row: Row
    ) -> None:
        self.assertEqual((fits, reason), (row['Fits'], row['Reason']))

    def assert_fits(self, row: Row) -> None:
        self.assert_says(True, None, row)

    def assert_own(self, row: Row) -> None:
        """The row of the host that the server is on, of a cold migration."""
        if self.lacks(SAME_HOST):
            self.assertIsNone(row['Fits'])
            self.assertIn(f'{ON_IT}, and this Nova may be', row['Reason'])
        else:
            self.assert_says(False, ON_IT, row)


class TestRows(Case):
    def test_the_host_that_fits_takes_the_server(self) -> None:
        server = self.boot()
        before = len(self.cloud.requests())
        result = self.ask(server)
        asked = self.cloud.requests()[before:]

        self.assert_exit(0, result)
        self.assertEqual(f'{told.NOT_LOOKED_AT}\n', result.stderr)
        rows = self.by_host(result)
        self.assertEqual(sorted(self.cloud.compute_hosts), list(rows))
        for row in rows.values():
            self.assertEqual(('nova', 'up'), (row['Zone'], row['State']))
        self.assert_own(rows[server.host])
        for host in self.other_hosts(server):
            self.assert_fits(rows[host])

        # A token is asked for with a POST.
        methods = {r.method for r in asked if r.service != 'keystone'}
        self.assertEqual({'GET'}, methods)
        self.assertIn('placement', {r.service for r in asked})
        self.assert_untouched(server)

        host = self.other_hosts(server)[0]
        moved = self.migrate(server, '--host', host)
        self.assert_outcome('confirmed', 0, moved)
        self.assertEqual(host, self.admin.look_at(server.id).host)

    def test_a_live_migration_never_stays_on_its_host(self) -> None:
        server = self.boot()
        result = self.ask(server, LIVE)
        self.assert_exit(0, result)
        rows = self.by_host(result)
        self.assert_says(False, ON_IT, rows[server.host])
        for host in self.other_hosts(server):
            self.assert_fits(rows[host])

    def test_a_host_with_another_member_of_its_group_is_ruled_out(
        self,
    ) -> None:
        own, taken, free = self.cloud.compute_hosts
        group = people_states.group(self.admin, 'apart', 'anti-affinity')
        wanted = [drain_base.Wanted(n, group=group) for n in ('web1', 'web2')]
        server = self.fill(own, wanted[0])['web1']
        self.fill(taken, wanted[1])
        reason = 'server group apart (anti-affinity) has 1 of at most 1 there'

        result = self.ask(server)
        self.assert_exit(0, result)
        rows = self.by_host(result)
        self.assert_own(rows[own])
        self.assert_says(False, reason, rows[taken])
        self.assert_fits(rows[free])


class TestNoneFits(Case):
    @SAME_HOST
    def test_every_reason_is_told_before_and_after_the_move(self) -> None:
        server = self.boot()
        for host in self.other_hosts(server):
            self.admin.compute.disable_service(
                self.service(host), disabled_reason='new disks'
            )
        rehearsal = self.start_migrate(server, '--dry-run')
        result = self.ask(server)
        self.assert_exit(3, result)
        # Nothing is left open that would have to be named.
        self.assertEqual('', result.stderr)
        rows = self.by_host(result)
        self.assertEqual(sorted(self.cloud.compute_hosts), list(rows))
        self.assert_says(False, ON_IT, rows[server.host])
        for host in self.other_hosts(server):
            self.assert_says(False, DISABLED, rows[host])
            self.assertEqual('disabled', rows[host]['State'])

        planned = rehearsal.wait()
        self.assert_outcome('planned', 0, planned)
        (warning,) = planned.fields['warnings']
        self.assertRegex(warning, f'no valid host: each of {len(rows)} is')
        self.assertIn(f'Warning: {warning}\n', planned.stderr)
        self._assert_tells(planned, rows)

        moved = self.migrate(server)
        self.assert_outcome('rolled-back', 3, moved)
        self._assert_tells(moved, rows)
        self.assert_nova_says(server, 'ACTIVE', server.host, 'error')

    def _assert_tells(
        self, result: program.Result, rows: dict[str, Row]
    ) -> None:
        """The last lines on standard error are the rows, one line each."""
        lines = result.stderr.splitlines()[-len(rows) :]
        self.assertEqual(
            [
                [row['Host'], row['Zone'], row['State'], 'ruled out',
                 row['Reason']]
                for row in rows.values()
            ],
            [re.split('  +', line) for line in lines],
            str(result),
        )  # fmt: skip


class TestOptions(Case):
    def test_one_host_and_its_room(self) -> None:
        server = self.boot()
        host = self.other_hosts(server)[0]
        own = self.start_asking(server.name, '--host', server.host)
        result = self.ask(server, '--host', host, '--long')
        self.assert_exit(0, result)
        rows = self.by_host(result, candidates.LONG_COLUMNS)
        self.assertEqual([host], list(rows))
        self.assert_fits(rows[host])
        self.assertEqual(NEEDED, rows[host]['Needed'])
        free = rows[host]['Free']
        self.assertEqual(set(NEEDED), set(free))
        for name, amount in NEEDED.items():
            self.assertGreaterEqual(free[name], amount, name)

        result = own.wait()
        self.assert_exit(3, result)
        rows = self.by_host(result)
        self.assertEqual([server.host], list(rows))
        self.assert_says(False, ON_IT, rows[server.host])

    def test_a_host_and_a_server_that_are_not_there(self) -> None:
        server = self.boot()
        runs = [
            (reason, self.start_asking(*words))
            for words, reason in (
                ((server.id, '--host', 'host99'),
                 'Compute host host99 could not be found'),
                (('web9',), "name or ID of 'web9' exists"),
            )
        ]  # fmt: skip
        for reason, run in runs:
            self.assert_refused(run.wait(), reason)


class TestUsers(Case):
    def test_a_member_is_told_why_there_are_no_rows(self) -> None:
        server = self.boot(user='member')
        runs = [
            self.start_asking('web1', *options, user='member')
            for options in ((), ('--host', server.host))
        ]
        for run in runs:
            result = run.wait()
            self.assert_exit(0, result)
            self.assertEqual([], result.fields)
            self.assertEqual(f'{told.HIDDEN}\n', result.stderr)
