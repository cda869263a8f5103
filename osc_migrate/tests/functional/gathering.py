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

"""A door to nova at which those who ask for a move wait for each other."""

from collections.abc import Iterator
import contextlib
import http.server
import threading
import urllib.parse

import requests

#: Seconds for the others to come.
LIMIT = 60.0
#: Of one connection, and not of what is passed on.
HOP = frozenset({
    'connection', 'content-encoding', 'content-length', 'transfer-encoding',
})  # fmt: skip


@contextlib.contextmanager
def gathering(compute: str, count: int) -> Iterator[str]:
    """Provide a URL of nova that passes on so many such requests at once.

    :param compute: nova's own URL
    """
    parts = urllib.parse.urlsplit(compute)
    together = threading.Barrier(count)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers.get('Content-Length') or 0)
            body = self.rfile.read(length)
            if self.path.endswith('/action') and b'igrate' in body:
                together.wait(LIMIT)
            answer = requests.request(
                self.command,
                f'{parts.scheme}://{parts.netloc}{self.path}',
                headers=dict(self.headers.items()),
                data=body,
                allow_redirects=False,
                timeout=LIMIT,
            )
            self.send_response(answer.status_code)
            for name, value in answer.headers.items():
                if name.lower() not in HOP:
                    self.send_header(name, value)
            self.send_header('Content-Length', str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        do_POST = do_GET

        def log_message(self, format: str, *args: object) -> None:
            """Nobody reads it."""

    server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f'http://127.0.0.1:{server.server_port}{parts.path}'
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
