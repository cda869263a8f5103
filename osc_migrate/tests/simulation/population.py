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

"""The servers and hosts with which a simulation begins."""

import dataclasses
import random

from osc_migrate.engine import facts
from osc_migrate.engine import turns
from osc_migrate.tests.simulation import world as worlds

#: The host that is drained.
FIRST = 'host1'
POWER = {'active': 'Running', 'stopped': 'Shutdown', 'paused': 'Paused'}


@dataclasses.dataclass(frozen=True, slots=True)
class Size:
    """How large the cloud is.

    :ivar on_first: How many of the servers are on the first host.
    :ivar shutoff: Share of the servers that are SHUTOFF, from 0 to 1.
    :ivar pairs: Pairs of servers of the first host that must be kept apart.
    :ivar history: Migrations from the first host that are over.
    """

    servers: int = 10
    hosts: int = 3
    on_first: int = 10
    shutoff: float = 0.5
    pairs: int = 0
    history: int = 0


def populate(world: worlds.World, size: Size, seed: int) -> None:
    """Fill an empty world."""
    dice = random.Random(f'{seed} population')
    for number in range(1, size.hosts + 1):
        host = f'host{number}'
        world.services[host] = facts.ComputeService(
            host, up=True, enabled=True, id=f'service-{number}'
        )
    identities = {
        vm_state: {'power_state': power} for vm_state, power in POWER.items()
    }
    others = max(1, size.hosts - 1)
    for number in range(size.servers):
        on_first = number < size.on_first
        host = FIRST if on_first else f'host{2 + number % others}'
        vm_state = 'stopped' if dice.random() < size.shutoff else 'active'
        world.boot(
            facts.Server(
                server_id(number),
                f'web{number + 1}',
                f'project-{number % 50}',
                worlds.status_of(vm_state, None),
                vm_state,
                host=host,
                host_id=f'hash-of-{host}',
                node=host,
                identity=identities[vm_state],
            )
        )
    world.groups = tuple(
        turns.ServerGroup(
            f'group-{pair}',
            'anti-affinity',
            frozenset({server_id(2 * pair), server_id(2 * pair + 1)}),
        )
        for pair in range(size.pairs)
    )
    for number in range(size.history):
        world.open_record(
            server_id(size.servers - 1 - number % max(1, size.servers)),
            type='migration',
            status='confirmed',
            source_host=FIRST,
            destination_host='host2',
            user_id='user-before',
        )


def server_id(number: int) -> str:
    """The UUID of the server of this number, counted from 0."""
    return f'{number + 1:08x}-0000-4000-8000-{number + 1:012x}'
