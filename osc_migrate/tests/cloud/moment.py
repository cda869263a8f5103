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

"""The moment at which a server is steered, and what ends its steps."""

import collections.abc
import dataclasses
import pathlib
import time
import typing

from nova import context as nova_context
from nova import objects

#: Seconds after which a held step goes on without a release.
HOLD_LIMIT = 300

#: Seconds between two looks for a release or at a migration.
INTERVAL = 0.02

#: Compute managers of this process by host; set once at the start.
managers: dict[str, typing.Any] = {}

#: Scheduler manager of this process; set once at the start.
scheduler: typing.Any = None

#: What a hypervisor says of itself otherwise than usual, by host; set once
#: at the start.
hypervisors: collections.abc.Mapping[str, typing.Any] = {}

#: Directory of the release tokens; set once at the start.
releases = pathlib.Path()

#: Directory of the databases of all services; set once at the start.
databases = pathlib.Path()


class Enough(Exception):
    """The words that follow are not for this moment."""


class Skipped(Exception):
    """The step is not to be done at all."""


class Gone(BaseException):
    """The process that did the step is gone, and cleans nothing up.

    Nova handles exceptions, not this.
    """


def never() -> bool:
    """Return that nothing cuts the step short."""
    return False


@dataclasses.dataclass(frozen=True)
class Moment:
    """A server that has come to a step.

    :ivar host: compute host where the step runs
    :ivar instance: the server as the database has it now
    :ivar cut: whether waiting is over before its time; it may raise
    """

    step: str
    host: str
    instance: typing.Any
    cut: collections.abc.Callable[[], bool] = never

    def wait(self, seconds: float) -> None:
        """Return after that time, or when the step is cut short."""
        limit = time.monotonic() + seconds
        while not self.cut() and time.monotonic() < limit:
            time.sleep(max(0, min(INTERVAL, limit - time.monotonic())))


def fresh(instance_uuid: str) -> typing.Any:
    """Return a server as the database has it now."""
    return objects.Instance.get_by_uuid(
        nova_context.get_admin_context(),
        instance_uuid,
        expected_attrs=['metadata', 'system_metadata', 'info_cache',
                        'flavor', 'migration_context'],
    )  # fmt: skip
