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

"""A check decides: with real processes, and a clock that is turned."""

import dataclasses
import io
import os
import pathlib
import select
import signal
import tempfile
import threading
import time

import testtools

from osc_migrate import child
from osc_migrate.engine import facts
from osc_migrate import exceptions
from osc_migrate import gate
from osc_migrate.tests.unit import fakes
from osc_migrate.tests.unit import rows

WEB1 = facts.Server(
    '8ca3ba66-8a4a-4d3c-9ae1-b5d3cf3b0b31', 'web1', None, 'VERIFY_RESIZE'
)
ARRIVAL = gate.Arrival(WEB1, 'host1', 'host2', ('192.0.2.10', '2001:db8::10'))
CONFIRM = gate.Answered(gate.Answer.CONFIRM)
#: Seconds after which something that has to happen did not.
TOO_LONG = 20.0


def revert(because: str) -> gate.Answered:
    return gate.Answered(gate.Answer.REVERT, because)


class Running:
    """A check, and all that it and what it started write.

    Its output ends when the last process that could write to it is gone.
    """

    def __init__(
        self, case: testtools.TestCase, *command: str, timeout: float = 60.0
    ) -> None:
        self.clock = fakes.FakeClock()
        reader, writer = os.pipe()
        self._reader = reader
        self._writer = os.fdopen(writer, 'w')
        self.check = gate.CheckProgram(
            command, timeout, self._writer, self.clock
        )
        case.addCleanup(os.close, reader)
        case.addCleanup(self.check.close)
        case.addCleanup(self._writer.close)

    def wait(
        self, seconds: float = TOO_LONG, arrival: gate.Arrival = ARRIVAL
    ) -> gate.Answered | None:
        return self.check.wait(arrival, seconds)

    def read_line(self) -> str:
        said = b''
        while not said.endswith(b'\n'):
            said += self._read()
        return said.decode()

    def read_to_the_end(self) -> str:
        self._writer.close()
        said = b''
        while part := self._read():
            said += part
        return said.decode()

    def _read(self) -> bytes:
        if not select.select([self._reader], [], [], TOO_LONG)[0]:
            raise AssertionError('somebody is left who could write')
        return os.read(self._reader, 1)


@dataclasses.dataclass(frozen=True)
class End:
    """How a check ends, and what that means."""

    name: str
    script: str
    answered: gate.Answered


ENDS = (
    End('exit code 0 confirms', 'exit 0', CONFIRM),
    End('exit code 1 reverts', 'exit 1',
        revert('The check exited with code 1.')),
    End('exit code 3 reverts and is named', 'exit 3',
        revert('The check exited with code 3.')),
    End('a crash is named by its signal', 'kill -SEGV $$',
        revert('The check was ended by signal SIGSEGV.')),
    End('a signal without a name keeps its number', 'kill -40 $$',
        revert('The check was ended by signal 40.')),
    End('it can be interrupted although its parent has a handler',
        'kill -INT $$', revert('The check was ended by signal SIGINT.')),
    End('a broken pipe ends it as it would elsewhere',
        'kill -PIPE $$', revert('The check was ended by signal SIGPIPE.')),
    End('its standard input is empty', 'read line && exit 1; exit 0',
        CONFIRM),
    End('its session is its own',
        'test "$(cut -d " " -f 6 /proc/$$/stat)" = $$', CONFIRM),
)  # fmt: skip


@rows.each(ENDS)
class EndTestCase(testtools.TestCase):
    def check(self, row: End) -> None:
        running = Running(self, 'sh', '-c', row.script)
        self.assertEqual(row.answered, running.wait())
        self.assertEqual('', running.read_to_the_end())


