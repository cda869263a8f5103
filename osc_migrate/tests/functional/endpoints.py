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

"""Endpoints that answer what Nova never would."""

from collections.abc import Iterator, Mapping
import contextlib
import http.server
import json
import threading

PAGE = b'<html><body><h1>It works!</h1></body></html>'


def _handler(
    status: int, body: bytes, kind: str
) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header('Content-Type', kind)
            self.send_header('Content-Length', str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET

        def log_message(self, format: str, *args: object) -> None:
            """Nobody reads it."""

    return Handler


@contextlib.contextmanager
def _serving(
    status: int, body: bytes, kind: str
) -> Iterator[http.server.ThreadingHTTPServer]:
    server = http.server.ThreadingHTTPServer(
        ('127.0.0.1', 0), _handler(status, body, kind)
    )
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextlib.contextmanager
def that_answers(status: int) -> Iterator[str]:
    """Provide a URL where every request gets a web page with this status."""
    with _serving(status, PAGE, 'text/html') as server:
        yield f'http://127.0.0.1:{server.server_port}/v2.1'


@contextlib.contextmanager
def block_storage(*attachments: Mapping[str, str]) -> Iterator[str]:
    """Provide a block storage API that lists these attachments, always."""
    body = json.dumps({'attachments': attachments}).encode()
    with _serving(200, body, 'application/json') as server:
        yield f'http://127.0.0.1:{server.server_port}/v3/project'
