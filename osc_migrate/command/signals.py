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

"""An interrupt ends the wait, never an answer that is under way."""

from collections.abc import Callable, Iterator
import contextlib
import os
import signal
import types

#: What ends the command early; its exit code is 128 and the number.
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(BaseException):
    """A signal ended the wait.

    No ``Exception``, so that nothing on the way takes it for a fault.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.signal = signal.Signals(number)

    @property
    def exit_code(self) -> int:
        return 128 + self.signal


@contextlib.contextmanager
def suspendable(pause: Callable[[], None]) -> Iterator[None]:
    """Let Ctrl-Z leave the terminal as the shell wants it.

    :param pause: Takes away what is drawn, such as a hidden cursor.
    """

    def stop(number: int, frame: types.FrameType | None) -> None:
        pause()
        signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        # The process stops here, and goes on from here.
        os.kill(os.getpid(), signal.SIGTSTP)
        signal.signal(signal.SIGTSTP, stop)

    before = signal.getsignal(signal.SIGTSTP)
    if before is not signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTSTP, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTSTP, before)


class Signals:
    """Turns signals into :class:`Interrupted` while it is entered.

    A signal that was ignored when the command began (``nohup``, a job in
    the background of a script) stays ignored.

    :param first: Called with the first signal, which then ends nothing; None
        where every signal does.
    """

    def __init__(self, first: Callable[[int], None] | None = None) -> None:
        self._first = first
        self._shields = 0
        self._pending: int | None = None

    @contextlib.contextmanager
    def installed(self) -> Iterator[None]:
        before = {
            number: signal.getsignal(number)
            for number in ENDING
            if signal.getsignal(number) is not signal.SIG_IGN
        }
        for number in before:
            signal.signal(number, self._handle)
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    @contextlib.contextmanager
    def shield(self) -> Iterator[None]:
        """Keep the first signal back until the end of the context.

        A second one gets through: the answer may never come.
        """
        self._shields += 1
        try:
            yield
        finally:
            self._shields -= 1
        self.deliver()

    def deliver(self) -> None:
        """Raise what a shield kept back, also where it ended in an error."""
        if self._pending is not None and not self._shields:
            number, self._pending = self._pending, None
            raise Interrupted(number)

    def _handle(self, number: int, frame: types.FrameType | None) -> None:
        if self._first is not None:
            first, self._first = self._first, None
            first(number)
            return
        if self._shields and self._pending is None:
            self._pending = number
            return
        raise Interrupted(number)
