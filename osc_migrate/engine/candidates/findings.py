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

"""What one rule found, and what all of them make of a host."""

from collections.abc import Callable
import dataclasses
import enum

from osc_migrate.engine.candidates import facts
from osc_migrate.engine.candidates import needs as requirements


class Weight(enum.Enum):
    """What a finding does to the verdict.

    OUT: Nova does not take the host. OPEN: it hangs on what no API shows.
    NOTE: Nova takes the host, though there is something to be said.
    """

    OUT = 'ruled out'
    OPEN = 'cannot be seen'
    NOTE = 'to mind'


@dataclasses.dataclass(frozen=True, slots=True)
class Finding:
    """What one rule says of one host.

    :ivar filters: Filters of Nova's scheduler that look at this.
    """

    weight: Weight
    reason: str
    filters: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Case:
    """What a rule judges."""

    seen: facts.Seen
    needs: requirements.Needs
    host: facts.Host

    @property
    def server(self) -> facts.Server:
        return self.seen.server

    @property
    def is_own(self) -> bool:
        """Whether the server is on this host; Nova takes no heed of case."""
        own = self.server.host
        return own is not None and own.lower() == self.host.name.lower()

    @property
    def offer(self) -> facts.Offer:
        node = self.host.node
        return facts.Offer.UNKNOWN if node is None else node.offer


Rule = Callable[[Case], Finding | None]


def out(reason: str, *filters: str) -> Finding:
    return Finding(Weight.OUT, reason, filters)


def open_(reason: str, *filters: str) -> Finding:
    return Finding(Weight.OPEN, reason, filters)


def note(reason: str) -> Finding:
    return Finding(Weight.NOTE, reason)
