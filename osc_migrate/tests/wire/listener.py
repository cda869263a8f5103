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

"""A port whose connections can be refused and cut, and that stays ours."""

from collections.abc import Callable
import contextlib
import http.server
import socket
import struct
import threading
from typing import Any

from osc_migrate.tests.wire import messages
from osc_migrate.tests.wire import names

#: Connections that wait until they are taken.
BACKLOG = 64
#: Close with a reset: linger, for no time.
AT_ONCE = struct.pack('ii', 1, 0)
#: What this server and its clients settle between them.
OWN_HEADERS = frozenset({
    'connection', 'keep-alive', 'transfer-encoding', 'content-length',
})  # fmt: skip


class Client(http.server.BaseHTTPRequestHandler):
    """One connection of a client; its requests come one after the other.

    An answer leaves in one write without Nagle's delay, see the test cloud's
    server.
    """

    server: Any
    protocol_version = 'HTTP/1.1'
    disable_nagle_algorithm = True
    wbufsize = -1
    is_cut = False

    def __getattr__(self, name: str) -> Any:
        # The base class looks for do_<method>: one method does for all.
        if name.startswith('do_'):
            return self._serve
        raise AttributeError(name)

    def log_message(self, format: str, *args: object) -> None:
        """Leave the log to the proxy."""

    def setup(self) -> None:
        self.server.connections.add(self)
        super().setup()

    def finish(self) -> None:
        with contextlib.suppress(OSError):
            super().finish()
        self.server.connections.discard(self)
        self.connection.close()

    def handle(self) -> None:
        with contextlib.suppress(OSError):
            super().handle()

    def _serve(self) -> None:
        length = int(self.headers.get('Content-Length', 0))
        request = messages.Request(
            self.server.service,
            self.command,
            self.path,
            dict(self.headers.items()),
            self.rfile.read(length),
        )
        self.server.serve(request, self)

    def send(self, answer: messages.Answer, body: bytes) -> None:
        """Send the head of the answer, and this body."""
        if self.is_cut:
            return
        self.send_response_only(answer.status, answer.reason)
        for name, value in answer.headers:
            if name.lower() not in OWN_HEADERS:
                self.send_header(name, value)
        if answer.status not in (204, 304):
            self.send_header('Content-Length', str(len(answer.body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def cut(self) -> None:
        """Break the connection with a reset, in its own thread."""
        self.is_cut = True
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE
            )
            # Wakes the thread that reads, and says nothing to the client.
            self.connection.shutdown(socket.SHUT_RD)

    def await_end(self) -> None:
        """Return when the client has hung up, or the connection is cut."""
        with contextlib.suppress(OSError):
            self.connection.recv(1, socket.MSG_PEEK)
        self.close_connection = True


class Listener:
    """Takes connections for one service.

    :param serve: called for every request, in a thread for each connection
    """

    def __init__(
        self,
        service: str,
        serve: Callable[[messages.Request, Client], None],
    ) -> None:
        self.service = service
        self.serve = serve
        self.connections: set[Client] = set()
        # Keeps the port while nobody listens there.
        self._reserved = _bound(0)
        self.port: int = self._reserved.getsockname()[1]
        self._listening: socket.socket | None = None
        self.listen()

    def listen(self) -> None:
        """Take connections, again if they were refused."""
        if self._listening is None:
            self._listening = _bound(self.port)
            self._listening.listen(BACKLOG)
            threading.Thread(
                target=self._take, args=(self._listening,), daemon=True
            ).start()

    def refuse(self) -> None:
        """Have the kernel refuse connections."""
        listening, self._listening = self._listening, None
        if listening is not None:
            # Wakes the thread that waits for a connection.
            listening.shutdown(socket.SHUT_RDWR)
            listening.close()

    def cut(self) -> None:
        """Break every connection."""
        for client in tuple(self.connections):
            client.cut()

    def close(self) -> None:
        self.refuse()
        self.cut()
        self._reserved.close()

    def _take(self, listening: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, address = listening.accept()
                threading.Thread(
                    target=Client,
                    args=(connection, address, self),
                    daemon=True,
                ).start()


def _bound(port: int) -> socket.socket:
    """Return a socket on a port that another of ours may have as well."""
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    made.bind((names.ADDRESS, port))
    return made
