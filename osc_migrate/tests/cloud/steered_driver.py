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

"""Nova's fake hypervisor, steered by the metadata of each server.

A server's metadata key `step:<name>` holds words, separated by commas, which
say what happens when the server comes to that step of a move. They are read
from the database at each step. NOTES.rst lists steps and words.
"""

import collections.abc
import dataclasses
import functools
import inspect
import threading
import typing

from nova.compute import manager
from nova.compute import power_state
from nova.compute import task_states
from nova.virt import fake

from osc_migrate.tests.cloud import steering


@dataclasses.dataclass(frozen=True)
class Step:
    """A method that becomes a step.

    :ivar name: what follows `step:` in the metadata key
    :ivar method: method which is steered before it runs
    :ivar owner: class of that method; the driver's is the subclass below
    :ivar task_state: steer only while the server has this task state
    """

    name: str
    method: str
    owner: type
    task_state: str | None = None


class SteeredDriver(fake.FakeDriver):  # type: ignore[misc]
    """A fake hypervisor whose steps obey the servers."""

    #: 300 servers of the flavor m1.tiny fit with room to spare.
    vcpus = 512
    memory_mb = 128 * 1024
    local_gb = 2048

    # The two below make the fake guest go where a real one would; nova's
    # own fake leaves it running on the source.

    def migrate_disk_and_power_off(
        self, context: object, instance: typing.Any, *args: object,
        **kwargs: object,
    ) -> str:  # fmt: skip
        """Power the guest off before it moves."""
        guest = self.instances.get(instance.uuid)
        if guest is not None:
            guest.state = power_state.SHUTDOWN
        return '[]'

    def post_live_migration(
        self, context: object, instance: typing.Any, *args: object,
        **kwargs: object,
    ) -> None:  # fmt: skip
        """Forget the guest on the source."""
        self.destroy(context, instance, None)

    def get_host_uptime(self) -> str:
        """Answer: without one, nova logs a traceback at each question."""
        return ' 00:00:00 up 1 day,  0 users,  load average: 0.0, 0.0, 0.0'


#: Adding a step is adding a row.
STEPS = (
    Step('spawn', 'spawn', SteeredDriver),
    # No driver method is called at this time: the manager's own stands in.
    Step('prep_resize', '_prep_resize', manager.ComputeManager),
    Step(
        'migrate_disk_and_power_off',
        'migrate_disk_and_power_off',
        SteeredDriver,
    ),
    Step('finish_migration', 'finish_migration', SteeredDriver),
    Step('confirm_migration', 'confirm_migration', SteeredDriver),
    Step(
        'destroy_for_revert',
        'destroy',
        SteeredDriver,
        task_states.RESIZE_REVERTING,
    ),
    Step('finish_revert_migration', 'finish_revert_migration', SteeredDriver),
    Step('pre_live_migration', 'pre_live_migration', SteeredDriver),
    Step('live_migration', 'live_migration', SteeredDriver),
)

#: Set while a thread is inside a step: nova's fake spawns a guest to finish
#: a migration, which is no spawning to be steered.
_inside = threading.local()


def install() -> None:
    """Steer all steps of the table."""
    for step in STEPS:
        original = getattr(step.owner, step.method)
        setattr(step.owner, step.method, _steered(step, original))


def _steered(
    step: Step, original: collections.abc.Callable[..., typing.Any]
) -> collections.abc.Callable[..., typing.Any]:
    signature = inspect.signature(original)

    @functools.wraps(original)
    def method(*args: typing.Any, **kwargs: typing.Any) -> typing.Any:
        instance = signature.bind(*args, **kwargs).arguments['instance']
        if getattr(_inside, 'step', None) is not None or (
            step.task_state not in (None, instance.task_state)
        ):
            return original(*args, **kwargs)
        _inside.step = step.name
        try:
            steering.obey(step.name, instance.uuid)
            return original(*args, **kwargs)
        finally:
            _inside.step = None

    return method
