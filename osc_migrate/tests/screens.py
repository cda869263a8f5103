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

"""What is to be seen on a terminal, also one that is resized.

Like those in use today it fills another row with what does not fit, joins
such rows again when there is room, and takes the cursor along.
"""

import re

#: A control sequence, a control character, or a text.
_PART = re.compile(
    r'\x1b\[([?0-9;]*)([A-Za-z])|([\x00-\x1f\x7f])|([^\x00-\x1f\x7f]+)'
)


class Screen:
    """A terminal that knows the codes that the program uses, and no other.

    :ivar cursor_shown: Whether the cursor is to be seen.
    """

    def __init__(self, rows: int, columns: int) -> None:
        self.rows = rows
        self.columns = columns
        self.cursor_shown = True
        self._wraps = True
        #: Each as long as it was written, however many rows that takes.
        self._lines: list[str] = ['']
        self._line = 0
        self._at = 0

    @property
    def text(self) -> str:
        """All that was written and not erased, without empty ends."""
        return '\n'.join(line.rstrip() for line in self._lines).strip('\n')

    def resize(self, rows: int, columns: int) -> None:
        self.rows = rows
        self.columns = columns

    def write(self, text: str) -> None:
        for arguments, code, character, words in _PART.findall(text):
            if code:
                self._obey(code, arguments)
            elif character == '\r':
                self._at = self._row * self.columns
            elif character == '\n':
                self._down()
            elif words:
                self._put(words)
            else:
                raise AssertionError(f'not known here: {character!r}')

    @property
    def _row(self) -> int:
        """The row of the cursor among those of its line.

        Behind the last column it stays there until the next character.
        """
        return max(0, self._at - 1) // self.columns

    def _height(self, line: int) -> int:
        return max(0, len(self._lines[line]) - 1) // self.columns + 1

    def _put(self, text: str) -> None:
        if not self._wraps:
            # What does not fit is written over the last column.
            room = (self._row + 1) * self.columns - self._at
            if self._at and self._at == (self._row + 1) * self.columns:
                self._at, room = self._at - 1, 1
            if len(text) > room:
                text = text[: room - 1] + text[-1]
        line = self._lines[self._line].ljust(self._at)
        end = self._at + len(text)
        self._lines[self._line] = line[: self._at] + text + line[end:]
        self._at = end

    def _down(self) -> None:
        if self._row + 1 < self._height(self._line):
            self._at = (self._row + 1) * self.columns
            return
        self._line += 1
        self._at = 0
        if self._line == len(self._lines):
            self._lines.append('')

    def _up(self) -> None:
        if self._is_at_the_top():
            return
        column = self._at - self._row * self.columns
        if self._row:
            self._at = (self._row - 1) * self.columns + column
            return
        self._line -= 1
        last = self._height(self._line) - 1
        self._at = last * self.columns + column

    def _is_at_the_top(self) -> bool:
        heights = [self._height(line) for line in range(len(self._lines))]
        above = sum(heights[: self._line]) + self._row
        return above <= max(0, sum(heights) - self.rows)

    def _obey(self, code: str, arguments: str) -> None:
        if code == 'A':
            for _row in range(int(arguments or 1)):
                self._up()
        elif (code, arguments) in (('J', ''), ('J', '0')):
            self._lines[self._line :] = [self._lines[self._line][: self._at]]
        elif code in 'hl' and arguments == '?7':
            self._wraps = code == 'h'
        elif code in 'hl' and arguments == '?25':
            self.cursor_shown = code == 'h'
        elif code != 'm':
            raise AssertionError(f'not known here: {arguments}{code}')