class CheckProgramTestCase(testtools.TestCase):
    def told(self, arrival: gate.Arrival) -> dict[str, str]:
        running = Running(self, 'env', '-0')
        self.assertEqual(CONFIRM, running.wait(arrival=arrival))
        words = running.read_to_the_end().split('\0')
        return dict(word.split('=', 1) for word in words if '=' in word)

    def test_it_is_told_what_it_is_about(self) -> None:
        told = self.told(ARRIVAL)
        self.assertEqual(WEB1.id, told['OS_MIGRATE_SERVER_ID'])
        self.assertEqual('web1', told['OS_MIGRATE_SERVER_NAME'])
        self.assertEqual('host1', told['OS_MIGRATE_SOURCE_HOST'])
        self.assertEqual('host2', told['OS_MIGRATE_DESTINATION_HOST'])
        self.assertEqual(
            '192.0.2.10 2001:db8::10', told['OS_MIGRATE_ADDRESSES']
        )
        self.assertEqual(os.environ['PATH'], told['PATH'])

    def test_what_the_caller_may_not_see_is_empty(self) -> None:
        told = self.told(gate.Arrival(WEB1))
        self.assertEqual('', told['OS_MIGRATE_SOURCE_HOST'])
        self.assertEqual('', told['OS_MIGRATE_DESTINATION_HOST'])
        self.assertEqual('', told['OS_MIGRATE_ADDRESSES'])

    def test_a_name_can_be_anything_and_does_no_harm(self) -> None:
        for name, seen in (
            ('$(exit 1); `exit 1`\n\x1b[2J', '$(exit 1); `exit 1`\n\x1b[2J'),
            ('a\0b', 'a?b'),
            ('a\ud800b', 'a?b'),
            ('日本', '日本'),
        ):
            server = dataclasses.replace(WEB1, name=name)
            self.assertEqual(
                seen, self.told(gate.Arrival(server))['OS_MIGRATE_SERVER_NAME']
            )

    def test_no_shell_reads_its_words(self) -> None:
        running = Running(self, 'printf', '%s', '$HOME; * > /dev/null &')
        self.assertEqual(CONFIRM, running.wait())
        self.assertEqual('$HOME; * > /dev/null &', running.read_to_the_end())

    def test_both_its_outputs_go_to_one_place(self) -> None:
        running = Running(self, 'sh', '-c', 'echo one; echo two >&2')
        running.wait()
        self.assertEqual('one\ntwo\n', running.read_to_the_end())

    def test_an_answer_stays_what_it_is(self) -> None:
        running = Running(self, 'sh', '-c', 'echo once; exit 3')
        first = running.wait()
        running.clock.pass_by(3600.0)
        self.assertIs(first, running.wait())
        running.check.close()
        self.assertIs(first, running.wait())
        self.assertEqual('once\n', running.read_to_the_end())

    def test_what_still_runs_holds_up_nobody(self) -> None:
        running = Running(self, 'sleep', '60')
        self.assertIsNone(running.wait(0.0))
        self.assertIsNone(running.wait(0.01))

    def test_nobody_waits_beyond_its_time_limit(self) -> None:
        running = Running(self, 'sleep', '60')
        self.assertIsNone(running.wait(0.0))
        running.clock.pass_by(59.99)
        began = time.monotonic()
        self.assertIsNone(running.wait(TOO_LONG))
        self.assertLess(time.monotonic() - began, TOO_LONG / 2)

    def test_a_program_that_went_away_has_not_passed(self) -> None:
        self.assertEqual(
            revert(
                'The check could not be started: No such file or directory.'
            ),
            Running(self, '/no/such/program').wait(),
        )

    def test_a_word_that_no_program_can_be_given(self) -> None:
        self.assertEqual(
            revert('The check could not be started: embedded null byte.'),
            Running(self, 'true', 'a\0b').wait(),
        )


#: Tells that it is there, and lasts.
LASTING = 'echo there; sleep 60'
#: Ends soon, but not before it was looked at.
SHORT = 'sleep 0.05'
#: As LASTING, and does not end when it is asked to.
STUBBORN = f'trap "" TERM; {LASTING}'


