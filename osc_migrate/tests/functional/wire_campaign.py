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

"""Plays the whole matrix, and prints it as a table.

    python -m osc_migrate.tests.functional.wire_campaign [WORD ...]

Only cells whose names hold one of the words are played, if there are any.
Progress and what went wrong go to standard error; standard output gets a
table in reStructuredText.
"""

import sys
import time
import traceback

from osc_migrate.tests.functional import base
from osc_migrate.tests.functional import campaign_table
from osc_migrate.tests.functional import wire_cells
from osc_migrate.tests.functional import wire_playing


def main(words: list[str]) -> int:
    cells = [
        cell
        for cell in wire_cells.CELLS
        if not words or any(word in cell.name for word in words)
    ]
    began = time.monotonic()
    ends: dict[tuple[str, str], str] = {}

    def tell(cell: wire_playing.Cell, ended: str) -> None:
        ends[cell.row.name, cell.column.name] = ended.splitlines()[0]
        seconds = time.monotonic() - began
        sys.stderr.write(
            f'{len(ends)}/{len(cells)} {seconds:.0f} s {cell.name}: '
            f'{ended.splitlines()[0]}\n'
        )
        error = sys.exc_info()[1]
        if error is not None:
            traceback.print_exception(error, file=sys.stderr)
        sys.stderr.flush()

    wrong = wire_playing.play_all(base.the_cloud(), cells, tell)
    rows = [row.name for row in wire_cells.ROWS]
    columns = [column.name for column in wire_cells.COLUMNS]
    sys.stdout.write(campaign_table.table(rows, columns, ends) + '\n')
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
