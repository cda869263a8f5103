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

"""Bodies of Nova's answers, and listings of more than one page."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from osc_migrate.cloud import compute_api
from osc_migrate import exceptions
from osc_migrate.i18n import _

#: Rows of one page; Nova's own limit (``api.max_limit``) is 1000.
PAGE = 1000
#: What an answer of something else than Nova trips over.
_SHAPE_ERRORS = (KeyError, TypeError, AttributeError, ValueError)

Body = Mapping[str, Any]
Query = Mapping[str, str | list[str]]
T = TypeVar('T')


def shaped(read: Callable[[], T]) -> T:
    """Read an answer's body; what is not as Nova writes it is a fault."""
    try:
        return read()
    except _SHAPE_ERRORS as error:
        raise exceptions.TransientError(
            _('The compute API answered in a form that Nova does not use.')
        ) from error


def rows(body: Body, name: str, row: Callable[[Body], T]) -> list[T]:
    """What is made of each row of one page."""
    return shaped(lambda: [row(one) for one in body[name]])


def page(
    api: compute_api.ComputeApi,
    path: str,
    query: Query,
    marker: str | None,
    *,
    newest: tuple[int, int] = compute_api.NEWEST,
) -> Body:
    """One page; what the last one ended with may be gone meanwhile."""
    if marker is None:
        return api.get(path, query, newest=newest)
    try:
        return api.get(path, {**query, 'marker': marker}, newest=newest)
    except exceptions.ApiError as error:
        if error.status != 400:
            raise
        raise exceptions.TransientError(
            _('A listing changed while it was read.')
        ) from error


def listed(
    api: compute_api.ComputeApi,
    path: str,
    name: str,
    query: Query,
    row: Callable[[Body], T],
    marker: Callable[[T], str],
    *,
    newest: tuple[int, int] = compute_api.NEWEST,
) -> Iterator[T]:
    """Every row of a listing, a page after the other.

    :param name: Of the rows in the body; that of the link to the next page
        begins with it.
    :param row: What is made of one.
    :param marker: What a page that ends with this one is named by.
    :param newest: The microversion to ask in, as far as the cloud speaks it.
    """
    last: str | None = None
    while True:
        body = page(api, path, query, last, newest=newest)
        found = rows(body, name, row)
        yield from found
        if not found or not body.get(f'{name}_links'):
            return
        last = marker(found[-1])
