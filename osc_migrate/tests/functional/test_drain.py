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


"""A compute host with a server in every state that Nova knows."""

from osc_migrate.tests.functional import drain_base
from osc_migrate.tests.functional import people
from osc_migrate.tests.functional import people_states
from osc_migrate.tests.functional import program

Fate = drain_base.Fate
Wanted = drain_base.Wanted

ON_THE_HOST = (
    Wanted('active'),
    Wanted('stopped', 'SHUTOFF'),
    Wanted('paused', 'PAUSED'),
    Wanted('suspended', 'SUSPENDED'),
    Wanted('rescued', 'RESCUE'),
    Wanted('broken', 'ERROR'),
    Wanted('locked'),
    Wanted('built', 'BUILD', {'spawn': 'hold'}),
    Wanted('resizing', steps={'migrate_disk_and_power_off': 'hold'}),
    Wanted('resized'),
    Wanted('leaving-cold', steps={'migrate_disk_and_power_off': 'hold'}),
    Wanted('leaving-live', steps={'live_migration': 'hold'}),
    Wanted('kept'),
)
MOVED = ('active', 'stopped', 'paused', 'theirs')
#: What is refused, and what would allow it; ``{id}`` is the server.
REFUSED = {
    'suspended': 'openstack server resume {id}',
    'rescued': 'openstack server unrescue {id}',
    'broken': 'ERROR.*openstack server set --state active {id}',
    'locked': 'locked.*--include-locked',
    'built': 'being built|task_state spawning',
    'resizing': 'resize',
    'resized': 'migration (confirm|revert) {id}',
    'arrived': 'migration (confirm|revert) {id}',
}
#: What somebody else began is waited for, and left to them.
AWAITED = {
    'leaving-cold': Fate('awaiting-confirmation', drain_base.COLD, '.'),
    'leaving-live': Fate('completed', drain_base.LIVE),
}


class TestDrain(drain_base.Case):
    def test_every_state(self) -> None:
        servers = self._with_everything()
        self._rehearse(servers)
        before = {
            name: self.admin.actions(server.id)
            for name, server in servers.items()
        }
        run = self.start_drain(self.host, '--exclude', 'kept')
        for name in AWAITED:
            run.until_it_says(name)
            self.cloud.release(servers[name].id)
        result = run.wait()

        self.assert_exit(8, result)
        self._assert_rows(servers, result)
        self.assertEqual('disabled', self.service(self.host).status)
        for name in (*REFUSED, *AWAITED, 'kept'):
            self.assertEqual(
                before[name], self.admin.actions(servers[name].id), name
            )
        # Not ours, not confirmed.
        seen = self.admin.look_at(servers['leaving-cold'].id)
        self.assertEqual('VERIFY_RESIZE', seen.status)

        self._drain_the_locked_one(servers['locked'])

    def _with_everything(self) -> dict[str, people.Server]:
        """Fill the host that the scheduler chooses for another project."""
        theirs = self.boot('theirs', user='member')
        self.host = theirs.host
        servers = self.fill(self.host, *ON_THE_HOST)
        servers['theirs'] = theirs
        other = next(iter(self.other_hosts(theirs)))
        servers |= self.fill(other, Wanted('arrived'))
        people_states.lock(self.admin, servers['locked'])

        compute = self.admin.compute
        compute.migrate_server(servers['arrived'].id, host=self.host)
        for name in ('resizing', 'resized'):
            self.admin.resize(servers[name])
        self.admin.migrate(servers['leaving-cold'])
        self.admin.migrate_live(servers['leaving-live'])
        for name in ('arrived', 'resized'):
            self.rest(servers[name], 'VERIFY_RESIZE')
        for name in ('resizing', 'leaving-cold'):
            self.admin.await_record(servers[name].id, 'migrating')
        self.admin.await_record(servers['leaving-live'].id, 'running')
        return servers

    def _rehearse(self, servers: dict[str, people.Server]) -> None:
        """It says what it would do, and changes nothing."""
        before = self.everything()
        asked = len(self.cloud.requests())
        result = self.drain(self.host, '--dry-run', '--exclude', 'kept')
        self.assertIn(result.exit_code, (0, 8), str(result))
        rows = self.rows(result)
        self.assertEqual(set(servers), set(rows))
        outcomes = {
            **dict.fromkeys((*MOVED, *AWAITED), 'planned'),
            **dict.fromkeys(REFUSED, 'refused'),
            'kept': 'skipped',
        }
        self.assertEqual(
            outcomes, {name: row['Outcome'] for name, row in rows.items()}
        )
        methods = {name: rows[name]['Method'] for name in MOVED}
        self.assertEqual(drain_base.COLD, methods.pop('stopped'))
        self.assertEqual({drain_base.LIVE}, set(methods.values()))
        self._assert_reasons(servers, result)
        self.assertEqual(before, self.everything())
        methods_used = {r.method for r in self.requests_of(asked)}
        self.assertEqual({'GET'}, methods_used)

    def _assert_reasons(
        self, servers: dict[str, people.Server], result: program.Result
    ) -> None:
        rows = self.rows(result)
        for name, pattern in REFUSED.items():
            self.assertRegex(
                rows[name]['Reason'] or '',
                pattern.replace('{id}', servers[name].id),
                name,
            )

    def _assert_rows(
        self, servers: dict[str, people.Server], result: program.Result
    ) -> None:
        rows = self.assert_fates(
            {
                **dict.fromkeys(MOVED, drain_base.ARRIVES_LIVE),
                'stopped': drain_base.ARRIVES_COLD,
                **dict.fromkeys(REFUSED, Fate('refused', reason='.')),
                'kept': Fate('skipped', reason='exclude'),
                **AWAITED,
            },
            result,
        )
        self._assert_reasons(servers, result)
        for name in (*MOVED, *AWAITED):
            self.assert_moved(servers[name], rows[name])
        for name, status in (('stopped', 'SHUTOFF'), ('paused', 'PAUSED')):
            seen = self.admin.look_at(servers[name].id)
            self.assertEqual(status, seen.status)
        projects = {row['Project ID'] for row in rows.values()}
        self.assertEqual(2, len(projects), str(projects))
        for name, row in rows.items():
            self.assertEqual(servers[name].id, row['Server ID'])

    def _drain_the_locked_one(self, locked: people.Server) -> None:
        """What is not chosen counts as excluded."""
        options = ('--server', locked.id, '--include-locked')
        result = self.drain(self.host, *options)
        self.assert_exit(0, result)
        rows = self.rows(result)
        self.assertEqual('completed', rows.pop('locked')['Outcome'])
        self.assertEqual({'skipped'}, {r['Outcome'] for r in rows.values()})
        self.assertTrue(self.admin.compute.get_server(locked.id).is_locked)


