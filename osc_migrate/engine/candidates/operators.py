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

"""How extra specs compare: nova's ``scheduler/filters/extra_specs_ops.py``."""

from collections.abc import Callable
import operator

_NUMBERS: dict[str, Callable[[float, float], bool]] = {
    '=': operator.ge,
    '==': operator.eq,
    '!=': operator.ne,
    '>=': operator.ge,
    '<=': operator.le,
}
_TEXTS: dict[str, Callable[[str, str], bool]] = {
    's==': operator.eq,
    's!=': operator.ne,
    's<': operator.lt,
    's<=': operator.le,
    's>': operator.gt,
    's>=': operator.ge,
    '<in>': operator.contains,
}


def match(value: str, wanted: str) -> bool:
    """Whether a value satisfies an extra spec; without operator: equals."""
    words = wanted.split()
    sign, rest = (words[0], words[1:]) if words else ('', [])
    if sign == '<or>':
        return value in rest[::2]
    if sign == '<all-in>':
        return bool(rest) and all(word in value for word in rest)
    if sign in _TEXTS:
        return bool(rest) and _TEXTS[sign](value, rest[0])
    if sign in _NUMBERS:
        try:
            return bool(rest) and _NUMBERS[sign](float(value), float(rest[0]))
        except ValueError:
            # Nova's filter fails on it, and no host passes.
            return False
    return value == wanted
