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

"""The proxy that fails, before a service of a few lines."""

from collections.abc import Iterator
import contextlib
import dataclasses
import email.utils
import http.client
import http.server
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import time
from typing import Any
import urllib.parse

import testtools

from osc_migrate.tests.unit import rows
from osc_migrate.tests import wire
from osc_migrate.tests.wire import faults
from osc_migrate.tests.wire import names

ID = '9ea4402f-5225-46d6-837f-5eb8291fb922'
Asked = tuple[str, str, Any]
CONFIRM: Asked = (
    'POST',
    f'/v2.1/servers/{ID}/action',
    {'confirmResize': None},
)
RECORDS: Asked = (
    'GET',
    f'/v2.1/os-migrations?instance_uuid={ID}&limit=1',
    None,
)
TOKEN: Asked = ('POST', '/v3/auth/tokens', {})


class Service(http.server.BaseHTTPRequestHandler):
    """Answers with its own URL, and remembers who asked."""

    protocol_version = 'HTTP/1.1'
    server: Any

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        self.rfile.read(int(self.headers.get('Content-Length', 0)))
        body = json.dumps({'here': self.server.url}).encode()
        self.send_response(200)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, format: str, *args: object) -> None:
        """Nobody reads it."""


@contextlib.contextmanager
def serving() -> Iterator[Any]:
    server: Any = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Service)
    server.asked = []
    server.url = f'http://127.0.0.1:{server.server_port}'
    thread = threading.Thread(
        target=server.serve_forever, args=(0.02,), daemon=True
    )
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


class WireTestCase(testtools.TestCase):
    """Has two services behind a proxy."""

    def setUp(self) -> None:
        super().setUp()
        stack = contextlib.ExitStack()
        self.addCleanup(stack.close)
        self.nova = stack.enter_context(serving())
        self.keystone = stack.enter_context(serving())
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        self.names = pathlib.Path(folder, 'names.json')
        self.proxy = wire.Proxy(
            {'compute': f'{self.nova.url}/v2.1',
             'identity': f'{self.keystone.url}/v3'},
            names.Names(self.names),
        )  # fmt: skip
        stack.callback(self.proxy.close)

    def client(
        self, service: str = 'compute', seconds: float = 10.0
    ) -> http.client.HTTPConnection:
        port = urllib.parse.urlsplit(self.proxy.url(service)).port
        client = http.client.HTTPConnection('127.0.0.1', port, timeout=seconds)
        self.addCleanup(client.close)
        return client

    def ask(
        self,
        asked: Asked,
        client: http.client.HTTPConnection | None = None,
    ) -> tuple[http.client.HTTPResponse, bytes]:
        client = client or self.client(
            'identity' if asked is TOKEN else 'compute'
        )
        method, path, document = asked
        body = None if document is None else json.dumps(document)
        client.request(method, path, body)
        answer = client.getresponse()
        return answer, answer.read()

    def status(self, asked: Asked) -> int:
        return self.ask(asked)[0].status


class ThroughTestCase(WireTestCase):
    def test_an_answer_leads_back_to_the_proxy(self) -> None:
        answer, body = self.ask(RECORDS)
        self.assertEqual(200, answer.status)
        front = self.proxy.url('compute').removesuffix('/v2.1')
        self.assertEqual({'here': front}, json.loads(body))
        self.assertIn(names.CLOUD, front)

    def test_a_connection_is_kept(self) -> None:
        client = self.client()
        self.ask(RECORDS, client)
        kept = client.sock
        self.ask(CONFIRM, client)
        self.assertIs(kept, client.sock)

    def test_what_passed_is_written_down(self) -> None:
        self.ask(RECORDS)
        self.ask(CONFIRM)
        self.ask(CONFIRM)
        self.assertEqual(
            [('records', 1, 200, 200), ('confirm', 1, 200, 200),
             ('confirm', 2, 200, 200)],
            [(p.step, p.number, p.taken, p.status)
             for p in self.proxy.passed()],
        )  # fmt: skip
        first, second = self.proxy.passed('confirm')
        self.assertLessEqual(first.ended, second.time)


