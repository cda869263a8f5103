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

"""A check decides before the confirm, and after a live migration."""

import time

from osc_migrate.tests.functional import checks

LIVE = '--live-migration'


class TestCheck(checks.Case):
    def test_is_told_of_the_server(self) -> None:
        server = self.boot('web 1')
        said = self.directory / 'said'
        check = self.script(
            f'env | grep ^OS_MIGRATE_ > "{said}"\n'
            f'printf "%s\\n" "$@" >> "{said}"\n'
            f'wc -c >> "{said}"\n'
            'echo to standard output\n'
            'echo to standard error >&2'
        )
        result = self.migrate(server, '--check', f"{check} '$HOME' ; a*")

        self.assert_outcome('confirmed', 0, result)
        destination = result.fields['destination_host']
        self.assert_nova_says(server, 'ACTIVE', destination, 'confirmed')
        lines = said.read_text().splitlines()
        addresses = ' '.join(self.admin.look_at(server.id).addresses)
        self.assertEqual(
            {
                'OS_MIGRATE_SERVER_ID': server.id,
                'OS_MIGRATE_SERVER_NAME': 'web 1',
                'OS_MIGRATE_SOURCE_HOST': server.host,
                'OS_MIGRATE_DESTINATION_HOST': destination,
                'OS_MIGRATE_ADDRESSES': addresses,
            },
            dict(line.split('=', 1) for line in lines[:5]),
        )
        # No shell has touched the words, and there is nothing to read.
        self.assertEqual(['$HOME', ';', 'a*', '0'], lines[5:])
        for stream in ('output', 'error'):
            self.assertIn(f'to standard {stream}\n', result.stderr)
            self.assertNotIn(f'to standard {stream}', result.stdout)

    def test_failed_and_the_revert_takes_its_time(self) -> None:
        server = self.boot(
            destroy_for_revert='delay=1', finish_revert_migration='delay=1'
        )
        result = self.migrate(server, '--check', 'sh -c "exit 3"')
        self.assert_reverted(server, 'ACTIVE', result)
        self.assertEqual(
            'The check exited with code 3.', result.fields['reason']
        )
        self.assertIn('what the check found', result.fields['hint'])
        self.assertIn('Reason: The check exited', result.stderr)

    def test_failed_and_the_server_was_off(self) -> None:
        server = self.boot(stopped=True)
        result = self.migrate(server, '--check', 'false')
        self.assert_reverted(server, 'SHUTOFF', result)

    def test_its_whole_group_ends_at_the_time_limit(self) -> None:
        server = self.boot()
        survived = self.directory / 'survived'
        check = self.script(
            'trap "" TERM\n'
            f'(sleep 4; touch "{survived}") &\n'
            'sleep 60'
        )  # fmt: skip
        began = time.monotonic()
        result = self.migrate(
            server, '--check', check, '--check-timeout', '0.5'
        )
        self.assert_reverted(server, 'ACTIVE', result)
        self.assertEqual(
            'The check did not end within 0.5 s.', result.fields['reason']
        )
        # It began a second after the command did, at the earliest.
        self.assertGreater(time.monotonic() - began, 5.5)
        self.assertFalse(survived.exists())

    def test_cannot_be_run(self) -> None:
        server = self.boot()
        missing = self.directory / 'missing'
        file = self.script('exit 0', 0o644)
        for check, reason in (
            (str(missing), f'The check {missing} does not exist'),
            (file, 'is not executable'),
            ('no-such-program-here', 'No program named no-such-program-here'),
        ):
            result = self.migrate(server, '--check', check)
            self.assert_refused(result, reason)
        for wrong in (
            ('--check', 'sh -c "exit'),
            ('--check', 'true', '--no-confirm'),
            # There is no terminal.
            ('--prompt',),
        ):
            result = self.migrate(server, *wrong)
            self.assert_exit(2, result)
            self.assertEqual('', result.stdout)
            self.assertRegex(result.stderr, '(?m)^usage: ')
        self.assert_untouched(server)


class TestAfterLive(checks.Case):
    def test_there_is_no_way_back(self) -> None:
        server = self.boot()
        result = self.migrate(server, LIVE, '--check', 'sh -c "exit 3"')
        self.assert_outcome('check-failed', 6, result)
        self.assertEqual(
            'The check exited with code 3.', result.fields['reason']
        )
        self.assertIn('nothing to revert to', result.fields['hint'])
        destination = result.fields['destination_host']
        self.assertNotEqual(server.host, destination)
        self.assert_nova_says(server, 'ACTIVE', destination, 'completed')

        name = '$OS_MIGRATE_SOURCE_HOST'
        result = self.migrate(
            server, LIVE, '--check', f'sh -c "test {name} = {destination}"'
        )
        self.assert_outcome('completed', 0, result)
        self.assertEqual(
            ['live-migration', 'live-migration', 'create'],
            self.admin.actions(server.id),
        )
