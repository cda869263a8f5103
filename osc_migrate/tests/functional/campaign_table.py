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

"""What campaigns came to, as a table in reStructuredText.

Steps by faults would be too wide for a page: for each step, the faults stand
together by what the runs came to.
"""

from collections.abc import Iterable, Mapping
import textwrap

#: Characters of the column of faults.
WIDTH = 70
HEADS = ('Request that meets it', 'Fault', 'Ends')


def table(
    rows: Iterable[str],
    columns: Iterable[str],
    ends: Mapping[tuple[str, str], str],
) -> str:
    """Return the lines of a list-table; what was not played is left out.

    :param ends: what each cell came to, by row and column
    """
    lines = [
        '.. list-table::', '   :header-rows: 1', '   :widths: 24 56 20', '',
        *_cells('*', HEADS[0]), *_cells(' ', HEADS[1]), *_cells(' ', HEADS[2]),
    ]  # fmt: skip
    columns = tuple(columns)
    for row in rows:
        together: dict[str, list[str]] = {}
        for column in columns:
            if end := ends.get((row, column)):
                together.setdefault(end, []).append(column)
        name = row
        for end, faults in together.items():
            lines += _cells('*', name)
            lines += _cells(' ', '; '.join(faults))
            lines += _cells(' ', end)
            name = ''
    return '\n'.join(lines)


def _cells(mark: str, words: str) -> list[str]:
    wrapped = textwrap.wrap(words, WIDTH, break_on_hyphens=False) or ['']
    first = f'   {mark} - {wrapped[0]}'.rstrip()
    return [first, *(f'       {line}' for line in wrapped[1:])]
