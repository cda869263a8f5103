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

"""How a watch ended."""

import dataclasses

from osc_migrate.engine import facts
from osc_migrate.engine import move as moves
from osc_migrate.engine import outcomes
from osc_migrate import exceptions


@dataclasses.dataclass(frozen=True, slots=True)
class Ending:
    """How a watch ended, with the last that was seen.

    :ivar trouble: What kept the move from its end, where the watch ended
        for that: a fault of the API, or Nova's answer to the confirm.
    :ivar missing: A sentence for each thing that did not come along.
    """

    verdict: outcomes.Verdict
    move: moves.Move
    look: facts.Snapshot
    trouble: exceptions.MigrateError | None = None
    missing: tuple[str, ...] = ()
