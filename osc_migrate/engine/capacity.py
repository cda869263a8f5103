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

"""What servers of a host need, and what the other hosts have."""

import collections
from collections.abc import Iterable, Mapping
import dataclasses

from osc_migrate.engine.candidates import facts as candidate_facts
from osc_migrate.engine.candidates import needs as requirements

#: Amounts by resource class, such as ``{'VCPU': 2, 'MEMORY_MB': 4096}``.
Resources = Mapping[str, int]


@dataclasses.dataclass(frozen=True, slots=True)
class Place:
    """One hypervisor as a destination.

    :ivar host: The compute host that it belongs to.
    :ivar usable: Whether that is up and enabled; None: it is, and no
        hypervisor of it was seen.
    :ivar free: What is free of each class, with reserved amounts and
        allocation ratios counted in; empty where no memory is, whatever
        else is.
    """

    host: str
    usable: bool | None
    free: Resources


@dataclasses.dataclass(frozen=True, slots=True)
class Seen:
    """One look.

    :ivar held: What every consumer holds of the host that is to be emptied,
        by the ID of the server.
    :ivar hosts: All other hosts with their hypervisors.
    :ivar looks: What else decides where each server could go, by its ID.
    :ivar unasked: IDs of servers for which placement was not asked.
    :ivar unlooked: Why nothing but the room was looked at, else None.
    """

    held: Mapping[str, Resources]
    hosts: tuple[candidate_facts.Host, ...]
    looks: Mapping[str, candidate_facts.Seen] = dataclasses.field(
        default_factory=dict
    )
    unasked: frozenset[str] = frozenset()
    unlooked: str | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Apart:
    """A server group whose members keep apart (anti-affinity).

    :ivar most: How many may be on one host.
    :ivar there: How many are on a host, of those that stay where they are.
    """

    group_id: str
    most: int
    there: Mapping[str, int]


@dataclasses.dataclass(frozen=True, slots=True)
class Need:
    """What a server holds where it is, and takes where it goes.

    :ivar ruled_out: Hosts that it does not go to, whatever is free there.
    :ivar offered: Hosts that placement offers for what it was asked.
    :ivar asked: Resource classes that it was asked for.
    """

    name: str
    resources: Resources
    ruled_out: frozenset[str] = frozenset()
    apart: Apart | None = None
    offered: frozenset[str] = frozenset()
    asked: frozenset[str] = frozenset()


def places(
    hosts: Iterable[candidate_facts.Host], destination: str | None
) -> tuple[Place, ...]:
    """What the hosts are worth as destinations.

    :param destination: The one host for all, None where Nova chooses.
    """
    return tuple(
        Place(host.name, _is_usable(host), _free(host))
        for host in hosts
        if destination in (None, host.name)
    )


def _is_usable(host: candidate_facts.Host) -> bool | None:
    if not host.up or not host.enabled:
        return False
    if host.node is None:
        return None
    traits = host.node.traits
    if isinstance(traits, candidate_facts.Missing):
        return True
    return requirements.DISABLED not in traits


def _free(host: candidate_facts.Host) -> Resources:
    """Of a whole tree of providers; of one without memory nothing counts."""
    if host.node is None:
        return {}
    providers = host.node.providers
    if isinstance(providers, candidate_facts.Missing):
        return {}
    return together(
        {name: room.free for name, room in provider.rooms.items()}
        for provider in providers
    )


def apart(
    group: candidate_facts.Group | candidate_facts.Missing | None,
) -> Apart | None:
    """What a server group asks of the hosts of its members; or None."""
    if not isinstance(group, candidate_facts.Group):
        return None
    if group.policy != 'anti-affinity':
        return None
    there: Mapping[str, int] = {}
    if not isinstance(group.hosts, candidate_facts.Missing):
        there = collections.Counter(h for h in group.hosts.values() if h)
    return Apart(group.id, group.most, there)


def together(free: Iterable[Resources]) -> collections.Counter[str]:
    """What is free of each class on all hosts."""
    there: collections.Counter[str] = collections.Counter()
    for place in free:
        for resource_class, amount in place.items():
            there[resource_class] += max(0, amount)
    return there
