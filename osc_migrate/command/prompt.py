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

"""The question to a person, on the terminal."""

import argparse
from collections.abc import Callable, Iterator, Sequence
import contextlib
import io
import os
import select
import termios
from typing import Any, Protocol

from cliff.formatters import table

from osc_migrate import clock as clocks
from osc_migrate.engine import decisions
from osc_migrate.engine import text
from osc_migrate import gate
from osc_migrate.i18n import _

QUESTION = _('Confirm, revert or leave as it is? [confirm/revert/leave]: ')
AGAIN = _('Please answer confirm, revert or leave: ')
#: Characters of a value; what is longer decides nothing here.
LONGEST = 200
#: Columns of a server that decide nothing and may hold secrets.
NOT_SHOWN = frozenset({'adminPass', 'OS-EXT-SRV-ATTR:user_data', 'user_data'})

Shown = tuple[Sequence[str], Sequence[Any]]


class Input(Protocol):
    """Where the answer comes from, such as standard input."""

    def fileno(self) -> int: ...


class Screen(Protocol):
    """Where the question is written; it must not fail."""

    def write(self, text: str, /) -> int: ...

    def flush(self) -> None: ...

    def fileno(self) -> int: ...


class Prompt:
    """Shows the server in its new place, and asks what to do with it.

    The descriptor of the input is read, and not the stream, which would
    read ahead and make a wait for input miss what it holds.

    :param show: Columns and values of the client's own ``server show``.
    """

    phase = decisions.Phase.ASKING
    after_live = False

    def __init__(
        self,
        stdin: Input,
        stderr: Screen,
        show: Callable[[], Shown],
        clock: clocks.Clock | None = None,
    ) -> None:
        self._stdin = stdin.fileno()
        self._stderr = stderr
        self._show = show
        self._clock = clock or clocks.SystemClock()
        self._typed = b''
        self._asked = False
        self._closed = False
        self._answered: gate.Answered | None = None

    def wait(
        self, arrival: gate.Arrival, seconds: float
    ) -> gate.Answered | None:
        if not self._asked and not self._closed:
            self._ask(arrival)
        until = self._clock.now() + seconds
        while self._answered is None and not self._closed:
            left = until - self._clock.now()
            if not select.select([self._stdin], [], [], max(0.0, left))[0]:
                break
            self._read()
            if left <= 0:
                break
        return self._answered

    def close(self) -> None:
        if self._asked and self._answered is None and not self._closed:
            # What is said next does not belong behind the question.
            self._say('\n')
        self._closed = True

    def _ask(self, arrival: gate.Arrival) -> None:
        self._say(self._details(arrival))
        with contextlib.suppress(termios.error):
            # What was typed before the question is no answer to it.
            termios.tcflush(self._stdin, termios.TCIFLUSH)
        self._say(QUESTION)
        self._asked = True

    def _details(self, arrival: gate.Arrival) -> str:
        trouble = ''
        columns: Sequence[str] = ('id', 'name')
        values: Sequence[Any] = (arrival.server.id, arrival.server.name)
        try:
            columns, values = self._show()
        except Exception as error:
            # The person may know enough; only the question must be asked.
            sentence = _('The server cannot be shown: %s') % error
            trouble = f'{text.printable(sentence)}\n'
        hosts = {
            'source_host': arrival.source_host,
            'destination_host': arrival.destination_host,
        }
        rows = [*zip(columns, values, strict=False), *hosts.items()]
        return trouble + _table(list(_safe(rows)), self._width())

    def _width(self) -> int:
        try:
            return os.get_terminal_size(self._stderr.fileno()).columns
        except (OSError, ValueError):
            return 0

    def _read(self) -> None:
        """Take what was typed; the end of input leaves the server as it is."""
        try:
            typed = os.read(self._stdin, 4096)
        except OSError:
            # The terminal is gone.
            typed = b''
        if not typed:
            self._say('\n')
            self._answered = gate.Answered(gate.Answer.LEAVE)
        self._typed += typed
        while self._answered is None and b'\n' in self._typed:
            line, self._typed = self._typed.split(b'\n', 1)
            self._answered = _understood(line.decode('utf-8', 'replace'))
            if self._answered is None:
                self._say(AGAIN)

    def _say(self, words: str) -> None:
        self._stderr.write(words)
        self._stderr.flush()


def _understood(line: str) -> gate.Answered | None:
    """The answer that a line stands for, by its first letters at least."""
    word = line.strip().lower()
    for answer in gate.Answer:
        if word and answer.startswith(word):
            return gate.Answered(answer)
    return None


def _safe(rows: Sequence[tuple[str, Any]]) -> Iterator[tuple[str, str]]:
    """What there is to see of the rows, fit for a terminal."""
    for column, value in rows:
        # str() of one of the client's columns is meant for people.
        words = '' if value is None else text.printable(str(value))
        if words and column not in NOT_SHOWN:
            yield text.printable(column), text.shortened(words, LONGEST)


def _table(rows: Sequence[tuple[str, str]], width: int) -> str:
    """As the client draws it.

    :param width: Columns of the terminal, 0 where it has no limit.
    """
    drawn = io.StringIO()
    table.TableFormatter().emit_one(
        [name for name, _value in rows],
        [value for _name, value in rows],
        drawn,
        argparse.Namespace(max_width=width, fit_width=False),
    )
    return drawn.getvalue()
