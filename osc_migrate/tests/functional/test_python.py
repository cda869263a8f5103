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

"""The same from a program: no client, no signals, and a result with types."""

from concurrent import futures
import json
import pathlib
import subprocess
import sys
from typing import Any

import osc_migrate
from osc_migrate.tests.functional import base
from osc_migrate.tests.functional import people

EXAMPLE = pathlib.Path(osc_migrate.__file__).parents[1].joinpath(
    'doc', 'source', 'user', 'move_one.py'
)  # fmt: skip
#: What a fresh interpreter has imported once a server was moved.
FRESH = """
import json, sys
import openstack
import osc_migrate
result = osc_migrate.migrate_and_wait(
    openstack.connect(cloud='admin'), sys.argv[1]
)
client = ('cliff', 'osc_lib', 'openstackclient', 'rich')
found = [name for name in client if name in sys.modules]
print(json.dumps([result.outcome, result.exit_code, found]))
"""


class Observer:
    """Remembers what it was told."""

    transfers = True

    def __init__(self) -> None:
        self.told: list[osc_migrate.Progress] = []
        self.said: list[str] = []

    def say(self, sentence: str) -> None:
        self.said.append(sentence)

    def progress(self, progress: osc_migrate.Progress) -> None:
        self.told.append(progress)


class Case(base.TestCase):
    def move(
        self, server: people.Server, **options: Any
    ) -> osc_migrate.Result:
        connection = people.Person(self.cloud, 'admin').connection
        return osc_migrate.migrate_and_wait(connection, server.id, **options)

    def run_python(self, *words: str) -> str:
        run = subprocess.run(
            [sys.executable, *words],
            env=self.cloud.environment('admin'),
            capture_output=True,
            text=True,
        )
        self.assertEqual(0, run.returncode, run.stderr)
        return run.stdout


class TestPython(Case):
    def test_in_a_fresh_interpreter_without_the_client(self) -> None:
        server = self.boot()
        said = self.run_python('-c', FRESH, server.name)
        self.assertEqual(['confirmed', 0, []], json.loads(said))
        host = self.admin.look_at(server.id).host
        self.assertNotEqual(server.host, host)
        self.assert_nova_says(server, 'ACTIVE', host, 'confirmed')

    def test_the_example_of_the_documentation(self) -> None:
        server = self.boot()
        said = self.run_python(str(EXAMPLE), server.name)
        seen = self.admin.look_at(server.id)
        self.assertEqual(
            f'On {seen.host} with {" ".join(seen.addresses)}\n'
            'web1 completed \n',
            said,
        )
        self.assert_nova_says(server, 'ACTIVE', seen.host, 'completed')

    def test_an_observer_sees_the_bytes(self) -> None:
        server = self.boot(live_migration='copy=4')
        observer = Observer()
        result = self.move(server, auto=True, observer=observer)
        self.assertIs(osc_migrate.Outcome.COMPLETED, result.outcome)
        self.assertEqual(0, result.exit_code)
        self.assertEqual(server.host, result.source_host)
        self.assertEqual({}, result.changes)
        self.assert_nova_says(
            server, 'ACTIVE', result.destination_host, 'completed'
        )
        self.assertEqual(
            ['Server web1 is ACTIVE: it is moved live.'], observer.said
        )
        transfers = [told.transfer for told in observer.told]
        total = 64 * 2**20 + 532480
        self.assertTrue(
            any(
                transfer is not None
                and transfer.total == total
                and 0 < transfer.processed < total
                for transfer in transfers
            ),
            transfers,
        )

    def test_a_check_that_is_not_passed(self) -> None:
        server = self.boot()
        arrivals: list[osc_migrate.Arrival] = []
        result = self.move(server, check=arrivals.append)
        self.assertIs(osc_migrate.Outcome.REVERTED, result.outcome)
        self.assertEqual(6, result.exit_code)
        self.assertEqual('The check was not passed.', result.reason)
        self.assert_nova_says(server, 'ACTIVE', server.host, 'reverted')
        (arrival,) = arrivals
        self.assertEqual(server.id, arrival.server.id)
        self.assertEqual(server.host, arrival.source_host)
        self.assertEqual(result.destination_host, arrival.destination_host)
        self.assertEqual(
            self.admin.look_at(server.id).addresses, arrival.addresses
        )

    def test_a_refusal_raises(self) -> None:
        server = self.boot(stopped=True)
        error = self.assertRaises(
            osc_migrate.Refused, self.move, server, live_migration=True
        )
        self.assertIn('vm_state stopped', error.message)
        self.assertIn('moved cold', error.hint or '')
        usage_error = self.assertRaises(
            osc_migrate.UsageError, self.move, server, on_timeout='abort'
        )
        self.assertIn('live migration', usage_error.message)
        self.assert_nova_says(server, 'SHUTOFF', server.host)

    def test_two_at_once(self) -> None:
        servers = [self.boot(name) for name in ('web1', 'web2')]
        with futures.ThreadPoolExecutor() as pool:
            results = list(pool.map(self.move, servers))
        for server, result in zip(servers, results, strict=True):
            self.assertIs(osc_migrate.Outcome.CONFIRMED, result.outcome)
            self.assertEqual(server.id, result.server_id)
            self.assert_nova_says(
                server, 'ACTIVE', result.destination_host, 'confirmed'
            )
