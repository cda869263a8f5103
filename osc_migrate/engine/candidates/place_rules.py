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

"""Rules about where a server may be: zones and server groups."""

from osc_migrate.engine.candidates import facts
from osc_migrate.engine.candidates.facts import Missing, Offer
from osc_migrate.engine.candidates import findings
from osc_migrate.engine.candidates.findings import Case, Finding
from osc_migrate.i18n import _

AFFINITY = 'ServerGroupAffinityFilter'
ANTI_AFFINITY = 'ServerGroupAntiAffinityFilter'


def pinned_zone(case: Case) -> Finding | None:
    """The server was created in a zone, and this host is in another.

    From Nova 24 on by placement's aggregates (``scheduler/request_filter``,
    ``map_az_to_placement_aggregate``), before by AvailabilityZoneFilter,
    which was on by default. A zone that no aggregate has, such as the
    default zone, rules nothing out.
    """
    zone = case.server.pinned_zone
    if isinstance(zone, Missing):
        return _zone_not_shown(case)
    if zone is None or isinstance(case.seen.aggregates, Missing):
        return None
    inside = [
        a
        for a in case.seen.aggregates
        if a.metadata.get('availability_zone') == zone
    ]
    if not inside or any(case.host.name in a.hosts for a in inside):
        return None
    if case.offer is Offer.YES:
        # Placement's aggregates count, and they say otherwise.
        return None
    return findings.out(
        _('it is in zone %(here)s, and the server is pinned to %(zone)s')
        % {'here': case.host.zone, 'zone': zone}
    )


def _zone_not_shown(case: Case) -> Finding | None:
    """Below microversion 2.96; the zone that it is in fits in any case."""
    if case.server.zone is None or case.host.zone == case.server.zone:
        return None
    return findings.open_(
        _('it is in zone %(here)s, the server in %(zone)s; whether that was '
          'asked for is not shown below microversion 2.96')
        % {'here': case.host.zone, 'zone': case.server.zone}
    )  # fmt: skip


def affinity(case: Case) -> Finding | None:
    """Members of the group keep together: ServerGroupAffinityFilter.

    On by default. The hosts of the group are those of all its members, the
    server's own among them (``scheduler/utils.py``, ``setup_instance_group``,
    and ``objects/instance_group.py``, ``get_hosts``).
    """
    group = case.server.group
    if not isinstance(group, facts.Group) or group.policy != 'affinity':
        return None
    if isinstance(group.hosts, Missing):
        return findings.open_(
            _('the hosts of server group %s (affinity) were not seen')
            % group.name,
            AFFINITY,
        )
    together = {h for h in (*group.hosts.values(), case.server.host) if h}
    if not together or case.host.name in together:
        return None
    return findings.out(
        _('server group %(group)s (affinity) is on %(hosts)s')
        % {'group': group.name, 'hosts': ', '.join(sorted(together))},
        AFFINITY,
    )


def anti_affinity(case: Case) -> Finding | None:
    """Members of the group keep apart: ServerGroupAntiAffinityFilter.

    On by default; ``max_server_per_host`` of the group's rules (2.64), or
    one. The host that the server is on always passes.
    """
    group = case.server.group
    if not isinstance(group, facts.Group) or group.policy != 'anti-affinity':
        return None
    if case.is_own:
        return None
    there = _members_on(group, case.host)
    if there is None:
        return findings.open_(
            _('the hosts of server group %s (anti-affinity) were not seen')
            % group.name,
            ANTI_AFFINITY,
        )
    if there < group.most:
        return None
    return findings.out(
        _('server group %(group)s (anti-affinity) has %(count)s of at most '
          '%(most)s there')
        % {'group': group.name, 'count': there, 'most': group.most},
        ANTI_AFFINITY,
    )  # fmt: skip


def soft_policy(case: Case) -> Finding | None:
    """A group's soft policy is a preference: weighers, never a filter."""
    group = case.server.group
    if not isinstance(group, facts.Group) or case.is_own:
        return None
    there = _members_on(group, case.host)
    if there is None:
        return None
    if group.policy == 'soft-anti-affinity' and there:
        return findings.note(
            _('server group %(group)s (soft-anti-affinity) has %(count)s '
              'there: others are preferred')
            % {'group': group.name, 'count': there}
        )  # fmt: skip
    if group.policy == 'soft-affinity' and not there:
        return findings.note(
            _('server group %s (soft-affinity) has none there: others are '
              'preferred') % group.name
        )  # fmt: skip
    return None


def group_not_shown(case: Case) -> Finding | None:
    """Whether the server is in a server group is not known."""
    if not isinstance(case.server.group, Missing) or case.is_own:
        return None
    return findings.open_(
        _('whether a server group keeps the server away was not seen'),
        AFFINITY,
        ANTI_AFFINITY,
    )


def _members_on(group: facts.Group, host: facts.Host) -> int | None:
    """How many others of the group are on a host."""
    if isinstance(group.hosts, Missing):
        return None
    return sum(1 for one in group.hosts.values() if one == host.name)
