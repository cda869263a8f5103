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

"""Text from elsewhere, made safe for a person's terminal and shell."""

from collections.abc import Iterable
import shlex
import unicodedata

#: Control, format, surrogate and private characters, and line separators.
_UNSAFE = frozenset({'Cc', 'Cf', 'Cs', 'Co', 'Zl', 'Zp'})


def printable(text: str) -> str:
    """One line without characters that could steer a terminal.

    Server names and faults are written by users: an escape sequence in them
    must not reach the screen of an admin.
    """
    return ''.join(map(_shown, ' '.join(text.split())))


def at_the_front(name: str) -> str:
    """A name that begins a line, in quotes where it has more than one word.

    It could pass for a line of ours else, such as a hint.
    """
    shown = printable(name)
    return shlex.quote(shown) if ' ' in shown else shown


def of_a_cell(text: str) -> str:
    """The same for a cell of a table, which may have lines and indents."""
    return ''.join(
        character if character in '\n\t' else _shown(character)
        for character in text.replace('\r\n', '\n')
    )


def _shown(character: str) -> str:
    return '?' if unicodedata.category(character) in _UNSAFE else character


def command_line(words: Iterable[str]) -> str:
    """A command to be pasted into a shell, as :func:`printable` leaves it."""
    return ' '.join(map(shell_word, words))


def shell_word(word: str) -> str:
    """One word of a command, so that a shell takes it for just that.

    What could not be shown as it is stands as bytes in octal, in quotes that
    bash, zsh, ksh and POSIX of 2024 know.
    """
    if word == printable(word):
        return shlex.quote(word)
    return f"$'{''.join(map(_in_octal, word))}'"


def _in_octal(character: str) -> str:
    if character in '\\\'' or character.isspace() or (
        _shown(character) != character
    ):  # fmt: skip
        encoded = character.encode('utf-8', 'surrogateescape')
        return ''.join(f'\\{byte:03o}' for byte in encoded)
    return character


def shortened(text: str, length: int) -> str:
    """The text, or as much of it as fits with a sign that it goes on."""
    return text if len(text) <= length else f'{text[: length - 1]}…'
