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

"""A small threaded WSGI server with an access log.

HTTP/1.1 with connections kept open, since clients reuse them. An answer
leaves in one write without Nagle's delay: head and body in two writes cost
40 ms each time on a kept connection.
"""

import collections.abc
import http.server
import io
import socket
import socketserver
import sys
import time
import typing
import urllib.parse

from osc_migrate.tests.cloud import access_log

Environ = dict[str, typing.Any]
Application = collections.abc.Callable[
    [Environ, collections.abc.Callable[..., typing.Any]],
    collections.abc.Iterable[bytes],
]

#: Hop-by-hop headers which this server settles itself.
OWN_HEADERS = ('connection', 'transfer-encoding', 'server', 'date')


class Server(socketserver.ThreadingTCPServer):
    """Serves one application on a socket that already listens."""

    daemon_threads = True

    def __init__(
        self,
        listener: socket.socket,
        application: Application,
        service: str,
        log: access_log.Writer,
    ) -> None:
        super().__init__(
            listener.getsockname(), Handler, bind_and_activate=False
        )
        self.socket.close()
        self.socket = listener
        self.application = application
        self.service = service
        self.log = log


class Handler(http.server.BaseHTTPRequestHandler):
    """Handles the requests of one connection, one after the other."""

    server: Server
    protocol_version = 'HTTP/1.1'
    disable_nagle_algorithm = True
    wbufsize = -1

    def __getattr__(self, name: str) -> typing.Any:
        # The base class looks for do_<method>: one method does for all.
        if name.startswith('do_'):
            return self._serve
        raise AttributeError(name)

    def log_message(self, format: str, *args: typing.Any) -> None:
        """Leave the log of requests to the access log."""

    def _serve(self) -> None:
        arrived = time.time()
        started = time.monotonic()
        response = Response(self.command)
        try:
            response.run(self.server.application, self._environ())
        except Exception:
            self.close_connection = True
            raise
        finally:
            # Logged before the client can have the answer: whoever waited
            # for the answer finds the request in the log.
            self.server.log.add(
                access_log.Request(
                    time=arrived,
                    service=self.server.service,
                    method=self.command,
                    path=self.path,
                    status=response.status,
                    user_agent=self.headers.get('User-Agent', ''),
                    microversion=_microversion(self.headers),
                    duration=time.monotonic() - started,
                )
            )
        self._send(response)

    def _send(self, response: 'Response') -> None:
        self.send_response(response.status, response.reason)
        for name, value in response.headers:
            self.send_header(name, value)
        if self.close_connection:
            self.send_header('Connection', 'close')
        self.end_headers()
        self.wfile.write(response.body)
        self.wfile.flush()

    def _environ(self) -> Environ:
        path, _, query = self.path.partition('?')
        host, port = self.server.server_address[:2]
        body = self._read_body()
        environ: Environ = {
            'REQUEST_METHOD': self.command,
            'SCRIPT_NAME': '',
            'PATH_INFO': urllib.parse.unquote(path, 'latin-1'),
            'QUERY_STRING': query,
            'REQUEST_URI': self.path,
            'RAW_PATH_INFO': path,
            'SERVER_NAME': str(host),
            'SERVER_PORT': str(port),
            'SERVER_PROTOCOL': self.request_version,
            'REMOTE_ADDR': self.client_address[0],
            'REMOTE_PORT': str(self.client_address[1]),
            'CONTENT_LENGTH': str(len(body)),
            'wsgi.version': (1, 0),
            'wsgi.url_scheme': 'http',
            'wsgi.input': io.BytesIO(body),
            'wsgi.input_terminated': True,
            'wsgi.errors': sys.stderr,
            'wsgi.multithread': True,
            'wsgi.multiprocess': False,
            'wsgi.run_once': False,
        }
        if self.headers.get('Content-Type'):
            environ['CONTENT_TYPE'] = self.headers['Content-Type']
        for name, value in self.headers.items():
            key = name.upper().replace('-', '_')
            if key in ('CONTENT_TYPE', 'CONTENT_LENGTH', 'TRANSFER_ENCODING'):
                continue
            key = 'HTTP_' + key
            earlier = f'{environ[key]},' if key in environ else ''
            environ[key] = earlier + value.strip()
        return environ

    def _read_body(self) -> bytes:
        """Return the whole body; images in this cloud are tiny."""
        if 'chunked' not in self.headers.get('Transfer-Encoding', '').lower():
            return self.rfile.read(int(self.headers.get('Content-Length', 0)))
        body = b''
        while size := int(self.rfile.readline().split(b';')[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass  # trailers
        return body


class Response:
    """What an application answers to one request."""

    def __init__(self, method: str) -> None:
        self.status = 0
        self.reason = ''
        self.headers: list[tuple[str, str]] = []
        self.body = b''
        self._method = method

    def run(self, application: Application, environ: Environ) -> None:
        """Call the application and collect its whole answer."""
        chunks: list[bytes] = []

        def start_response(
            status: str,
            headers: list[tuple[str, str]],
            exc_info: object = None,
        ) -> collections.abc.Callable[[bytes], None]:
            code, _, self.reason = status.partition(' ')
            self.status = int(code)
            self.headers = headers
            return chunks.append

        result = application(environ, start_response)
        try:
            chunks.extend(result)
        finally:
            close = getattr(result, 'close', None)
            if close is not None:
                close()
        self._finish(b''.join(chunks))

    def _finish(self, body: bytes) -> None:
        bodiless = self.status in (204, 304) or self.status < 200
        dropped = set(OWN_HEADERS)
        if bodiless or self._method != 'HEAD':
            dropped.add('content-length')
        self.headers = [
            (k, v) for k, v in self.headers if k.lower() not in dropped
        ]
        if bodiless or self._method == 'HEAD':
            return
        self.body = body
        self.headers.append(('Content-Length', str(len(body))))


def _microversion(headers: typing.Any) -> str:
    value = headers.get('OpenStack-API-Version')
    if value is None:
        value = headers.get('X-OpenStack-Nova-API-Version', '')
    return str(value)
