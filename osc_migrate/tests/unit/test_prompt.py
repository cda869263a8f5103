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

"""A person decides: at a real terminal, whose other end types."""

import fcntl
import io
import os
import pty
import signal
import struct
import termios
import time
import types
from typing import Any

from osc_lib.cli import format_columns
import testtools

from osc_migrate.command import prompt
from osc_migrate.command import streams
from osc_migrate.engine import facts
from osc_migrate import gate

WEB1 = facts.Server(
    '8ca3ba66-8a4a-4d3c-9ae1-b5d3cf3b0b31', 'web1', None, 'VERIFY_RESIZE'
)
ARRIVAL = gate.Arrival(WEB1, 'host1', 'host2', ('192.0.2.10',))
#: Seconds for what was typed to come through.
SOON = 5.0

SHOWN: dict[str, Any] = {
    'id': WEB1.id,
    'name': 'web\x1b[2J1',
    'addresses': format_columns.DictListColumn({'private': ['192.0.2.10']}),
    'description': None,
    'OS-EXT-SRV-ATTR:user_data': 'cGFzc3dvcmQ=',
    'config_drive': '',
    'progress': 0,
    'tags': 'x' * 1000,
}


def show() -> prompt.Shown:
    return tuple(SHOWN), tuple(SHOWN.values())


class Terminal:
    """Both ends of a terminal, and the question at it."""

    def __init__(self, case: testtools.TestCase, columns: int = 80) -> None:
        self._person, self.program = pty.openpty()
        size = struct.pack('HHHH', 24, columns, 0, 0)
        fcntl.ioctl(self.program, termios.TIOCSWINSZ, size)
        self.screen = io.StringIO()
        case.addCleanup(os.close, self.program)
        case.addCleanup(self.hang_up)
        self.prompt = prompt.Prompt(self, self, show)

    # What the prompt needs of standard input and standard error.
    def fileno(self) -> int:
        return self.program

    def write(self, text: str, /) -> int:
        return self.screen.write(text)

    def flush(self) -> None:
        pass

    def type(self, keys: bytes) -> None:
        os.write(self._person, keys)

    def hang_up(self) -> None:
        if self._person >= 0:
            os.close(self._person)
        self._person = -1

    def wait(self, seconds: float = SOON) -> gate.Answer | None:
        answered = self.prompt.wait(ARRIVAL, seconds)
        return answered.answer if answered else None

    def ask(self) -> str:
        """What is shown until the question; nobody answered yet."""
        if self.wait(0.0) is not None:
            raise AssertionError('nobody can have answered')
        return self.screen.getvalue()

    def said(self) -> str:
        """What was said since this was asked last."""
        said = self.screen.getvalue()
        self.screen.seek(0)
        self.screen.truncate()
        return said


class AnswersTestCase(testtools.TestCase):
    def answer(self, keys: bytes) -> gate.Answer | None:
        terminal = Terminal(self)
        terminal.ask()
        terminal.type(keys)
        return terminal.wait()

    def test_words_and_their_beginnings_in_any_case(self) -> None:
        for keys, answer in (
            (b'confirm\n', gate.Answer.CONFIRM),
            (b'c\n', gate.Answer.CONFIRM),
            (b'REV\n', gate.Answer.REVERT),
            (b'r\r', gate.Answer.REVERT),
            (b'  Leave \n', gate.Answer.LEAVE),
            (b'l\n', gate.Answer.LEAVE),
            (b'xc\x7f\x7fr\n', gate.Answer.REVERT),
        ):
            self.assertEqual(answer, self.answer(keys), str(keys))

    def test_the_end_of_input_leaves_it_as_it_is(self) -> None:
        self.assertEqual(gate.Answer.LEAVE, self.answer(b'\x04'))

    def test_a_word_without_its_enter_is_no_answer(self) -> None:
        # Ctrl-D hands over the line so far, and at its begin the end.
        self.assertEqual(gate.Answer.LEAVE, self.answer(b'c\x04\x04'))

    def test_a_terminal_that_goes_away_leaves_it_as_it_is(self) -> None:
        terminal = Terminal(self)
        terminal.ask()
        terminal.hang_up()
        self.assertEqual(gate.Answer.LEAVE, terminal.wait())

    def test_anything_else_is_asked_again(self) -> None:
        for keys in (b'\n', b'yes\n', b'confirmed\n', b'\xff\n', b'cr\n'):
            terminal = Terminal(self)
            terminal.ask()
            terminal.said()
            terminal.type(keys)
            self.assertIsNone(terminal.wait(0.05))
            self.assertEqual(prompt.AGAIN, terminal.said(), str(keys))
            terminal.type(b'r\n')
            self.assertEqual(gate.Answer.REVERT, terminal.wait())

    def test_two_lines_at_once_are_two_answers(self) -> None:
        self.assertEqual(gate.Answer.REVERT, self.answer(b'what?\nr\nc\n'))

    def test_an_answer_stays_what_it_is(self) -> None:
        terminal = Terminal(self)
        terminal.ask()
        terminal.type(b'l\n')
        self.assertEqual(gate.Answer.LEAVE, terminal.wait())
        terminal.type(b'c\n')
        self.assertEqual(gate.Answer.LEAVE, terminal.wait())
        terminal.prompt.close()
        self.assertEqual(gate.Answer.LEAVE, terminal.wait())

    def test_input_that_is_no_terminal_is_read_to_its_end(self) -> None:
        for words, answer in (
            (b'', gate.Answer.LEAVE),
            (b'what?\nrev\nc\n', gate.Answer.REVERT),
            (b'confirm', gate.Answer.LEAVE),
        ):
            reader, writer = os.pipe()
            os.write(writer, words)
            os.close(writer)
            with os.fdopen(reader) as stdin:
                asked = prompt.Prompt(stdin, streams.Tolerant(None), show)
                answered = asked.wait(ARRIVAL, SOON)
            self.assertEqual(gate.Answered(answer), answered)

    def test_input_that_cannot_be_read_leaves_it_as_it_is(self) -> None:
        with open(os.devnull, 'w') as stdin:
            asked = prompt.Prompt(stdin, streams.Tolerant(None), show)
            answered = asked.wait(ARRIVAL, SOON)
        self.assertEqual(gate.Answered(gate.Answer.LEAVE), answered)


