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

"""What goes through the proxy, and what is written down of it."""

from collections.abc import Mapping
import dataclasses
import json
from typing import Any


@dataclasses.dataclass(frozen=True)
class Request:
    """A request as the client sent it.

    :ivar service: of the service catalog: 'compute', 'identity' ...
    :ivar path: with the query
    """

    service: str
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def microversion(self) -> str:
        """Return the number alone, '' without one."""
        for name, value in self.headers.items():
            if name.lower() == 'openstack-api-version':
                return value.rpartition(' ')[2]
        return ''

    @property
    def document(self) -> dict[str, Any]:
        """Return the JSON object that was sent, or an empty one."""
        try:
            document = json.loads(self.body)
        except ValueError:
            return {}
        return document if isinstance(document, dict) else {}


@dataclasses.dataclass(frozen=True)
class Answer:
    """An answer as a service gave it, or as nobody did."""

    status: int
    reason: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b''


@dataclasses.dataclass(frozen=True)
class Passed:
    """What became of one request.

    :ivar time: when it arrived, on the monotonic clock
    :ivar ended: when the client had its answer, or lost its connection
    :ivar step: its name in the table of steps
    :ivar number: 1 for the first request of its step
    :ivar fault: the name of the fault that it met, or ''
    :ivar taken: the status with which the service answered; 0 where it was
        not asked
    :ivar status: the status that the client got; 0 where it got none
    """

    time: float
    ended: float
    step: str
    number: int
    service: str
    method: str
    path: str
    fault: str
    taken: int
    status: int
