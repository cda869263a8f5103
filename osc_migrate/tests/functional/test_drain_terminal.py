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


"""A person is shown the plan, and asked; a log gets lines."""

from osc_migrate.tests.functional import drain_base
from osc_migrate.tests.functional import people_states
from osc_migrate.tests.functional import terminal

Fate = drain_base.Fate
Wanted = drain_base.Wanted

QUESTION = r'\[y/N\]'
#: What is typed at the question, and the exit code: nobody wants it.
NO = (('n\n', 1), ('\n', 1), (terminal.CTRL_D, 1), (terminal.CTRL_C, 130))
STAMP = r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ '


class TestTerminal(drain_base.Case):
    def test_no_leaves_the_service_as_it_was_found(self) -> None:
        servers = self.fill(self.host, Wanted('web1'), Wanted('web2'))
        people_states.lock(self.admin, servers['web2'])
        for answer, exit_code in NO:
            self._refuse_the_plan(answer, exit_code)
            service = self.service(self.host)
            self.assertEqual(
                ('enabled', None), (service.status, service.disabled_reason)
            )
        compute = self.admin.compute
        compute.disable_service(
            self.service(self.host), disabled_reason='broken fan'
        )
        self._refuse_the_plan('n\n', 1)
        service = self.service(self.host)
        self.assertEqual('disabled', service.status)
        self.assertEqual('broken fan', service.disabled_reason)
        self.assert_untouched(servers['web1'])

        run = self.drain_on_terminal(self.host)
        run.until_it_says(QUESTION)
        run.type('y\n')
        result = run.wait()
        self.assert_exit(8, result)
        rows = self.assert_fates(
            {
                'web1': drain_base.ARRIVES_LIVE,
                'web2': Fate('refused', reason='locked'),
            },
            result,
        )
        self.assert_moved(servers['web1'], rows['web1'])

    def _refuse_the_plan(self, answer: str, exit_code: int) -> None:
        run = self.drain_on_terminal(self.host)
        run.until_it_says(QUESTION)
        run.type(answer)
        result = run.wait()
        self.assert_exit(exit_code, result)
        self.assertEqual('', result.stdout)
        self.assertRegex(result.stderr, 'web1.*live')
        self.assertRegex(result.stderr, 'web2.*refused.*--include-locked')


class TestLines(drain_base.Case):
    def test_one_line_for_each_event_or_none(self) -> None:
        servers = self.fill(self.host, Wanted('web1', 'SHUTOFF'))
        result = self.drain(self.host)
        self.assert_exit(0, result)
        self.assert_fates({'web1': drain_base.ARRIVES_COLD}, result)
        lines = result.stderr.splitlines()
        events = [line for line in lines if 'web1' in line]
        self.assertGreater(len(events), 2, result.stderr)
        for line in events:
            self.assertRegex(line, f'^{STAMP}', result.stderr)
        self.assertEqual(len(lines), len(set(lines)), result.stderr)
        self.assertIn(f'{self.host} is empty', lines[-1])
        self.assertNotIn('\x1b', result.stderr)

        host = self.admin.look_at(servers['web1'].id).host
        assert host is not None
        words = ('-f', 'json', '--yes', host)
        result = self.start('--quiet', *drain_base.COMMAND, *words).wait()
        self.assert_exit(0, result)
        self.assert_fates({'web1': drain_base.ARRIVES_COLD}, result)
        self.assertEqual(1, len(result.stderr.splitlines()), result.stderr)
        self.assertIn(f'{host} is empty', result.stderr)
