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

"""The `openstack` program as a person runs it: on a terminal."""

from collections.abc import Mapping
import contextlib
import fcntl
import os
import pathlib
import pty
import subprocess
import tempfile
import termios
import threading

from osc_migrate.tests.functional import program

#: Rows and columns: wide enough for a status line in one piece.
SIZE = (50, 200)
CTRL_C = '\x03'
CTRL_D = '\x04'


def _own_the_terminal() -> None:
    """Have Ctrl-C on the terminal reach this process, as in a shell."""
    program.heed_signals()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


class OnTerminal(program.Running):
    """A run with standard input and standard error on a terminal."""

    def __init__(self, environment: Mapping[str, str], *words: str) -> None:
        self._words = words
        self._files = tempfile.TemporaryDirectory()
        self._stdout = pathlib.Path(self._files.name, 'stdout')
        self._written = bytearray()
        self._master, slave = pty.openpty()
        termios.tcsetwinsize(slave, SIZE)
        with self._stdout.open('wb') as out:
            self._process = subprocess.Popen(
                [*program.command(), *words],
                stdin=slave,
                stdout=out,
                stderr=slave,
                env={**environment, 'TERM': 'xterm'},
                start_new_session=True,
                preexec_fn=_own_the_terminal,
            )
        os.close(slave)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def type(self, text: str) -> None:
        """Type it; a line counts once it has its end."""
        os.write(self._master, text.encode())

    def wait(self, limit: float = program.LIMIT) -> program.Result:
        result = super().wait(limit)
        self._reader.join()
        return program.Result(
            result.words, result.exit_code, result.stdout, self._said()
        )

    def close(self) -> None:
        super().close()
        self._reader.join()
        os.close(self._master)

    def _said(self) -> str:
        text = bytes(self._written).decode(errors='replace')
        return text.replace('\r\n', '\n')

    def _read(self) -> None:
        # The last end of the other side that is closed reads as EIO.
        with contextlib.suppress(OSError):
            while written := os.read(self._master, 4096):
                self._written += written
