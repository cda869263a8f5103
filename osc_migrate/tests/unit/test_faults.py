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

"""Which faults pass, which answers stand, and what was surely not sent."""

import dataclasses
import email.utils
import time

from keystoneauth1 import exceptions as ksa_exceptions
from openstack import exceptions as sdk_exceptions
import requests
import testtools
import urllib3
from urllib3 import connection as urllib3_connection
from urllib3 import exceptions as urllib3_exceptions

from osc_migrate.cloud import faults
from osc_migrate import exceptions
from osc_migrate.tests.unit import fake_api
from osc_migrate.tests.unit.fake_api import reply
from osc_migrate.tests.unit import rows
from osc_migrate.tests.unit import test_nova

PASSES, STANDS = exceptions.TransientError, exceptions.ApiError
PAGE = '<html><body>Sorry</body></html>'


def nova_says(status: int, **headers: str) -> fake_api.Reply:
    body = {'computeFault': {'message': 'Boom', 'code': status}}
    return reply(status, body, **headers)


POOL = urllib3.HTTPConnectionPool('nova.test')


def unreachable(error: Exception) -> requests.exceptions.ConnectionError:
    return requests.exceptions.ConnectionError(
        urllib3_exceptions.MaxRetryError(POOL, '/', error)
    )


REFUSED = unreachable(
    urllib3_exceptions.NewConnectionError(
        urllib3_connection.HTTPConnection('nova.test'), 'Connection refused'
    )
)
RESET = requests.exceptions.ConnectionError(
    urllib3_exceptions.ProtocolError('Connection aborted.', OSError())
)


@dataclasses.dataclass(frozen=True)
class Fault:
    """An answer to a POST, or what happened on the wire.

    ``accepted`` is whether the request may have taken effect: False where
    it surely has not, None where nobody can say.
    """

    name: str
    answer: fake_api.Reply | Exception
    means: type[exceptions.MigrateError]
    accepted: bool | None = None
    status: int | None = None
    words: str = 'Boom'
    retry_after: float | None = None


ROWS = (
    Fault('400', nova_says(400), STANDS, status=400),
    Fault('403', nova_says(403), STANDS, status=403),
    Fault('404', nova_says(404), STANDS, status=404),
    Fault('409', nova_says(409), STANDS, status=409),
    Fault('413', nova_says(413), STANDS, status=413),
    Fault('401, with a new token again', nova_says(401), STANDS, status=401),
    Fault('500', nova_says(500), PASSES),
    Fault('502 of a proxy', reply(502, PAGE), PASSES, words='HTTP 502'),
    Fault('504 of a proxy', reply(504, PAGE), PASSES, words='HTTP 504'),
    Fault('503', nova_says(503), PASSES, accepted=False),
    Fault(
        '503 with a time', nova_says(503, Retry_After='7'), PASSES,
        accepted=False, retry_after=7.0,
    ),
    Fault(
        '429', nova_says(429, Retry_After='120'), PASSES, accepted=False,
        retry_after=120.0,
    ),
    Fault(
        'a page of a proxy with 200', reply(200, PAGE), PASSES,
        words='not its JSON',
    ),
    Fault(
        'a 404 of a proxy is no server that was deleted', reply(404, PAGE),
        PASSES, words='HTTP 404',
    ),
    Fault(
        'a 403 of a proxy is no policy', reply(403, PAGE), PASSES,
        words='HTTP 403',
    ),
    Fault(
        'a list with 200', reply(200, ['x']), PASSES, words='not its JSON',
    ),
    Fault(
        'connection refused', REFUSED, PASSES, accepted=False,
        words='Unable to establish connection',
    ),
    Fault(
        'no connection in time', requests.exceptions.ConnectTimeout('slow'),
        PASSES, accepted=False, words='timed out',
    ),
    Fault(
        'no answer in time', requests.exceptions.ReadTimeout('slow'), PASSES,
        words='timed out',
    ),
    Fault(
        'connection reset', RESET, PASSES, words='Unable to establish',
    ),
    Fault(
        'a certificate nobody knows', requests.exceptions.SSLError('cert'),
        PASSES, words='SSL exception',
    ),
    Fault(
        'an answer cut off',
        requests.exceptions.ChunkedEncodingError('cut'), PASSES, words='cut',
    ),
)  # fmt: skip


@rows.each(ROWS)
class OnTheWire(test_nova.DoorTestCase):
    def check(self, row: Fault) -> None:
        self.wire.on(test_nova.ACTION, row.answer)
        error = self.assertRaises(
            row.means, self.door.cold_migrate, test_nova.UUID, None
        )
        self.assertIn(row.words, error.message)
        self.assertEqual(
            (row.status, row.accepted, row.retry_after),
            (
                getattr(error, 'status', None),
                getattr(error, 'accepted', None),
                getattr(error, 'retry_after', None),
            ),
        )
        # One renewal of the token apart, a POST is sent once.
        sent = 2 if row.status == 401 else 1
        self.assertEqual(sent, len(self.wire.to_nova))


