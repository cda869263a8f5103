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
from collections.abc import Iterable
import dataclasses

from osc_migrate.engine import capacity


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
    :ivar left: Servers for which none is found once the rest have moved.
    :ivar apart: The same, where it is their server group that keeps them
        from hosts with room.
    """

    totals: tuple[Total, ...] = ()
    left: tuple[capacity.Need, ...] = ()
    apart: tuple[capacity.Need, ...] = ()


def outlook(
    needs: Iterable[capacity.Need], found: Iterable[capacity.Place]
) -> Outlook:
    """Look for room for each, and give none of it away twice.

    Who fits on no host, were it for that server alone, takes nothing.

    Servers that need the same are taken together: the effort grows with
    hosts times flavors, not times servers.

    :param found: The hypervisors that may be used.
    """
    there = tuple(place for place in found if place.free)
    kinds: dict[object, list[capacity.Need]] = {}
    for need in needs:
        kinds.setdefault(_kind(need), []).append(need)
    fitting = [
        alike
        for alike in kinds.values()
        if any(takes(alike[0], place) for place in there)
    ]
    left, apart = _packed(fitting, there)
    return Outlook(
        _totals(kinds.values(), [place.free for place in there]),
        left,
        apart,
    )


def _kind(need: capacity.Need) -> object:
    """What servers have in common that may be exchanged."""
    return (
        tuple(sorted(need.resources.items())),
        need.ruled_out,
        need.apart.group_id if need.apart is not None else None,
    )


def takes(need: capacity.Need, place: capacity.Place) -> int:
    """How many of such servers an empty host would take."""
    return _times(need, place.host, place.free, 0)


def is_full(place: capacity.Place, need: capacity.Need) -> bool:
    """Whether a host has too little for a server that is alone.

    Where placement offers it, only what that was not asked for counts: some
    of the rest may come from providers that several hosts share.
    """
    resources = need.resources
    if place.host in need.offered:
        resources = {
            name: amount
            for name, amount in resources.items()
            if name not in need.asked
        }
    return any(place.free.get(c, 0) < n for c, n in resources.items())


def _totals(
    kinds: Iterable[list[capacity.Need]], free: Iterable[capacity.Resources]
) -> tuple[Total, ...]:
    needed: collections.Counter[str] = collections.Counter()
    for alike in kinds:
        for resource_class, amount in alike[0].resources.items():
            needed[resource_class] += amount * len(alike)
    there = capacity.together(free)
    return tuple(
        Total(resource_class, amount, there[resource_class])
        for resource_class, amount in sorted(needed.items())
        if amount > there[resource_class]
    )


def _packed(
    kinds: Iterable[list[capacity.Need]], found: Iterable[capacity.Place]
) -> tuple[tuple[capacity.Need, ...], tuple[capacity.Need, ...]]:
    """Best fit, the most bound first.

    :param kinds: Servers that need the same, and that fit somewhere.
    :returns: Those that found no room, and those that were kept apart.
    """
    found = tuple(found)
    rooms = [(place.host, dict(place.free)) for place in found]
    there = capacity.together(place.free for place in found)
    #: Members of a server group that were put on a host.
    met: collections.Counter[tuple[str, str]] = collections.Counter()

    def order(alike: list[capacity.Need]) -> tuple[int, float]:
        # Who may go to few hosts only chooses first, then the largest.
        needed, out = alike[0].resources, alike[0].ruled_out
        hosts = sum(1 for place in found if place.host not in out)
        return hosts, -max(needed[c] / there[c] for c in needed)

    left: list[capacity.Need] = []
    apart: list[capacity.Need] = []
    for alike in sorted(kinds, key=order):
        need, waiting = alike[0], list(alike)
        group = need.apart.group_id if need.apart is not None else ''

        def times(
            host: str,
            room: capacity.Resources,
            need: capacity.Need = need,
            group: str = group,
        ) -> int:
            return _times(need, host, room, met[group, host])

        def slack(
            one: tuple[str, capacity.Resources],
            needed: capacity.Resources = need.resources,
        ) -> float:
            return sum(one[1][c] / there[c] for c in needed)

        # The fullest room stays the fullest while it is filled.
        fitting = [one for one in rooms if times(*one)]
        for host, room in sorted(fitting, key=slack):
            # Of a host with several hypervisors the group may be full now.
            count = min(times(host, room), len(waiting))
            for resource_class, amount in need.resources.items():
                room[resource_class] -= amount * count
            met[group, host] += count
            waiting = waiting[count:]
            if not waiting:
                break
        free = dataclasses.replace(need, apart=None)
        if any(_times(free, *one, 0) for one in rooms):
            apart += waiting
        else:
            left += waiting
    return tuple(left), tuple(apart)


def _times(
    need: capacity.Need, host: str, free: capacity.Resources, met: int
) -> int:
    """How many of such servers a host takes.

    :param met: Members of their group that were put there.
    """
    if host in need.ruled_out:
        return 0
    count = min(
        max(0, free.get(c, 0)) // amount
        for c, amount in need.resources.items()
    )
    if need.apart is not None:
        taken = need.apart.there.get(host, 0) + met
        count = min(count, max(0, need.apart.most - taken))
    return count
