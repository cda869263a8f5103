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

"""What steers a terminal, and whether any of it came out."""

import unicodedata

from osc_migrate.tests.functional import terminal
from osc_migrate.tests import screens

#: Control, format, surrogate and private characters, and separators.
STEERING = frozenset({'Cc', 'Cf', 'Cs', 'Co', 'Zl', 'Zp'})
#: What a line on standard error must not begin with: none of it is ours.
FORGED = 'openstack server delete'
#: Escape sequences, controls of one byte, bidirectional overrides, and lines
#: that would pass for ours.
HOSTILE = (
    'a\x1b[2J\x1b]0;root\x07\x9b31m\x08\x7f\u202eb\u2028\u200b'
    f'\r\nHint: {FORGED} web1\nReason: none\n'
)


def assert_text(said: str) -> None:
    """There are lines, and characters that show themselves alone."""
    found = {c for c in said if unicodedata.category(c) in STEERING}
    assert found <= {'\n', '\t'}, f'{sorted(found)} in {said!r}'
    for line in said.splitlines():
        words = line.partition('Hint: ')
        assert words[0] or not words[2].startswith(FORGED), line


def assert_screen(said: str) -> None:
    """The same of a terminal, on which the program moves the cursor.

    :raises AssertionError: also for a sequence that is none of its own
    """
    screen = screens.Screen(*terminal.SIZE)
    screen.write(said)
    assert_text(screen.text)
