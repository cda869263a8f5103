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

"""What is said where servers of a host may find no other one."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
import dataclasses

from osc_migrate.engine.candidates import together
from osc_migrate.engine import capacity
from osc_migrate.engine import facts
from osc_migrate.engine import hints
from osc_migrate.engine import move as moves
from osc_migrate.engine import nowhere
from osc_migrate.engine import packing
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
RULED_OUT = _(
    '{some} of {count} servers are ruled out of {any}: {servers}. Host by '
    'host: {command}'
)
KEPT_APART = _(
    '{some} of {count} servers may find no host once the others are there, as '
    'their server group keeps its members apart: {servers}.'
)
MAY_BE_LEFT = _(
    '{some} of {count} servers may find no room on {where} once the others '
    'are there: {servers}.'
)
NOT_COUNTED = _(
    'Placement shows nothing that {some} of {count} servers hold on the host '
    'where they are, so their needs were not counted: {servers}.'
)
NOT_LOOKED_AT = _(
    'Zones, traits and server groups were not looked at for any server: {why}'
)
NOT_ASKED = _(
    'Placement was not asked what it offers for {some} of {count} servers, as '
    'their needs differ too much or it answers slowly: {servers}.'
)
#: Stands after what was found short.
ONLY_FIGURES = _(
    'These are placement\'s figures; filters of Nova may rule out more.'
)

OTHERS = _('the other hosts')
OTHERS_WITH_MEMORY = _('the other hosts that have memory left')
ANY_OTHER = _('any other host')
EVERY_OTHER = _('every other host')


@dataclasses.dataclass(frozen=True, slots=True)
class Told:
    """What is to be said before anything moves.

    :ivar sentences: Empty where nothing is short.
    :ivar refused: Servers that no host can take, by their ID.
    """

    sentences: tuple[str, ...] = ()
    refused: Mapping[str, nowhere.Refused] = dataclasses.field(
        default_factory=dict
    )


def told(
    servers: Iterable[facts.Server],
    kinds: Mapping[str, moves.Kind],
    seen: capacity.Seen,
    destination: str | None,
) -> Told:
    """What is to be said of the other hosts, nothing where they will do.

    :param servers: All that are to be moved.
    :param kinds: How each is to be moved, by its ID.
    :param destination: The one host for all, None where Nova chooses.
    """
    servers = tuple(servers)
    found = together.judged(seen.looks)
    needs = {server.id: _need(server, seen, found) for server in servers}
    places = capacity.places(seen.hosts, destination)
    refused = [
        one
        for server in servers
        if (
            one := nowhere.find(
                needs[server.id], server, places,
                found.get(server.id, together.Judged()).ruled_out,
            )
        )
    ]  # fmt: skip
    usable = [place for place in places if place.usable]
    # Placement may take one of these for disabled all the same.
    if any(
        host.up and host.enabled and destination in (None, host.name)
        for host in seen.hosts
    ):
        said = [
            *(_short(needs, refused, usable, destination) if usable else ()),
            *_ruled_out(refused, kinds, len(servers), destination),
            *_unseen(servers, seen),
        ]
    else:
        none = NO_HOST if destination is None else NOT_THAT_HOST
        said = [none.format(host=destination)]
    return Told(tuple(said), {one.server.id: one for one in refused})


def _need(
    server: facts.Server,
    seen: capacity.Seen,
    found: Mapping[str, together.Judged],
) -> capacity.Need:
    held = seen.held.get(server.id, {})
    if server.id not in found:
        return capacity.Need(server.name, held)
    judged = found[server.id]
    return capacity.Need(
        server.name,
        held,
        frozenset(judged.ruled_out),
        capacity.apart(seen.looks[server.id].server.group),
        judged.offered,
        judged.asked,
    )


def _short(
    every: Mapping[str, capacity.Need],
    refused: Iterable[nowhere.Refused],
    places: Sequence[capacity.Place],
    destination: str | None,
) -> Iterator[str]:
    """A sentence for each way in which room is short."""
    needs = {key: need for key, need in every.items() if need.resources}
    count = len(needs)
    where = destination or OTHERS
    there = [place for place in places if place.free]
    if needs and not there:
        yield NO_MEMORY.format(where=where, count=count)
        yield ONLY_FIGURES
        return
    short = packing.outlook(needs.values(), there)
    said = []
    if short.totals and count > 1:
        some = destination is None and len(there) < len(places)
        said.append(
            TOO_LITTLE.format(
                count=count,
                where=OTHERS_WITH_MEMORY if some else where,
                totals=_added_up(short.totals),
            )
        )
    alone = [needs[r.server.id] for r in refused if r.by_figures]
    for sentence, lacking in (
        (FITS_NOWHERE, alone),
        (MAY_BE_LEFT, short.left),
    ):
        if lacking:
            said.append(
                sentence.format(
                    some=len(lacking),
                    count=count,
                    where=where,
                    any=destination or ANY_OTHER,
                    servers=_listed(map(_described, lacking)),
                )
            )
    yield from said
    if said:
        yield ONLY_FIGURES
    if short.apart:
        yield KEPT_APART.format(
            some=len(short.apart),
            count=count,
            servers=_listed(_named(need.name) for need in short.apart),
        )


def _ruled_out(
    refused: Iterable[nowhere.Refused],
    kinds: Mapping[str, moves.Kind],
    count: int,
    destination: str | None,
) -> Iterator[str]:
    """What keeps servers from every host although there is room."""
    found = [one for one in refused if not one.by_figures]
    if not found:
        return
    first = found[0].server
    yield RULED_OUT.format(
        some=len(found),
        count=count,
        any=destination or EVERY_OTHER,
        servers=_listed(
            f'{_named(one.server.name)} ({nowhere.why(one.hosts)})'
            for one in found
        ),
        command=hints.candidates(first.id, kinds.get(first.id), destination),
    )


def _unseen(
    servers: Sequence[facts.Server], seen: capacity.Seen
) -> Iterator[str]:
    """What was not counted, or not looked at."""
    if seen.unlooked is not None:
        yield NOT_LOOKED_AT.format(why=seen.unlooked)
    for sentence, missing in (
        (NOT_ASKED, [s for s in servers if s.id in seen.unasked]),
        (NOT_COUNTED, [s for s in servers if not seen.held.get(s.id)]),
    ):
        if missing:
            yield sentence.format(
                some=len(missing),
                count=len(servers),
                servers=_listed(_named(server.name) for server in missing),
            )


def _added_up(totals: Iterable[packing.Total]) -> str:
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
