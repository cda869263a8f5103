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

"""What users wrote must not steer the terminal of an admin."""

import dataclasses

import testtools

from osc_migrate.engine import text
from osc_migrate.tests.unit import rows


@dataclasses.dataclass(frozen=True)
class Text:
    name: str
    given: str
    shown: str


ROWS = (
    Text('plain words', 'web-1', 'web-1'),
    Text('letters of any script', 'wéb 服务器 خادم', 'wéb 服务器 خادم'),
    Text('an emoji', 'web 🚀', 'web 🚀'),
    Text('ANSI colours', 'a\x1b[31mred', 'a?[31mred'),
    Text('the C1 introducer', 'a\x9b31mred', 'a?31mred'),
    Text('a window title', 'a\x1b]0;root\x07b', 'a?]0;root?b'),
    Text('a backspace', 'no\x08\x08yes', 'no??yes'),
    Text('a null', 'a\x00b', 'a?b'),
    Text('DEL', 'a\x7fb', 'a?b'),
    Text('a carriage return', 'ok\rERROR', 'ok ERROR'),
    Text('lines', 'one\ntwo\r\n\tthree', 'one two three'),
    Text('line and paragraph separators', 'a\u2028b\u2029c', 'a b c'),
    Text('a next line', 'a\x85b', 'a b'),
    Text('bidi override', 'a\u202egnp.exe', 'a?gnp.exe'),
    Text('bidi isolate', 'a\u2066b\u2069', 'a?b?'),
    Text('zero width', 'a\u200bb\ufeffc', 'a?b?c'),
    Text('a lone surrogate', 'a\ud800b', 'a?b'),
    Text('a private character', 'a\ue000b', 'a?b'),
    Text('nothing', '', ''),
)


@rows.each(ROWS)
class PrintableTestCase(testtools.TestCase):
    def check(self, row: Text) -> None:
        self.assertEqual(row.shown, text.printable(row.given))

    def test_what_is_too_long_says_that_it_goes_on(self) -> None:
        self.assertEqual('web1', text.shortened('web1', 4))
        self.assertEqual('we…', text.shortened('web12', 3))


FRONT = (
    Text('a word', 'web-1', 'web-1'),
    Text('one with markup', '[red]web1', '[red]web1'),
    Text('words', 'web 1', "'web 1'"),
    Text('a hint', 'Hint: reboot', "'Hint: reboot'"),
    Text('a hint with another blank', 'Hint:\u00a0x', "'Hint: x'"),
    Text('nothing', '', ''),
)


@rows.each(FRONT)
class FrontTestCase(testtools.TestCase):
    """A name that begins a line passes for no line of ours."""

    def check(self, row: Text) -> None:
        self.assertEqual(row.shown, text.at_the_front(row.given))
