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

"""Whether there is room for all servers of a host on the others.

What placement counts: amounts of resource classes, by provider. That all of
it together is too little, or that one server fits nowhere, is certain as far
as the figures go. How several servers share several hosts is a guess: Nova's
scheduler chooses one after the other, and by other rules.
"""

import collections
from collections.abc import Iterable, Mapping
import dataclasses

#: Amounts by resource class, such as ``{'VCPU': 2, 'MEMORY_MB': 4096}``.
Resources = Mapping[str, int]


@dataclasses.dataclass(frozen=True, slots=True)
class Place:
    """One hypervisor as a destination.

    :ivar host: The compute host that it belongs to.
    :ivar usable: Whether that is up and enabled.
    :ivar free: What is free of each class, with reserved amounts and
        allocation ratios counted in; empty where no memory is, whatever
        else is.
    """

    host: str
    usable: bool
    free: Resources


@dataclasses.dataclass(frozen=True, slots=True)
class Seen:
    """One look.

    :ivar held: What every consumer holds of the host that is to be emptied,
        by the ID of the server.
    :ivar places: The hypervisors of all other hosts.
    """

    held: Mapping[str, Resources]
    places: tuple[Place, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Need:
    """What a server holds where it is, and takes where it goes."""

    name: str
    resources: Resources


@dataclasses.dataclass(frozen=True, slots=True)
class Total:
    """A resource class of which all servers need more than is free."""

    resource_class: str
    needed: int
    free: int


@dataclasses.dataclass(frozen=True, slots=True)
class Outlook:
    """What is short; empty where there is room for all.

    :ivar totals: Short for all servers together.
    :ivar nowhere: Servers that fit on no host, were it for them alone.
    :ivar left: Servers for which none is found once the rest have moved.
    """

    totals: tuple[Total, ...] = ()
    nowhere: tuple[Need, ...] = ()
    left: tuple[Need, ...] = ()


def outlook(needs: Iterable[Need], free: Iterable[Resources]) -> Outlook:
    """Look for room for each, and give none of it away twice.

    Servers of one flavor need the same, so they are taken together: the
    effort grows with hosts times flavors, not times servers.

    :param free: What is free on each host.
    """
    free = tuple(free)
    kinds: dict[tuple[tuple[str, int], ...], list[Need]] = {}
    for need in needs:
        kind = tuple(sorted(need.resources.items()))
        kinds.setdefault(kind, []).append(need)
    fitting: list[list[Need]] = []
    nowhere: list[Need] = []
    for alike in kinds.values():
        if any(_times(alike[0].resources, place) for place in free):
            fitting.append(alike)
        else:
            nowhere += alike
    return Outlook(
        _totals(kinds.values(), free), tuple(nowhere), _packed(fitting, free)
    )


def _totals(
    kinds: Iterable[list[Need]], free: Iterable[Resources]
) -> tuple[Total, ...]:
    needed: collections.Counter[str] = collections.Counter()
    for alike in kinds:
        for resource_class, amount in alike[0].resources.items():
            needed[resource_class] += amount * len(alike)
    there = _together(free)
    return tuple(
        Total(resource_class, amount, there[resource_class])
        for resource_class, amount in sorted(needed.items())
        if amount > there[resource_class]
    )


def _packed(
    kinds: Iterable[list[Need]], free: Iterable[Resources]
) -> tuple[Need, ...]:
    """Best fit, the largest first; returns those that found no room.

    :param kinds: Servers that need the same, and that fit somewhere.
    """
    there = _together(free)
    rooms = [dict(place) for place in free]

    def share(alike: list[Need]) -> float:
        needed = alike[0].resources
        return max(needed[c] / there[c] for c in needed)

    left: list[Need] = []
    for alike in sorted(kinds, key=share, reverse=True):
        needed = alike[0].resources

        def slack(room: Resources, needed: Resources = needed) -> float:
            return sum(room[c] / there[c] for c in needed)

        waiting = list(alike)
        # The fullest room stays the fullest while it is filled.
        for room in sorted((r for r in rooms if _times(needed, r)), key=slack):
            count = min(_times(needed, room), len(waiting))
            for resource_class, amount in needed.items():
                room[resource_class] -= amount * count
            waiting = waiting[count:]
            if not waiting:
                break
        left += waiting
    return tuple(left)


def _times(needed: Resources, free: Resources) -> int:
    """How often something fits into what is free."""
    return min(max(0, free.get(c, 0)) // needed[c] for c in needed)


def _together(free: Iterable[Resources]) -> collections.Counter[str]:
    """What is free of each class on all hosts."""
    there: collections.Counter[str] = collections.Counter()
    for place in free:
        for resource_class, amount in place.items():
            there[resource_class] += max(0, amount)
    return there
