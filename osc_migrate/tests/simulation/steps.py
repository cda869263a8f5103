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

"""One write of one of Nova's services: what the tables of moves are made of.

Writes of one step cannot be seen apart; between two steps a reader may come.
"""

from collections.abc import Callable
import dataclasses
import random

from osc_migrate.engine import move as moves
from osc_migrate.tests.simulation import chances
from osc_migrate.tests.simulation import world as worlds

DESTINATION, SOURCE, CONDUCTOR = 'destination', 'source', None
SUCCESS, ERROR, BEGUN = 'Success', 'Error', None
CONFLICT = 'Conflict updating instance'
NOT_FOUND = 'Instance could not be found.'


class Unexpected(Exception):
    """The task is not what the service wants to follow on.

    Somebody reset the state meanwhile (nova's ``objects/instance.py``,
    UnexpectedTaskStateError).

    :param wanted: What it wanted to save.
    """

    def __init__(self, **wanted: str | None) -> None:
        super().__init__()
        self.wanted = wanted


@dataclasses.dataclass(slots=True)
class Course:
    """One move on its way through Nova.

    :ivar was: vm_state before.
    :ivar request_id: The request that is carried out: the move's, later the
        confirm's or the revert's.
    :ivar type: Of the migration record.
    :ivar began: The request that began it.
    :ivar leg: Which table it follows: the move's, later the confirm's.
    :ivar has_slot: It is among the live migrations that its host runs.
    """

    server_id: str
    kind: moves.Kind
    fate: chances.Fate
    source: str
    destination: str | None
    was: str
    user: str | None
    request_id: str
    dice: random.Random
    type: str = 'migration'
    began: str = ''
    record_uuid: str = ''
    leg: int = 0
    has_slot: bool = False


Write = Callable[[worlds.World, Course], None]


@dataclasses.dataclass(frozen=True, slots=True)
class Step:
    """Writes that follow the step before within so many seconds.

    :ivar queues: Before it, the move waits until its host runs fewer live
        migrations than it may (``max_concurrent_live_migrations``).
    :ivar by: Whose service writes it. The first of several steps by one
        service is a message, which waits for a service that is dead.
    :ivar firm: A real Nova takes no longer, whatever else it has to do.
    """

    shortest: float
    longest: float
    writes: tuple[Write, ...]
    queues: bool = False
    by: str | None = CONDUCTOR
    firm: bool = False


def step(
    shortest: float,
    longest: float,
    *writes: Write,
    queues: bool = False,
    firm: bool = False,
) -> Step:
    return Step(shortest, longest, writes, queues, firm=firm)


def by(service: str | None, *steps: Step) -> tuple[Step, ...]:
    """The steps of one service of Nova."""
    return tuple(dataclasses.replace(step, by=service) for step in steps)


def opened(status: str) -> Write:
    """The conductor makes the record, without a destination.

    One of the same type that was left in ``pre-migrating`` is taken up again
    as it is (nova's ``conductor/tasks/migrate.py``, _preallocate_migration).
    """

    def write(world: worlds.World, course: Course) -> None:
        left = [
            record.uuid
            for record in world.records_of(course.server_id)
            if record.status == status == 'pre-migrating'
            and record.type == course.type
        ]
        if left:
            course.record_uuid = str(left[0])
            return
        course.record_uuid = world.open_record(
            course.server_id,
            type=course.type,
            status=status,
            source_host=course.source,
            source_node=course.source,
            user_id=course.user,
        )

    return write


def claimed(world: worlds.World, course: Course) -> None:
    """The record learns where it leads."""
    world.save_record(course.record_uuid, destination_host=course.destination)


def passed_on(world: worlds.World, course: Course) -> None:
    """The next host is asked, if there is another."""
    others = [
        service.host
        for service in world.services.values()
        if service.up and service.enabled
        and service.host not in (course.source, course.destination)
    ]  # fmt: skip
    if others:
        course.destination = others[0]


def record(status: str) -> Write:
    def write(world: worlds.World, course: Course) -> None:
        world.save_record(course.record_uuid, status=status)

    return write


