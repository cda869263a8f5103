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

"""A program of the caller's: run without a shell, ended with all it started.

The one place that starts a process.
"""

from collections.abc import Iterator, Mapping, Sequence
import contextlib
import os
import select
import signal
import subprocess
import threading
import types
from typing import Protocol

#: Seconds for the system to end what was sent SIGKILL.
KILLED = 1.0
#: What may end this program while it starts another.
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Output(Protocol):
    """Where a program writes to, such as standard error."""

    def flush(self) -> None: ...

    def fileno(self) -> int: ...


class Child:
    """A program that runs in a session, and so in a group, of its own.

    Its standard input is empty, and what it writes, also to standard error,
    goes to one place.

    :param output: Where it writes, None for nowhere.
    """

    def __init__(self, command: Sequence[str], output: Output | None) -> None:
        self._command = command
        self._output = output
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def started(self) -> bool:
        return self._process is not None

    def start(self, variables: Mapping[str, str]) -> None:
        """Start it.

        :param variables: What its environment has besides ours.
        :raises: OSError or ValueError where that cannot be done.
        """
        with _signals_held():
            self._process = subprocess.Popen(  # noqa: S603 - as asked for
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=_descriptor(self._output),
                stderr=subprocess.STDOUT,
                env=_environment(variables),
                start_new_session=True,
            )

    def wait(self, seconds: float) -> int | None:
        """Wait for its end, and end what it leaves of its group.

        :returns: Its exit code, negative for the signal that ended it, or
            None where it still runs, or never did.
        """
        if self._process is None:
            return None
        if self._process.returncode is not None:
            return self._process.returncode
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None
        finally:
            if self._process.returncode is not None:
                # At once, while no other group can have got the number.
                self._signal(signal.SIGKILL)

    def end(self, grace: float) -> None:
        """End it and its group, if it runs.

        :param grace: Seconds that it has to end by itself after SIGTERM.
        """
        if self._process is None or self._process.returncode is not None:
            return
        try:
            self._signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(grace)
        finally:
            # Also what outlived the first of the group.
            self._signal(signal.SIGKILL)
            # What the kernel holds, or runs as root, is not waited for.
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(KILLED)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, number)


def signal_name(code: int) -> str:
    """What ended a child whose exit code is negative, such as SIGSEGV."""
    try:
        return signal.Signals(-code).name
    except ValueError:
        return str(-code)


def _environment(variables: Mapping[str, str]) -> dict[bytes, bytes]:
    """Ours and the variables.

    In bytes, as a value may hold what the locale cannot express, and
    without the NUL that would end it.
    """
    return dict(os.environb) | {
        name.encode(): value.replace('\0', '?').encode('utf-8', 'replace')
        for name, value in variables.items()
    }


def _descriptor(output: Output | None) -> int:
    """Where a program writes: nowhere, if nobody is there to read it.

    It would be killed for writing to a pipe that has lost its reader, and
    that would be taken for its answer.
    """
    if output is None:
        return subprocess.DEVNULL
    try:
        output.flush()
        descriptor = output.fileno()
        poll = select.poll()
        # No event is asked for: what is told nevertheless is trouble.
        poll.register(descriptor, 0)
        return subprocess.DEVNULL if poll.poll(0) else descriptor
    except (OSError, ValueError):
        return subprocess.DEVNULL


@contextlib.contextmanager
def _signals_held() -> Iterator[None]:
    """Keep signals back while a program is started.

    One that interrupted this would leave a program behind that nobody ends.
    And a signal that is ignored here (``nohup``, a job in the background)
    would stay ignored in the program, whereas one with a handler does there
    what it does by default.
    """
    held: list[int] = []

    def hold(number: int, frame: types.FrameType | None) -> None:
        held.append(number)

    before = {}
    # Elsewhere none arrives, and none may be set.
    if threading.current_thread() is threading.main_thread():
        before = {number: signal.getsignal(number) for number in ENDING}
    try:
        for number in before:
            signal.signal(number, hold)
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for one in held:
            signal.raise_signal(one)
