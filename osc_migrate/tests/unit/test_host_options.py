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

"""What can be typed for a whole compute host, and what contradicts itself."""

import argparse
from collections.abc import Callable
import contextlib
import dataclasses
import io
import shlex
from typing import Any

import testtools

from osc_migrate.command import host_options
from osc_migrate.engine import drain
from osc_migrate.engine.request import Method
from osc_migrate.engine import turns
from osc_migrate.tests.unit import rows

Add = Callable[[argparse.ArgumentParser], None]
DRAIN: Add = host_options.add_drain
RESTORE: Add = host_options.add_restore
#: The options of the contract.
COMMON = frozenset({
    '--auto', '--live-migration', '--cold', '--parallel', '--server',
    '--exclude', '--project', '--include-locked', '--max-failures',
    '--check', '--check-timeout', '--timeout', '--block-migration',
    '--shared-migration', '--poll-interval', '--plan', '--dry-run', '--yes',
})  # fmt: skip
#: What chooses a destination or disables.
DRAIN_ONLY = frozenset({'--host', '--disable-reason', '--no-disable'})
NOTHING_SAID: dict[str, object] = {
    'host': 'host1',
    'method': 'auto',
    'destination': None,
    'block_migration': None,
    'servers': [],
    'excluded': [],
    'project': None,
    'project_domain': None,
    'include_locked': False,
    'disable': True,
    'disable_reason': None,
    'parallel': 2,
    'max_failures': 1,
    'check': None,
    'check_timeout': 60.0,
    'timeout': 3600.0,
    'poll_interval': 5.0,
    'plan': None,
    'dry_run': False,
    'yes': False,
}


def parser(add: Add = DRAIN) -> argparse.ArgumentParser:
    found = argparse.ArgumentParser()
    add(found)
    return found


def parse(line: str, add: Add = DRAIN) -> argparse.Namespace:
    return parser(add).parse_args(shlex.split(line))


def options_of(add: Add) -> frozenset[str]:
    return frozenset(
        option
        for action in parser(add)._actions
        for option in action.option_strings
        if option not in ('-h', '--help')
    )


class ContractTestCase(testtools.TestCase):
    def test_a_host_is_enough(self) -> None:
        self.assertEqual(NOTHING_SAID, vars(parse('host1')))

    def test_a_plan_is_enough_to_go_back(self) -> None:
        self.assertEqual(
            {**NOTHING_SAID, 'plan': 'plan.json', 'disable': None},
            vars(parse('host1 --plan plan.json', RESTORE)),
        )

    def test_every_option_and_none_besides(self) -> None:
        more = {'--project-domain'}
        self.assertEqual(COMMON | DRAIN_ONLY | more, options_of(DRAIN))
        self.assertEqual(COMMON | more, options_of(RESTORE))

    def test_every_option_has_a_word_of_help(self) -> None:
        for add in (DRAIN, RESTORE):
            for action in parser(add)._actions:
                self.assertTrue(action.help, action.option_strings)


@dataclasses.dataclass(frozen=True)
class Typed:
    """A line, and words of what is wrong with it; None for nothing."""

    name: str
    line: str
    wrong: str | None = None
    terminal: bool = False
    add: Add = DRAIN


CONTRADICTIONS = (
    Typed('the answer is given', '--yes host1'),
    Typed('nobody to ask', 'host1', '--yes is required'),
    Typed('somebody to ask', 'host1', terminal=True),
    Typed('nothing to ask about', '--dry-run host1'),
    Typed('a rehearsal of which nobody is asked', '--dry-run --yes host1'),
    Typed('nobody to ask on the way back', '--plan p host1',
          '--yes is required', add=RESTORE),
    Typed('the way back', '--plan p --yes host1', add=RESTORE),
    Typed('copied disks', '--yes --block-migration host1'),
    Typed('copied disks of what moves live',
          '--yes --live-migration --shared-migration host1'),
    Typed('copied disks of what moves cold',
          '--yes --cold --block-migration host1', 'nothing with --cold'),
    Typed('shared disks of what moves cold',
          '--yes --cold --shared-migration host1', 'nothing with --cold'),
    Typed('shared disks on the way back',
          '--yes --plan p --cold --shared-migration host1',
          'nothing with --cold', add=RESTORE),
    Typed('a destination', '--yes --host host2 host1'),
    Typed('the host itself as destination', '--yes --host host1 host1',
          'to be emptied'),
    Typed('a destination without a name', '--yes --host= host1',
          '--host is empty'),
    Typed('a host without a name', "--yes ''", 'No compute host is named'),
    Typed('no host at all', "--yes --host= ''", 'is'),
    Typed('chosen and excluded', '--yes --server a --exclude a host1'),
)  # fmt: skip