@dataclasses.dataclass(frozen=True)
class Answered:
    """What a client gets of a fault.

    :ivar done: whether the service was asked
    """

    name: str
    status: int
    done: bool = False


ANSWERED = (
    Answered('500', 500),
    Answered('500-after', 500, done=True),
    Answered('502', 502),
    Answered('502-after', 502, done=True),
    Answered('503', 503),
    Answered('503-retry-after', 503),
    Answered('504', 504),
    Answered('504-after', 504, done=True),
    Answered('429-seconds', 429),
    Answered('429-date', 429),
    Answered('html-200', 200),
    Answered('html-404', 404),
    Answered('401-once', 401),
)


@rows.each(ANSWERED)
class AnsweredTestCase(WireTestCase):
    def check(self, row: Answered) -> None:
        self.proxy.fail('confirm', row.name)
        answer, body = self.ask(CONFIRM)
        self.assertEqual(row.status, answer.status)
        self.assertNotIn(b'here', body)
        self.assertEqual(row.done, bool(self.nova.asked))
        (passed,) = self.proxy.passed()
        self.assertEqual(
            (row.name, 200 if row.done else 0, row.status),
            (passed.fault, passed.taken, passed.status),
        )
        self.assertEqual(200, self.status(CONFIRM))


class RetryAfterTestCase(WireTestCase):
    def test_both_forms_name_the_same_time(self) -> None:
        self.proxy.fail('confirm', '429-seconds')
        self.proxy.fail('records', '429-date')
        seconds = self.ask(CONFIRM)[0].headers['Retry-After']
        self.assertEqual(str(faults.RETRY_AFTER), seconds)
        date = self.ask(RECORDS)[0].headers['Retry-After']
        at = email.utils.parsedate_to_datetime(date).timestamp()
        self.assertGreaterEqual(at - time.time(), faults.RETRY_AFTER - 1)
        self.assertLessEqual(at - time.time(), faults.RETRY_AFTER + 1)


@dataclasses.dataclass(frozen=True)
class Unanswered:
    """A fault of which a client gets no whole answer."""

    name: str
    error: type[Exception]
    done: bool = False


UNANSWERED = (
    Unanswered('truncated', http.client.IncompleteRead, done=True),
    Unanswered('reset-before', ConnectionResetError),
    Unanswered('reset-after', ConnectionResetError, done=True),
    Unanswered('silent-never', TimeoutError),
    Unanswered('silent-taken', TimeoutError, done=True),
    Unanswered('silent-late', TimeoutError, done=True),
    Unanswered('no-name', ConnectionResetError),
    Unanswered('away-refusing', ConnectionResetError),
    Unanswered('away-silent', TimeoutError),
)


@rows.each(UNANSWERED)
class UnansweredTestCase(WireTestCase):
    def check(self, row: Unanswered) -> None:
        self.proxy.fail('confirm', row.name)
        client = self.client(seconds=0.3 if 'silent' in row.name else 10.0)
        self.assertRaises(row.error, self.ask, CONFIRM, client)
        client.close()
        self.proxy.settle()
        self.assertEqual(row.done, bool(self.nova.asked))
        self.proxy.restore()
        self.assertEqual(200, self.status(CONFIRM))


class EveryFaultTestCase(testtools.TestCase):
    def test_none_is_left_out(self) -> None:
        shown = {row.name for row in (*ANSWERED, *UNANSWERED)}
        self.assertEqual(
            {'no-token-401', 'no-token-503', 'no-token-reset'},
            set(wire.FAULTS) - shown,
        )
        for row in (*ANSWERED, *UNANSWERED):
            kind = wire.FAULTS[row.name].kind
            self.assertEqual(row.done, kind is not wire.Kind.NOT_DONE)


