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


"""A drain whose check fails, through a wire that fails.

What arrived is reverted, and all servers stay: a cell is the next one's
start. A drain aborts nothing.
"""

from collections.abc import Sequence
import contextlib
import json
import pathlib
import tempfile

from osc_migrate.tests import cloud as test_cloud
from osc_migrate.tests.functional import draining
from osc_migrate.tests.functional import nursery
from osc_migrate.tests.functional import people
from osc_migrate.tests.functional import program
from osc_migrate.tests.functional import truths
from osc_migrate.tests import wire

LIMIT = 300.0
BRIEF = 6.0
#: What the first revert meets.
FAULTS = (
    '500', '500-after', '503-retry-after', 'reset-before', 'reset-after',
    'truncated', 'silent-late', '401-once', 'no-token-503', 'away-refusing',
)  # fmt: skip
WANTED = (draining.STOPPED,) * 2


class Host:
    """A host with two servers, and another one where they could go."""

    def __init__(self, cloud: test_cloud.Cloud, hosts: Sequence[str]) -> None:
        self._cloud = cloud
        self._host = hosts[0]
        self._admin = people.Person(cloud, 'admin')
        zone = f'back-to-{self._host}'
        aggregate = self._admin.compute.create_aggregate(
            name=zone, availability_zone=zone
        )
        for host in hosts:
            self._admin.compute.add_host_to_aggregate(aggregate, host)
        self._servers = draining.ask_for(self._admin, WANTED, zone, self._host)
        draining.await_all(self._admin, self._servers, WANTED)

    def play(self, fault: str) -> None:
        """Have the first revert meet a fault.

        :raises AssertionError: for what must not be
        """
        self._admin.enable(self._host)
        before = [self._asked(server) for server in self._servers]
        settings = {'api_timeout': 4} if wire.FAULTS[fault].slow else {}
        with wire.Wire(self._cloud, **settings) as between:
            between.fail('revert', fault, wire.When(1), lasts=BRIEF)
            result = self._drained(between.environment())
            between.settle()
            passed = between.passed()
        try:
            assert any(one.fault for one in passed), 'the fault was not met'
            self._check(result)
            for server, (moves, reverts) in zip(
                self._servers, before, strict=True
            ):
                found = self._asked(server)
                assert found == (moves + 1, reverts + 1), f'{before} {found}'
        except AssertionError as error:
            error.add_note(str(result))
            raise

    def _drained(self, environment: dict[str, str]) -> program.Result:
        directory = tempfile.mkdtemp(dir=self._cloud.directory)
        words = (
            *draining.DRAIN, '-f', 'json', '--yes', '--check', 'false',
            '--plan', str(pathlib.Path(directory, 'plan.json')),
            '--max-failures', '0', self._host,
        )  # fmt: skip
        run = nursery.Running(environment, *words)
        with contextlib.closing(run):
            return run.wait(LIMIT)

    def _asked(self, server: people.Server) -> tuple[int, int]:
        """How many moves Nova took, and how many reverts."""
        actions = self._admin.actions(server.id)
        moves = sum(action in truths.MOVES for action in actions)
        return moves, actions.count('revertResize')

    def _check(self, result: program.Result) -> None:
        """What is told is so, and all servers are where they were."""
        assert 'Traceback' not in result.stderr
        assert result.exit_code == 8, 'servers are left'
        rows = json.loads(result.stdout)
        told = {row['Name']: row['Outcome'] for row in rows}
        for server in self._servers:
            assert told[server.name] == 'reverted', str(told)
            found = truths.truth(self._admin, server)
            assert not found.left, str(found)
            assert found.status == 'SHUTOFF', str(found)
            assert found.records[0] == 'reverted', str(found)
