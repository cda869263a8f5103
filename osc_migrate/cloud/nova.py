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

"""Nova's compute API as one caller sees it.

The answers are read as they come, not through the SDK's resources: those
make an empty object of a proxy's HTML page, and what they read follows
``--os-compute-api-version``. Every request here names its microversion.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
import functools
import re
import types
from typing import Any, TypeVar
import uuid

from keystoneauth1 import discover
from openstack import connection as sdk_connection
import requests

from osc_migrate.cloud import faults
from osc_migrate.cloud import shapes
from osc_migrate.engine import facts
from osc_migrate import exceptions
from osc_migrate.i18n import _

#: UUIDs and order of migration records; released in 2018 with Rocky.
OLDEST = (2, 59)
#: The newest that is used: details of events (2.84), requesters of records
#: (2.80). A cloud between the two is used as far as it goes.
NEWEST = (2, 84)
#: Seconds for one answer; the client itself would wait for ever.
REQUEST_TIMEOUT = 60.0
#: Rows of migration records and actions that are read at once.
RECENT = 100

#: What the SDK would do of its own accord: send a request again that may
#: have been carried out, and answer from a cache of clouds.yaml's.
UNAIDED = types.MappingProxyType(
    {'connect_retries': 0, 'status_code_retries': 0, 'skip_cache': True}
)

T = TypeVar('T')
_SHAPE_ERRORS = (KeyError, TypeError, AttributeError)


class Nova:
    """The door to one Nova; see :class:`osc_migrate.door.Door`.

    :param connection: An authenticated connection.
    :param shield: A context in which no signal may cost us an answer.
    :raises: :class:`~osc_migrate.exceptions.Refused` where Nova is too old,
        and what :mod:`osc_migrate.cloud.faults` makes of its faults.
    """

    def __init__(
        self,
        connection: sdk_connection.Connection,
        shield: Callable[[], AbstractContextManager[object]] = nullcontext,
    ) -> None:
        session = connection.session
        if session.timeout is None:
            session.timeout = REQUEST_TIMEOUT
        self._compute = connection.compute
        self._shield = shield
        self._own_project_only = False
        self.user_id: str | None = _call(session.get_user_id)
        self.project_id: str | None = _call(session.get_project_id)
        self.roles: frozenset[str] = _call(lambda: _roles(session))
        self._spoken = self._negotiate()
        self._microversion = '{}.{}'.format(*self._spoken)

    def _negotiate(self) -> tuple[int, int]:
        data = _call(self._compute.get_endpoint_data)
        newest = data and data.max_microversion
        if not newest:
            # Discovery keeps its faults to itself; asking plainly tells.
            faults.check(
                _call(lambda: self._compute.get('/', raise_exc=False))
            )
            raise exceptions.TransientError(
                _('The compute endpoint does not say which microversions it '
                  'speaks.')
            )  # fmt: skip
        if newest < OLDEST:
            raise exceptions.Refused(
                _('This needs Nova with microversion 2.59 (Rocky) or newer; '
                  'the cloud stops at %(major)s.%(minor)s.')
                % {'major': newest[0], 'minor': newest[1]}
            )  # fmt: skip
        spoken = (int(newest[0]), int(newest[1]))
        self._check_default(spoken)
        return min(spoken, NEWEST)

    def _check_default(self, newest: tuple[int, ...]) -> None:
        """Refuse what the final ``server show`` could not be asked in."""
        wanted = self._compute.default_microversion
        try:
            spoken = wanted is None or discover.version_between(
                None, newest, wanted
            )
        except TypeError:
            spoken = False
        if not spoken:
            raise exceptions.Refused(
                _('The cloud does not speak compute API version %(wanted)s; '
                  'it stops at %(newest)s.')
                % {'wanted': wanted, 'newest': '.'.join(map(str, newest))}
            )  # fmt: skip

    def find(self, name_or_id: str) -> tuple[facts.Server, ...]:
        """Every server with this ID or exactly this name, that may be seen.

        Names are looked for in all projects when the caller may.
        """
        if _is_uuid(name_or_id):
            server = self.server(str(uuid.UUID(name_or_id)))
            if server is not None:
                return (server,)
        query = {'name': f'^{re.escape(name_or_id)}$'}
        try:
            found = self._servers({**query, 'all_tenants': '1'})
        except exceptions.ApiError as error:
            if error.status != 403:
                raise
            found = self._servers(query)
        return tuple(s for s in found if s.name == name_or_id)

    def _servers(self, query: Mapping[str, str]) -> list[facts.Server]:
        servers: list[facts.Server] = []
        marker: dict[str, str] = {}
        while True:
            body = self._get('/servers/detail', {**query, **marker})
            page = _shaped(functools.partial(_servers_of, body))
            servers += page
            if not page or not body.get('servers_links'):
                return servers
            marker = {'marker': page[-1].id}

    def server(self, server_id: str) -> facts.Server | None:
        """One server, or None where Nova has none (404)."""
        try:
            body = self._get(f'/servers/{server_id}')
        except exceptions.ApiError as error:
            if error.status == 404:
                return None
            raise
        return _shaped(lambda: shapes.server(body['server']))

    def records(self, server_id: str) -> facts.Records:
        """The newest migration records of a server, the newest first.

        A project manager has to name the own project, or is refused
        (``api/openstack/compute/migrations.py``).
        """
        query = {'instance_uuid': server_id, 'limit': str(RECENT)}
        if self._own_project_only:
            query['project_id'] = str(self.project_id)
        try:
            body = self._get('/os-migrations', query)
        except exceptions.ApiError as error:
            if error.status != 403:
                raise
            if self._own_project_only or not self._may_name_project():
                return facts.Missing.HIDDEN
            self._own_project_only = True
            return self.records(server_id)
        return _shaped(
            lambda: tuple(shapes.record(r) for r in body['migrations'])
        )

    def _may_name_project(self) -> bool:
        """Records can be asked for by project from 2.80 on."""
        return self.project_id is not None and self._spoken >= (2, 80)

    def actions(self, server_id: str) -> facts.Actions:
        """The newest instance actions of a server, the newest first."""
        try:
            body = self._get(
                f'/servers/{server_id}/os-instance-actions',
                {'limit': str(RECENT)},
            )
        except exceptions.ApiError as error:
            if error.status in (403, 404):
                return facts.Missing.HIDDEN
            raise
        return _shaped(
            lambda: tuple(shapes.action(a) for a in body['instanceActions'])
        )

    def events(
        self, server_id: str, request_id: str
    ) -> tuple[facts.ActionEvent, ...]:
        """The steps of one instance action; empty where not allowed."""
        try:
            body = self._get(
                f'/servers/{server_id}/os-instance-actions/{request_id}'
            )
        except exceptions.ApiError:
            return ()
        return _shaped(
            lambda: tuple(
                shapes.event(e)
                for e in body['instanceAction'].get('events') or ()
            )
        )

    def service(self, host: str) -> facts.ComputeService | facts.Missing:
        """nova-compute of a host; NOT_READ where Nova knows no such host."""
        try:
            body = self._get(
                '/os-services', {'host': host, 'binary': 'nova-compute'}
            )
        except exceptions.ApiError:
            return facts.Missing.HIDDEN
        found = _shaped(lambda: [shapes.service(s) for s in body['services']])
        return found[0] if found else facts.Missing.NOT_READ

    def cold_migrate(self, server_id: str, host: str | None) -> str | None:
        """Ask for a cold migration; returns the ID of the request.

        202 says that the server's task_state is set: no other move can
        start before this one is over (``compute/api.py``, ``resize``).
        """
        return self._act(server_id, {'migrate': host and {'host': host}})

    def confirm(self, server_id: str) -> str | None:
        """Ask for the confirm; returns the ID of the request.

        204 says that the record is ``confirming``; the clean-up on the
        source follows (``compute/api.py``, ``confirm_resize``).
        """
        return self._act(server_id, {'confirmResize': None})

    def _act(self, server_id: str, body: Mapping[str, Any]) -> str | None:
        with self._shield():
            response = self._request(
                self._compute.post, f'/servers/{server_id}/action', json=body
            )
            faults.check(response)
            return response.headers.get('x-openstack-request-id')

    def _get(
        self, path: str, query: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        return faults.check(
            self._request(self._compute.get, path, params=dict(query or {}))
        )

    def _request(
        self,
        method: Callable[..., requests.Response],
        path: str,
        **arguments: Any,
    ) -> requests.Response:
        return _call(
            lambda: method(
                path,
                microversion=self._microversion,
                raise_exc=False,
                **UNAIDED,
                **arguments,
            )
        )


def _call(call: Callable[[], T]) -> T:
    try:
        return call()
    except faults.CALL_ERRORS as error:
        raise faults.translate(error) from error


def _shaped(read: Callable[[], T]) -> T:
    """Read an answer's body; what is not as Nova writes it is a fault."""
    try:
        return read()
    except _SHAPE_ERRORS as error:
        raise exceptions.TransientError(
            _('The compute API answered in a form that Nova does not use.')
        ) from error


def _roles(session: Any) -> frozenset[str]:
    """The roles of the token; a plugin without tokens has none."""
    access = getattr(session.auth, 'get_access', None)
    return frozenset(access(session).role_names if access else ())


def _servers_of(body: Mapping[str, Any]) -> list[facts.Server]:
    return [shapes.server(entry) for entry in body['servers']]


def _is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True
