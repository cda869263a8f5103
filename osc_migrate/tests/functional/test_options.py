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

"""What each option makes of the same move."""

from osc_migrate.tests.functional import base
from osc_migrate.tests.functional import people

USAGE_ERRORS = (
    ('--confirm', '--no-confirm', 'web1'),
    ('--timeout', '-1', 'web1'),
    ('--poll-interval', '0', 'web1'),
    ('--on-timeout', 'abort', 'web1'),
    ('--migration', '00000000-0000-4000-8000-000000000000', 'web1'),
    ('--attach', '--host', 'host1', 'web1'),
    ('--attach', '--source-host', 'host1', 'web1'),
    ('--host', '', 'web1'),
    (),
)


class TestUsage(base.TestCase):
    def test_errors(self) -> None:
        for options in USAGE_ERRORS:
            result = self.start(*base.COMMAND, *options).wait()
            self.assert_exit(2, result)
            self.assertEqual('', result.stdout)
            self.assertRegex(result.stderr, '(?m)^usage: ')


class TestOptions(base.TestCase):
    def test_host_is_where_it_goes(self) -> None:
        server = self.boot(name='web 1')
        for host in self.other_hosts(server):
            result = self.migrate(
                server.name, '--host', host, '--wait', '--confirm',
                '--timeout', '0', '--poll-interval', '0.5',
            )  # fmt: skip
            self.assert_outcome('confirmed', 0, result)
            self.assertEqual(host, result.fields['destination_host'])
            self.assertEqual(host, self.admin.look_at(server.id).host)

    def test_timeout_leaves_it_to_nova(self) -> None:
        server = self.boot(migrate_disk_and_power_off='hold')
        result = self.migrate(server, '--timeout', '3')

        self.assert_outcome('timeout', 5, result)
        self.assertIn('time limit', result.fields['reason'])
        self.assertEqual('migrating', result.fields['migration_status'])
        self.assertEqual('RESIZE', result.fields['status'])
        self.assertIn(f'Hint: {result.fields["hint"]}\n', result.stderr)
        self.assertIn('openstack', result.fields['hint'])

        self.cloud.release(server.id)
        # Not within the same three seconds again.
        resume = result.resume.replace('--timeout 3', '--timeout 60')
        resumed = self.follow(resume)
        self.assert_outcome('confirmed', 0, resumed)
        for field in ('migration_id', 'request_id', 'source_host'):
            self.assertEqual(result.fields[field], resumed.fields[field])
        self.assertIsNone(resumed.fields['changes'])
        self.assertGreater(
            resumed.fields['duration'], result.fields['duration']
        )
        self.assert_nova_says(
            server, 'ACTIVE', resumed.fields['destination_host'], 'confirmed'
        )

    def test_dry_run_changes_nothing(self) -> None:
        server = self.boot()
        host = self.other_hosts(server)[0]
        for options, destination in (((), None), (('--host', host), host)):
            result = self.migrate(server, '--dry-run', *options)
            self.assert_outcome('planned', 0, result)
            self.assertEqual(server.host, result.fields['source_host'])
            self.assertEqual(destination, result.fields['destination_host'])
            for field in ('migration_id', 'request_id', 'migration_status'):
                self.assertIsNone(result.fields[field])
        self.assert_untouched(server)


class TestAttach(base.TestCase):
    def test_with_nothing_open(self) -> None:
        server = self.boot()
        result = self.migrate(server, '--attach')
        self.assert_refused(result, 'in flight or awaits', 'Without --attach')
        unknown = '00000000-0000-4000-8000-000000000000'
        result = self.migrate(server, '--attach', '--migration', unknown)
        self.assert_refused(result, f'no migration {unknown}')
        self.assert_untouched(server)

    def test_from_flight_to_confirmation(self) -> None:
        server = self.boot(migrate_disk_and_power_off='hold')
        self.admin.migrate(server)
        self.admin.await_record(server.id, 'migrating')
        run = self.start_migrate(server, '--attach', '--no-confirm')
        run.until_it_says('stopping and copying')
        self.cloud.release(server.id)
        result = run.wait()
        self.assert_outcome('awaiting-confirmation', 0, result)
        destination = result.fields['destination_host']
        self.assert_nova_says(server, 'VERIFY_RESIZE', destination, 'finished')
        for decision in ('confirm', 'revert'):
            self.assertIn(
                f'openstack server migration {decision} {server.id}',
                result.stderr,
            )

        planned = self.migrate(server, '--attach', '--dry-run')
        self.assert_outcome('planned', 0, planned)
        self.assert_nova_says(server, 'VERIFY_RESIZE', destination, 'finished')

        migration = result.fields['migration_id']
        result = self.migrate(server, '--attach', '--migration', migration)
        self.assert_outcome('confirmed', 0, result)
        self.assertEqual(migration, result.fields['migration_id'])
        self.assertIsNone(result.fields['changes'])
        self.assert_nova_says(server, 'ACTIVE', destination, 'confirmed')

        result = self.migrate(server, '--attach', '--migration', migration)
        self.assert_outcome('confirmed-elsewhere', 0, result)
        self.assertEqual(
            ['confirmResize', 'migrate', 'create'],
            self.admin.actions(server.id),
        )

    def test_says_how_it_ended(self) -> None:
        server = self.boot(migrate_disk_and_power_off='fail=ssh')
        self.admin.migrate(server)
        self.admin.await_status(server.id, 'ACTIVE')
        self._assert_said(server, 'rolled-back', 3)
        self.admin.steer(server, migrate_disk_and_power_off='')
        self.admin.migrate(server)
        self.admin.await_status(server.id, 'VERIFY_RESIZE')
        self.admin.revert(server)
        self.admin.await_status(server.id, 'ACTIVE')
        self._assert_said(server, 'reverted', 6)

    def _assert_said(
        self, server: people.Server, outcome: str, exit_code: int
    ) -> None:
        """The newest migration is over, and is said to have ended so."""
        before = self.admin.actions(server.id)
        record = self.admin.records(server.id)[0]
        result = self.migrate(server, '--attach', '--migration', record.uuid)
        self.assert_outcome(outcome, exit_code, result)
        self.assertEqual(record.uuid, result.fields['migration_id'])
        self.assertEqual(before, self.admin.actions(server.id))


class TestSourceHost(base.TestCase):
    def test_is_repeatable(self) -> None:
        server = self.boot(migrate_disk_and_power_off='hold')
        options = ('--source-host', server.host)
        result = self.migrate(server, *options, '--timeout', '3')
        self.assert_outcome('timeout', 5, result)
        migration = result.fields['migration_id']

        elsewhere = self.other_hosts(server)[0]
        result = self.migrate(server, '--source-host', elsewhere)
        self.assert_refused(result, migration, 'openstack server migration')

        run = self.start_migrate(server, *options, '--no-confirm')
        run.until_it_says('stopping and copying')
        self.cloud.release(server.id)
        result = run.wait()
        self.assert_outcome('awaiting-confirmation', 0, result)
        self.assertEqual(migration, result.fields['migration_id'])

        result = self.migrate(server, *options)
        self.assert_outcome('confirmed', 0, result)
        self.assertEqual(migration, result.fields['migration_id'])
        destination = result.fields['destination_host']

        result = self.migrate(server, *options)
        self.assert_outcome('not-on-source', 0, result)
        self.assertIsNone(result.fields['migration_id'])
        self.assert_nova_says(server, 'ACTIVE', destination, 'confirmed')
        self.assertEqual(
            ['confirmResize', 'migrate', 'create'],
            self.admin.actions(server.id),
        )