@rows.each(CONTRADICTIONS)
class ContradictionTestCase(testtools.TestCase):
    def check(self, row: Typed) -> None:
        wrong = host_options.contradiction(
            parse(row.line, row.add), terminal=row.terminal
        )
        if row.wrong is None:
            self.assertIsNone(wrong)
        else:
            self.assertIn(row.wrong, str(wrong))


REFUSED = (
    Typed('no host', '--yes', 'host'),
    Typed('two hosts', 'host1 host2', 'host2'),
    Typed('live and cold', '--live-migration --cold host1', 'not allowed'),
    Typed('live and by its state', '--live-migration --auto host1',
          'not allowed'),
    Typed('cold and by its state', '--auto --cold host1', 'not allowed'),
    Typed('copied and shared', '--block-migration --shared-migration host1',
          'not allowed'),
    Typed('a reason, and not disabled', '--no-disable --disable-reason x '
          'host1', 'not allowed'),
    Typed('none at once', '--parallel 0 host1', '1 or more'),
    Typed('fewer than none at once', '--parallel=-1 host1', 'not a number'),
    Typed('half a move at once', '--parallel 1.5 host1', 'not a number'),
    Typed('words as a number', '--parallel two host1', 'not a number'),
    Typed('digits of another script', '--parallel ٣ host1', 'not a number'),
    Typed('fewer failures than none', '--max-failures=-1 host1',
          'not a number'),
    Typed('half a failure', '--max-failures 0.5 host1', 'not a number'),
    Typed('words as time', '--timeout soon host1', 'number of seconds'),
    Typed('for ever', '--timeout inf host1', 'number of seconds'),
    Typed('no pause', '--poll-interval 0 host1', '0.1 or more'),
    Typed('no time for a check', '--check-timeout 0 host1',
          'more than 0'),
    Typed('a server is missing', '--server', 'expected one argument'),
    Typed('no confirm', '--no-confirm host1', 'unrecognized'),
    Typed('a question for each', '--prompt host1', 'unrecognized'),
    Typed('the way back without a plan', 'host1', '--plan', add=RESTORE),
    Typed('a destination of the way back', '--plan p --host h host1',
          'unrecognized', add=RESTORE),
    Typed('disabled on the way back', '--plan p --disable-reason x host1',
          'unrecognized', add=RESTORE),
    Typed('not disabled on the way back', '--plan p --no-disable host1',
          'unrecognized', add=RESTORE),
)  # fmt: skip


@rows.each(REFUSED)
class UsageTestCase(testtools.TestCase):
    def check(self, row: Typed) -> None:
        stderr = io.StringIO()
        with contextlib.redirect_stderr(stderr):
            end = self.assertRaises(SystemExit, parse, row.line, row.add)
        self.assertEqual(2, end.code)
        self.assertIn(str(row.wrong), stderr.getvalue())


@dataclasses.dataclass(frozen=True)
class Asked:
    """A line, and what of the request differs from that of a bare one."""

    name: str
    line: str
    request: dict[str, Any]
    project_id: str | None = None
    add: Add = DRAIN


