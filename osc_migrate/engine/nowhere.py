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

"""Servers that no other host would take, and why."""

from collections.abc import Iterable, Mapping, Sequence
import dataclasses
import re

from osc_migrate.engine import capacity
from osc_migrate.engine import facts
from osc_migrate.engine import hints
from osc_migrate.engine import move as moves
from osc_migrate.engine import outcomes
from osc_migrate.engine import packing
from osc_migrate.engine import rows
from osc_migrate.engine import text
from osc_migrate.i18n import _

#: Characters of what rules one host out.
REASON_LENGTH = 200

#: What Nova says when its scheduler finds none.
NO_VALID_HOST = re.compile(r'no valid host', re.IGNORECASE)

NO_HOST = _('No other host can take it as it is now ({hosts}): {command}')
NOT_THAT_HOST = _('Nova would refuse its destination now ({hosts}): {command}')
UNUSABLE = _('it is down or disabled')
AFTERWARDS = _('{reason} As seen now: {hosts}.')
TOO_LITTLE = _('too little is free there')


@dataclasses.dataclass(frozen=True, slots=True)
class Refused:
    """One server that fits nowhere.

    :ivar hosts: Every host with what rules it out, those that are up and
        enabled first.
    :ivar by_figures: Whether too little is free on each of them that can be
        used.
    """

    server: facts.Server
    hosts: tuple[tuple[str, str], ...]
    by_figures: bool


def find(
    need: capacity.Need,
    server: facts.Server,
    places: Sequence[capacity.Place],
    reasons: Mapping[str, str],
) -> Refused | None:
    """Whether each host is ruled out, or has no room; None where one fits.

    So it is where there are no others at all, and where one may fit of which
    too little was seen.

    :param reasons: What rules hosts out for this server.
    """
    told: list[tuple[bool, str, str]] = []
    by_figures = any(place.usable for place in places)
    for place in places:
        reason = reasons.get(place.host)
        full = place.usable is True and packing.is_full(place, need)
        if place.usable is not False:
            if reason is None and not full:
                return None
            by_figures = by_figures and full
        why = reason or (TOO_LITTLE if full else UNUSABLE)
        told.append((not place.usable, place.host, why))
    if not told:
        return None
    told.sort()
    return Refused(
        server, tuple((host, why) for _, host, why in told), by_figures
    )


def why(hosts: Iterable[tuple[str, str]]) -> str:
    """What rules all of them out, or the first of them, by way of example."""
    every = tuple(hosts)
    host, reason = every[0]
    reason = text.shortened(text.printable(reason), REASON_LENGTH)
    if len(every) == 1:
        return f'{text.printable(host)}: {reason}'
    if len({told for _host, told in every}) == 1:
        return _('each of {count}: {reason}').format(
            count=len(every), reason=reason
        )
    return _('{host}, one of {count}: {reason}').format(
        host=text.printable(host), count=len(every), reason=reason
    )


def in_plan(
    planned: Iterable[rows.Row],
    found: Mapping[str, Refused],
    kinds: Mapping[str, moves.Kind],
    destination: str | None,
) -> tuple[rows.Row, ...]:
    """The plan, with what is said of each server that fits nowhere.

    :param found: By the ID of the server.
    :param kinds: How each is to be moved, by its ID.
    :param destination: The one host for all, None where Nova chooses.
    """
    sentence = NO_HOST if destination is None else NOT_THAT_HOST
    return tuple(
        dataclasses.replace(
            row,
            reason=sentence.format(
                hosts=why(refused.hosts),
                command=hints.candidates(
                    row.server_id, kinds.get(row.server_id), destination
                ),
            ),
        )
        if (refused := found.get(row.server_id))
        else row
        for row in planned
    )


def unplaced(ended: Iterable[rows.Row]) -> frozenset[str]:
    """IDs of the servers for which Nova's scheduler found no host.

    Below Nova 21 the request for a cold migration is refused for that.
    """
    return frozenset(
        row.server_id
        for row in ended
        if row.outcome in (outcomes.Outcome.ROLLED_BACK, rows.Fate.REFUSED)
        and NO_VALID_HOST.search(row.reason or '')
    )


def in_report(
    ended: Iterable[rows.Row], found: Mapping[str, Refused]
) -> tuple[rows.Row, ...]:
    """What became of each, with what rules hosts out for these servers."""
    return tuple(
        dataclasses.replace(
            row,
            reason=AFTERWARDS.format(
                reason=row.reason, hosts=why(refused.hosts)
            ),
        )
        if (refused := found.get(row.server_id))
        else row
        for row in ended
    )
