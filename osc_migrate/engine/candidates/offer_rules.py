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

"""Rules about hosts that placement does not offer, whatever the reason."""

from osc_migrate.engine.candidates.facts import Missing, Offer
from osc_migrate.engine.candidates import findings
from osc_migrate.engine.candidates.findings import Case, Finding
from osc_migrate.engine.candidates import place_rules
from osc_migrate.engine.candidates import resource_rules
from osc_migrate.engine.candidates import service_rules
from osc_migrate.i18n import _

#: What may be the reason why placement does not offer a host.
EXPLAINING = (
    service_rules.service_disabled,
    place_rules.pinned_zone,
    resource_rules.status_trait,
    resource_rules.traits,
    resource_rules.resources,
)


def no_room(case: Case) -> Finding | None:
    """Nothing of what is needed is free there.

    placement's ``GET /allocation_candidates`` shows no host without room: it
    was neither in the answer to what Nova would ask nor in those for one
    unit of each class.
    """
    node = case.host.node
    if node is None or case.offer is not Offer.NO:
        return None
    if not isinstance(node.providers, Missing):
        return None
    return findings.out(
        _('placement has nothing of %s to offer there: all is in use, or it '
          'has no inventory') % ', '.join(sorted(case.needs.resources))
    )  # fmt: skip


def not_offered(case: Case) -> Finding | None:
    """Placement does not offer the host, and no figure says why.

    Sharing providers, nested ones, aggregates of placement that differ from
    Nova's, or a site's limit on the number of candidates
    (``max_allocation_candidates``).
    """
    node = case.host.node
    if node is None or case.offer is not Offer.NO:
        return None
    if isinstance(node.providers, Missing):
        return None
    if any(explains(case) is not None for explains in EXPLAINING):
        return None
    return findings.open_(
        _('placement does not offer it, and its figures do not say why')
    )


def room_not_seen(case: Case) -> Finding | None:
    """Placement was not asked, or gave no answer that can be used."""
    if case.host.node is None or case.offer is not Offer.UNKNOWN:
        return None
    return findings.open_(_('its room was not seen'))


def needs_not_shown(case: Case) -> Finding | None:
    """The policy keeps the flavor's extra specs back from this user."""
    if case.needs.whole:
        return None
    return findings.open_(_('the flavor\'s extra specs were not seen'))