ASKED = (
    Asked('nothing', 'host1', {}),
    Asked('by its state', '--auto host1', {}),
    Asked('live', '--live-migration host1', {'method': Method.LIVE}),
    Asked('cold', '--cold host1', {'method': Method.COLD}),
    Asked('copied disks', '--block-migration host1',
          {'block_migration': True}),
    Asked('shared disks', '--shared-migration host1',
          {'block_migration': False}),
    Asked('a destination', '--host host2 host1', {'destination': 'host2'}),
    Asked('some servers', '--server a --server b host1',
          {'servers': ('a', 'b')}),
    Asked('but some servers', '--exclude a --exclude b host1',
          {'excluded': ('a', 'b')}),
    Asked('a project: its ID counts', '--project ours host1',
          {'project_id': 'p1'}, 'p1'),
    Asked('locked ones', '--include-locked host1', {'include_locked': True}),
    Asked('a reason', "--disable-reason 'new disks' host1",
          {'disable_reason': 'new disks'}),
    Asked('not disabled', '--no-disable host1', {'disable': False}),
    Asked('how many', '--parallel 7 --max-failures 3 host1',
          {'limits': turns.Limits(7, 3)}),
    Asked('any number of failures', '--max-failures 0 host1',
          {'limits': turns.Limits(2, 0)}),
    Asked('how long', '--timeout 0 --poll-interval 9 host1',
          {'timeout': 0.0, 'poll_interval': 9.0}),
    Asked('a rehearsal', '--dry-run host1', {'dry_run': True}),
    Asked('what the command itself keeps', "--yes --check true --plan p "
          "host1", {}),
    Asked('the way back disables nothing', '--plan p --cold host1',
          {'method': Method.COLD, 'disable': False}, add=RESTORE),
)  # fmt: skip


@rows.each(ASKED)
class RequestTestCase(testtools.TestCase):
    def check(self, row: Asked) -> None:
        self.assertEqual(
            dataclasses.replace(drain.Request('host1'), **row.request),
            host_options.request(parse(row.line, row.add), row.project_id),
        )


GIVEN = (
    Typed('nothing', 'host1'),
    Typed('how', '--live-migration --block-migration host1'),
    Typed('how, otherwise', '--shared-migration --host host2 host1'),
    Typed('cold', '--cold host1'),
    Typed('which', '--server a --server b --exclude c host1'),
    Typed('whose', '--project ours --project-domain d --include-locked '
          'host1'),
    Typed('a reason', "--disable-reason 'new disks' host1"),
    Typed('not disabled', '--no-disable host1'),
    Typed('how many', '--parallel 7 --max-failures 0 host1'),
    Typed('a check', "--check 'ping -c 1 $X' --check-timeout 9.5 host1"),
    Typed('how long', '--timeout 12345678 --poll-interval 0.5 host1'),
    Typed('for ever', '--timeout 0 host1'),
    Typed('a plan and an answer', "--plan 'a plan' --yes host1"),
    Typed('the way back', '--plan p --cold --server a host1', add=RESTORE),
)  # fmt: skip


@rows.each(GIVEN)
class GivenTestCase(testtools.TestCase):
    """The command that carries on is the one that was typed."""

    def check(self, row: Typed) -> None:
        arguments = parse(row.line, row.add)
        given = host_options.given(arguments)
        self.assertEqual(
            vars(arguments), vars(parser(row.add).parse_args(given))
        )
        self.assertEqual(sorted(shlex.split(row.line)), sorted(given))

    def test_who_waits_for_one_server_alone_runs_its_check(self) -> None:
        line = '--check ./c --check-timeout 9 --timeout 99 --parallel 3 host1'
        self.assertEqual(
            ['--check', './c', '--check-timeout', '9', '--timeout', '99'],
            host_options.of_one(parse(line), decides=True),
        )

    def test_who_waits_for_somebody_s_move_decides_nothing(self) -> None:
        self.assertEqual(
            ['--no-confirm', '--timeout', '99'],
            host_options.of_one(
                parse('--check ./c --timeout 99 host1'), decides=False
            ),
        )

    def test_a_rehearsal_is_carried_on_by_doing_it(self) -> None:
        given = host_options.given(parse('--dry-run host1'))
        self.assertEqual(['host1'], given)