class NoTokenTestCase(test_nova.DoorTestCase):
    def test_what_was_refused_for_want_of_a_token_was_not_done(self) -> None:
        door = self.door
        self.wire.on(test_nova.ACTION, nova_says(401))
        self.wire.token = nova_says(503, Retry_After='7')
        error = self.assertRaises(
            exceptions.TransientError,
            door.cold_migrate,
            test_nova.UUID,
            None,
        )
        self.assertIs(False, error.accepted)
        self.assertEqual(7.0, error.retry_after)

    def test_who_is_busy_with_the_first_token_is_asked_again(self) -> None:
        self.wire.token = nova_says(503, Retry_After='7')
        error = self.assertRaises(
            exceptions.TransientError, fake_api.connect, self.wire
        )
        self.assertEqual(7.0, error.retry_after)

    def test_a_page_in_place_of_keystone_s_answer_is_no_refusal(self) -> None:
        self.wire.token = reply(404, PAGE)
        self.assertRaises(
            exceptions.TransientError, fake_api.connect, self.wire
        )


class ShapesTestCase(test_nova.DoorTestCase):
    def test_an_answer_without_what_was_asked_for_is_a_fault(self) -> None:
        bodies: tuple[object, ...] = (
            {},
            {'server': None},
            {'server': []},
            {'server': {}},
        )
        for body in bodies:
            self.wire.on(test_nova.SERVER, reply(200, body))
            self.assertRaises(
                exceptions.TransientError, self.door.server, test_nova.UUID
            )

    def test_a_page_in_place_of_a_server_is_no_server(self) -> None:
        self.wire.on(test_nova.SERVER, reply(200, PAGE))
        self.assertRaises(
            exceptions.TransientError, self.door.server, test_nova.UUID
        )

    def test_a_list_that_is_none_is_a_fault(self) -> None:
        self.wire.on(test_nova.RECORDS, reply(200, {'migrations': None}))
        self.assertRaises(
            exceptions.TransientError, self.door.records, test_nova.UUID
        )

    def test_no_answer_to_a_read_is_a_fault(self) -> None:
        self.wire.on(test_nova.SERVER, reply(200, ''))
        self.assertRaises(
            exceptions.TransientError, self.door.server, test_nova.UUID
        )


class RetryAfterTestCase(testtools.TestCase):
    date: str | None = None

    def after(self, value: str) -> float | None:
        response = requests.Response()
        response.status_code = 503
        response.url = 'http://nova.test/'
        response._content = b''
        response.headers['Retry-After'] = value
        if self.date is not None:
            response.headers['Date'] = self.date
        error = self.assertRaises(
            exceptions.TransientError, faults.check, response
        )
        return error.retry_after

    def test_a_date(self) -> None:
        date = email.utils.formatdate(time.time() + 100, usegmt=True)
        after = self.after(date)
        assert after is not None
        self.assertTrue(90 < after <= 100, after)

    def test_a_date_of_a_clock_that_is_not_ours(self) -> None:
        self.date = 'Thu, 01 Jan 2015 00:00:00 GMT'
        self.assertEqual(7.0, self.after('Thu, 01 Jan 2015 00:00:07 GMT'))

    def test_a_date_that_is_past(self) -> None:
        self.assertEqual(0.0, self.after('Thu, 01 Jan 2015 00:00:00 GMT'))

    def test_what_is_neither_is_not_kept(self) -> None:
        for value in ('soon', '-5', '²', ''):
            self.assertIsNone(self.after(value), value)


class TranslateTestCase(testtools.TestCase):
    def test_what_no_other_try_betters(self) -> None:
        for error, status in (
            (ksa_exceptions.Unauthorized('no'), 401),
            (ksa_exceptions.MissingAuthPlugin('no'), 401),
            (ksa_exceptions.EndpointNotFound('no'), 404),
            (ksa_exceptions.BadRequest('no'), 400),
        ):
            found = faults.translate(error)
            self.assertIsInstance(found, exceptions.ApiError)
            self.assertEqual(status, getattr(found, 'status'))

    def test_keystone_that_is_busy_passes(self) -> None:
        for error in (
            ksa_exceptions.ServiceUnavailable('busy'),
            ksa_exceptions.InternalServerError('boom'),
            ksa_exceptions.ConnectFailure('gone'),
            ksa_exceptions.DiscoveryFailure('a page'),
        ):
            self.assertIsInstance(
                faults.translate(error), exceptions.TransientError
            )

    def test_what_keystone_and_the_sdk_are_told_to_wait_counts(self) -> None:
        response = requests.Response()
        response.status_code = 503
        response.headers['Retry-After'] = '7'
        for error in (
            ksa_exceptions.ServiceUnavailable('busy', response=response),
            sdk_exceptions.HttpException('busy', response=response),
        ):
            found = faults.translate(error)
            self.assertIsInstance(found, exceptions.TransientError)
            self.assertEqual(7.0, getattr(found, 'retry_after'))

    def test_an_error_without_words_is_told_by_its_name(self) -> None:
        error = requests.exceptions.ReadTimeout()
        self.assertEqual('ReadTimeout', faults.translate(error).message)