class TimeLimitTestCase(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.patch(gate, 'GRACE', 0.1)
        self.patch(gate, 'GRACE_AT_CLOSE', 0.05)

    def lasting(self, script: str) -> Running:
        running = Running(self, 'sh', '-c', script)
        self.assertIsNone(running.wait(0.0))
        self.assertEqual('there\n', running.read_line())
        return running

    def at_the_limit(self, script: str) -> str:
        """What a script says after 60 s, when all of it has ended."""
        running = self.lasting(script)
        running.clock.pass_by(59.9)
        self.assertIsNone(running.wait(0.0))
        running.clock.pass_by(0.2)
        self.assertEqual(
            revert('The check did not end within 60 s.'), running.wait(5.0)
        )
        return running.read_to_the_end()

    def test_it_can_tidy_up(self) -> None:
        self.patch(gate, 'GRACE', TOO_LONG)
        self.assertEqual(
            'bye\n',
            self.at_the_limit(
                'sleep 60 & trap "echo bye; exit 0" TERM; echo there; wait'
            ),
        )

    def test_it_cannot_refuse_to_end(self) -> None:
        self.assertEqual('', self.at_the_limit(STUBBORN))

    def test_what_it_started_ends_with_it(self) -> None:
        self.assertEqual('', self.at_the_limit(f'({STUBBORN}) & wait'))

    def test_what_it_left_behind_ends_with_it(self) -> None:
        running = Running(self, 'sh', '-c', f'({STUBBORN}) & exit 0')
        self.assertEqual(CONFIRM, running.wait())
        running.read_to_the_end()

    def test_who_asks_late_hears_how_it_ended(self) -> None:
        running = Running(self, 'sh', '-c', f'echo $$; {SHORT}')
        self.assertIsNone(running.wait(0.0))
        process = int(running.read_line())
        # Until it has ended, but nobody asked it for its exit code.
        os.waitid(os.P_PID, process, os.WEXITED | os.WNOWAIT)
        running.clock.pass_by(61.0)
        self.assertEqual(CONFIRM, running.wait(0.0))

    def test_who_does_not_wait_any_more_ends_it(self) -> None:
        for script in (LASTING, STUBBORN, f'({STUBBORN}) & wait'):
            running = self.lasting(script)
            running.check.close()
            running.check.close()
            self.assertEqual('', running.read_to_the_end())
            self.assertIsNone(running.wait(0.0), 'it had no answer')

    def test_what_was_not_begun_is_not_begun_by_its_end(self) -> None:
        running = Running(self, 'echo', 'begun')
        running.check.close()
        self.assertIsNone(running.wait())
        self.assertEqual('', running.read_to_the_end())

    def test_no_zombie_is_left(self) -> None:
        for script in ('exit 0', STUBBORN):
            running = Running(self, 'sh', '-c', f'echo $$; {script}')
            running.wait(0.0)
            process = int(running.read_line())
            running.check.close()
            self.assertRaises(ProcessLookupError, os.kill, process, 0)


class SignalsTestCase(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.addCleanup(
            signal.signal, signal.SIGINT, signal.getsignal(signal.SIGINT)
        )

    def test_what_is_ignored_here_is_not_ignored_there(self) -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        running = Running(self, 'sh', '-c', 'kill -INT $$')
        self.assertEqual(
            revert('The check was ended by signal SIGINT.'), running.wait()
        )
        self.assertIs(signal.SIG_IGN, signal.getsignal(signal.SIGINT))

    def test_an_interrupt_at_the_start_leaves_nothing_behind(self) -> None:
        class Interrupted(BaseException):
            pass

        def interrupt(*_arguments: object) -> None:
            raise Interrupted

        signal.signal(signal.SIGINT, interrupt)
        running = Running(self, 'sh', '-c', STUBBORN)
        # In the middle of the start, where a child may be there already.
        environment = child._environment

        def at_the_start(variables: dict[str, str]) -> dict[bytes, bytes]:
            signal.raise_signal(signal.SIGINT)
            return environment(variables)

        self.patch(child, '_environment', at_the_start)
        self.patch(gate, 'GRACE_AT_CLOSE', 0.05)
        self.assertRaises(Interrupted, running.wait)
        self.assertEqual('there\n', running.read_line())
        running.check.close()
        self.assertEqual('', running.read_to_the_end())

    def test_a_thread_may_check_too(self) -> None:
        running = Running(self, 'true')
        thread = threading.Thread(target=running.wait)
        thread.start()
        thread.join()
        self.assertEqual(CONFIRM, running.wait())


class OutputTestCase(testtools.TestCase):
    """A log that is gone reverts no server."""

    def check(self, output: child.Output | None) -> None:
        check = gate.CheckProgram(
            ['sh', '-c', 'echo said || exit 3'],
            60.0,
            output,
            fakes.FakeClock(),
        )
        self.addCleanup(check.close)
        self.assertEqual(CONFIRM, check.wait(ARRIVAL, TOO_LONG))

    def test_none(self) -> None:
        self.check(None)

    def test_no_descriptor(self) -> None:
        self.check(io.StringIO())

    def test_closed(self) -> None:
        with open(os.devnull, 'w') as stream:
            pass
        self.check(stream)

    def test_a_descriptor_that_is_not_open(self) -> None:
        class Gone(io.StringIO):
            def fileno(self) -> int:
                return 1000

        self.check(Gone())

    def test_a_reader_that_went_away(self) -> None:
        reader, writer = os.pipe()
        os.close(reader)
        with os.fdopen(writer, 'w') as stream:
            self.check(stream)

    def test_what_was_said_before_comes_first(self) -> None:
        with tempfile.TemporaryFile('w+') as stream:
            stream.write('before\n')
            self.check(stream)
            stream.seek(0)
            self.assertEqual('before\nsaid\n', stream.read())


class ProgramTestCase(testtools.TestCase):
    def test_words_are_those_of_a_shell(self) -> None:
        self.assertEqual(
            ('sh', '-c', 'ping -c 1 $OS_MIGRATE_ADDRESSES'),
            gate.program("sh -c 'ping -c 1 $OS_MIGRATE_ADDRESSES'"),
        )

    def test_what_has_no_words_is_wrong_usage(self) -> None:
        for command in ('', '  ', 'sh -c "exit', "sh -c 'exit", 'sh \\'):
            self.assertRaises(exceptions.UsageError, gate.program, command)

    def refused(self, command: str) -> exceptions.Refused:
        return self.assertRaises(exceptions.Refused, gate.program, command)

    def test_no_program_no_move(self) -> None:
        self.assertEqual(
            'No program named no-such-check for the check is in PATH.',
            self.refused('no-such-check --fast').message,
        )
        self.assertEqual(
            'The check /no/such/check does not exist.',
            self.refused('/no/such/check').message,
        )
        self.refused("''")
        self.refused('/')

    def test_a_file_of_this_directory_is_named_with_the_directory(
        self,
    ) -> None:
        with tempfile.TemporaryDirectory() as folder:
            self.addCleanup(os.chdir, os.getcwd())
            os.chdir(folder)
            path = pathlib.Path('check-of-mine.sh')
            path.write_text('#!/bin/sh\n')
            self.assertEqual(
                'The check ./check-of-mine.sh is not executable.',
                self.refused('./check-of-mine.sh').message,
            )
            path.chmod(0o755)
            self.assertEqual(
                'A file of this directory is named ./check-of-mine.sh',
                self.refused('check-of-mine.sh').hint,
            )
            self.assertEqual(
                ('./check-of-mine.sh', 'web'),
                gate.program('./check-of-mine.sh web'),
            )


class CallableCheckTestCase(testtools.TestCase):
    def test_what_is_true_confirms(self) -> None:
        seen: list[gate.Arrival] = []

        def check(arrival: gate.Arrival) -> bool:
            seen.append(arrival)
            return True

        called = gate.CallableCheck(check)
        self.assertEqual(CONFIRM, called.wait(ARRIVAL, 1.0))
        self.assertEqual(CONFIRM, called.wait(ARRIVAL, 1.0))
        called.close()
        self.assertEqual([ARRIVAL], seen)

    def test_all_else_reverts(self) -> None:
        self.assertEqual(
            revert('The check was not passed.'),
            gate.CallableCheck(lambda arrival: None).wait(ARRIVAL, 1.0),
        )

    def test_an_error_is_no_answer_but_reverts(self) -> None:
        for error, because in (
            (TimeoutError('no\nanswer'), 'TimeoutError: no answer'),
            (ValueError(), 'ValueError.'),
        ):

            def check(arrival: gate.Arrival) -> bool:
                raise error

            self.assertEqual(
                revert(f'The check raised {because}'),
                gate.CallableCheck(check).wait(ARRIVAL, 1.0),
            )

    def test_an_interrupt_is_no_answer(self) -> None:
        def check(arrival: gate.Arrival) -> bool:
            raise KeyboardInterrupt

        called = gate.CallableCheck(check)
        self.assertRaises(KeyboardInterrupt, called.wait, ARRIVAL, 1.0)
