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

"""Text from elsewhere, made safe for a person's terminal."""

import unicodedata

#: Control, format, surrogate and private characters, and line separators.
_UNSAFE = frozenset({'Cc', 'Cf', 'Cs', 'Co', 'Zl', 'Zp'})


def printable(text: str) -> str:
    """One line without characters that could steer a terminal.

    Server names and faults are written by users: an escape sequence in them
    must not reach the screen of an admin.
    """
    line = ' '.join(text.split())
    return ''.join(
        '?' if unicodedata.category(character) in _UNSAFE else character
        for character in line
    )


def shortened(text: str, length: int) -> str:
    """The text, or as much of it as fits with a sign that it goes on."""
    return text if len(text) <= length else f'{text[: length - 1]}…'
