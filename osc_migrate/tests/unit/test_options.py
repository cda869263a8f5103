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
import shlex
from typing import Any

import testtools

from osc_migrate.command import options
from osc_migrate.command import resume
from osc_migrate.command import server
from osc_migrate.engine.move import Wish
from osc_migrate.engine import request as requests
from osc_migrate.engine.request import Method
from osc_migrate.tests.unit import rows


def parser() -> argparse.ArgumentParser:
    """The options as cliff shows them: with a formatter and columns."""
    found = argparse.ArgumentParser()
    found.add_argument('-f', dest='formatter', default='table')
    found.add_argument('-c', dest='columns', action='append', default=[])
    options.add(found)
    return found


def parse(line: str) -> argparse.Namespace:
    return parser().parse_args(shlex.split(line))


class DefaultsTestCase(testtools.TestCase):
    def test_a_server_is_enough(self) -> None:
        arguments = vars(parse('web-1'))
        self.assertEqual(
            {
                'server': 'web-1',
                'host': None,
                'method': 'cold',
                'block_migration': None,
                'wish': 'confirm',
                'check': None,
                'check_timeout': 60.0,
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
                    'server', 'host', 'method', 'block_migration', 'wish',
                    'check', 'check_timeout', 'timeout', 'on_timeout',
                    'poll_interval', 'attach', 'migration', 'source_host',
                    'dry_run',
                )
            },
        )  # fmt: skip

    def test_a_parser_is_made_without_an_application(self) -> None:
        nobody: Any = None
        command = server.MigrateAndWait(nobody, None)
        arguments = command.get_parser('x').parse_args(['web-1'])
        self.assertIsNone(options.contradiction(arguments, terminal=True))
        self.assertEqual([], resume.given(arguments))

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
    terminal: bool = False


CONTRADICTIONS = (
    Typed('a host', '--host h web-1'),
    Typed('attach', '--attach web-1'),
    Typed('attach to one', '--attach --migration u web-1'),
    Typed('a source', '--source-host h --host g web-1'),
    Typed('leave at the time limit', '--on-timeout leave web-1'),
    Typed('abort', '--on-timeout abort web-1', '--on-timeout abort'),
    Typed('force', '--on-timeout force-complete web-1', 'force-complete'),
    Typed('live', '--live-migration --block-migration --host h web-1'),
    Typed('by its state', '--auto --shared-migration web-1'),
    Typed('abort a live one', '--live-migration --on-timeout abort web-1'),
    Typed('force by its state', '--auto --on-timeout force-complete web-1'),
    Typed('abort what is found', '--attach --on-timeout abort web-1'),
    Typed('a check', "--check 'true' --check-timeout 5 web-1"),
    Typed('a check of a live one', "--live-migration --check 'true' web-1"),
    Typed('a check that confirms', "--confirm --check 'true' web-1"),
    Typed('attach with a check', "--attach --check 'true' web-1"),
    Typed('attach to a live one', '--attach --live-migration web-1'),
    Typed('ask', '--prompt web-1', terminal=True),
    Typed('ask if there is something', '--auto --prompt web-1',
          terminal=True),
    Typed('ask of what is found', '--attach --prompt web-1', terminal=True),
    Typed('ask nobody', '--prompt web-1', '--prompt needs a terminal'),
    Typed('ask of a live one', '--live-migration --prompt web-1',
          '--prompt decides about VERIFY_RESIZE', terminal=True),
    Typed('disks of a cold one', '--block-migration web-1', 'need --live-'),
    Typed('shared disks of a cold one', '--shared-migration web-1',
          'need --live-'),
    Typed('attach and disks', '--attach --auto --block-migration web-1',
          'mean nothing with it'),
    Typed('one to attach to', '--migration u web-1', 'needs --attach'),
    Typed('attach and host', '--attach --host h web-1', '--host means'),
    Typed(
        'attach and source', '--attach --source-host h web-1',
        'exclude each other',
    ),
    Typed('both confirms', '--confirm --no-confirm web-1', 'exclude each'),
    Typed('no host', '--host= web-1', '--host is empty'),
    Typed('no source', '--source-host= web-1', '--source-host is empty'),
    Typed('none', '--attach --migration= web-1', '--migration is empty'),
)  # fmt: skip


@rows.each(CONTRADICTIONS)
class ContradictionTestCase(testtools.TestCase):
    def check(self, row: Typed) -> None:
        wrong = options.contradiction(parse(row.line), terminal=row.terminal)
        if row.wrong is None:
            self.assertIsNone(wrong)
        else:
            self.assertIn(row.wrong, str(wrong))


