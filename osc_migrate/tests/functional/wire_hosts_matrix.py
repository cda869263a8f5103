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

"""Every fault at every step of a drain and a restore, as a table.

Prints the table in reStructuredText::

    python -m osc_migrate.tests.functional.wire_hosts_matrix [step ...]
"""

import pathlib
import sys
import tempfile
import traceback

import testtools

from osc_migrate.tests import cloud as test_cloud
from osc_migrate.tests.functional import campaign_table
from osc_migrate.tests.functional import wire_hosts_cells
from osc_migrate.tests.functional import wire_hosts_lanes
from osc_migrate.tests import wire

#: Runs at once: there is nothing else that the machine has to do.
LANES = 4

Found = dict[wire_hosts_cells.Cell, str]
#: Steps whose names say too little by themselves.
NAMES = {
    'service': 'compute service',
    'services': 'all compute services',
    'needs': 'what the servers need',
    'show more': 'image of a server',
    'host servers': 'servers on the host',
    'host records': 'migrations from the host',
    'groups': 'server groups',
    'held': 'what placement holds',
    'candidates': 'placement\'s candidates',
    'server': 'one server',
    'request': 'request for a move',
    'actions': 'instance actions',
}


def main(steps: list[str]) -> int:
    found: Found = {}
    wanted = [
        cell
        for back in (False, True)
        for cell in wire_hosts_cells.cells(back)
        if not steps or cell.step in steps
    ]

    def note(
        cell: wire_hosts_cells.Cell, told: wire_hosts_lanes.Told | Exception
    ) -> None:
        found[cell] = str(told)
        if isinstance(told, Exception):
            found[cell] = 'WRONG'
            traceback.print_exception(told)
        print(f'{cell.name}: {found[cell]}', file=sys.stderr, flush=True)

    with tempfile.TemporaryDirectory() as directory:
        cloud = test_cloud.Cloud.start(
            pathlib.Path(directory, 'cloud'),
            computes=2 * LANES,
        )
        try:
            runs = wire_hosts_cells.runs(wanted)
            wire_hosts_lanes.play_all(cloud, runs, note)
        except testtools.MultipleExceptions:
            return 1
        finally:
            cloud.stop()
            print(table(found))
    return 0


def table(found: Found) -> str:
    """The exit codes of the runs, and what they told where it is not 0."""
    rows = [(back, step)
            for back, steps in ((False, wire_hosts_cells.DRAIN_STEPS),
                                (True, wire_hosts_cells.RESTORE_STEPS))
            for step in steps]  # fmt: skip
    return campaign_table.table(
        [_heading(*row) for row in rows],
        wire.FAULTS,
        {
            (_heading(cell.back, cell.step), cell.fault): end
            for cell, end in found.items()
        },
    )


def _heading(back: bool, step: str) -> str:
    return f'{"restore" if back else "drain"}: {NAMES.get(step, step)}'


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
