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

"""A timeline on the wire: what Nova of one microversion answers to it."""

import json
from typing import Any
import urllib.parse

import requests

from osc_migrate.engine import facts
from osc_migrate.engine import move as moves
from osc_migrate import exceptions
from osc_migrate.tests.unit import fake_api
from osc_migrate.tests.unit import fakes
from osc_migrate.tests.unit import traces

SERVER = f'/servers/{traces.SERVER_ID}'
ACTIONS = f'{SERVER}/os-instance-actions'
COPIES = f'{SERVER}/migrations'
Body = dict[str, Any]


class PlayedWire(fake_api.Wire):
    """Answers as a scripted Nova does, with what its microversion shows.

    :ivar spoken: The microversion that each request named.
    """

    def __init__(
        self, played: fakes.ScriptedNova, newest: str = '2.104'
    ) -> None:
        super().__init__(newest)
        self.spoken: list[str] = []
        self._played = played

    def send(
        self, request: requests.PreparedRequest, *args: Any, **kwargs: Any
    ) -> requests.Response:
        path = urllib.parse.urlsplit(str(request.url)).path
        if path.startswith('/v2.1/'):
            headers: Any = request.headers
            version = str(headers.get('OpenStack-API-Version', ''))
            self.spoken.append(version)
            key = f'{request.method} {path}'
            try:
                answer = fake_api.reply(*self._answer(request, version))
            except exceptions.ApiError as error:
                said = {'message': error.message, 'code': error.status}
                answer = fake_api.reply(error.status, {'conflict': said})
            self.on(key, answer)
        return super().send(request, *args, **kwargs)

    def _answer(
        self, request: requests.PreparedRequest, version: str
    ) -> tuple[int, Body]:
        path = str(request.path_url).removeprefix('/v2.1').partition('?')[0]
        minor = int(version.rpartition('.')[2] or 0)
        if request.method == 'POST':
            body: Any = request.body or b'{}'
            return 202, self._act(path, json.loads(body))
        if request.method == 'DELETE':
            self._played.abort(traces.SERVER_ID, 7)
            return 202, {}
        return 200, self._look(path, minor)

    def _act(self, path: str, body: Body) -> Body:
        played, server_id = self._played, traces.SERVER_ID
        ((name, how),) = body.items()
        if path.startswith(f'{COPIES}/'):
            played.force_complete(server_id, 7)
        elif name == 'migrate':
            played.cold_migrate(server_id, (how or {}).get('host'))
        elif name == 'os-migrateLive':
            played.live_migrate(server_id, how['host'], None)
        elif name == 'confirmResize':
            played.confirm(server_id)
        elif name == 'revertResize':
            played.revert(server_id)
        return {}

    def _look(self, path: str, minor: int) -> Body:
        played, server_id = self._played, traces.SERVER_ID
        if path == SERVER:
            server = played.server(server_id)
            if server is None:
                raise exceptions.ApiError('No such server.', status=404)
            return {'server': _server(server)}
        if path == '/servers/detail':
            return {'servers': [_server(s) for s in played.find(server_id)]}
        if path == '/os-migrations':
            return {'migrations': _records(played, minor)}
        if path == ACTIONS:
            return {'instanceActions': _actions(played)}
        if path.startswith(f'{ACTIONS}/'):
            return {'instanceAction': {'events': []}}
        if path == COPIES:
            return {'migrations': []}
        if path == '/os-services':
            return {'services': []}
        raise AssertionError(f'nobody expects {path}')


def _user(user_id: str | None) -> str | None:
    return fake_api.USER if user_id == traces.ME else user_id


def _server(server: facts.Server) -> Body:
    return {
        'id': server.id,
        'name': server.name,
        'tenant_id': fake_api.PROJECT,
        'status': server.status,
        'hostId': server.host_id,
        'OS-EXT-STS:vm_state': server.vm_state,
        'OS-EXT-STS:task_state': server.task_state,
        'OS-EXT-SRV-ATTR:host': server.host,
        'addresses': {'net': [{'addr': '192.0.2.10'}]},
    }


def _records(played: fakes.ScriptedNova, minor: int) -> list[Body]:
    records = played.records(traces.SERVER_ID)
    assert not isinstance(records, facts.Missing)
    return [
        {
            'id': record.id,
            'uuid': record.uuid,
            'migration_type': record.type,
            'status': record.status,
            'source_compute': record.source_host,
            'dest_compute': record.destination_host,
            'created_at': record.created_at,
        }
        # Requesters are shown from 2.80 on.
        | ({'user_id': _user(record.user_id)} if minor >= 80 else {})
        for record in records
    ]


def _actions(played: fakes.ScriptedNova) -> list[Body]:
    actions = played.actions(traces.SERVER_ID)
    assert not isinstance(actions, facts.Missing)
    return [
        {
            'request_id': action.request_id,
            'action': action.action,
            'user_id': _user(action.user_id),
            'start_time': action.start_time,
            'message': action.message,
        }
        for action in actions
    ]


def play(
    trace: str,
    after: str = '',
    *,
    newest: str = '2.104',
    kind: moves.Kind = moves.Kind.COLD,
    **more: Any,
) -> tuple[fakes.FakeClock, fakes.ScriptedNova, PlayedWire]:
    """A clock, what is played on it, and the wire to it."""
    clock = fakes.FakeClock()
    played = fakes.ScriptedNova(clock, trace, after, kind=kind, **more)
    return clock, played, PlayedWire(played, newest)