REFUSED = (
    Typed('no server', '--attach', 'server'),
    Typed('two servers', 'web-1 web-2', 'web-2'),
    Typed('words as time', '--timeout soon web-1', 'number of seconds'),
    Typed('no time', '--timeout nan web-1', 'number of seconds'),
    Typed('for ever', '--timeout inf web-1', 'number of seconds'),
    Typed('before', '--timeout=-1 web-1', 'number of seconds'),
    Typed('no pause', '--poll-interval 0 web-1', '0.1 or more'),
    Typed('a short pause', '--poll-interval 0.05 web-1', '0.1 or more'),
    Typed('an odd end', '--on-timeout revert web-1', 'invalid choice'),
    Typed('live and auto', '--live-migration --auto web-1', 'not allowed'),
    Typed(
        'copied and shared', '--block-migration --shared-migration web-1',
        'not allowed',
    ),
    Typed('no confirm and ask', '--no-confirm --prompt web-1', 'not allowed'),
    Typed(
        'no confirm and a check', '--no-confirm --check true web-1',
        'not allowed',
    ),
    Typed('ask and a check', '--prompt --check true web-1', 'not allowed'),
    Typed('no check', '--check', 'expected one argument'),
    Typed(
        'a check for ever', '--check-timeout inf --check true web-1',
        'number of seconds',
    ),
)  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Asked:
    """A line, and what of the request differs from that of a bare one."""

    name: str
    line: str
    request: dict[str, object]


ASKED = (
    Asked('nothing', 'web-1', {}),
    Asked('live', '--live-migration web-1', {'method': Method.LIVE}),
    Asked('auto', '--auto web-1', {'method': Method.AUTO}),
    Asked(
        'copied disks', '--auto --block-migration web-1',
        {'method': Method.AUTO, 'block_migration': True},
    ),
    Asked(
        'shared disks', '--auto --shared-migration web-1',
        {'method': Method.AUTO, 'block_migration': False},
    ),
    Asked('no confirm', '--no-confirm web-1', {'wish': Wish.LEAVE}),
    Asked('confirm', '--confirm web-1', {}),
    Asked('ask', '--prompt web-1', {'wish': Wish.ASK}),
    Asked('a check', "--check 'ping -c 1' web-1", {'wish': Wish.ASK}),
    Asked('an empty check', "--check '' web-1", {'wish': Wish.ASK}),
    Asked(
        'abort', '--auto --on-timeout abort --timeout 9 web-1',
        {'method': Method.AUTO, 'on_timeout': 'abort', 'timeout': 9.0},
    ),
    Asked(
        'taking over', '--attach --migration ABC web-1',
        {'attach': True, 'migration': 'abc'},
    ),
    Asked(
        'hosts', '--host h --source-host g --dry-run web-1',
        {'host': 'h', 'source_host': 'g', 'dry_run': True},
    ),
    Asked('a pause', '--poll-interval 9 web-1', {'poll_interval': 9.0}),
)  # fmt: skip


@rows.each(ASKED)
class RequestTestCase(testtools.TestCase):
    def check(self, row: Asked) -> None:
        plain = requests.Request('web-1')
        self.assertEqual(
            dataclasses.replace(plain, **row.request),  # type: ignore[arg-type]
            options.request(parse(row.line)),
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
    Typed('how it is moved', '--auto --block-migration web-1', ''),
    Typed('live', '--live-migration web-1', ''),
    Typed('ask', '--prompt web-1', '--prompt'),
    Typed('a check', "--check 'ping -c 1 $X' web-1",
          "--check 'ping -c 1 $X'"),
    Typed('a slow check', '--check-timeout 9.5 --check true web-1',
          '--check true --check-timeout 9.5'),
    Typed('abort', '--live-migration --on-timeout abort --timeout 60 web-1',
          '--on-timeout abort --timeout 60'),
    Typed('force', '--auto --on-timeout force-complete web-1',
          '--on-timeout force-complete'),
    Typed('an odd check', "--check 'a '\"'\"'b' web-1",
          "--check 'a '\"'\"'b'"),
)  # fmt: skip


@rows.each(GIVEN)
class GivenTestCase(testtools.TestCase):
    def check(self, row: Typed) -> None:
        given = resume.given(parse(row.line))
        self.assertEqual(row.wrong, shlex.join(given))
        line = shlex.join(['--attach', *given, 'web-1'])
        self.assertEqual(
            vars(parse(line)),
            {
                **vars(parse(row.line)),
                # What starts a move means nothing for one that goes on.
                'attach': True,
                'host': None,
                'source_host': None,
                'method': 'cold',
                'block_migration': None,
            },
        )
        # It can be typed as it stands, on a terminal as this one was.
        self.assertIsNone(options.contradiction(parse(line), terminal=True))
