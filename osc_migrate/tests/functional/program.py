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

"""The `openstack` program as a user runs it: a process of its own."""

from collections.abc import Mapping
import dataclasses
import functools
import json
import os
import pathlib
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from typing import Any, cast, Protocol

#: Seconds after which a run is killed and its test fails.
LIMIT = 120.0
#: Seconds between two looks at what a run has said.
INTERVAL = 0.05

Fields = dict[str, Any]


def heed_signals() -> None:
    """A run of the tests in the background ignores some; none of ours."""
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)


@dataclasses.dataclass(frozen=True)
class Result:
    """What a run left behind."""

    words: tuple[str, ...]
    exit_code: int
    stdout: str
    stderr: str

    @functools.cached_property
    def fields(self) -> Fields:
        """Standard output of a run with ``-f json``."""
        return cast(Fields, json.loads(self.stdout))

    @property
    def resume(self) -> str:
        """The command that takes up the wait, as standard error names it."""
        marker = 'Take up the wait again with: '
        found = [
            line.removeprefix(marker)
            for line in self.stderr.splitlines()
            if line.startswith(marker)
        ]
        if len(found) != 1:
            raise AssertionError(f'Not one command in:\n{self.stderr}')
        return found[0]

    def __str__(self) -> str:
        return (
            f'{shlex.join(self.words)}\nexit code {self.exit_code}\n'
            f'--- standard output\n{self.stdout}\n'
            f'--- standard error\n{self.stderr}'
        )


class Process(Protocol):
    """What is used of :class:`subprocess.Popen`."""

    pid: int

    def poll(self) -> int | None: ...

    def wait(self, timeout: float | None = None) -> int: ...

    def send_signal(self, number: int, /) -> None: ...

    def kill(self) -> None: ...


class Running:
    """A run under way; it ends with the ``with`` block at the latest.

    :param shell: a line for bash that runs it, in which "$@" is the command
    """

    def __init__(
        self, environment: Mapping[str, str], *words: str, shell: str = ''
    ) -> None:
        self._words = words
        self._files = tempfile.TemporaryDirectory()
        self._stdout = pathlib.Path(self._files.name, 'stdout')
        self._stderr = pathlib.Path(self._files.name, 'stderr')
        self._process = self._started(environment, shell)

    def _started(self, environment: Mapping[str, str], shell: str) -> Process:
        with self._stdout.open('wb') as out, self._stderr.open('wb') as err:
            return subprocess.Popen(
                [*_within(shell), *command(), *self._words],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                env=environment,
                preexec_fn=heed_signals,
            )

    def until_it_says(self, pattern: str) -> None:
        """Return once standard error holds the pattern.

        :raises AssertionError: when the run ends without, or takes too long
        """
        deadline = time.monotonic() + LIMIT
        while not re.search(pattern, self._said()):
            if self._process.poll() is not None:
                if re.search(pattern, self._said()):
                    return
                raise AssertionError(
                    f'It ended without saying {pattern!r}:\n{self.wait()}'
                )
            if time.monotonic() > deadline:
                raise AssertionError(
                    f'It did not say {pattern!r}, but:\n{self._said()}'
                )
            time.sleep(INTERVAL)

    def signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def kill(self) -> None:
        """End the run where it is, with no chance to say anything."""
        self.signal(signal.SIGKILL)
        self._process.wait()

    def pause(self) -> None:
        """Stop the run where it is, until :meth:`resume`."""
        self.signal(signal.SIGSTOP)
        os.waitid(
            os.P_PID,
            self._process.pid,
            os.WSTOPPED | os.WEXITED | os.WNOWAIT,
        )

    def resume(self) -> None:
        self.signal(signal.SIGCONT)

    def wait(self, limit: float = LIMIT) -> Result:
        """Return what the run left behind, once it is over.

        :param limit: seconds
        :raises AssertionError: when it takes too long
        """
        try:
            exit_code = self._process.wait(limit)
        except subprocess.TimeoutExpired:
            raise AssertionError(f'It hangs:\n{self._said()}') from None
        return Result(
            self._words, exit_code, self._stdout.read_text(), self._said()
        )

    def close(self) -> None:
        """Kill the run, if it is not over."""
        self._process.kill()
        self._process.wait()
        self._files.cleanup()

    def _said(self) -> str:
        return self._stderr.read_text()


def _within(shell: str) -> list[str]:
    """Return what has a shell run the words that follow."""
    return ['bash', '-c', shell, 'bash'] if shell else []


def command() -> list[str]:
    """Return how the program of this Python's environment is started."""
    return [str(pathlib.Path(sys.executable).with_name('openstack'))]
