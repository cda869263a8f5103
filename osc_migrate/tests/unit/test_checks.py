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

"""The checks of the documentation work, typed as they stand there."""

import dataclasses
import os
import pathlib
import re
import shutil
import socket
import stat
import tempfile

import testtools

import osc_migrate
from osc_migrate import gate
from osc_migrate.tests.unit import fakes
from osc_migrate.tests.unit import test_gate

USER_GUIDE = pathlib.Path(osc_migrate.__file__).parents[1] / 'doc/source/user'
SCRIPT = str(USER_GUIDE / 'check-server.sh')
ARRIVAL = test_gate.ARRIVAL

#: Writes down how it was called, and succeeds the second time.
SECOND_TIME = """#!/bin/sh
printf '%s\\n' "$@" > "$0.called"
test -e "$0.once" || {{ touch "$0.once"; {first}; }}
{second}
"""
NO_SAMPLE = '{"status":"success","data":{"resultType":"vector","result":[]}}'
SAMPLE = NO_SAMPLE.replace(
    '[]', '[{"metric":{"job":"guests"},"value":[1795440000.781,"1"]}]'
)


class DocumentedTestCase(testtools.TestCase):
    """The programs that the checks call are stand-ins, found first."""

    def setUp(self) -> None:
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        path = os.environ['PATH']
        self.addCleanup(os.environ.__setitem__, 'PATH', path)
        os.environ['PATH'] = f'{folder.name}{os.pathsep}{path}'
        self.stand_in('sleep', 'exit 0', 'exit 0')

    def stand_in(
        self, name: str, first: str = 'exit 1', second: str = 'exit 0'
    ) -> None:
        """A program, by what it does the first time and from then on."""
        path = self.folder / name
        path.write_text(SECOND_TIME.format(first=first, second=second))
        path.chmod(0o755)

    def called(self, name: str) -> list[str]:
        """The words that a stand-in was called with last."""
        return (self.folder / f'{name}.called').read_text().splitlines()

    def documented(self, word: str) -> str:
        """The one command of the page with this word."""
        page = (USER_GUIDE / 'checks.rst').read_text()
        commands = re.findall(r"--check '([^']+)'", page)
        (command,) = [one for one in commands if word in one.split()]
        return str(command).replace('./check-server.sh', SCRIPT)

    def running(
        self, command: str, arrival: gate.Arrival = ARRIVAL
    ) -> gate.CheckProgram:
        check = gate.CheckProgram(
            gate.program(command), 60.0, None, fakes.FakeClock()
        )
        self.addCleanup(check.close)
        check.wait(arrival, 0.0)
        return check

    def answer(
        self, command: str, arrival: gate.Arrival = ARRIVAL
    ) -> gate.Answered | None:
        check = self.running(command, arrival)
        return check.wait(arrival, test_gate.TOO_LONG)

    def test_ping_asks_the_first_address_until_it_answers(self) -> None:
        self.stand_in('ping')
        self.assertEqual(
            test_gate.CONFIRM, self.answer(self.documented('ping'))
        )
        self.assertEqual(
            ['-c', '1', '-W', '2', '192.0.2.10'], self.called('ping')
        )

    def test_a_port_is_tried_until_it_takes_connections(self) -> None:
        if shutil.which('bash') is None:
            self.skipTest('there is no bash')
        arrival = dataclasses.replace(
            ARRIVAL, addresses=('127.0.0.1', '192.0.2.10')
        )
        with socket.socket() as server:
            server.bind(('127.0.0.1', 0))
            port = server.getsockname()[1]
            check = self.running(
                self.documented('bash').replace('/22', f'/{port}'), arrival
            )
            self.assertIsNone(check.wait(arrival, 0.1))
            server.listen()
            self.assertEqual(
                test_gate.CONFIRM, check.wait(arrival, test_gate.TOO_LONG)
            )

    def test_the_agent_is_asked_on_the_destination(self) -> None:
        self.stand_in('ssh')
        self.assertEqual(
            test_gate.CONFIRM, self.answer(self.documented('agent'))
        )
        words = self.called('ssh')
        self.assertIn('host2', words)
        # What the shell on the other side makes one word of again.
        self.assertEqual(
            [test_gate.WEB1.id, '\'{"execute": "guest-ping"}\''], words[-2:]
        )

    def test_monitoring_has_to_have_a_sample_that_is_new(self) -> None:
        self.stand_in('curl', second=f"echo '{SAMPLE}'")
        # Ten seconds later; the part of a second may have been before.
        self.stand_in('date', 'echo 100; exit 0', 'echo 110')
        self.assertEqual(
            test_gate.CONFIRM, self.answer(self.documented('monitoring'))
        )
        words = self.called('curl')
        self.assertIn('https://prometheus.example.com/api/v1/query', words)
        up = f'up{{server_id="{test_gate.WEB1.id}"}}'
        self.assertEqual(
            f'query={up} == 1 and time() - timestamp({up}) < 9', words[-1]
        )

    def test_monitoring_without_a_sample_says_nothing(self) -> None:
        nothing = f"echo '{NO_SAMPLE}'; exit 0"
        self.stand_in('curl', nothing, nothing)
        check = self.running(self.documented('monitoring'))
        self.assertIsNone(check.wait(ARRIVAL, 0.1))

    def test_what_cannot_be_asked_has_not_passed(self) -> None:
        usage = test_gate.revert('The check exited with code 2.')
        for words in ('', 'monitoring', 'agent x', 'guest'):
            self.assertEqual(usage, self.answer(f'{SCRIPT} {words}'), words)
        hidden = dataclasses.replace(ARRIVAL, destination_host=None)
        self.assertEqual(usage, self.answer(f'{SCRIPT} agent', hidden))

    def test_the_script_can_be_run(self) -> None:
        mode = pathlib.Path(SCRIPT).stat().st_mode
        self.assertTrue(mode & stat.S_IXUSR)
