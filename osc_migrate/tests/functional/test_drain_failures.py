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


"""A compute host of which not every server gets away."""

from osc_migrate.tests.functional import checks
from osc_migrate.tests.functional import drain_base
from osc_migrate.tests.functional import history
from osc_migrate.tests.functional import people
from osc_migrate.tests.functional import people_states

Fate = drain_base.Fate
Wanted = drain_base.Wanted

COPY = 'migrate_disk_and_power_off'
#: Servers, and what becomes of them.
FATES = (
    (Wanted('fine'), drain_base.ARRIVES_LIVE),
    (Wanted('unreachable', 'SHUTOFF', {COPY: 'fail=ssh'}),
     Fate('rolled-back', drain_base.COLD, 'not able to execute ssh command')),
    (Wanted('half-copied', 'SHUTOFF', {COPY: 'fail=process'}),
     Fate('error', drain_base.COLD, 'ProcessExecutionError')),
    (Wanted('incompatible',
            steps={'check_can_live_migrate_destination': 'fail=precheck'}),
     Fate('rolled-back', drain_base.LIVE, 'host')),
    (Wanted('aborted', steps={'live_migration': 'fail=timeout'}),
     Fate('error', drain_base.LIVE, '.')),
    (Wanted('gone', 'SHUTOFF', {COPY: 'hold'}),
     Fate('deleted', drain_base.COLD, 'deleted')),
)  # fmt: skip
#: Two that have to stay on one host have nowhere to go.
INSEPARABLE = ('one', 'another')
NOWHERE = Fate('rolled-back', drain_base.LIVE, 'No valid host')

BY_ITS_NAME = """
test -n "$OS_MIGRATE_DESTINATION_HOST" || exit 3
test "$OS_MIGRATE_SOURCE_HOST" = {host} || exit 4
case "$OS_MIGRATE_SERVER_NAME" in good-*) exit 0;; *) exit 1;; esac
"""


class TestFailures(drain_base.Case):
    @history.DETAILS
    def test_goes_on_without_a_limit(self) -> None:
        group = people_states.group(self.admin, 'inseparable', 'affinity')
        servers = self.fill(
            self.host,
            *(wanted for wanted, _fate in FATES),
            *(Wanted(name, group=group) for name in INSEPARABLE),
        )
        run = self.start_drain(
            self.host, '--max-failures', '0', '--parallel', '4'
        )
        self.admin.await_record(servers['gone'].id, 'migrating')
        self.admin.delete(servers['gone'])
        result = run.wait()
        self.assert_exit(8, result)
        fates = {wanted.name: fate for wanted, fate in FATES}
        if self.lacks(history.DETAILS):
            fates['incompatible'] = Fate('rolled-back', drain_base.LIVE, '.')
        fates |= dict.fromkeys(INSEPARABLE, NOWHERE)
        rows = self.assert_fates(fates, result)
        self.assert_moved(servers['fine'], rows['fine'])
        for name in ('unreachable', 'incompatible', *INSEPARABLE):
            self.assertEqual(
                self.host, self.admin.look_at(servers[name].id).host
            )
        for name, row in rows.items():
            self.assertIn(name, result.stderr)
            self.assertEqual(self.host, row['Source Host'])

    @history.DETAILS
    def test_stops_at_the_first(self) -> None:
        """What is in flight by then is waited for."""
        names = ('web1', 'web2', 'web3', 'web4')
        held = {'resize_instance': 'hold'}
        servers = self.fill(
            self.host, *(Wanted(name, steps=held) for name in names)
        )
        run = self.start_drain(self.host, '--cold')
        unlucky, lucky = people.eventually(
            lambda: self._in_flight(servers), lambda names: len(names) == 2
        )
        self.admin.steer(servers[unlucky], **{COPY: 'fail=ssh'})
        self.cloud.release(servers[unlucky].id)
        run.until_it_says(f'{unlucky}.*rolled-back')
        self.assertEqual({lucky}, set(self._in_flight(servers)))
        self.cloud.release(servers[lucky].id)
        result = run.wait()
        self.assert_exit(8, result)
        later = [name for name in names if name not in (unlucky, lucky)]
        rows = self.assert_fates(
            {
                unlucky: Fate('rolled-back', drain_base.COLD, 'ssh'),
                lucky: drain_base.ARRIVES_COLD,
                **dict.fromkeys(
                    later, Fate('not-started', drain_base.COLD, '.')
                ),
            },
            result,
        )
        self.assert_moved(servers[lucky], rows[lucky])
        for name in later:
            self.assert_untouched(servers[name])

    def _in_flight(self, servers: dict[str, people.Server]) -> list[str]:
        return [
            name
            for name, server in servers.items()
            for record in self.admin.records(server.id)
            if record.status not in ('error', 'confirmed')
        ]


class TestChecks(checks.Case, drain_base.Case):
    def test_each_server_is_judged_by_itself(self) -> None:
        servers = self.fill(
            self.host,
            Wanted('good-live'),
            Wanted('good-cold', 'SHUTOFF'),
            Wanted('bad-live'),
            Wanted('bad-cold', 'SHUTOFF'),
        )
        script = self.script(BY_ITS_NAME.format(host=self.host))
        result = self.drain(
            self.host, '--check', script, '--max-failures', '0',
            '--parallel', '3',
        )  # fmt: skip
        self.assert_exit(8, result)
        rows = self.assert_fates(
            {
                'good-live': drain_base.ARRIVES_LIVE,
                'good-cold': drain_base.ARRIVES_COLD,
                'bad-live': Fate('check-failed', drain_base.LIVE, 'check'),
                'bad-cold': Fate('reverted', drain_base.COLD, 'check'),
            },
            result,
        )
        for name in ('good-live', 'good-cold', 'bad-live'):
            self.assert_moved(servers[name], rows[name])
        self.assert_nova_says(
            servers['bad-cold'], 'SHUTOFF', self.host, 'reverted'
        )
