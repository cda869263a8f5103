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

"""Whatever others wrote, a person sees lines of ours, and nothing else."""

import argparse
import io
import shutil
import subprocess
from typing import Any
import unicodedata
from unittest import mock

from cliff.formatters import table
import hypothesis
from hypothesis import strategies
from osc_lib.cli import format_columns
import testtools

from osc_migrate import board as boards
from osc_migrate.command import prompt
from osc_migrate.command import report
from osc_migrate.command import tables
from osc_migrate import door as doors
from osc_migrate.engine import decisions
from osc_migrate.engine import facts
from osc_migrate.engine import outcomes
from osc_migrate.engine import rows as told_rows
from osc_migrate.engine import text
from osc_migrate import exceptions
from osc_migrate import gate
from osc_migrate import progress
from osc_migrate import result as results
from osc_migrate.tests.unit import fakes

#: Control, format, surrogate and private characters, and separators.
STEERING = frozenset({'Cc', 'Cf', 'Cs', 'Co', 'Zl', 'Zp'})
#: What steers a terminal, turns or breaks a line, or is markup to rich.
PIECES = (
    '\x1b[2J', '\x1b]8;;https://example.com\x1b\\', '\x1b]0;root\x07', '\x9b',
    '\x9d', '\x90', '\x00', '\x07', '\b', '\r', '\r\n', '\n', '\t', '\v',
    '\f', '\x1c', '\x7f', '\x85', '\u00ad', '\u061c', '\u200b', '\u200e',
    '\u2028', '\u2029', '\u202e', '\u2066', '\u2069', '\ufeff', '\ufff9',
    '\ud800', '\ue000', '\U000e0041', '[red]', '[/]',
    '[link=https://example.com]', ':skull:', '{id}', '%s', '\nHint: ',
    '\nReason: ', 'Request ID: ', "'", '"', '`id`', '$(id)', ';', '\\', ' ',
    '  ', '-', 'web1',
)  # fmt: skip
WORDS = strategies.one_of(
    strategies.text(),
    strategies.lists(strategies.sampled_from(PIECES)).map(''.join),
)
SETTINGS = hypothesis.settings(
    deadline=None, derandomize=True, database=None, max_examples=150
)
PHASES = strategies.sampled_from(list(decisions.Phase))
OUTCOMES = strategies.sampled_from(list(outcomes.Outcome))


