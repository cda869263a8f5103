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

"""What can be typed, and what contradicts itself."""

import argparse
import contextlib
import dataclasses
import io
from typing import Any

import testtools

from osc_migrate.command import options
from osc_migrate.command import server
from osc_migrate.tests.unit import rows


def parser() -> argparse.ArgumentParser:
    """The options as cliff shows them: with a formatter and columns."""
    found = argparse.ArgumentParser()
    found.add_argument('-f', dest='formatter', default='table')
    found.add_argument('-c', dest='columns', action='append', default=[])
    options.add(found)
    return found


def parse(line: str) -> argparse.Namespace:
    return parser().parse_args(line.split(' '))


class DefaultsTestCase(testtools.TestCase):
    def test_a_server_is_enough(self) -> None:
        arguments = vars(parse('web-1'))
        self.assertEqual(
            {
                'server': 'web-1',
                'host': None,
                'confirm': True,
                'timeout': 3600.0,
                'on_timeout': 'leave',
                'poll_interval': 5.0,
                'attach': False,
                'migration': None,
                'source_host': None,
                'dry_run': False,
            },
            {
                name: arguments[name]
                for name in (
                    'server', 'host', 'confirm', 'timeout', 'on_timeout',
                    'poll_interval', 'attach', 'migration', 'source_host',
                    'dry_run',
                )
            },
        )  # fmt: skip

    def test_a_parser_is_made_without_an_application(self) -> None:
        nobody: Any = None
        command = server.MigrateAndWait(nobody, None)
        arguments = command.get_parser('x').parse_args(['web-1'])
        self.assertIsNone(options.contradiction(arguments))
        self.assertEqual([], options.given(arguments))

    def test_wait_means_nothing(self) -> None:
        with_wait = vars(parse('--wait web-1'))
        without = vars(parse('web-1'))
        self.assertEqual({'wait'}, {
            name for name in without if without[name] != with_wait[name]
        })  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Typed:
    """A line, and words of what is wrong with it; None: nothing is."""

    name: str
    line: str
    wrong: str | None = None


CONTRADICTIONS = (
    Typed('a host', '--host h web-1'),
    Typed('attach', '--attach web-1'),
    Typed('attach to one', '--attach --migration u web-1'),
    Typed('a source', '--source-host h --host g web-1'),
    Typed('leave at the time limit', '--on-timeout leave web-1'),
    Typed('abort', '--on-timeout abort web-1', '--on-timeout abort'),
    Typed('force', '--on-timeout force-complete web-1', 'force-complete'),
    Typed('one to attach to', '--migration u web-1', 'needs --attach'),
    Typed('attach and host', '--attach --host h web-1', '--host means'),
    Typed(
        'attach and source', '--attach --source-host h web-1',
        'exclude each other',
    ),
    Typed('no host', '--host= web-1', '--host is empty'),
    Typed('no source', '--source-host= web-1', '--source-host is empty'),
    Typed('none', '--attach --migration= web-1', '--migration is empty'),
)  # fmt: skip


@rows.each(CONTRADICTIONS)
class ContradictionTestCase(testtools.TestCase):
    def check(self, row: Typed) -> None:
        wrong = options.contradiction(parse(row.line))
        if row.wrong is None:
            self.assertIsNone(wrong)
        else:
            self.assertIn(row.wrong, str(wrong))


REFUSED = (
    Typed('no server', '--attach', 'server'),
    Typed('two servers', 'web-1 web-2', 'web-2'),
    Typed('both confirms', '--confirm --no-confirm web-1', 'not allowed'),
    Typed('words as time', '--timeout soon web-1', 'number of seconds'),
    Typed('no time', '--timeout nan web-1', 'number of seconds'),
    Typed('for ever', '--timeout inf web-1', 'number of seconds'),
    Typed('before', '--timeout=-1 web-1', 'number of seconds'),
    Typed('no pause', '--poll-interval 0 web-1', '0.1 or more'),
    Typed('a short pause', '--poll-interval 0.05 web-1', '0.1 or more'),
    Typed('an odd end', '--on-timeout revert web-1', 'invalid choice'),
)


@rows.each(REFUSED)
class UsageTestCase(testtools.TestCase):
    def check(self, row: Typed) -> None:
        stderr = io.StringIO()
        with contextlib.redirect_stderr(stderr):
            end = self.assertRaises(SystemExit, parse, row.line)
        self.assertEqual(2, end.code)
        self.assertIn(str(row.wrong), stderr.getvalue())


GIVEN = (
    Typed('nothing', 'web-1', ''),
    Typed('what starts a move', '--host h --source-host g web-1', ''),
    Typed('no confirm', '--no-confirm web-1', '--no-confirm'),
    Typed('no limit', '--timeout 0 web-1', '--timeout 0'),
    Typed('a limit', '--timeout 90.5 web-1', '--timeout 90.5'),
    Typed('a pause', '--poll-interval 30 web-1', '--poll-interval 30'),
    Typed('a format', '-f json -c id web-1', '-f json -c id'),
    Typed(
        'a very long limit', '--timeout 12345678 web-1', '--timeout 12345678'
    ),
)


@rows.each(GIVEN)
class GivenTestCase(testtools.TestCase):
    def check(self, row: Typed) -> None:
        given = options.given(parse(row.line))
        self.assertEqual(row.wrong, ' '.join(given))
        self.assertEqual(
            vars(parse(' '.join([*given, 'web-1']))),
            {**vars(parse(row.line)), 'host': None, 'source_host': None},
        )
