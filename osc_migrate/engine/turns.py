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

"""Who may go next: how many at once, and never two of one group."""

from collections.abc import Collection, Iterable, Iterator, Mapping
import dataclasses

from osc_migrate.engine import facts
from osc_migrate.i18n import _

#: Policies of server groups whose members must not meet on a host. Nova's
#: scheduler looks at where the others are at that moment, so that two members
#: in flight can be sent to the same host (Launchpad bug 1821755).
APART = frozenset({'anti-affinity', 'soft-anti-affinity'})


@dataclasses.dataclass(frozen=True, slots=True)
class ServerGroup:
    """One row of ``GET /os-server-groups``.

    :ivar name: Empty where it has none.
    :ivar most: ``max_server_per_host`` of its rules (2.64), or 1.
    """

    id: str
    policy: str
    members: frozenset[str]
    name: str = ''
    most: int = 1


@dataclasses.dataclass(frozen=True, slots=True)
class Limits:
    """How much may go wrong, and how much at once.

    :ivar max_failures: Failed moves after which none is started, 0: no limit.
    """

    parallel: int = 2
    max_failures: int = 1


def apart(groups: Iterable[ServerGroup]) -> dict[str, frozenset[str]]:
    """Server to the groups whose members must not be in flight together."""
    found: dict[str, set[str]] = {}
    for group in groups:
        if group.policy in APART:
            for member in group.members:
                found.setdefault(member, set()).add(group.id)
    return {server: frozenset(ids) for server, ids in found.items()}


def rivals(groups: Iterable[ServerGroup]) -> dict[str, frozenset[str]]:
    """Server to those that must not be in flight while it is."""
    found: dict[str, frozenset[str]] = {}
    for group in groups:
        if group.policy in APART:
            for member in group.members:
                others = group.members - {member}
                found[member] = found.get(member, frozenset()) | others
    return found


def told_of_tied(
    groups: Iterable[ServerGroup], servers: Iterable[facts.Server]
) -> tuple[str, ...]:
    """What keeps servers of one group on a host that all of them are on.

    The filter for ``affinity`` lets pass hosts with members only, and the
    one that the server is to leave counts (``ServerGroupAffinityFilter``).

    :param servers: Those that are to leave the host.
    """
    names = {server.id: server.name for server in servers}
    return tuple(
        _('All members of a server group with the policy affinity are on this '
          'host, and Nova may find no other for them: %s')
        % ', '.join(sorted(names[member] for member in group.members))
        for group in groups
        if group.policy == 'affinity'
        and group.members
        and group.members <= names.keys()
    )  # fmt: skip


def next_up(
    waiting: Iterable[str],
    in_flight: Collection[str],
    groups: Mapping[str, frozenset[str]],
    limits: Limits,
    failures: int,
) -> Iterator[str]:
    """The servers that may be started now, in the order in which they wait.

    :param groups: As :func:`apart` tells.
    :param failures: How many moves have failed so far.
    """
    if limits.max_failures and failures >= limits.max_failures:
        return
    free = limits.parallel - len(in_flight)
    taken = {group for server in in_flight for group in groups.get(server, ())}
    for server in waiting:
        if free <= 0:
            return
        own = groups.get(server, frozenset())
        if own & taken:
            continue
        taken |= own
        free -= 1
        yield server
