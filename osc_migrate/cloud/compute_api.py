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

"""Requests to the compute API, as they are and no others.

The answers are read as they come, not through the SDK's resources: those
make an empty object of a proxy's HTML page, and what they read follows
``--os-compute-api-version``. Every request here names its microversion.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
import types
from typing import Any

from keystoneauth1 import discover
from openstack import connection as sdk_connection
import requests

from osc_migrate.cloud import dates
from osc_migrate.cloud import faults
from osc_migrate import exceptions
from osc_migrate.i18n import _

#: UUIDs and order of migration records; released in 2018 with Rocky.
OLDEST = (2, 59)
#: The newest that is used: details of events (2.84), requesters of records
#: (2.80). A cloud between the two is used as far as it goes.
NEWEST = (2, 84)
#: Seconds for one answer; the client itself would wait for ever.
REQUEST_TIMEOUT = 60.0
#: Seconds for the answer to a look, which comes again anyway.
READ_TIMEOUT = 30.0
#: What the SDK would do of its own accord: send a request again that may
#: have been carried out, and answer from a cache of clouds.yaml's.
UNAIDED = types.MappingProxyType(
    {'connect_retries': 0, 'status_code_retries': 0, 'skip_cache': True}
)


class ComputeApi:
    """The compute API of one cloud, as one caller speaks to it.

    :param connection: An authenticated connection.
    :param shield: A context in which no signal may cost us an answer.
    :ivar clock: What time it is there.
    :ivar read_timeout: Seconds for the answer to a GET.
    :ivar spoken: The newest microversion of the cloud.
    :ivar microversion: The newest that both sides speak.
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
        # The SDK asks keystone for it.
        self._compute = faults.call(lambda: connection.compute)
        self._shield = shield
        self.clock = dates.ServersClock()
        #: What the user set for every request counts for looks as well.
        self._longest_read = min(READ_TIMEOUT, session.timeout)
        self.read_timeout = self._longest_read
        self.user_id: str | None = faults.call(session.get_user_id)
        self.project_id: str | None = faults.call(session.get_project_id)
        self.roles: frozenset[str] = faults.call(lambda: _roles(session))
        self.spoken = self._negotiate()
        self.microversion = min(self.spoken, NEWEST)

    def _negotiate(self) -> tuple[int, int]:
        try:
            data = faults.call(self._compute.get_endpoint_data)
        except exceptions.TransientError:
            self._ask_plainly()
            raise
        newest = data and data.max_microversion
        if not newest:
            self._ask_plainly()
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
        return spoken

    def _ask_plainly(self) -> None:
        """Discovery keeps to itself what the API said: ask without it."""
        url = faults.call(
            lambda: self._compute.get_endpoint(skip_discovery=True)
        )
        if url is not None:
            faults.check(
                faults.call(lambda: self._compute.get(url, raise_exc=False))
            )

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

    def get(
        self,
        path: str,
        query: Mapping[str, str | list[str]] | None = None,
        *,
        newest: tuple[int, int] = NEWEST,
    ) -> dict[str, Any]:
        """The body of an answer to a GET; a list is asked as an "or".

        :param newest: The microversion to ask in, as far as the cloud
            speaks it.
        """
        return faults.check(
            self._request(
                self._compute.get,
                path,
                min(self.spoken, newest),
                params=dict(query or {}),
                timeout=self.read_timeout,
            )
        )

    def hurry(self, seconds: float) -> None:
        """Let no look take longer than this from now on."""
        self.read_timeout = min(self._longest_read, seconds)

    def _request(
        self,
        method: Callable[..., requests.Response],
        path: str,
        microversion: tuple[int, int] | None = None,
        **arguments: Any,
    ) -> requests.Response:
        spoken = microversion or self.microversion
        response = faults.call(
            lambda: method(
                path,
                microversion='{}.{}'.format(*spoken),
                raise_exc=False,
                **UNAIDED,
                **arguments,
            )
        )
        self.clock.hear(response.headers)
        return response

    def post(self, path: str, body: Mapping[str, Any]) -> str | None:
        """Ask for an action; returns the ID of the request."""
        return self._change(self._compute.post, path, json=body)

    def put(self, path: str, body: Mapping[str, Any]) -> str | None:
        """Ask for a change; returns the ID of the request."""
        return self._change(self._compute.put, path, json=body)

    def delete(self, path: str) -> str | None:
        """Ask for the end of something; returns the ID of the request."""
        return self._change(self._compute.delete, path)

    def _change(
        self,
        method: Callable[..., requests.Response],
        path: str,
        **arguments: Any,
    ) -> str | None:
        with self._shield():
            response = self._request(method, path, **arguments)
            faults.check(response)
            return response.headers.get('x-openstack-request-id')


def _roles(session: Any) -> frozenset[str]:
    """The roles of the token; a plugin without tokens has none."""
    access = getattr(session.auth, 'get_access', None)
    return frozenset(access(session).role_names if access else ())
