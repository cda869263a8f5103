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

"""What a drain says of the other hosts, and what Nova then does."""

from osc_migrate.tests.functional import drain_base
from osc_migrate.tests.functional import history
from osc_migrate.tests.functional import people
from osc_migrate.tests.functional import people_states

Wanted = drain_base.Wanted
Fate = drain_base.Fate

#: What keeps each server on its host, a pattern.
KEPT = {
    'near1': r'server group near \(affinity\) is on host',
    'near2': r'server group near \(affinity\) is on host',
    'apart1': r'server group apart \(anti-affinity\) has 1 of at most 1',
}
#: Older ones refuse the request when the scheduler has found none.
ANSWERS_FIRST = history.Since('21', 'answers before it looks for a host')


class TestRuledOut(drain_base.Case):
    @ANSWERS_FIRST
    def test_who_fits_nowhere_is_told_before_and_after(self) -> None:
        """With one host left, which takes what no group keeps away."""
        second, third = self.cloud.compute_hosts[1:3]
        near = people_states.group(self.admin, 'near', 'affinity')
        apart = people_states.group(self.admin, 'apart', 'anti-affinity')
        self.fill(second, Wanted('apart2', group=apart))
        servers = self.fill(
            self.host,
            Wanted('near1', group=near),
            Wanted('near2', 'SHUTOFF', group=near),
            Wanted('apart1', group=apart),
            Wanted('web1'),
        )
        self.disable(third)

        asked = len(self.cloud.requests())
        planned = self.drain(self.host, '--dry-run')
        self.assert_exit(0, planned)
        self.assertEqual(
            {'GET'}, {request.method for request in self.requests_of(asked)}
        )
        self.assertIn('3 of 4 servers are ruled out', planned.stderr)
        rows = self.rows(planned)
        self.assertIsNone(rows['web1']['Reason'])
        for name, pattern in KEPT.items():
            self.assertEqual('planned', rows[name]['Outcome'])
            self.assertRegex(rows[name]['Reason'], f'No other host.*{pattern}')
            self._assert_candidates_agree(servers[name], rows[name]['Reason'])

        result = self.drain(self.host, '--max-failures', '0')
        self.assert_exit(8, result)
        self.assert_fates(
            {
                'web1': drain_base.ARRIVES_LIVE,
                **{
                    name: Fate(
                        'rolled-back',
                        rows[name]['Method'],
                        reason=f'No valid host.*As seen now: .*{pattern}',
                    )
                    for name, pattern in KEPT.items()
                },
            },
            result,
        )
        for name in KEPT:
            self.assertEqual(
                self.host, self.admin.look_at(servers[name].id).host
            )

    def _assert_candidates_agree(
        self, server: people.Server, reason: str
    ) -> None:
        """The command that the row names lists no host that fits."""
        _before, _colon, command = reason.rpartition(': ')
        words = command.split()
        self.assertEqual(['openstack', server.id], [words[0], words[-1]])
        result = self.start(*words[1:], '-f', 'json').wait()
        self.assert_exit(3, result)
