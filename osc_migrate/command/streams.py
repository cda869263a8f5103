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

"""Standard output and standard error that may be closed, full or gone.

A log on a full disk, or a reader that went away, must not leave a server
unconfirmed: what cannot be said is not said, and the work goes on.
"""

import collections
from collections.abc import Callable, Iterator
import contextlib
import io
import os
import sys
import threading
from typing import TextIO


class Tolerant:
    """A stream of which the first failed write is the last.

    :param stream: None where the process was started without it.
    :ivar failure: What the stream failed with, None as long as it works.
    """

    def __init__(self, stream: TextIO | None) -> None:
        self.failure: Exception | None = None
        self._stream = stream
        #: Several threads write, and a signal's handler in one that writes.
        self._lock = threading.RLock()
        self._waiting: collections.deque[str] = collections.deque()
        self._at_work = False
        if stream is None:
            self.failure = OSError('the stream is closed')

    def write(self, text: str) -> int:
        """Write, or drop the text; its length either way.

        A signal's handler may write in the middle of a write, which no
        buffer of Python's takes: its words come behind.
        """
        with self._lock:
            self._waiting.append(text)
            if not self._at_work:
                self._do(self._write_all)
        return len(text)

    def flush(self) -> None:
        with self._lock:
            if self._stream is not None and not self._at_work:
                self._do(self._stream.flush)

    def _do(self, work: Callable[[], object]) -> None:
        if self.failure is not None:
            self._waiting.clear()
            return
        self._at_work = True
        try:
            work()
        except (OSError, ValueError) as error:
            self._give_up(error)
        finally:
            self._at_work = False

    def _write_all(self) -> None:
        while self._waiting and self._stream is not None:
            text = self._waiting.popleft()
            try:
                self._stream.write(text)
            except UnicodeEncodeError as error:
                # Better than a name that nobody can type is none at all.
                plain = text.encode(error.encoding, 'backslashreplace')
                self._stream.write(plain.decode(error.encoding))

    def isatty(self) -> bool:
        if self._stream is None or self.failure is not None:
            return False
        return self._stream.isatty()

    def fileno(self) -> int:
        if self._stream is None:
            raise OSError('the stream is closed')
        return self._stream.fileno()

    @property
    def encoding(self) -> str:
        return getattr(self._stream, 'encoding', None) or 'utf-8'

    def _give_up(self, error: Exception) -> None:
        """Point the descriptor at nothing.

        Python flushes its streams once more when it ends, and makes an exit
        code of its own out of what fails then.
        """
        self.failure = error
        with contextlib.suppress(OSError, ValueError):
            nothing = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nothing, self.fileno())
            os.close(nothing)


@contextlib.contextmanager
def standing_in() -> Iterator[None]:
    """Have a standard output where the process was started without one.

    The formatter for tables asks it whether it is a terminal (cliff's
    ``formatters/table.py``).
    """
    with contextlib.ExitStack() as stack:
        if sys.stdout is None:
            stack.enter_context(contextlib.redirect_stdout(io.StringIO()))
        yield


def is_terminal(stream: TextIO | None) -> bool:
    """Whether a stream is there and is a terminal."""
    return stream is not None and not stream.closed and stream.isatty()
