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

"""What the judge can decide, and the words for what Nova is doing."""

import dataclasses
import enum

from osc_migrate.engine import outcomes

#: Seconds between two equal looks that make a verdict final. After a failure
#: Nova shows the server at rest up to 2 s before it puts it into ERROR.
SETTLE_SUCCESS = 0.5
SETTLE_FAILURE = 2.0
#: The same where a destination was tried: Nova gives the server its old state
#: back before another of its services puts it into ERROR
#: (``compute/manager.py``, ``_reschedule_resize_or_reraise``).
SETTLE_TRIED = 5.0
#: The same after a live migration, where it was seen for up to 3 s.
SETTLE_LIVE_FAILURE = 5.0
#: After more than one confirm: the last of them is still to be carried out.
SETTLE_TWICE = 5.0
#: A record that stays open although the server rests was left by a restarted
#: compute service, or belongs to a step that still runs elsewhere.
SETTLE_OPEN = 60.0


class Phase(enum.StrEnum):
    """What Nova is doing, in words for a person."""

    REQUESTED = 'requested'
    SCHEDULING = 'choosing a compute host'
    QUEUED = 'waiting for other live migrations of the source'
    PREPARING = 'preparing the destination'
    TRANSFERRING = 'copying memory'
    POST_COPY = 'running on the destination, memory follows'
    COPYING = 'stopping and copying'
    SWITCHING = 'copied, handing over'
    STARTING = 'starting on the destination'
    ARRIVED = 'arrived'
    CHECKING = 'checking'
    ASKING = 'waiting for an answer'
    CONFIRMING = 'confirming'
    REVERTING = 'reverting'
    ROLLING_BACK = 'rolling back'
    ABORTING = 'aborting'
    FORCING = 'forcing it to complete'
    DELETING = 'deleting'
    REFUSED = 'arrived, the confirm is refused'
    REVERT_REFUSED = 'arrived, the revert is refused'
    SETTLING = 'making sure'
    UNREADABLE = 'the API does not answer'


@dataclasses.dataclass(frozen=True, slots=True)
class Wait:
    """Nova is at work."""

    phase: Phase


@dataclasses.dataclass(frozen=True, slots=True)
class LookCloser:
    """The server alone does not tell: read records, perhaps more as well."""

    actions: bool = False
    events: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class Confirm:
    """The server has arrived and the migration is provably this move's."""


@dataclasses.dataclass(frozen=True, slots=True)
class Decide:
    """The same, and whether to confirm is for a check or a person to say."""


@dataclasses.dataclass(frozen=True, slots=True)
class Revert:
    """The same, and the decision is to go back."""


@dataclasses.dataclass(frozen=True, slots=True)
class Hold:
    """The verdict, if the same is seen ``seconds`` after it was first."""

    verdict: outcomes.Verdict
    seconds: float
    seen: tuple[object, ...] = ()


Decision = Wait | LookCloser | Confirm | Decide | Revert | Hold
