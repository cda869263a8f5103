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

"""Tell faults that pass from answers that stand: the one place for it."""

from collections.abc import Callable, Iterator
import datetime
from typing import Any, TypeVar

from keystoneauth1 import exceptions as ksa_exceptions
from openstack import exceptions as sdk_exceptions
import requests
import urllib3

from osc_migrate.cloud import dates
from osc_migrate import exceptions
from osc_migrate.i18n import _

T = TypeVar('T')

#: Answers that another try may better. 401 is among them only after
#: keystoneauth has renewed the token and been refused again.
PASSING = frozenset({500, 502, 503, 504, 429, 408})
#: Of these, the ones that say that nothing was done.
NOT_TAKEN = frozenset({503, 429})
#: No connection was made: nothing can have been done.
_NEVER_SENT = (
    requests.exceptions.ConnectTimeout,
    urllib3.exceptions.ConnectTimeoutError,
    urllib3.exceptions.NewConnectionError,
)


def check(response: requests.Response) -> dict[str, Any]:
    """The body of an answer, an object.

    :raises: :class:`~osc_migrate.exceptions.ApiError` for a no,
        :class:`~osc_migrate.exceptions.TransientError` for what may pass; a
        page of a proxy with status 200 is such, as no part of it is Nova's.
    """
    request_id = response.headers.get('x-openstack-request-id')
    if response.status_code >= 400:
        message = _message(response)
        if response.status_code in PASSING or not _is_the_api(response):
            raise exceptions.TransientError(
                _('%(url)s answered HTTP %(status)s: %(message)s')
                % {
                    'url': _asked(response),
                    'status': response.status_code,
                    'message': message,
                },
                accepted=(
                    False if response.status_code in NOT_TAKEN else None
                ),
                retry_after=_retry_after(response.headers),
                request_id=request_id,
            )
        raise exceptions.ApiError(
            message, status=response.status_code, request_id=request_id
        )
    if not response.content:
        return {}
    try:
        body = response.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise exceptions.TransientError(
            _('%s answered something that is not its JSON') % _asked(response),
            request_id=request_id,
        )
    return body


def _is_json(response: requests.Response) -> bool:
    return 'json' in response.headers.get('content-type', '')


def _is_the_api(response: requests.Response) -> bool:
    """Whether a no is OpenStack's own, and not that of a proxy before it.

    A proxy's 404 would make a server deleted that is not.
    """
    return _is_json(response) or bool(
        response.headers.get('x-openstack-request-id')
    )


def _asked(response: requests.Response) -> str:
    return str(response.url).partition('?')[0]


def _message(response: requests.Response) -> str:
    """What the API said; the SDK knows the shapes of its errors."""
    if not _is_json(response):
        return str(response.reason)
    try:
        sdk_exceptions.raise_from_response(response)
    except sdk_exceptions.HttpException as error:
        return str(error.details or error.message).strip()
    return str(response.reason)


def _retry_after(headers: Any) -> float | None:
    """Seconds, from a number or a date (RFC 9110, section 10.2.3).

    The date is one of the clock of whoever answered, which the answer tells.
    """
    value = headers.get('Retry-After')
    if not value:
        return None
    if value.strip().isdecimal():
        return float(value)
    date = dates.date_of(headers, 'Retry-After')
    if date is None:
        return None
    now = dates.date_of(headers, 'Date') or datetime.datetime.now(datetime.UTC)
    return max(0.0, (date - now).total_seconds())


def translate(error: Exception) -> exceptions.MigrateError:
    """What a failed call of keystoneauth or of the SDK means."""
    message = str(error).strip() or type(error).__name__
    if isinstance(
        error,
        ksa_exceptions.Unauthorized
        | ksa_exceptions.MissingAuthPlugin
        | ksa_exceptions.MissingRequiredOptions
        | ksa_exceptions.NoMatchingPlugin,
    ):
        return exceptions.ApiError(message, status=401)
    if isinstance(error, ksa_exceptions.EndpointNotFound):
        return exceptions.ApiError(message, status=404)
    status = _status(error)
    response = getattr(error, 'response', None)
    # A no of a proxy before the API is none of the API's.
    ours = response is None or _is_the_api(response)
    if status is not None and status not in PASSING and ours:
        return exceptions.ApiError(
            message,
            status=status,
            request_id=getattr(error, 'request_id', None),
        )
    # Where keystone gives no token, nothing was sent, or Nova refused it.
    never_sent = isinstance(error, ksa_exceptions.HttpError) or any(
        isinstance(e, _NEVER_SENT) for e in _chain(error)
    )
    return exceptions.TransientError(
        message,
        accepted=False if never_sent else None,
        retry_after=(
            None if response is None else _retry_after(response.headers)
        ),
    )


def _status(error: Exception) -> int | None:
    """The HTTP status of the answer that an exception is about."""
    if isinstance(error, ksa_exceptions.HttpError):
        return int(error.http_status)
    if isinstance(error, sdk_exceptions.HttpException):
        missing = isinstance(error, sdk_exceptions.NotFoundException)
        return error.status_code or (404 if missing else 500)
    return None


def _chain(error: BaseException) -> Iterator[object]:
    """An error, what it was raised from, and what it wraps."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        one = waiting.pop()
        if id(one) in seen or not isinstance(one, BaseException):
            continue
        seen.add(id(one))
        yield one
        waiting += [one.__cause__, one.__context__, *one.args]
        waiting.append(getattr(one, 'reason', None))


#: Everything that a call of an API can raise besides an answer.
CALL_ERRORS = (
    ksa_exceptions.ClientException,
    sdk_exceptions.SDKException,
    requests.exceptions.RequestException,
)


def call(function: Callable[[], T]) -> T:
    """Make a call of the SDK or keystoneauth; its faults become ours."""
    try:
        return function()
    except CALL_ERRORS as error:
        raise translate(error) from error
