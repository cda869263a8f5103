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

"""From facts to one row a compute host."""

from collections.abc import Iterable
import dataclasses

from osc_migrate.engine.candidates import facts
from osc_migrate.engine.candidates import findings
from osc_migrate.engine.candidates.findings import Finding, Weight
from osc_migrate.engine.candidates import needs as requirements
from osc_migrate.engine.candidates import table

#: How good a hypervisor of a host is: the best one counts.
_ORDER = {True: 0, None: 1, False: 2}


@dataclasses.dataclass(frozen=True, slots=True)
class Row:
    """One compute host.

    :ivar fits: False: ruled out; None: it hangs on what no API shows.
    :ivar free: What is free of each needed class; None where it was not
        seen.
    :ivar offered: Whether placement offers it for what Nova would ask.
    """

    host: str
    zone: str | None
    state: str
    fits: bool | None
    found: tuple[Finding, ...]
    needed: facts.Resources
    free: facts.Resources | None
    offered: bool

    @property
    def reason(self) -> str | None:
        """What rules it out; else what is open, and what is to be minded."""
        told = [f for f in self.found if f.weight is Weight.OUT]
        if self.fits is not False:
            told = list(self.found)
        return '; '.join(f.reason for f in told) or None


def rows(
    seen: facts.Seen, rules: Iterable[findings.Rule] = table.RULES
) -> tuple[Row, ...]:
    """A row for each compute host, sorted by name; empty where none is seen.

    Of a host with several hypervisors the best is told.
    """
    if isinstance(seen.hosts, facts.Missing):
        return ()
    needs = requirements.of(seen.server, seen.aggregates)
    rules = tuple(rules)
    best: dict[str, Row] = {}
    for host in seen.hosts:
        row = _judged(findings.Case(seen, needs, host), rules)
        known = best.get(row.host)
        if known is None or _ORDER[row.fits] < _ORDER[known.fits]:
            best[row.host] = row
    return tuple(best[name] for name in sorted(best))


def _judged(case: findings.Case, rules: tuple[findings.Rule, ...]) -> Row:
    found = tuple(f for f in (rule(case) for rule in rules) if f is not None)
    if case.is_own and found and found[0].weight is Weight.OUT:
        # The server is there: what else there is to say of it is no news.
        found = found[:1]
    weights = {f.weight for f in found}
    fits: bool | None = True
    if Weight.OUT in weights:
        fits = False
    elif Weight.OPEN in weights:
        fits = None
    return Row(
        case.host.name,
        case.host.zone,
        case.host.state,
        fits,
        found,
        case.needs.resources,
        _free(case),
        case.offer is facts.Offer.YES,
    )


def _free(case: findings.Case) -> facts.Resources | None:
    """What is free of each class on one provider, as none is split."""
    node = case.host.node
    if node is None or isinstance(node.providers, facts.Missing):
        return None
    return {
        name: max((room.free for room in node.rooms(name)), default=0)
        for name in case.needs.resources
    }
