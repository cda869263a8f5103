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

"""What the simulation shows of one move, state by state."""

from collections.abc import Sequence
import dataclasses

from osc_migrate.engine import move as moves
from osc_migrate.tests.simulation import agenda
from osc_migrate.tests.simulation import chances
from osc_migrate.tests.simulation.chances import Fate
from osc_migrate.tests.simulation import nova as novas
from osc_migrate.tests.simulation import others
from osc_migrate.tests.simulation import population

SERVER = population.server_id(0)


@dataclasses.dataclass(frozen=True, slots=True)
class State:
    """A server and its newest migration record, at one moment.

    :ivar vm_state: None where the server is gone.
    :ivar moved: Whether it is on another host than at first.
    :ivar record: Its status, None where there is no record.
    """

    status: str
    task_state: str | None = None
    vm_state: str | None = None
    moved: bool = False
    record: str | None = None


#: A server that was deleted.
GONE = State('')


@dataclasses.dataclass(frozen=True, slots=True)
class Told:
    """What is told of the move once all is over.

    :ivar actions: What was asked, the newest first.
    :ivar message: Of the move's action.
    :ivar failed: Events of it that ended in an error.
    """

    actions: tuple[str, ...]
    message: str | None
    failed: frozenset[str]


@dataclasses.dataclass(frozen=True, slots=True)
class Meanwhile:
    """Something that is done the first time that a state is seen.

    :ivar record: The record's status then.
    :ivar task_state: The server's task then.
    :ivar moved: Whether it is on another host then, None: either way.
    """

    deed: others.Deed
    record: str
    task_state: str | None = None
    moved: bool | None = None

    def fits(self, state: State) -> bool:
        return (
            self.record == state.record
            and self.task_state == state.task_state
            and self.moved in (None, state.moved)
        )


def shown(
    kind: moves.Kind,
    fate: Fate,
    was: str = 'active',
    meanwhile: Sequence[Meanwhile] = (),
    seed: int = 0,
) -> tuple[list[State], Told]:
    """Every state between any two writes, and what is told after all."""
    clock = agenda.Clock()
    nova = novas.Nova(
        clock,
        population.Size(1, 3, 1, 0.0),
        chances.Chances({fate: 1.0}),
        seed=seed,
    )
    nova.world.save(SERVER, vm_state=was)
    source = nova.world.servers[SERVER].host
    people = others.Others(nova.world, nova.api, clock, SERVER)
    left = list(meanwhile)
    request = nova.api.migrate(SERVER, kind, None, novas.ME)
    found = [_state(nova, source)]
    going = True
    while going:
        if left and left[0].fits(found[-1]):
            people.do(left.pop(0).deed)
        else:
            going = clock.turn()
        state = _state(nova, source)
        if state != found[-1]:
            found.append(state)
    if left:
        raise AssertionError(f'{left} fits none of {found}')
    actions = nova.world.actions_of(SERVER)
    events = nova.world.events_of(request)
    return found, Told(
        tuple(action.action for action in actions),
        next(a.message for a in actions if a.request_id == request),
        frozenset(e.name for e in events if e.result == 'Error'),
    )


def _state(nova: novas.Nova, source: str | None) -> State:
    server = nova.world.servers.get(SERVER)
    if server is None:
        return GONE
    records = nova.world.records_of(SERVER)
    return State(
        server.status,
        server.task_state,
        server.vm_state,
        server.host != source,
        records[0].status if records else None,
    )
