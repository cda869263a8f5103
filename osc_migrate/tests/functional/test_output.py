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

"""Where the words go: a document, lines for a log, a line on a terminal."""

import os
import pathlib
import pty
import re
import subprocess
import threading

from osc_migrate.tests.functional import base
from osc_migrate.tests.functional import program

UTC = r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ'
#: What each formatter makes of some columns of a dry run.
FORMATTERS = {
    ('-f', 'json'): r'\{\s*"outcome": "planned",\s*"reason": null\s*\}',
    ('-f', 'yaml'): r'outcome: planned\nreason: null',
    ('-f', 'table'): r'(?s)\+-.*\| outcome +\| planned +\|.*-\+',
    (): r'(?s)\+-.*\| outcome +\| planned +\|.*-\+',
    ('-f', 'value'): r'planned\nNone',
    ('-f', 'shell'): r'outcome="planned"\nreason="None"',
}
COLUMNS = ('-c', 'outcome', '-c', 'reason')


class TestDocument(base.TestCase):
    def test_fields_follow_those_of_server_show(self) -> None:
        server = self.boot()
        result = self.migrate(server)
        shown = self.start('server', 'show', '-f', 'json', server.id).wait()

        self.assert_outcome('confirmed', 0, result)
        self.assertEqual([*shown.fields, *base.FIELDS], list(result.fields))
        for field, value in shown.fields.items():
            self.assertEqual(value, result.fields[field], field)
        self.assertGreater(result.fields['duration'], 0)
        self.assertEqual('migration', result.fields['migration_type'])

    def test_says_what_others_changed_meanwhile(self) -> None:
        server = self.boot(migrate_disk_and_power_off='hold')
        run = self.start_migrate(server)
        run.until_it_says('stopping and copying')
        self.admin.compute.set_server_metadata(server.id, role='database')
        self.cloud.release(server.id)
        result = run.wait()
        self.assert_outcome('confirmed', 0, result)
        steps = {'step:migrate_disk_and_power_off': 'hold'}
        self.assertEqual(
            {'metadata': [steps, {**steps, 'role': 'database'}]},
            result.fields['changes'],
        )
        self.assertRegex(result.stderr, '(?m)^Changed: metadata.*database')

    def test_formatters(self) -> None:
        server = self.boot()
        words = (*base.COMMAND, '--dry-run', *COLUMNS, server.id)
        runs = [
            (pattern, self.start(*words, *formatter))
            for formatter, pattern in FORMATTERS.items()
        ]
        for pattern, run in runs:
            result = run.wait()
            self.assert_exit(0, result)
            self.assertIsNotNone(
                re.fullmatch(pattern, result.stdout.strip()), str(result)
            )


class TestLog(base.TestCase):
    def test_a_line_for_each_phase(self) -> None:
        server = self.boot(
            name='[red]web1[/red] \N{SNOWMAN}',
            migrate_disk_and_power_off='delay=2',
            finish_migration='delay=2',
            confirm_migration='delay=2',
        )
        result = self.migrate(server.name)
        self.assert_outcome('confirmed', 0, result)
        *lines, end = result.stderr.splitlines()
        for line in lines:
            self.assertRegex(line, f'^{UTC} {re.escape(server.name)}: ')
        self.assertEqual(len(lines), len(set(lines)), result.stderr)
        said = '\n'.join(line.partition(': ')[2] for line in lines)
        self.assertRegex(
            said,
            r'(?s)choosing.*copying.*(copied|starting).*confirming',
        )
        self.assertRegex(end, f'^Server {re.escape(server.name)} was moved')

    def test_quiet(self) -> None:
        server = self.boot(migrate_disk_and_power_off='fail=ssh')
        words = ('--quiet', *base.COMMAND, '-f', 'json', server.id)
        failed = self.start(*words).wait()
        self.assert_outcome('rolled-back', 3, failed)
        heads = [line.split(' ')[0] for line in failed.stderr.splitlines()]
        self.assertEqual(['Server', 'Reason:', 'Hint:', 'Request'], heads)

        self.admin.steer(server, migrate_disk_and_power_off='')
        moved = self.start(*words).wait()
        self.assert_outcome('confirmed', 0, moved)
        self.assertRegex(moved.stderr, r'\AServer web1 was moved .*\n\Z')


class TestTerminal(base.TestCase):
    def _migrate(self, *words: str) -> program.Result:
        """Run with standard error on a terminal."""
        master, slave = pty.openpty()
        said: list[bytes] = []

        def read() -> None:
            try:
                while some := os.read(master, 4096):
                    said.append(some)
            except OSError:
                """The last who had the terminal open is gone."""

        thread = threading.Thread(target=read)
        thread.start()
        stdout = pathlib.Path(self.cloud.directory, 'on-a-terminal')
        try:
            with stdout.open('wb') as out:
                done = subprocess.run(
                    [*program.command(), *words],
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=slave,
                    env={**self.cloud.environment(), 'TERM': 'xterm'},
                    timeout=program.LIMIT,
                    check=False,
                )
        finally:
            os.close(slave)
            thread.join()
            os.close(master)
        return program.Result(
            words,
            done.returncode,
            stdout.read_text(),
            b''.join(said).decode(),
        )

    def test_live_line(self) -> None:
        server = self.boot(
            name='[red]web1', migrate_disk_and_power_off='delay=2'
        )
        result = self._migrate(*base.COMMAND, '-f', 'json', server.name)
        self.assert_outcome('confirmed', 0, result)
        self.assertNotIn('\x1b', result.stdout)
        self.assertEqual('[red]web1', result.fields['name'])
        self.assertIn('\x1b[', result.stderr)
        self.assertRegex(
            result.stderr,
            rf'\[red\]web1: stopping and copying \({server.host} ',
        )
        self.assertRegex(result.stderr, r'0:00:0\d')
        self.assertIsNone(re.search(UTC, result.stderr))
        self.assertIn('Server [red]web1 was moved from', result.stderr)

    def test_quiet(self) -> None:
        server = self.boot()
        result = self._migrate(
            '--quiet', *base.COMMAND, '-f', 'value', '-c', 'outcome', server.id
        )
        self.assert_exit(0, result)
        self.assertEqual('confirmed\n', result.stdout)
        self.assertRegex(result.stderr, r'\AServer web1 was moved .*\r\n\Z')
