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

"""keystone and Nova behind a real session: only the wire is made up."""

import collections
from collections.abc import Callable, Mapping
import json
from typing import Any
import urllib.parse

from keystoneauth1.identity import v3
from keystoneauth1 import session as ksa_session
from openstack import connection as sdk_connection
import requests
from requests import adapters

from osc_migrate.cloud import nova

KEYSTONE = 'http://keystone.test/v3'
COMPUTE = 'http://nova.test/v2.1'
NETWORK = 'http://neutron.test'
PLACEMENT = 'http://placement.test/placement'
PROJECT = 'a3c0de0000004000800000000000beef'
USER = 'a5e40000000040008000000000000001'
BLOCK_STORAGE = f'http://cinder.test/v3/{PROJECT}'

Reply = tuple[int, object, Mapping[str, str]]


def reply(status: int, body: object = '', **headers: str) -> Reply:
    """Status, a body (an object is sent as JSON), headers."""
    return status, body, {k.replace('_', '-'): v for k, v in headers.items()}


class Wire(adapters.BaseAdapter):
    """Answers every request, and remembers it.

    ``answers`` holds per ``METHOD /path`` what is answered one after the
    other, the last for ever: a :func:`reply`, or an exception to raise.
    ``token`` is what keystone answers from then on in place of a token.
    ``catalog`` holds the URL of each type of service; a test adds to it.
    """

    def __init__(self, newest: str | None = '2.104') -> None:
        super().__init__()
        self.asked: list[requests.PreparedRequest] = []
        self.timeouts: list[object] = []
        self.answers: dict[str, list[Reply | Exception]] = (
            collections.defaultdict(list)
        )
        self.roles = ['admin', 'member']
        self.token: Reply | None = None
        self.catalog = {'compute': COMPUTE}
        self.answers['GET /v2.1'] = [reply(200, _versions(newest))]

    def on(self, what: str, *answers: Reply | Exception) -> None:
        self.answers[what] = list(answers)

    @property
    def to_nova(self) -> list[requests.PreparedRequest]:
        """What was asked of Nova, but for the discovery."""
        return [
            request
            for request in self.asked
            if str(request.url).startswith(COMPUTE + '/')
            and request.path_url.rstrip('/') != '/v2.1'
        ]

    def queries(self) -> list[dict[str, str]]:
        """The parameters of each request to Nova."""
        return [
            dict(
                urllib.parse.parse_qsl(
                    urllib.parse.urlsplit(str(request.url)).query
                )
            )
            for request in self.to_nova
        ]

    def send(
        self, request: requests.PreparedRequest, *args: Any, **kwargs: Any
    ) -> requests.Response:
        self.asked.append(request)
        self.timeouts.append(kwargs.get('timeout'))
        path = urllib.parse.urlsplit(str(request.url)).path.rstrip('/')
        key = f'{request.method} {path}'
        if key == 'POST /v3/auth/tokens':
            return _response(request, self.token or self._token())
        if str(request.url).startswith(KEYSTONE):
            return _response(request, reply(200, IDENTITY))
        answers = self.answers.get(key)
        if not answers:
            raise AssertionError(f'nobody expects {key}')
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, Exception):
            raise answer
        return _response(request, answer)

    def _token(self) -> Reply:
        return reply(201, _token(self.roles, self.catalog), **TOKEN)

    def close(self) -> None:
        pass


def connect(wire: Wire, shield: Callable[[], Any] | None = None) -> nova.Nova:
    """The door, through keystoneauth and the SDK."""
    connection = connection_to(wire)
    if shield is None:
        return nova.Nova(connection)
    return nova.Nova(connection, shield)


def connection_to(wire: Wire, **config: Any) -> sdk_connection.Connection:
    """A connection, as the SDK makes it for a session of its caller."""
    http = requests.Session()
    http.mount('http://', wire)
    auth = v3.Password(
        auth_url=KEYSTONE,
        username='alice',
        password='secret',
        user_domain_id='default',
        project_id=PROJECT,
    )
    session = ksa_session.Session(auth=auth, session=http)
    return sdk_connection.Connection(
        session=session, region_name='RegionOne', **config
    )


def _response(
    request: requests.PreparedRequest, answer: Reply
) -> requests.Response:
    response = requests.Response()
    response.status_code, body, headers = answer
    response.request = request
    response.url = str(request.url)
    response.reason = 'Reason'
    if isinstance(body, str):
        response._content = body.encode()
    else:
        response._content = json.dumps(body).encode()
        response.headers['Content-Type'] = 'application/json'
    response.headers.update(headers)
    return response


TOKEN = {'X_Subject_Token': 'the-token'}
IDENTITY = {
    'version': {
        'id': 'v3.14',
        'status': 'stable',
        'links': [{'rel': 'self', 'href': KEYSTONE}],
    }
}


def _token(roles: list[str], catalog: Mapping[str, str]) -> dict[str, object]:
    return {
        'token': {
            'methods': ['password'],
            'expires_at': '2099-01-01T00:00:00.000000Z',
            'issued_at': '2026-08-01T12:00:00.000000Z',
            'user': {
                'id': USER,
                'name': 'alice',
                'domain': {'id': 'default', 'name': 'Default'},
            },
            'project': {
                'id': PROJECT,
                'name': 'ours',
                'domain': {'id': 'default', 'name': 'Default'},
            },
            'roles': [{'id': f'id-{r}', 'name': r} for r in roles],
            'catalog': [_service(*entry) for entry in catalog.items()],
        }
    }


def _service(kind: str, url: str) -> dict[str, object]:
    endpoint = {
        'id': f'e-{kind}',
        'interface': 'public',
        'region': 'RegionOne',
        'region_id': 'RegionOne',
        'url': url,
    }
    return {
        'id': f'c-{kind}',
        'type': kind,
        'name': kind,
        'endpoints': [endpoint],
    }


def _versions(newest: str | None) -> dict[str, object]:
    return {
        'version': {
            'id': 'v2.1',
            'status': 'CURRENT',
            'version': newest or '',
            'min_version': '2.1' if newest else '',
            'links': [{'rel': 'self', 'href': COMPUTE + '/'}],
        }
    }
