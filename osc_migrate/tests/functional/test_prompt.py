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

"""A person at a terminal watches and decides."""

from osc_migrate.tests.functional import base
from osc_migrate.tests.functional import people
from osc_migrate.tests.functional import terminal

QUESTION = r'Confirm, revert or leave as it is\?'


class Case(base.TestCase):
    def start_on_terminal(
        self, server: people.Server, *options: str
    ) -> terminal.OnTerminal:
        running = terminal.OnTerminal(
            self.cloud.environment('admin'),
            *base.COMMAND, '-f', 'json', *options, server.id,
        )  # fmt: skip
        self.addCleanup(running.close)
        return running


class TestPrompt(Case):
    def test_left_and_taken_up_until_it_is_confirmed(self) -> None:
        server = self.boot()
        run = self.start_on_terminal(server, '--prompt')
        run.until_it_says(QUESTION)
        run.type(terminal.CTRL_D)
        result = run.wait()
        self.assert_outcome('awaiting-confirmation', 0, result)
        destination = result.fields['destination_host']
        # The details of the server in its new place.
        for shown in (
            r'\| status +\| VERIFY_RESIZE +\|',
            rf'\| source_host +\| {server.host} +\|',
            rf'\| destination_host +\| {destination} +\|',
            r'\| addresses +\| private=10\.0\.',
        ):
            self.assertRegex(result.stderr, shown)
        self._assert_waits(server, destination)

        run = self.start_on_terminal(server, '--attach', '--prompt')
        run.until_it_says(QUESTION)
        run.type(terminal.CTRL_C)
        result = run.wait()
        self.assert_exit(130, result)
        self.assertEqual('', result.stdout)
        self.assertIn('waits in VERIFY_RESIZE for a decision', result.stderr)
        self.assertIn(' --prompt ', result.resume)
        self._assert_waits(server, destination)

        run = self.start_on_terminal(
            server, '--attach', '--prompt', '--timeout', '2'
        )
        result = run.wait()
        self.assert_outcome('timeout', 5, result)
        self.assertRegex(result.stderr, QUESTION)
        self.assertIn('waits in VERIFY_RESIZE for a decision', result.stderr)
        self.assertIn(' --prompt ', result.resume)
        self.assertIn('server migration confirm', result.fields['hint'])
        self._assert_waits(server, destination)

        run = self.start_on_terminal(server, '--attach', '--prompt')
        # No answer to a question that was not asked yet.
        run.type('revert\n')
        run.until_it_says(QUESTION)
        run.type('yes\n')
        run.until_it_says('Please answer confirm, revert or leave')
        run.type('confirm\n')
        result = run.wait()
        self.assert_outcome('confirmed', 0, result)
        self.assert_nova_says(server, 'ACTIVE', destination, 'confirmed')
        self.assertEqual(
            ['confirmResize', 'migrate', 'create'],
            self.admin.actions(server.id),
        )

    def _assert_waits(self, server: people.Server, destination: str) -> None:
        self.assert_nova_says(server, 'VERIFY_RESIZE', destination, 'finished')
        self.assertEqual(['migrate', 'create'], self.admin.actions(server.id))

    def test_left_and_reverted(self) -> None:
        server = self.boot(finish_revert_migration='delay=1')
        run = self.start_on_terminal(server, '--prompt')
        run.until_it_says(QUESTION)
        run.type('leave\n')
        result = run.wait()
        self.assert_outcome('awaiting-confirmation', 0, result)
        self._assert_waits(server, result.fields['destination_host'])

        run = self.start_on_terminal(server, '--attach', '--prompt')
        run.until_it_says(QUESTION)
        run.type('r\n')
        result = run.wait()
        self.assert_outcome('reverted', 6, result)
        self.assert_nova_says(server, 'ACTIVE', server.host, 'reverted')
        self.assertEqual(server.host, self.admin.port_host(server.id))


class TestStatusLine(Case):
    def test_bytes_of_a_live_migration(self) -> None:
        server = self.boot(live_migration='never-converges')
        run = self.start_on_terminal(server, '--live-migration')
        run.until_it_says(
            r'copying memory \(host. -> host.\): .*/s, .* of 64.5 MiB left, '
            r'.* copied'
        )
        self.admin.force_complete(server)
        result = run.wait()
        self.assert_outcome('completed', 0, result)
        self.assert_nova_says(
            server, 'ACTIVE', result.fields['destination_host'], 'completed'
        )
