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


"""An interrupted drain begins nothing new, and loses nothing."""

import re
import signal

from osc_migrate.tests.functional import drain_base
from osc_migrate.tests.functional import people
from osc_migrate.tests.functional import program

Fate = drain_base.Fate
Wanted = drain_base.Wanted
Servers = dict[str, people.Server]

NAMES = ('web1', 'web2', 'web3', 'web4')
HELD = {'migrate_disk_and_power_off': 'hold'}


class TestInterrupts(drain_base.Case):
    def test_once_and_twice(self) -> None:
        servers = self.fill(
            self.host, *(Wanted(name, 'SHUTOFF', HELD) for name in NAMES)
        )
        left = self._interrupted_once(servers)
        in_flight = self._interrupted_twice(left)
        self._carried_on(in_flight)

    def _copied(self, servers: Servers) -> Servers:
        """Return the servers in flight, two of which are held at the copy."""

        def look() -> list[str]:
            return [
                name
                for name, server in servers.items()
                if [r.status for r in self.admin.records(server.id)]
                == ['migrating']
            ]

        names = people.eventually(look, lambda found: len(found) >= 2)
        self.assertEqual(2, len(names))
        return {name: servers[name] for name in names}

    def _interrupted_once(self, servers: Servers) -> Servers:
        """What is in flight is waited for."""
        run = self.start_drain(self.host, '--parallel', '2')
        in_flight = self._copied(servers)
        run.signal(signal.SIGINT)
        run.until_it_says('(?i)interrupt')
        for server in in_flight.values():
            self.cloud.release(server.id)
        result = run.wait()
        self.assert_exit(130, result)
        left = {n: s for n, s in servers.items() if n not in in_flight}
        rows = self.assert_fates(
            {
                **dict.fromkeys(in_flight, drain_base.ARRIVES_COLD),
                **dict.fromkeys(
                    left, Fate('not-started', drain_base.COLD, '.')
                ),
            },
            result,
        )
        for name, server in in_flight.items():
            self.assert_moved(server, rows[name])
        for server in left.values():
            self.assert_nova_says(server, 'SHUTOFF', self.host)
        return left

    def _interrupted_twice(self, servers: Servers) -> Servers:
        """It leaves at once, and Nova goes on."""
        run = self.start_drain(self.host)
        in_flight = self._copied(servers)
        run.signal(signal.SIGINT)
        run.until_it_says('(?i)interrupt')
        run.signal(signal.SIGINT)
        result = run.wait()
        self.assert_exit(130, result)
        self.assertEqual('', result.stdout)
        for server in in_flight.values():
            self.assertRegex(
                result.stderr, rf'(?im)in flight.*({server.id}|{server.name})'
            )
            (record,) = self.admin.records(server.id)
            self.assertEqual('migrating', record.status)
        self._assert_says_how_to_carry_on(result)
        return in_flight

    def _assert_says_how_to_carry_on(self, result: program.Result) -> str:
        """Return the command."""
        pattern = rf'openstack .*compute host drain .*{self.host}'
        self.assertRegex(result.stderr, pattern)
        return str(re.findall(pattern, result.stderr)[-1])

    def _carried_on(self, in_flight: Servers) -> None:
        """Whose they are is not known any more: they are not confirmed."""
        run = self.start_drain(self.host)
        for name, server in in_flight.items():
            run.until_it_says(name)
            self.cloud.release(server.id)
        result = run.wait()
        self.assert_exit(8, result)
        rows = self.assert_fates(
            dict.fromkeys(
                in_flight, Fate('awaiting-confirmation', drain_base.COLD, '.')
            ),
            result,
        )
        for name, server in in_flight.items():
            self.assert_moved(server, rows[name])
            self.assertEqual(
                'VERIFY_RESIZE', self.admin.look_at(server.id).status
            )

    def test_terminated(self) -> None:
        """It says how to carry on; the exit code is that of the signal."""
        servers = self.fill(
            self.host, Wanted('web1', 'SHUTOFF', HELD), Wanted('web2')
        )
        options = ('--cold', '--timeout', '90', '--exclude', 'web2')
        run = self.start_drain(self.host, *options)
        self.admin.await_record(servers['web1'].id, 'migrating')
        run.signal(signal.SIGTERM)
        run.until_it_says('(?i)terminated|interrupted')
        self.cloud.release(servers['web1'].id)
        result = run.wait()
        self.assert_exit(143, result)
        fates = {
            'web1': drain_base.ARRIVES_COLD,
            'web2': Fate('skipped', reason='exclude'),
        }
        self.assert_fates(fates, result)
        command = self._assert_says_how_to_carry_on(result)
        for option in ('--cold', '--timeout 90', '--exclude web2'):
            self.assertIn(option, command)
        self.assert_exit(0, self.follow(command))
        self.assert_untouched(servers['web2'])
        self.assertRegex(result.stderr, r'(?im)in flight.*web1')
