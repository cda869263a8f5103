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


"""Tests that run ``openstack compute host drain`` against a real Nova."""

from collections.abc import Iterable, Mapping
import dataclasses
from typing import Any, cast

from osc_migrate.tests.cloud import access_log
from osc_migrate.tests.functional import base
from osc_migrate.tests.functional import people
from osc_migrate.tests.functional import people_states
from osc_migrate.tests.functional import program
from osc_migrate.tests.functional import terminal

COMMAND = ('compute', 'host', 'drain')
#: The columns of the contract, in its order.
COLUMNS = (
    'Server ID', 'Name', 'Project ID', 'Method', 'Source Host',
    'Destination Host', 'Outcome', 'Reason', 'Duration',
)  # fmt: skip
LIVE, COLD = 'live-migration', 'migration'

Row = dict[str, Any]
Rows = dict[str, Row]


@dataclasses.dataclass(frozen=True)
class Wanted:
    """A server that a compute host shall have.

    :ivar status: in which it rests; BUILD is not waited for
    :ivar steps: what it does at the steps of a move
    :ivar group: the ID of its server group
    """

    name: str
    status: str = 'ACTIVE'
    steps: Mapping[str, str] = dataclasses.field(default_factory=dict)
    group: str | None = None


@dataclasses.dataclass(frozen=True)
class Fate:
    """What the row of a server has to say.

    :ivar reason: a pattern, None where there is nothing to say
    """

    outcome: str
    method: str | None = None
    reason: str | None = None


ARRIVES_LIVE = Fate('completed', LIVE)
ARRIVES_COLD = Fate('confirmed', COLD)


class Case(base.TestCase):
    """Has a cloud of which all compute hosts end up enabled."""

    def setUp(self) -> None:
        super().setUp()
        self.host = self.cloud.compute_hosts[0]
        self.addCleanup(self._enable_all)

    def _enable_all(self) -> None:
        for host in self.cloud.compute_hosts:
            if self.service(host).status != 'enabled':
                self.admin.enable(host)

    def service(self, host: str) -> Any:
        """Return the compute service of a host, as Nova shows it."""
        (found,) = self.admin.compute.services(
            host=host, binary='nova-compute'
        )
        return found

    def fill(self, host: str, *wanted: Wanted) -> dict[str, people.Server]:
        """Have servers on a host, by their names."""
        found = {one.name: self._ask_for(one, host) for one in wanted}
        self.addCleanup(self.empty, found.values())
        for one in wanted:
            if one.status != 'BUILD':
                seen = self.rest(found[one.name], 'ACTIVE', 'ERROR')
                self.assertEqual(('ACTIVE', host), (seen.status, seen.host))
        for one in wanted:
            if one.status in people_states.WAYS:
                server = found[one.name]
                people_states.WAYS[one.status](self.admin, server)
        for one in wanted:
            if one.status in people_states.WAYS:
                self.rest(found[one.name], one.status)
        return found

    def _ask_for(self, one: Wanted, host: str) -> people.Server:
        hints = {'scheduler_hints': {'group': one.group}} if one.group else {}
        metadata = people.metadata(one.steps)
        server_id = self.admin.boot(one.name, metadata, host, **hints)
        return people.Server(server_id, one.name, host)

    def rest(self, server: people.Server, *statuses: str) -> people.Seen:
        return self.admin.await_status(server.id, *statuses)

    def empty(self, servers: Iterable[people.Server]) -> None:
        """Delete servers, wherever they are held."""
        for server in servers:
            for _step in range(3):
                self.cloud.release(server.id)
            self.admin.compute.delete_server(server.id, ignore_missing=True)
        for server in servers:
            self._await_gone(server)

    def _await_gone(self, server: people.Server) -> None:
        people.eventually(
            lambda: self.admin.look_at(server.id).status,
            lambda status: not status,
        )

    def start_drain(
        self, host: str, *options: str, user: str = 'admin'
    ) -> program.Running:
        words = (*COMMAND, '-f', 'json', '--yes', *options, host)
        return self.start(*words, user=user)

    def drain(
        self, host: str, *options: str, user: str = 'admin'
    ) -> program.Result:
        return self.start_drain(host, *options, user=user).wait()

    def drain_on_terminal(
        self, host: str, *options: str
    ) -> terminal.OnTerminal:
        """Start a run that has to ask first."""
        running = terminal.OnTerminal(
            self.cloud.environment('admin'),
            *COMMAND, '-f', 'json', *options, host,
        )  # fmt: skip
        self.addCleanup(running.close)
        return running

    def table(self, result: program.Result) -> list[Row]:
        """Return the rows in their order."""
        found = cast(list[Row], result.fields)
        for row in found:
            self.assertEqual(COLUMNS, tuple(row))
        return found

    def rows(self, result: program.Result) -> Rows:
        """Return the rows by the names of the servers."""
        found = self.table(result)
        by_name = {row['Name']: row for row in found}
        self.assertEqual(len(found), len(by_name), str(result))
        return by_name

    def assert_fates(
        self, fates: Mapping[str, Fate], result: program.Result
    ) -> Rows:
        """There is one row for each server, and no other."""
        rows = self.rows(result)
        self.assertEqual(
            {
                name: (fate.outcome, fate.method)
                for name, fate in fates.items()
            },
            {n: (row['Outcome'], row['Method']) for n, row in rows.items()},
            str(result),
        )
        for name, fate in fates.items():
            reason = rows[name]['Reason']
            if fate.reason is None:
                self.assertIsNone(reason, name)
            else:
                self.assertRegex(reason or '', fate.reason, name)
        return rows

    def assert_moved(self, server: people.Server, row: Row) -> None:
        """It rests where its row says, and nowhere near the drained host."""
        seen = self.admin.look_at(server.id)
        self.assertIsNone(seen.task_state)
        self.assertEqual(server.host, row['Source Host'])
        self.assertEqual(seen.host, row['Destination Host'])
        self.assertNotEqual(server.host, seen.host)
        self.assertGreater(row['Duration'], 0)
        moves = [
            action
            for action in self.admin.actions(server.id)
            if action in ('migrate', 'live-migration')
        ]
        self.assertEqual(1, len(moves), str(moves))

    def requests_of(self, before: int) -> list[access_log.Request]:
        """Return what was asked of nova since there were so many requests."""
        return [
            request
            for request in self.cloud.requests()[before:]
            if request.service == 'nova'
        ]

    def everything(self) -> dict[str, Any]:
        """Return what a run that changes nothing leaves as it is."""
        compute = self.admin.compute
        return {
            'services': sorted(
                (s.host, s.status, s.disabled_reason or '')
                for s in compute.services(binary='nova-compute')
            ),
            'servers': sorted(
                (s.id, s.status, s.task_state or '', s.compute_host or '',
                 s.updated_at)
                for s in compute.servers(all_projects=True)
            ),
            'migrations': sorted(
                (m.uuid, m.status) for m in compute.migrations()
            ),
        }  # fmt: skip
