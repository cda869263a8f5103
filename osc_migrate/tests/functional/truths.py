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

"""What Nova says of servers and hosts after all, whoever asked for it."""

import dataclasses

from osc_migrate.tests.functional import people

#: Actions of a server that move it.
MOVES = frozenset({'migrate', 'live-migration'})
#: Of requests that the SDK has no method for.
MICROVERSION = '2.65'


@dataclasses.dataclass(frozen=True)
class Truth:
    """What Nova says of a server after all, whoever asked for it.

    :ivar left: it is on another host than the one where it was booted
    :ivar moves: how many requests for a move Nova took
    :ivar confirms: how many confirms Nova took
    :ivar records: statuses of its migrations, the newest first
    """

    status: str
    left: bool
    moves: int = 0
    confirms: int = 0
    records: tuple[str, ...] = ()
    task_state: str | None = None


MOVED_LIVE = Truth('ACTIVE', True, 1, 0, ('completed',))
MOVED_COLD = Truth('SHUTOFF', True, 1, 1, ('confirmed',))
BACK_LIVE = Truth('ACTIVE', False, 2, 0, ('completed',) * 2)
BACK_COLD = Truth('SHUTOFF', False, 2, 2, ('confirmed',) * 2)
NOT_CONFIRMED = Truth('VERIFY_RESIZE', True, 1, 0, ('finished',))


def truth(person: people.Person, server: people.Server) -> Truth:
    """Ask Nova for everything about a server."""
    seen = person.look_at(server.id)
    actions = person.actions(server.id)
    return Truth(
        seen.status,
        seen.host != server.host,
        sum(action in MOVES for action in actions),
        actions.count('confirmResize'),
        tuple(record.status for record in person.records(server.id)),
        seen.task_state,
    )


def servers_on(person: people.Person, host: str) -> set[str]:
    """Return the IDs of all servers that Nova has on a host."""
    path = f'/servers?all_tenants=1&host={host}'
    answer = person.compute.get(path, microversion=MICROVERSION)
    return {server['id'] for server in answer.json()['servers']}


def service(person: people.Person, host: str) -> tuple[str, str | None]:
    """Return whether a host is enabled or disabled, and why."""
    (found,) = person.compute.services(host=host, binary='nova-compute')
    return found.status, found.disabled_reason