class WorldTestCase(WireTestCase):
    def test_no_token_counts_and_no_other_is_to_be_had(self) -> None:
        self.proxy.fail('records', 'no-token-503')
        self.assertEqual(200, self.status(TOKEN))
        self.assertEqual(401, self.status(RECORDS))
        self.assertEqual(503, self.status(TOKEN))
        self.assertEqual(401, self.status(CONFIRM))
        self.proxy.restore()
        self.assertEqual(200, self.status(TOKEN))
        self.assertEqual(200, self.status(RECORDS))

    def test_keystone_refuses_or_breaks_off(self) -> None:
        self.proxy.fail('records', 'no-token-401')
        self.assertEqual(401, self.status(RECORDS))
        self.assertEqual(401, self.status(TOKEN))
        self.proxy.restore()
        self.proxy.fail('records', 'no-token-reset')
        self.assertEqual(401, self.status(RECORDS))
        self.assertRaises(ConnectionResetError, self.ask, TOKEN)

    def test_a_cloud_that_is_away_refuses_connections(self) -> None:
        kept = self.client('identity')
        self.ask(TOKEN, kept)
        self.proxy.fail('records', 'away-refusing')
        self.assertRaises(ConnectionResetError, self.ask, RECORDS)
        self.assertRaises(ConnectionRefusedError, self.ask, RECORDS)
        self.assertRaises(ConnectionResetError, self.ask, TOKEN, kept)
        self.proxy.restore()
        self.assertEqual(200, self.status(RECORDS))

    def test_it_comes_back_by_itself(self) -> None:
        self.proxy.fail('records', 'away-refusing', lasts=0.2)
        self.assertRaises(ConnectionResetError, self.ask, RECORDS)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            with contextlib.suppress(ConnectionRefusedError):
                self.assertEqual(200, self.status(RECORDS))
                return
        self.fail('It stays away')

    def test_the_name_stops_resolving(self) -> None:
        self.assertEqual({names.CLOUD: '127.0.0.1'}, self.resolved())
        self.proxy.fail('records', 'no-name')
        self.assertRaises(ConnectionResetError, self.ask, RECORDS)
        self.assertEqual({names.CLOUD: None}, self.resolved())
        self.proxy.restore()
        self.assertEqual({names.CLOUD: '127.0.0.1'}, self.resolved())

    def resolved(self) -> object:
        return json.loads(self.names.read_text())

    def test_a_program_sees_it(self) -> None:
        name = names.Names(self.names)
        env = name.environment(dict(os.environ))
        program = f'import socket; socket.getaddrinfo("{names.CLOUD}", 80)'

        def said() -> str:
            return subprocess.run(
                [sys.executable, '-c', program],
                env=env, capture_output=True, text=True, timeout=60,
            ).stderr  # fmt: skip

        self.assertEqual('', said())
        name.resolve(False)
        self.assertIn('gaierror', said())


class HoldTestCase(WireTestCase):
    def start(self, asked: Asked) -> threading.Thread:
        thread = threading.Thread(target=self.ask, args=(asked,))
        thread.start()
        self.addCleanup(thread.join)
        return thread

    def test_before_the_service_gets_it(self) -> None:
        held = self.proxy.hold('confirm', wire.BEFORE)
        thread = self.start(CONFIRM)
        held.reached()
        self.assertEqual([], self.nova.asked)
        held.release()
        thread.join()
        self.assertEqual(1, len(self.nova.asked))

    def test_before_the_client_gets_the_answer(self) -> None:
        held = self.proxy.hold('records', wire.AFTER, number=2)
        self.start(RECORDS).join()
        self.assertFalse(held.is_reached)
        thread = self.start(RECORDS)
        held.reached()
        self.assertEqual(2, len(self.nova.asked))
        self.assertEqual(1, len(self.proxy.passed()))
        held.release()
        thread.join()
        self.assertEqual(2, len(self.proxy.passed()))

    def test_the_proxy_that_closes_lets_go(self) -> None:
        held = self.proxy.hold('confirm', wire.BEFORE)
        client = self.client()
        client.request('POST', CONFIRM[1], json.dumps(CONFIRM[2]))
        held.reached()
        self.proxy.close()
        with contextlib.suppress(OSError, http.client.HTTPException):
            client.getresponse()
        self.proxy.settle()


class NamesTestCase(WireTestCase):
    def test_what_is_not_there_is_refused(self) -> None:
        self.assertRaises(ValueError, self.proxy.fail, 'confirmation', '500')
        self.assertRaises(ValueError, self.proxy.fail, 'confirm', '599')