class HostileTextTestCase(testtools.TestCase):
    def assert_lines(self, count: int, said: str) -> None:
        """So many lines, of characters that only show themselves."""
        found = [c for c in said if unicodedata.category(c) in STEERING]
        self.assertEqual(['\n'] * count, found, repr(said))
        self.assertEqual(said, '' if not count else f'{said[:-1]}\n')

    @SETTINGS
    @hypothesis.given(OUTCOMES, WORDS, WORDS)
    def test_the_last_sentences(
        self, outcome: outcomes.Outcome, name: str, words: str
    ) -> None:
        result = results.Result(
            'id-1', name, outcome, reason=words, hint=words,
            migration_id=words, migration_type='migration',
            migration_status=words, source_host=words, destination_host=words,
            request_id=words, duration=1.0,
            changes={'metadata': [{name: words}, {name: name}],
                     words: [[words], None]},
            warnings=(words, name),
        )  # fmt: skip
        sentences = list(report.sentences(result, words))
        self.assert_lines(len(sentences), report.lines(sentences))

    @SETTINGS
    @hypothesis.given(WORDS, WORDS)
    def test_a_refusal(self, words: str, hint: str) -> None:
        refused = exceptions.Refused(words, hint=hint, request_id=words)
        count = 1 + bool(hint) + bool(words)
        self.assert_lines(count, f'{report.refused(refused)}\n')
        twice = exceptions.Impossible([words, hint], [hint, words])
        self.assert_lines(4, f'{report.refused(twice)}\n')

    @SETTINGS
    @hypothesis.given(PHASES, WORDS, WORDS)
    def test_lines_for_a_log(
        self, phase: decisions.Phase, name: str, words: str
    ) -> None:
        said = io.StringIO()
        lines = progress.Lines(said, fakes.FakeClock(), name)
        lines.progress(doors.Progress(phase, words, name, 1.0, words))
        lines.say(words)
        self.assert_lines(2, said.getvalue())

    @SETTINGS
    @hypothesis.given(OUTCOMES, WORDS, WORDS)
    def test_lines_of_a_drain(
        self, outcome: outcomes.Outcome, name: str, words: str
    ) -> None:
        said = io.StringIO()
        row = told_rows.Row(
            'id-1', name, words, words, words, name, outcome, words, 1.0
        )
        planned = [row, told_rows.not_started(row)]
        with boards.board(said, fakes.FakeClock(), quiet=False) as board:
            board.plan(planned)
            board.landed(row)
        self.assert_lines(
            len(list(told_rows.outline(planned))) + 1, said.getvalue()
        )
        sentences = list(told_rows.bad_news(planned))
        self.assert_lines(len(sentences), report.lines(sentences))

    @SETTINGS
    @hypothesis.given(WORDS, WORDS)
    def test_the_question(self, name: str, words: str) -> None:
        shown = (['name', words], [name, [words]])
        screen = mock.Mock(fileno=mock.Mock(side_effect=OSError))
        keyboard = mock.Mock(fileno=lambda: 0)
        question = prompt.Prompt(keyboard, screen, lambda: shown)
        server = facts.Server('id-1', name, None, 'VERIFY_RESIZE')
        said = question._details(gate.Arrival(server, words, name))
        self.assert_lines(said.count('\n'), said)
        self.assertTrue(all(line[:1] in '+|' for line in said.splitlines()))

    @SETTINGS
    @hypothesis.given(WORDS, WORDS)
    def test_a_table_on_standard_output(self, name: str, words: str) -> None:
        arguments = argparse.Namespace(
            formatter='table', max_width=0, fit_width=False, print_empty=False
        )
        metadata = format_columns.DictColumn({name: words})
        values = (name, words, metadata, 3, None)
        drawn = io.StringIO()
        table.TableFormatter().emit_one(
            tuple('abcde'), tables.cells(arguments, values), drawn, arguments
        )
        said = drawn.getvalue().replace('\t', ' ')
        self.assert_lines(said.count('\n'), said)
        # No line is begun by what somebody wrote.
        self.assertTrue(all(line[:1] in '+|' for line in said.splitlines()))

    @SETTINGS
    @hypothesis.given(WORDS)
    def test_machines_get_what_was_written(self, words: str) -> None:
        metadata = format_columns.DictColumn({'a': words})
        for formatter in ('json', 'yaml', 'csv', 'value', 'shell'):
            arguments = argparse.Namespace(formatter=formatter)
            found = list(tables.rows(arguments, [(words, metadata)]))
            self.assertEqual([[words, metadata]], found)


class ShellTestCase(testtools.TestCase):
    """What is pasted does what it says, and is shown as it is."""

    def read_by_a_shell(self, line: str) -> list[bytes]:
        shell = shutil.which('bash')
        if shell is None:
            self.skipTest('bash is not installed')
        script = f'printf "%s\\0" {line}'.encode('utf-8', 'surrogateescape')
        done: subprocess.CompletedProcess[bytes] = subprocess.run(
            [shell, '-c', script],
            stdout=subprocess.PIPE,
            env={'LC_ALL': 'C.UTF-8'},
            check=True,
        )
        return done.stdout.split(b'\0')[:-1]

    @SETTINGS
    @hypothesis.given(
        strategies.lists(
            WORDS.map(lambda words: words.replace('\0', '')), min_size=1
        )
    )
    def test_a_shell_reads_the_words_that_were_meant(
        self, words: list[str]
    ) -> None:
        meant = [word.replace('\ud800', '\udcff') for word in words]
        line = text.command_line(meant)
        self.assertEqual(line, text.printable(line))
        self.assertEqual(
            [word.encode('utf-8', 'surrogateescape') for word in meant],
            self.read_by_a_shell(line),
        )

    def test_what_needs_no_quotes_has_none(self) -> None:
        self.assertEqual('web-1', text.shell_word('web-1'))
        self.assertEqual("'web 1'", text.shell_word('web 1'))
        self.assertEqual("$'a\\012b'", text.shell_word('a\nb'))
        self.assertEqual("$'a\\040\\040b'", text.shell_word('a  b'))
        self.assertEqual("''", text.shell_word(''))


class OfACellTestCase(testtools.TestCase):
    def test_lines_and_indents_stay(self) -> None:
        given: Any = 'a:\n  b\r\n\tc\x1b[2J\u2028\u202ed\re'
        self.assertEqual('a:\n  b\n\tc?[2J??d?e', text.of_a_cell(given))
