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

from collections.abc import Iterable, Iterator, Mapping
import dataclasses

from osc_migrate.engine import capacity
from osc_migrate.engine.candidates import together
from osc_migrate.engine import facts
from osc_migrate.engine import move as moves
from osc_migrate.engine import packing
from osc_migrate.engine import text
from osc_migrate.i18n import _

#: So many hosts are named with what rules them out.
HOSTS_NAMED = 2
#: Characters of what rules one host out.
REASON_LENGTH = 120

NO_HOST = _('No other host can take it as it is now ({hosts}): {command}')
NOT_THAT_HOST = _('Nova would refuse its destination now ({hosts}): {command}')
UNUSABLE = _('it is down or disabled')
TOO_LITTLE = _('too little is free there')


@dataclasses.dataclass(frozen=True, slots=True)
class Refused:
    """One server that fits nowhere.

    :ivar hosts: Every host with what rules it out, those that are up and
        enabled first.
    :ivar by_figures: Whether too little is free on each of them.
    """

    server: facts.Server
    hosts: tuple[tuple[str, str], ...]
    by_figures: bool


def find(
    need: capacity.Need,
    server: facts.Server,
    places: Iterable[capacity.Place],
    reasons: together.Reasons,
) -> Refused | None:
    """Whether each host is ruled out, or has no room; None where one fits.

    :param reasons: What rules hosts out for this server.
    """
    alone = dataclasses.replace(need, ruled_out=frozenset(), apart=None)
    told: list[tuple[bool, str, str]] = []
    by_figures = True
    for place in places:
        full = bool(need.resources) and not packing.takes(alone, place)
        reason = reasons.get(place.host)
        if place.usable:
            if reason is None and not full:
                return None
            by_figures = by_figures and full
        why = reason or (TOO_LITTLE if place.usable else UNUSABLE)
        told.append((not place.usable, place.host, why))
    told.sort()
    return Refused(
        server, tuple((host, why) for _, host, why in told), by_figures
    )


def why(hosts: Iterable[tuple[str, str]]) -> str:
    """The first hosts with what rules them out."""
    every = tuple(hosts)
    said = '; '.join(
        f'{text.printable(host)}: '
        + text.shortened(text.printable(reason), REASON_LENGTH)
        for host, reason in every[:HOSTS_NAMED]
    )
    if len(every) > HOSTS_NAMED:
        said += _('; and {more} more').format(more=len(every) - HOSTS_NAMED)
    return said


def command(
    server: facts.Server, kind: moves.Kind | None, destination: str | None
) -> str:
    """What tells host by host why."""
    words = ['openstack', 'server', 'migrate-candidates']
    if kind is moves.Kind.LIVE:
        words.append('--live-migration')
    if destination is not None:
        words += ['--host', text.shell_word(destination)]
    return ' '.join([*words, server.id])


def rows(
    refused: Iterable[Refused],
    kinds: Mapping[str, moves.Kind],
    destination: str | None,
) -> Iterator[tuple[str, str]]:
    """The ID of each server with what its row says."""
    sentence = NO_HOST if destination is None else NOT_THAT_HOST
    for one in refused:
        yield (
            one.server.id,
            sentence.format(
                hosts=why(one.hosts),
                command=command(
                    one.server, kinds.get(one.server.id), destination
                ),
            ),
        )