class WaitTestCase(testtools.TestCase):
    def test_nothing_typed_before_the_question_answers_it(self) -> None:
        terminal = Terminal(self)
        terminal.type(b'confirm\n\nc')
        # Until it is there.
        self.assertIsNone(terminal.wait(0.05))
        terminal.type(b'r\n')
        self.assertEqual(gate.Answer.REVERT, terminal.wait())

    def test_it_waits_no_longer_than_it_may(self) -> None:
        terminal = Terminal(self)
        began = time.monotonic()
        self.assertIsNone(terminal.wait(0.05))
        # Half a line does not make the wait longer, nor does a wrong one.
        terminal.type(b'what?\nconf')
        self.assertIsNone(terminal.wait(0.05))
        elapsed = time.monotonic() - began
        self.assertTrue(0.09 < elapsed < SOON, elapsed)
        terminal.type(b'irm\n')
        self.assertEqual(gate.Answer.CONFIRM, terminal.wait())

    def test_input_that_never_ends_does_not_hold_it_up(self) -> None:
        with open('/dev/zero') as stdin:
            asked = prompt.Prompt(stdin, streams.Tolerant(None), show)
            self.assertIsNone(asked.wait(ARRIVAL, 0.0))

    def test_it_asks_once(self) -> None:
        terminal = Terminal(self)
        terminal.ask()
        terminal.wait(0.0)
        self.assertEqual(1, terminal.said().count(prompt.QUESTION))

    def test_a_signal_that_changes_nothing_ends_nothing(self) -> None:
        terminal = Terminal(self)
        terminal.ask()

        def typed(number: int, frame: types.FrameType | None) -> None:
            terminal.type(b'r\n')

        before = signal.signal(signal.SIGALRM, typed)
        self.addCleanup(signal.signal, signal.SIGALRM, before)
        self.addCleanup(signal.setitimer, signal.ITIMER_REAL, 0)
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        self.assertEqual(gate.Answer.REVERT, terminal.wait())

    def test_a_signal_that_ends_the_wait_does(self) -> None:
        terminal = Terminal(self)
        terminal.ask()

        def interrupt(number: int, frame: types.FrameType | None) -> None:
            raise KeyboardInterrupt

        before = signal.signal(signal.SIGALRM, interrupt)
        self.addCleanup(signal.signal, signal.SIGALRM, before)
        self.addCleanup(signal.setitimer, signal.ITIMER_REAL, 0)
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        self.assertRaises(KeyboardInterrupt, terminal.wait)

    def test_a_question_that_is_dropped_ends_its_line(self) -> None:
        terminal = Terminal(self)
        terminal.ask()
        terminal.said()
        terminal.prompt.close()
        terminal.prompt.close()
        self.assertEqual('\n', terminal.said())
        terminal.type(b'c\n')
        self.assertIsNone(terminal.wait(0.05))

    def test_what_was_not_asked_needs_no_end(self) -> None:
        terminal = Terminal(self)
        terminal.prompt.close()
        self.assertIsNone(terminal.wait(0.0))
        self.assertEqual('', terminal.said())


class DetailsTestCase(testtools.TestCase):
    def shown(self, columns: int = 80) -> list[str]:
        return Terminal(self, columns).ask().splitlines()

    def test_the_server_is_shown_and_then_comes_the_question(self) -> None:
        lines = self.shown()
        self.assertEqual(prompt.QUESTION, lines[-1])
        fields = [line.split('|')[1].strip() for line in lines if '|' in line]
        self.assertEqual(
            [
                *('Field', 'id', 'name', 'addresses', 'progress', 'tags'),
                *('source_host', 'destination_host'),
            ],
            [field for field in fields if field],
        )
        text = '\n'.join(lines)
        self.assertIn('| host2 ', text)
        self.assertIn('| private=192.0.2.10 ', text)

    def test_nothing_in_it_steers_the_terminal(self) -> None:
        text = '\n'.join(self.shown())
        self.assertNotIn('\x1b', text)
        self.assertIn('web?[2J1', text)

    def test_what_may_be_secret_is_not_shown(self) -> None:
        self.assertNotIn('cGFzc3dvcmQ', '\n'.join(self.shown()))

    def test_it_fits_the_terminal(self) -> None:
        for columns in (60, 80, 200):
            lines = self.shown(columns)[:-1]
            self.assertLessEqual(max(map(len, lines)), columns)
            # Of the tags; the rest says no more.
            self.assertEqual(199, '\n'.join(lines).count('x'))

    def test_a_server_that_cannot_be_shown_is_asked_about(self) -> None:
        def fail() -> prompt.Shown:
            raise OSError('no\x1b route')

        terminal = Terminal(self)
        terminal.prompt = prompt.Prompt(terminal, terminal, fail)
        lines = terminal.ask().splitlines()
        self.assertEqual('The server cannot be shown: no? route', lines[0])
        self.assertIn('| web1 ', '\n'.join(lines))
        self.assertIn('| host1 ', '\n'.join(lines))
        self.assertEqual(prompt.QUESTION, lines[-1])
        terminal.type(b'c\n')
        self.assertEqual(gate.Answer.CONFIRM, terminal.wait())