def task(name: str | None) -> Write:
    def write(world: worlds.World, course: Course) -> None:
        world.save(course.server_id, task_state=name)

    return write


def after(expected: str | None, **changes: str | None) -> Write:
    """Saved only if the server is in the task that is expected."""

    def write(world: worlds.World, course: Course) -> None:
        if world.servers[course.server_id].task_state != expected:
            raise Unexpected(**_placed(changes, course))
        world.save(course.server_id, **_placed(changes, course))

    return write


def _placed(
    changes: dict[str, str | None], course: Course
) -> dict[str, str | None]:
    hosts = {SOURCE: course.source, DESTINATION: course.destination}
    if changes.get('host') in hosts:
        return {**changes, 'host': hosts[str(changes['host'])]}
    return changes


def vm(state: str) -> Write:
    """The task is left as it is."""

    def write(world: worlds.World, course: Course) -> None:
        world.save(course.server_id, vm_state=state)

    return write


def rests(world: worlds.World, course: Course) -> None:
    """The server is as it was, wherever it is."""
    world.save(course.server_id, vm_state=course.was, task_state=None)


def in_error(world: worlds.World, course: Course) -> None:
    world.save(course.server_id, vm_state='error', task_state=None)


def rests_after(expected: str | None, **changes: str | None) -> Write:
    """The same, only if the server is in the task that is expected."""

    def write(world: worlds.World, course: Course) -> None:
        change = after(
            expected, vm_state=course.was, task_state=None, **changes
        )
        change(world, course)

    return write


def at_destination(world: worlds.World, course: Course) -> None:
    world.save(course.server_id, host=course.destination)


def at_source(world: worlds.World, course: Course) -> None:
    world.save(course.server_id, host=course.source)


def blamed(message: str, details: str = '') -> Write:
    def write(world: worlds.World, course: Course) -> None:
        world.blame(course.server_id, message, details)

    return write


def told(
    where: str | None,
    result: str | None,
    *names: str,
    details: str | None = None,
) -> Write:
    """Steps of the action begin or end."""

    def write(world: worlds.World, course: Course) -> None:
        host = None
        if where is not None:
            at_source = where == SOURCE
            host = course.source if at_source else course.destination
        for name in names:
            world.tell(
                course.server_id, course.request_id, name, result, details,
                host,
            )  # fmt: skip

    return write


def deleted(world: worlds.World, course: Course) -> None:
    world.delete(course.server_id)


def owner_deletes(world: worlds.World, course: Course) -> None:
    """DELETE names its task before it is answered."""
    world.begin_action(course.server_id, 'delete', 'user-owner')
    world.save(course.server_id, task_state='deleting')


def conflicted(course: Course, unexpected: Unexpected) -> tuple[Step, ...]:
    """What follows when a service meets another task than it expected.

    It puts the server into ERROR, and saves with that what it wanted to save
    before (nova's ``compute/manager.py``, _error_out_instance_on_exception).
    """

    def fail(world: worlds.World, course: Course) -> None:
        world.save(
            course.server_id, **{**unexpected.wanted, 'vm_state': 'error'}
        )

    return (
        step(0.0, 0.1, record('error')),
        step(0.0, 0.1, fail, firm=True),
        step(0.0, 0.1, blamed(CONFLICT), broken_off(CONFLICT), firm=True),
    )


def broken_off(details: str) -> Write:
    """The event that had begun ends in an error."""

    def write(world: worlds.World, course: Course) -> None:
        for event in world.events_of(course.request_id):
            if event.result is BEGUN:
                world.tell(
                    course.server_id, course.request_id, event.name, ERROR,
                    details, event.host,
                )  # fmt: skip
                return

    return write


#: The API has named the task ``deleting``.
REMOVAL = by(SOURCE, step(0.2, 1.5, deleted))
#: What follows when the owner of a server deletes it under way.
DELETION = (
    step(0.0, 2.0, owner_deletes),
    step(0.2, 1.5, deleted),
)