class TestUnconfirmed(drain_base.Case):
    def test_no_server_is_there_but_one_may_come_back(self) -> None:
        server = self.fill(self.host, Wanted('web1'))['web1']
        self.admin.migrate(server)
        self.rest(server, 'VERIFY_RESIZE')
        result = self.drain(self.host)
        self.assert_exit(8, result)
        rows = self.assert_fates(
            {'web1': Fate('refused', reason='migration confirm')}, result
        )
        self.assertIn(server.id, rows['web1']['Reason'])
        self.assert_nova_says(
            server, 'VERIFY_RESIZE', self.admin.look_at(server.id).host,
            'finished',
        )  # fmt: skip

        self.admin.confirm(server)
        self.rest(server, 'ACTIVE')
        planned = self.drain(self.host, '--dry-run')
        self.assert_exit(0, planned)
        self.assertEqual('No server is to be moved.\n', planned.stderr)
        result = self.drain(self.host)
        self.assert_exit(0, result)
        self.assert_fates({}, result)

    def test_one_that_comes_meanwhile_is_reported(self) -> None:
        held = {'live_migration': 'hold'}
        servers = self.fill(self.host, Wanted('web1', steps=held))
        run = self.start_drain(self.host, '--no-disable')
        self.admin.await_record(servers['web1'].id, 'running')
        self.assertEqual('enabled', self.service(self.host).status)
        servers |= self.fill(self.host, Wanted('late'))
        self.cloud.release(servers['web1'].id)
        result = run.wait()
        self.assert_exit(8, result)
        rows = self.assert_fates(
            {
                'web1': drain_base.ARRIVES_LIVE,
                'late': Fate('not-started', reason='came|appeared|since'),
            },
            result,
        )
        self.assert_moved(servers['web1'], rows['web1'])
        self.assert_untouched(servers['late'])
        self.assertEqual('enabled', self.service(self.host).status)
