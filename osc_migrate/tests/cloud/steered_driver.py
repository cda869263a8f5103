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

from osc_migrate.tests.cloud import copying
from osc_migrate.tests.cloud import moment
from osc_migrate.tests.cloud import services
from osc_migrate.tests.cloud import steering


@dataclasses.dataclass(frozen=True)
class Step:
    """A method that becomes a step.

    :ivar name: what follows `step:` in the metadata key
    :ivar method: method which is steered
    :ivar owner: class of that method; the driver's is the subclass below
    :ivar when: 'before' the method runs, 'after' it returned, or 'failed'
        when it raised
    :ivar task_state: steer only while the server has this task state
    """

    name: str
    method: str
    owner: type
    when: str = 'before'
    task_state: str | None = None


class SteeredDriver(fake.FakeDriver):
    """A fake hypervisor whose steps obey the servers."""

    #: 300 servers of the flavor m1.tiny fit with room to spare.
    vcpus = 512
    memory_mb = 128 * 1024
    local_gb = 2048

    # What follows makes the fake guest go where a real one would; nova's
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

    def check_can_live_migrate_destination(
        self, context: object, instance: typing.Any, *args: object,
        **kwargs: object,
    ) -> typing.Any:  # fmt: skip
        """Say that the hosts share no storage, so that nova cleans up."""
        data = super().check_can_live_migrate_destination(
            context, instance, *args, **kwargs
        )
        data.is_shared_block_storage = False
        data.is_shared_instance_path = False
        data.block_migration = True
        return data

    def live_migration(
        self, context: object, instance: typing.Any, dest: str,
        post_method: collections.abc.Callable[..., None],
        recover_method: collections.abc.Callable[..., None],
        block_migration: bool = False, migrate_data: typing.Any = None,
    ) -> None:  # fmt: skip
        """Copy as long as the server says, then hand over or roll back."""
        copy = copying.Copy(instance, migrate_data.migration)
        copying.copies[instance.uuid] = copy
        try:
            steering.obey(
                'live_migration', self._host, instance.uuid, copy.cut
            )
        except copying.Ended as ended:
            recover_method(context, instance, dest, migrate_data,
                           migration_status=ended.status)  # fmt: skip
            copy.fail(ended)
            return
        finally:
            del copying.copies[instance.uuid]
        post_method(context, instance, dest, block_migration, migrate_data)

    def live_migration_abort(self, instance: typing.Any) -> None:
        """End the copy; what was under way is rolled back."""
        if instance.uuid in copying.copies:
            copying.copies[instance.uuid].aborted = True

    def live_migration_force_complete(self, instance: typing.Any) -> None:
        """Pause the guest, so that the copy ends."""
        if instance.uuid in copying.copies:
            copying.copies[instance.uuid].forced = True

    def post_live_migration(
        self, context: object, instance: typing.Any, *args: object,
        **kwargs: object,
    ) -> None:  # fmt: skip
        """Forget the guest on the source."""
        self.destroy(context, instance, None)

    def get_available_resource(self, nodename: str) -> dict[str, typing.Any]:
        """Say what the cloud was asked to have the hypervisor say."""
        return {
            **super().get_available_resource(nodename),
            **moment.hypervisors.get(nodename, {}),
        }

    def update_provider_tree(
        self, provider_tree: typing.Any, nodename: str,
        allocations: object = None,
    ) -> None:  # fmt: skip
        """Leave an inventory as somebody has set it in placement."""
        if not provider_tree.has_inventory(nodename):
            super().update_provider_tree(provider_tree, nodename, allocations)

    def get_host_uptime(self) -> str:
        """Answer: without one, nova logs a traceback at each question."""
        return ' 00:00:00 up 1 day,  0 users,  load average: 0.0, 0.0, 0.0'


Manager = manager.ComputeManager

#: Adding a step is adding a row. `live_migration` is none: its words steer
#: what the driver does above.
STEPS = (
    Step('spawn', 'spawn', SteeredDriver),
    # No driver method is called at this time: the manager's own stands in.
    Step('prep_resize', '_prep_resize', Manager),
    # Nova has put the server back into its old state and means to put it
    # into ERROR.
    Step('reschedule', '_reschedule_resize_or_reraise', Manager, 'failed'),
    # The message to the source, before anybody reads it.
    Step('resize_instance', 'resize_instance', Manager),
    Step('migrate_disk_and_power_off', 'migrate_disk_and_power_off',
         SteeredDriver),
    Step('finish_migration', 'finish_migration', SteeredDriver),
    Step('confirm_migration', 'confirm_migration', SteeredDriver),
    Step('destroy_for_revert', 'destroy', SteeredDriver,
         task_state=task_states.RESIZE_REVERTING),
    Step('finish_revert_migration', 'finish_revert_migration', SteeredDriver),
    Step('check_can_live_migrate_destination',
         'check_can_live_migrate_destination', SteeredDriver),
    Step('pre_live_migration', 'pre_live_migration', SteeredDriver),
    Step('post_live_migration', 'post_live_migration', SteeredDriver),
    Step('post_live_migration_at_destination',
         'post_live_migration_at_destination', SteeredDriver),
    # Nothing is left to be done there, and the source has not yet closed
    # the record.
    Step('live_migration_arrived', 'post_live_migration_at_destination',
         Manager, 'after'),
    Step('delete_allocation', '_delete_allocation_after_move', Manager),
)  # fmt: skip

#: Set while a thread is inside a step of the driver: nova's fake spawns a
#: guest to finish a migration, which is no spawning to be steered.
_inside = threading.local()


def install() -> None:
    """Steer all steps of the table."""
    _steer_the_queue()
    for step in STEPS:
        original = getattr(step.owner, step.method)
        setattr(step.owner, step.method, _steered(step, original))


def _steer_the_queue() -> None:
    """Make `queued` a step: what it does keeps the queue of its host busy."""
    original = Manager.live_migration

    @functools.wraps(original)
    def live_migration(
        self: typing.Any, context: object, dest: str, instance: typing.Any,
        block_migration: object, migration: typing.Any, *args: object,
        **kwargs: object,
    ) -> None:  # fmt: skip
        services.asked(self.host)
        if steering.speaks('queued', instance.uuid):
            services.queue(self.host).submit(
                steering.obey, 'queued', self.host, instance.uuid,
                services.while_queued(migration),
            )  # fmt: skip
        original(self, context, dest, instance, block_migration, migration,
                 *args, **kwargs)  # fmt: skip

    Manager.live_migration = live_migration


def _steered(
    step: Step, original: collections.abc.Callable[..., typing.Any]
) -> collections.abc.Callable[..., typing.Any]:
    signature = inspect.signature(original)

    @functools.wraps(original)
    def method(*args: typing.Any, **kwargs: typing.Any) -> typing.Any:
        owner = args[0]
        instance = signature.bind(*args, **kwargs).arguments['instance']
        driver = step.owner is SteeredDriver
        outer = getattr(_inside, 'step', None)
        if (driver and outer is not None) or (
            step.task_state not in (None, instance.task_state)
        ):
            return original(*args, **kwargs)
        host = owner._host if driver else owner.host

        def obey() -> None:
            steering.obey(step.name, host, instance.uuid)

        if driver:
            _inside.step = step.name
        try:
            if step.when == 'before':
                obey()
            try:
                result = original(*args, **kwargs)
            except Exception:
                if step.when == 'failed':
                    obey()
                raise
            if step.when == 'after':
                obey()
            return result
        except moment.Skipped:
            return None
        finally:
            _inside.step = outer

    return method
