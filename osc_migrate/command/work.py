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

"""What the commands for a whole compute host carry out, and what they list."""

from collections.abc import Sequence
from typing import Any, Protocol, TYPE_CHECKING

if TYPE_CHECKING:
    from osc_migrate import convoy as convoys
    from osc_migrate.engine import rows

COLUMNS = (
    'Server ID', 'Name', 'Project ID', 'Method', 'Source Host',
    'Destination Host', 'Outcome', 'Reason', 'Duration',
)  # fmt: skip


class Report(Protocol):
    """How a run ended."""

    @property
    def rows(self) -> 'Sequence[rows.Row]':
        """What became of every server."""

    @property
    def sentences(self) -> Sequence[str]:
        """What is to be said at the end."""

    @property
    def exit_code(self) -> int:
        """Of the command."""


class Work(Protocol):
    """One run: a drain or a restore."""

    convoy: 'convoys.Convoy | None'

    def plan(self) -> 'Sequence[rows.Row]':
        """Say what is to become of the servers."""

    def give_up(self) -> None:
        """The plan was not liked."""

    def run(self) -> Report:
        """Carry the plan out."""


def values(row: 'rows.Row') -> tuple[Any, ...]:
    return (
        row.server_id, row.name, row.project_id, row.method, row.source_host,
        row.destination_host, str(row.outcome), row.reason, row.duration,
    )  # fmt: skip
