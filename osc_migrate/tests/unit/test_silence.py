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

"""What the look beside Nova cannot see is silence, and never an error."""

import contextlib
import dataclasses
import io
from typing import Any
import warnings

import requests

from osc_migrate.engine import belongings
from osc_migrate.tests.unit import fake_api
from osc_migrate.tests.unit.fake_api import reply
from osc_migrate.tests.unit import looks
from osc_migrate.tests.unit import rows

NOTHING = belongings.Belongings()


@dataclasses.dataclass(frozen=True)
class Silent:
    """An answer from which nothing can be told."""

    name: str
    answer: fake_api.Reply | Exception


PAGE = '<html><body>Sorry</body></html>'
SILENT = (
    Silent('401', reply(401, {'error': {'message': 'x', 'code': 401}})),
    Silent('403', reply(403, {'forbidden': {'message': 'x'}})),
    Silent('404', reply(404, {'NeutronError': {'message': 'x'}})),
    Silent('406, a microversion too new', reply(406, {'errors': []})),
    Silent('429 with a time', reply(429, '', Retry_After='60')),
    Silent('500', reply(500, {'computeFault': {'message': 'x'}})),
    Silent('503 of a proxy', reply(503, PAGE)),
    Silent('a page of a proxy', reply(200, PAGE)),
    Silent('nothing', reply(200, '')),
    Silent('a redirection to nowhere', reply(302, PAGE)),
    Silent('a redirection to the login of a proxy',
           reply(302, PAGE, Location='http://elsewhere.test/login')),
    Silent('a list', reply(200, [])),
    Silent('an object of somebody else', reply(200, {'x': 1})),
    Silent('null in place of a list', reply(200, {
        'ports': None, 'attachments': None, 'resource_providers': None,
    })),
    Silent('rows that are none', reply(200, {
        'ports': ['x'], 'attachments': [7], 'resource_providers': [None],
    })),
    Silent('rows without their ID', reply(200, {
        'ports': [{'device_id': looks.SERVER}],
        'attachments': [{'instance': looks.SERVER}],
        'resource_providers': [{'name': 'node1'}],
    })),
    Silent('numbers for words', reply(200, {
        'ports': [{**looks.PORT, 'binding:host_id': 7}],
        'attachments': [{**looks.ATTACHMENT, 'status': 1}],
        'resource_providers': [{'name': 'node1', 'uuid': {}}],
    })),
    Silent('no answer in time', requests.exceptions.ReadTimeout('slow')),
    Silent('no connection', requests.exceptions.ConnectionError('no')),
    Silent('a certificate of somebody else',
           requests.exceptions.SSLError('no')),
    Silent('what nobody thought of', RuntimeError('boom')),
)  # fmt: skip


@rows.each(SILENT)
class SilentTestCase(looks.LookTestCase):
    def check(self, row: Silent) -> None:
        for what in (looks.PORTS, looks.ATTACHMENTS, looks.PROVIDERS):
            self.wire.on(what, row.answer)
        errors = io.StringIO()
        with contextlib.redirect_stderr(errors), warnings.catch_warnings():
            warnings.simplefilter('error')
            self.assertEqual(NOTHING, self.look())
        self.assertEqual('', errors.getvalue())
        self.assertEqual(
            [looks.PORTS, looks.ATTACHMENTS, looks.PROVIDERS], self.paths
        )
        self.assertEqual([], self.clock.slept)


class NotThereTestCase(looks.LookTestCase):
    def test_a_catalog_with_nova_alone(self) -> None:
        self.wire.catalog = {'compute': fake_api.COMPUTE}
        self.assertEqual(NOTHING, self.look())
        self.assertEqual([], self.asked)

    def test_one_service_that_fails_does_not_hide_the_others(self) -> None:
        self.wire.on(looks.ATTACHMENTS, reply(500, PAGE))
        self.assertEqual(
            dataclasses.replace(looks.WHOLE, attachments=None), self.look()
        )

    def test_an_interface_that_the_catalog_does_not_have(self) -> None:
        internal: dict[str, Any] = {
            f'{service}_interface': 'internal'
            for service in ('network', 'placement', 'block_storage')
        }
        self.assertEqual(NOTHING, self.look(**internal))
        self.assertEqual([], self.asked)

    def test_an_interrupt_goes_through(self) -> None:
        class Interrupt(BaseException):
            pass

        def interrupted(seconds: float) -> None:
            raise Interrupt

        self.wire.on(looks.OF_NODE, looks.HELD)
        self.clock.sleep = interrupted  # type: ignore[method-assign]
        self.assertRaises(Interrupt, self.look)
