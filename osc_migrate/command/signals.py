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

from osc_migrate import clock as clocks

#: What ends the command early; its exit code is 128 and the number.
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
#: Seconds for the way out, in which no further signal counts.
LEAVING = 3.0


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

    :param first: Called with a signal; once it says that it has dealt with
        one, which then ends nothing, the next ones end the command.
    :param clock: Tells how long the command has been on its way out.
    """

    def __init__(
        self,
        first: Callable[[int], bool] | None = None,
        clock: clocks.Clock | None = None,
    ) -> None:
        self._first = first
        self._clock = clock or clocks.SystemClock()
        self._shields = 0
        self._pending: int | None = None
        self._leaving_since: float | None = None
        self._finished = False

    @contextlib.contextmanager
    def installed(self, *, to_the_end: bool = False) -> Iterator[None]:
        """Handle them from now on.

        :param to_the_end: The process ends after this, and nothing that
            comes until then may cut off what it said.
        """
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
                signal.signal(
                    number, signal.SIG_IGN if to_the_end else handler
                )

    @contextlib.contextmanager
    def shield(self) -> Iterator[None]:
        """Keep the first signal back until somebody calls :meth:`deliver`.

        What was answered can be noted before. A second one gets through: the
        answer may never come.
        """
        self._shields += 1
        try:
            yield
        finally:
            self._shields -= 1

    def deliver(self) -> None:
        """Raise what a shield kept back, if nobody else deals with it.

        And what was raised once, if the exception was lost: Python drops one
        that comes while it collects garbage.
        """
        number = self._pending
        if number is None or self._shields:
            return
        if self._leaving_since is None and self._is_dealt_with(number):
            self._pending = None
            return
        self._leave(number)

    def take(self) -> None:
        """The exception has come to where it is heeded."""
        self._pending = None

    def finish(self) -> None:
        """The verdict is there: no signal makes another one of it."""
        self._finished = True

    def _handle(self, number: int, frame: types.FrameType | None) -> None:
        if self._finished or self._is_leaving():
            return
        if self._is_dealt_with(number):
            return
        if self._shields and self._pending is None:
            self._pending = number
            return
        self._leave(number)

    def _is_dealt_with(self, number: int) -> bool:
        """Whether it was the first, and ends nothing."""
        if self._first is None or not self._first(number):
            return False
        self._first = None
        return True

    def _is_leaving(self) -> bool:
        """Whether a signal ended all a moment ago.

        Whoever hangs up sends more than one, and who is impatient as well.
        They must not cut off what is said at the end.
        """
        since = self._leaving_since
        return since is not None and self._clock.now() - since < LEAVING

    def _leave(self, number: int) -> None:
        self._pending = number
        self._leaving_since = self._clock.now()
        raise Interrupted(number)
