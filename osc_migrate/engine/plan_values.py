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

"""What the values in the file of a plan have to be, before one is used.

The file may have been edited, or made by somebody who wishes ill: its IDs
become parts of requests, and its words are shown to a person.
"""

from collections.abc import Callable, Iterable, Mapping
import json
import math
import re
from typing import Any, NoReturn

#: What Nova has for IDs of servers, records and requests: no part of a path.
_ID = re.compile(r'[A-Za-z0-9_-]{1,255}')

Check = Callable[[object], bool]


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_name(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def _is_id(value: object) -> bool:
    return isinstance(value, str) and bool(_ID.fullmatch(value))


def _is_flag(value: object) -> bool:
    return isinstance(value, bool)


def _is_seconds(value: object) -> bool:
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and math.isfinite(value)
    )


def _is_object(value: object) -> bool:
    return isinstance(value, dict)


def _are_statuses(value: object) -> bool:
    return isinstance(value, dict) and all(map(_is_text, value.values()))


def _or_null(check: Check) -> Check:
    return lambda value: value is None or check(value)


HEAD: Mapping[str, Check] = {
    'host': _is_name,
    'service_id': _is_text,
    'choice': _is_object,
    'disabled': _is_flag,
    'finished': _or_null(_is_name),
    'restored': _or_null(_is_name),
}
ROW: Mapping[str, Check] = {
    'server_id': _is_id,
    'name': _is_text,
    'project_id': _or_null(_is_text),
    'method': _or_null(_is_text),
    'source_host': _or_null(_is_name),
    'destination_host': _or_null(_is_name),
    'reason': _or_null(_is_text),
    'duration': _or_null(_is_seconds),
}
ASKED: Mapping[str, Check] = {
    'known': _are_statuses,
    'user_id': _or_null(_is_text),
    'request_id': _or_null(_is_id),
    'migration_id': _or_null(_is_id),
}


def check(found: Mapping[str, Any], checks: Mapping[str, Check]) -> None:
    """Hold what was found to a table.

    :raises: KeyError for what is missing, ValueError for what is no such
        value.
    """
    for name, is_good in checks.items():
        if not is_good(found[name]):
            raise ValueError(name)


def loads(text: str) -> Any:
    """JSON as the standard has it: each name once, and only numbers.

    :raises: ValueError, or RecursionError where it is nested too deeply.
    """
    return json.loads(
        text, object_pairs_hook=_once_each, parse_constant=_no_number
    )


def _once_each(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    pairs = tuple(pairs)
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError('a name stands twice in one object')
    return found


def _no_number(word: str) -> NoReturn:
    raise ValueError(f'{word} is no number')
