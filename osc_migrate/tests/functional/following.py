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

"""A move on a real Nova and on the simulated one, state by state."""

from collections.abc import Mapping
import dataclasses
import time
from typing import Any

from osc_migrate.engine import move as moves
from osc_migrate.tests.functional import base
from osc_migrate.tests.functional import people
from osc_migrate.tests.simulation.chances import Fate
from osc_migrate.tests.simulation.others import Deed
from osc_migrate.tests.simulation import sequence

MICROVERSION = '2.65'
#: Seconds between two looks, and for which the last state has to stand.
INTERVAL = 0.03
CALM = 2.0
#: Seconds for a move, all of its delays included.
LIMIT = 90.0


@dataclasses.dataclass(frozen=True)
class Scenario:
    """What a server is told to do, and which fate of the simulation that is.

    :ivar meanwhile: What is asked under way; a held step is let go after the
        last of it.
    :ivar alone: No other host can take the server.
    :ivar besides: Events that fail on the real one alone.
    """

    name: str
    fate: Fate = Fate.GOOD
    steps: Mapping[str, str] = dataclasses.field(default_factory=dict)
    kind: moves.Kind = moves.Kind.COLD
    was: str = 'active'
    meanwhile: tuple[sequence.Meanwhile, ...] = ()
    alone: bool = False
    besides: frozenset[str] = frozenset()


class Case(base.TestCase):
    """Follows one move on the real Nova, and asks what the simulated shows.

    A look counts where the server was the same before and after its record
    was read: its state was true at one moment.
    """

    def check(self, row: Scenario) -> None:
        simulated, told = sequence.shown(
            row.kind, row.fate, row.was, row.meanwhile
        )
        server = self.boot(stopped=row.was == 'stopped', **row.steps)
        if row.was == 'paused':
            self.admin.pause(server)
        if row.alone:
            self.disable(*self.other_hosts(server))
        before = len(self.admin.actions(server.id))
        if row.kind is moves.Kind.COLD:
            self.admin.migrate(server)
        else:
            self.admin.migrate_live(server)
        real = self.follow_states(server, list(row.meanwhile), simulated[-1])
        self.assertEqual(simulated[-1], real[-1], str(real))
        left = iter(simulated)
        for state in real:
            self.assertIn(state, left, f'{real}\nis not in\n{simulated}')
        told = dataclasses.replace(
            told,
            failed=told.failed | row.besides,
            message='Error' if row.besides else told.message,
        )
        self.assertEqual(told, self.told(server, before, row.kind))

    def follow_states(
        self,
        server: people.Server,
        meanwhile: list[sequence.Meanwhile],
        last: sequence.State,
    ) -> list[sequence.State]:
        """The distinct states, up to one that stands for a while."""
        found: list[sequence.State] = []
        until = time.monotonic() + LIMIT
        since = time.monotonic()
        while time.monotonic() < until:
            state = self.state_of(server)
            now = time.monotonic()
            if state is not None and found[-1:] != [state]:
                found.append(state)
                since = now
            if state and meanwhile and meanwhile[0].fits(state):
                self.do(meanwhile.pop(0).deed, server)
                if not meanwhile:
                    # Before, it would let a step go that comes later.
                    self.cloud.release(server.id)
            elif state == last and not meanwhile and now > since + CALM:
                return found
            time.sleep(INTERVAL)
        return found

    def state_of(self, server: people.Server) -> sequence.State | None:
        """What is so at one moment; None where two looks differ."""
        seen = self._server(server)
        answer = self.admin.compute.get(
            f'/os-migrations?instance_uuid={server.id}',
            microversion=MICROVERSION,
        )
        records = answer.json()['migrations']
        if seen != self._server(server):
            return None
        if seen is None:
            return sequence.GONE
        status, task_state, vm_state, host = seen
        record = records[0]['status'] if records else None
        return sequence.State(
            status, task_state, vm_state, host != server.host, record
        )

    def _server(self, server: people.Server) -> tuple[Any, ...] | None:
        answer = self.admin.compute.get(
            f'/servers/{server.id}', microversion=MICROVERSION
        )
        if answer.status_code == 404:
            return None
        body = answer.json()['server']
        return (
            body['status'],
            body['OS-EXT-STS:task_state'],
            body['OS-EXT-STS:vm_state'],
            body['OS-EXT-SRV-ATTR:host'],
        )

    def do(self, deed: Deed, server: people.Server) -> None:
        """Ask the real Nova for what the deed is."""
        ways = {
            Deed.CONFIRM: self.admin.confirm,
            Deed.REVERT: self.admin.revert,
            Deed.DELETE: self.admin.delete,
            Deed.RESET: self.admin.reset_state,
            Deed.ABORT: self.admin.abort,
            Deed.FORCE: self.admin.force_complete,
        }
        ways[deed](server)

    def told(
        self, server: people.Server, before: int, kind: moves.Kind
    ) -> sequence.Told:
        path = f'/servers/{server.id}/os-instance-actions'
        answer = self.admin.compute.get(path, microversion=MICROVERSION)
        actions = answer.json()['instanceActions']
        actions = actions[: len(actions) - before]
        ours = next(a for a in actions if a['action'] == kind.action)
        answer = self.admin.compute.get(
            f'{path}/{ours["request_id"]}', microversion=MICROVERSION
        )
        events = answer.json()['instanceAction']['events']
        return sequence.Told(
            tuple(action['action'] for action in actions),
            ours['message'],
            frozenset(e['event'] for e in events if e['result'] == 'Error'),
        )
