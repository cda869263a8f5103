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

"""Rules about resources and traits: what placement offers, and why not.

Placement's own answer to what Nova would ask decides; the figures explain
it. A host that is not offered and that no figure explains is left open.
"""

from collections.abc import Iterator

from osc_migrate.engine.candidates import facts
from osc_migrate.engine.candidates.facts import Missing, Offer
from osc_migrate.engine.candidates import findings
from osc_migrate.engine.candidates.findings import Case, Finding
from osc_migrate.engine.candidates import needs as requirements
from osc_migrate.i18n import _


def status_trait(case: Case) -> Finding | None:
    """Placement still takes the host for disabled.

    The trait ``COMPUTE_STATUS_DISABLED`` is forbidden in every request
    (``scheduler/request_filter.py``, ``compute_status_filter``); the compute
    service sets and removes it.
    """
    node = case.host.node
    if node is None or not case.host.enabled or case.offer is not Offer.NO:
        return None
    if isinstance(node.traits, Missing):
        return None
    if requirements.DISABLED not in node.traits:
        return None
    return findings.out(
        _('placement takes it for disabled (trait %s), though its compute '
          'service is enabled; a restart of nova-compute corrects that')
        % requirements.DISABLED
    )  # fmt: skip


def traits(case: Case) -> Finding | None:
    """Traits that flavor or image require or forbid.

    placement's ``GET /allocation_candidates``, ``required``: of the provider
    that the resources come from.
    """
    node = case.host.node
    if node is None or case.offer is not Offer.NO:
        return None
    there = node.traits
    if isinstance(there, Missing):
        return None
    missing = sorted(case.needs.required - there)
    present = sorted((case.needs.forbidden - {requirements.DISABLED}) & there)
    said = []
    if missing:
        said.append(_('without trait %s') % ', '.join(missing))
    if present:
        said.append(_('with forbidden trait %s') % ', '.join(present))
    return findings.out(', '.join(said)) if said else None


def resources(case: Case) -> Finding | None:
    """Not enough of a resource class.

    placement's ``GET /allocation_candidates``, ``resources``: what is free
    is the total without the reserved amount, times the allocation ratio,
    without what is used.
    """
    node = case.host.node
    if node is None or case.offer is not Offer.NO:
        return None
    if isinstance(node.providers, Missing):
        return None
    short = list(_short(case, node))
    return findings.out('; '.join(short)) if short else None


def _short(case: Case, node: facts.Node) -> Iterator[str]:
    for name, needed in sorted(case.needs.resources.items()):
        rooms = node.rooms(name)
        if not rooms and node.whole and name not in node.shared:
            yield _('%(name)s: %(needed)s needed, none there') % {
                'name': name, 'needed': needed,
            }  # fmt: skip
        if rooms and not any(_takes(room, needed) for room in rooms):
            yield _described(name, needed, rooms)


def _takes(room: facts.Room, needed: int) -> bool:
    """Whether one provider can give it; placement splits no amount."""
    return (
        room.used + needed <= room.capacity
        and (room.least is None or needed >= room.least)
        and (room.most is None or needed <= room.most)
        and (not room.step or needed % room.step == 0)
    )


def _described(name: str, needed: int, rooms: tuple[facts.Room, ...]) -> str:
    room = max(rooms, key=lambda one: one.free)
    said = _('%(name)s: %(needed)s needed, %(free)s free') % {
        'name': name, 'needed': needed, 'free': room.free,
    }  # fmt: skip
    details = []
    if room.total is not None:
        details.append(
            _('total %(total)s, reserved %(reserved)s, ratio %(ratio)g, used '
              '%(used)s')
            % {'total': room.total, 'reserved': room.reserved,
               'ratio': room.ratio, 'used': room.used}
        )  # fmt: skip
    else:
        details.append(
            _('capacity %(capacity)s, used %(used)s')
            % {'capacity': room.capacity, 'used': room.used}
        )
    if room.own:
        details.append(_('%s by this server') % room.own)
    if room.unconfirmed:
        details.append(_('%s by unconfirmed migrations') % room.unconfirmed)
    details += _limits(room, needed)
    return f'{said} ({", ".join(details)})'


def _limits(room: facts.Room, needed: int) -> Iterator[str]:
    """What placement does not give at once."""
    if room.least is not None and needed < room.least:
        yield _('at least %s at once') % room.least
    if room.most is not None and needed > room.most:
        yield _('at most %s at once') % room.most
    if room.step and needed % room.step:
        yield _('in steps of %s') % room.step
