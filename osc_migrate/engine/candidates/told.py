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

"""What is said of the candidates besides their rows."""

from collections.abc import Iterator, Sequence

from osc_migrate.engine.candidates import facts
from osc_migrate.engine.candidates.findings import Weight
from osc_migrate.engine.candidates import verdict
from osc_migrate.engine import text
from osc_migrate.i18n import _

#: So many hosts are named in a sentence.
NAMED = 3
#: So many are listed where they are not what was asked for.
LISTED = 20

HIDDEN = _(
    'Compute hosts are shown to admins only, so what rules them out cannot be '
    'told to this user.'
)
NO_PLACEMENT = _(
    'Placement was not seen, so nothing is told of resources and traits: {why}'
)
NO_NODES = _(
    'Hypervisors are not shown to this user, so nothing is told of resources '
    'and traits.'
)
NOT_LOOKED_AT = _(
    'Not looked at, as no API shows it: NUMA cells and PCI devices, what '
    'ports need, cells of Nova, filters of the site\'s own.'
)
IMAGE_CHANGED = _(
    'Which traits the image required when the server was created was not '
    'seen: Glance does not show the image as it was then.'
)
A_FILTER = _(
    'Placement offers {hosts} for what Nova would ask: what rules them out '
    'are filters of Nova\'s scheduler ({filters}), and why is in '
    'nova-scheduler\'s log{request}.'
)
A_FILTER_OR_TRAITS = _(
    'Placement offers {hosts} for what is known of the server: what rules '
    'them out is a trait that its image required when it was created, or '
    'filters of Nova\'s scheduler ({filters}), and why is in '
    'nova-scheduler\'s log{request}.'
)
#: Filters of the stock that read what no API shows, the first two by default.
UNSEEN_FILTERS = (
    'ComputeCapabilitiesFilter',
    'ImagePropertiesFilter',
    'NUMATopologyFilter',
    'PciPassthroughFilter',
)
VERDICTS = {True: _('fits'), None: _('not known'), False: _('ruled out')}


def sentences(
    seen: facts.Seen,
    rows: Sequence[verdict.Row],
    *,
    refused: bool = False,
    request_id: str | None = None,
) -> Iterator[str]:
    """What a person has to know, one line each.

    :param refused: Whether Nova found no valid host just now.
    :param request_id: Of the request that it was.
    """
    if isinstance(seen.hosts, facts.Missing):
        yield HIDDEN
        return
    if seen.placement is not None:
        yield NO_PLACEMENT.format(why=seen.placement)
    elif seen.hosts and all(host.node is None for host in seen.hosts):
        yield NO_NODES
    server = seen.server
    by_rules = A_FILTER
    if isinstance(server.image_traits, facts.Missing):
        if not server.from_volume:
            yield IMAGE_CHANGED
        by_rules = A_FILTER_OR_TRAITS
    ruled_out = all(row.fits is False for row in rows)
    offered = [row for row in rows if row.offered and _is_by_filters(row)]
    if offered and (ruled_out or refused):
        yield by_rules.format(
            hosts=_named([row.host for row in offered]),
            filters=', '.join(_filters(offered)),
            request=_(', request ID %s') % request_id if request_id else '',
        )
    if not ruled_out:
        yield NOT_LOOKED_AT


def _is_by_filters(row: verdict.Row) -> bool:
    """Whether nothing but filters can rule a host out."""
    return all(f.filters for f in row.found if f.weight is Weight.OUT)


def _filters(rows: Sequence[verdict.Row]) -> list[str]:
    """Those that are named by what was found, or that may be meant."""
    found: list[str] = []
    for row in rows:
        out = [f for f in row.found if f.weight is Weight.OUT]
        named = [
            name for finding in (out or row.found) for name in finding.filters
        ]
        if row.fits is not False:
            named += UNSEEN_FILTERS
        found += [name for name in named if name not in found]
    return found


def table(rows: Sequence[verdict.Row], command: str) -> Iterator[str]:
    """The rows for a person's terminal, the best first, a line each.

    :param command: That tells all of them.
    """
    order = {True: 0, None: 1, False: 2}
    best = sorted(rows, key=lambda row: order[row.fits])[:LISTED]
    if not best:
        return
    cells = [
        (text.printable(row.host), text.printable(row.zone or '-'),
         row.state, VERDICTS[row.fits])
        for row in best
    ]  # fmt: skip
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row, words in zip(best, cells, strict=True):
        line = '  '.join(
            word.ljust(width)
            for word, width in zip(words, widths, strict=True)
        )
        yield f'{line}  {text.printable(row.reason or "")}'.rstrip()
    if len(rows) > len(best):
        yield _('... and {more} more: {command}').format(
            more=len(rows) - len(best), command=command
        )


def warning(
    rows: Sequence[verdict.Row], destination: str | None
) -> str | None:
    """A sentence where no host could take the server; for a dry run."""
    if destination is not None:
        rows = [row for row in rows if row.host == destination]
    if not rows or any(row.fits is not False for row in rows):
        return None
    if destination is not None:
        return _('Nova would find no valid host: %(host)s is ruled out: '
                 '%(reason)s.') % {
            'host': destination, 'reason': rows[0].reason,
        }  # fmt: skip
    return _('Nova would find no valid host: each of %s is ruled out.') % (
        len(rows)
    )


def _named(hosts: Sequence[str]) -> str:
    listed = ', '.join(map(text.printable, hosts[:NAMED]))
    if len(hosts) > NAMED:
        return _('{listed} and {more} more').format(
            listed=listed, more=len(hosts) - NAMED
        )
    return listed
