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

"""What is said where room for the servers of a host is short."""

from collections.abc import Iterable, Iterator, Sequence

from osc_migrate.engine import capacity
from osc_migrate.engine import facts
from osc_migrate.engine import text
from osc_migrate.i18n import _

#: So many servers are named in a sentence.
NAMED = 3
#: Characters of a server's name.
NAME_LENGTH = 40

NO_HOST = _(
    'No other compute host is up and enabled: nothing can be moved.'
)  # fmt: skip
NOT_THAT_HOST = _(
    '{host} is no compute host that is up and enabled: nothing can be moved '
    'there.'
)
NO_MEMORY = _(
    'No memory is free on {where}, so there is no room for any of {count} '
    'servers.'
)
TOO_LITTLE = _(
    'All {count} servers together need more than is free on {where}: {totals}.'
)
FITS_NOWHERE = _(
    '{some} of {count} servers need more, each taken alone, than is free on '
    '{any}: {servers}.'
)
MAY_BE_LEFT = _(
    '{some} of {count} servers may find no room on {where} once the others '
    'are there: {servers}.'
)
NOT_COUNTED = _(
    'Placement shows nothing that {some} of {count} servers hold on the host '
    'where they are, so their needs were not counted: {servers}.'
)
#: Stands after what was found short.
ONLY_FIGURES = _(
    'These are placement\'s figures; filters of Nova may rule out more.'
)

OTHERS = _('the other hosts')
OTHERS_WITH_MEMORY = _('the other hosts that have memory left')
ANY_OTHER = _('any other host')


def told(
    servers: Iterable[facts.Server],
    seen: capacity.Seen,
    destination: str | None,
) -> tuple[str, ...]:
    """What is to be said of the room, empty where it is enough.

    :param servers: All that are to be moved.
    :param destination: The one host for all, None where Nova chooses.
    """
    servers = tuple(servers)
    places = [
        place
        for place in seen.places
        if place.usable and destination in (None, place.host)
    ]
    if not places:
        none = NO_HOST if destination is None else NOT_THAT_HOST
        return (none.format(host=destination),)
    needs = tuple(
        capacity.Need(server.name, seen.held[server.id])
        for server in servers
        if seen.held.get(server.id)
    )
    uncounted = [s.name for s in servers if not seen.held.get(s.id)]
    said = list(_short(needs, places, destination))
    if said:
        said.append(ONLY_FIGURES)
    if uncounted:
        said.append(
            NOT_COUNTED.format(
                some=len(uncounted),
                count=len(servers),
                servers=_listed(map(_named, uncounted)),
            )
        )
    return tuple(said)


def _short(
    needs: tuple[capacity.Need, ...],
    places: Sequence[capacity.Place],
    destination: str | None,
) -> Iterator[str]:
    """A sentence for each way in which room is short."""
    count = len(needs)
    where = destination or OTHERS
    free = [place.free for place in places if place.free]
    if needs and not free:
        yield NO_MEMORY.format(where=where, count=count)
        return
    short = capacity.outlook(needs, free)
    if short.totals and count > 1:
        some = destination is None and len(free) < len(places)
        yield TOO_LITTLE.format(
            count=count,
            where=OTHERS_WITH_MEMORY if some else where,
            totals=_added_up(short.totals),
        )
    for sentence, lacking in (
        (FITS_NOWHERE, short.nowhere),
        (MAY_BE_LEFT, short.left),
    ):
        if lacking:
            yield sentence.format(
                some=len(lacking),
                count=count,
                where=where,
                any=destination or ANY_OTHER,
                servers=_listed(map(_described, lacking)),
            )


def _added_up(totals: Iterable[capacity.Total]) -> str:
    return '; '.join(
        _('{name} {needed} needed, {free} free').format(
            name=total.resource_class, needed=total.needed, free=total.free
        )
        for total in totals
    )


def _described(need: capacity.Need) -> str:
    amounts = ', '.join(
        f'{resource_class} {amount}'
        for resource_class, amount in sorted(need.resources.items())
    )
    return f'{_named(need.name)} ({amounts})'


def _named(name: str) -> str:
    return text.shortened(text.printable(name), NAME_LENGTH)


def _listed(items: Iterable[str]) -> str:
    """The first few, and how many more there are."""
    every = tuple(items)
    listed = ', '.join(every[:NAMED])
    if len(every) > NAMED:
        return _('{listed} and {more} more').format(
            listed=listed, more=len(every) - NAMED
        )
    return listed
