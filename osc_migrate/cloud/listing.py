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

"""Listings of the APIs beside Nova's, for looks that may see nothing."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from keystoneauth1 import adapter
from openstack import connection as sdk_connection

from osc_migrate.cloud import faults
from osc_migrate import exceptions
from osc_migrate.i18n import _

#: Seconds for one answer. What is asked here is good to know, no more.
TIMEOUT = 5.0

Query = Mapping[str, str | list[str]]
Rows = Iterable[Mapping[str, Any]]
T = TypeVar('T')


class Listing:
    """One API beside Nova's, if there is one and the caller may ask it.

    It is asked at the URL of the service catalog, as Nova asks it. The SDK
    would discover its versions first: requests that wait as long as the
    session does, and that end in a warning on standard error.

    :param service_type: Its official type in the catalog.
    :param microversion: What every request names, None where there is none.
    :param timeout: Seconds for one answer.
    :param renews: Whether a token that is refused is renewed for it.
    """

    def __init__(
        self,
        connection: sdk_connection.Connection,
        service_type: str,
        microversion: str | None = None,
        *,
        timeout: float = TIMEOUT,
        renews: bool = False,
    ) -> None:
        self._connection = connection
        self._service_type = service_type
        self._microversion = microversion
        self._timeout = timeout
        self._renews = renews

    def read(
        self,
        path: str,
        query: Query,
        rows: Callable[[Any], T],
        url: Callable[[str], str] = str,
    ) -> T | None:
        """What ``rows`` makes of an answer's body; None without one.

        Whatever fails is no more than that: no service, no right, no time,
        an answer of a proxy, a catalog that trips keystoneauth.

        :param url: Makes the API's root of the catalog's URL.
        """
        try:
            return self.ask(path, query, rows, url)
        except Exception:
            return None

    def ask(
        self,
        path: str,
        query: Query,
        rows: Callable[[Any], T],
        url: Callable[[str], str] = str,
    ) -> T:
        """What ``rows`` makes of an answer's body.

        :param url: Makes the API's root of the catalog's URL.
        :raises: what :mod:`osc_migrate.cloud.faults` makes of its faults.
        """
        api = faults.call(self._adapter)
        root = faults.call(lambda: api.get_endpoint(skip_discovery=True))
        if root is None:
            raise exceptions.ApiError(
                _('The catalog has no endpoint of type %s.')
                % self._service_type,
                status=404,
            )
        response = faults.call(
            lambda: api.get(
                path,
                endpoint_override=url(root.rstrip('/')),
                params=query,
                microversion=self._microversion,
                raise_exc=False,
                timeout=self._timeout,
                redirect=False,
                connect_retries=0,
                status_code_retries=0,
                allow_reauth=self._renews,
            )
        )
        try:
            return rows(faults.check(response))
        except exceptions.ApiError as error:
            raise exceptions.ApiError(
                _('%(service)s answered HTTP %(status)s: %(message)s')
                % {'service': self._service_type, 'status': error.status,
                   'message': error.message},
                status=error.status,
                request_id=error.request_id,
            ) from error  # fmt: skip
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise exceptions.TransientError(
                _('The service %s answered in a form that it does not use.')
                % self._service_type
            ) from error

    def _adapter(self) -> adapter.Adapter:
        """As the SDK would make it, but for the discovery."""
        config, kind = self._connection.config, self._service_type
        return adapter.Adapter(
            self._connection.session,
            service_type=config.get_service_type(kind),
            service_name=config.get_service_name(kind),
            interface=config.get_interface(kind),
            region_name=config.get_region_name(kind),
            endpoint_override=config.get_endpoint(kind),
        )


def word(row: Mapping[str, Any], field: str) -> str:
    """A text that has to be there."""
    value = row[field]
    if not isinstance(value, str):
        raise TypeError(field)
    return value


def word_or_none(row: Mapping[str, Any], field: str) -> str | None:
    """A text that may be missing, or hidden from the caller."""
    return None if row.get(field) is None else word(row, field)
