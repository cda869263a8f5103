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

"""A service of the cloud behind somebody who passes requests on."""

from collections.abc import Callable, Iterator
import contextlib
import datetime
import http.client
import http.server
import json
import threading
import time
from typing import Any
import urllib.parse

from keystoneauth1 import identity

#: Before a token expires, keystoneauth has a new one by so many seconds.
MARGIN = float(identity.BaseIdentityPlugin.MIN_TOKEN_LIFE_SECONDS)
#: Headers that belong to one connection.
OWN = frozenset({'connection', 'transfer-encoding', 'server', 'date',
                 'content-length', 'keep-alive'})  # fmt: skip

#: As keystone refuses who is not known.
REFUSED = json.dumps(
    {
        'error': {
            'code': 401,
            'title': 'Unauthorized',
            'message': 'The request you have made requires authentication.',
        }
    }
).encode()

#: Changes the body of an answer; gets method, path and body.
Alter = Callable[[str, str, bytes], bytes]


class Forwarding:
    """Passes every request on, and may change what is answered.

    :param root: URL of the service
    :param idle: seconds after which a connection is closed that nobody uses
    :ivar connections: how many were opened so far
    :ivar refuse: asked before a request is passed on; what it refuses is
        answered with 401
    """

    def __init__(
        self,
        root: str,
        *,
        idle: float | None = None,
        alter: Alter = lambda _method, _path, body: body,
        refuse: Callable[[str, str], bool] = lambda _method, _path: False,
    ) -> None:
        self.connections = 0
        self.refuse = refuse
        self._root = root
        self._alter = alter
        self._server = http.server.ThreadingHTTPServer(
            ('127.0.0.1', 0), _handler(self, idle)
        )
        self._server.daemon_threads = True
        self.url = f'http://127.0.0.1:{self._server.server_port}'

    @contextlib.contextmanager
    def at_work(self) -> Iterator['Forwarding']:
        thread = threading.Thread(target=self._server.serve_forever)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()

    def answer(
        self, method: str, path: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        """Ask the service itself."""
        if self.refuse(method, path):
            kind = ('Content-Type', 'application/json')
            return 401, [kind], REFUSED
        there = urllib.parse.urlsplit(self._root)
        connection = http.client.HTTPConnection(there.netloc, timeout=60)
        with contextlib.closing(connection):
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            # Links lead here again.
            said = response.read().replace(
                self._root.encode(), self.url.encode()
            )
            return (
                response.status,
                response.getheaders(),
                self._alter(method, path, said),
            )


def _handler(
    forwarding: Forwarding, idle: float | None
) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = 'HTTP/1.1'
        timeout = idle

        def setup(self) -> None:
            forwarding.connections += 1
            super().setup()

        def _pass_on(self) -> None:
            length = int(self.headers.get('Content-Length') or 0)
            headers = {
                name: value
                for name, value in self.headers.items()
                if name.lower() not in {'host', 'connection'}
            }
            status, found, body = forwarding.answer(
                self.command, self.path, headers, self.rfile.read(length)
            )
            self.send_response(status)
            for name, value in found:
                if name.lower() not in OWN:
                    self.send_header(name, value)
            self.send_header('Content-Length', str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _pass_on

        def log_message(self, format: str, *args: object) -> None:
            """Nobody reads it."""

    return Handler


class ShortTokens:
    """Keystone, of which each token seems to last a few seconds only.

    :param seconds: after which the client gets a new one
    :ivar given: when a token was given, on the monotonic clock
    :ivar most: how many are given; who asks for more is refused
    """

    def __init__(self, root: str, seconds: float) -> None:
        self.given: list[float] = []
        self.most: float = float('inf')
        self.seconds = seconds
        self.forwarding = Forwarding(
            root, alter=self._shorten, refuse=self._refuses
        )

    def _refuses(self, method: str, path: str) -> bool:
        is_login = method == 'POST' and path.endswith('/auth/tokens')
        return is_login and len(self.given) >= self.most

    def _shorten(self, method: str, path: str, body: bytes) -> bytes:
        if method != 'POST' or not path.endswith('/auth/tokens'):
            return body
        self.given.append(time.monotonic())
        found: dict[str, Any] = json.loads(body)
        end = datetime.datetime.now(datetime.UTC) + datetime.timedelta(
            seconds=MARGIN + self.seconds
        )
        found['token']['expires_at'] = end.strftime('%Y-%m-%dT%H:%M:%S.%fZ')
        return json.dumps(found).encode()
