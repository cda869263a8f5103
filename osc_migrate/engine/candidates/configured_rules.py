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

"""Rules of filters and options that are not on by default.

No API shows how a site configured its scheduler. These never rule a host
out: they say what would.
"""

from collections.abc import Iterator, Mapping

from osc_migrate.engine.candidates.facts import Missing
from osc_migrate.engine.candidates import findings
from osc_migrate.engine.candidates.findings import Case, Finding
from osc_migrate.engine.candidates import operators
from osc_migrate.i18n import _

TENANT = 'filter_tenant_id'
SCOPE = 'aggregate_instance_extra_specs'
#: Nova's default of ``[filter_scheduler] max_instances_per_host``.
MOST_SERVERS = 50
#: Properties of an image that ``[scheduler] image_metadata_prefilter`` makes
#: traits of (nova's ``scheduler/request_filter.py``).
PREFIXES = {
    'hw_cdrom_bus': 'COMPUTE_STORAGE_BUS',
    'hw_disk_bus': 'COMPUTE_STORAGE_BUS',
    'hw_video_model': 'COMPUTE_GRAPHICS_MODEL',
    'hw_vif_model': 'COMPUTE_NET_VIF_MODEL',
    'hw_architecture': 'HW_ARCH',
    'hw_emulation_architecture': 'COMPUTE_ARCH',
    'hw_viommu_model': 'COMPUTE_VIOMMU',
}
SAYING_IF = _('{what}: it would be ruled out if {switch} is enabled')


def _if_on(what: str, switch: str, *filters: str) -> Finding:
    return findings.open_(SAYING_IF.format(what=what, switch=switch), *filters)


def _metadata(case: Case) -> dict[str, set[str]]:
    """What all aggregates of a host say, as Nova's filters read it.

    nova's ``scheduler/filters/utils.py``, ``aggregate_metadata_get_by_host``.
    """
    said: dict[str, set[str]] = {}
    for aggregate in case.seen.aggregates_of(case.host):
        for key, value in aggregate.metadata.items():
            words = (word.strip() for word in value.split(','))
            said.setdefault(key, set()).update(words)
    return said


def tenant_isolation(case: Case) -> Finding | None:
    """Other projects' aggregates: AggregateMultiTenancyIsolation."""
    projects: set[str] = set()
    for key, values in _metadata(case).items():
        if key.startswith(TENANT):
            projects |= values
    if not projects or case.server.project_id in projects:
        return None
    return _if_on(
        _('its aggregates are for other projects'),
        'AggregateMultiTenancyIsolation',
        'AggregateMultiTenancyIsolation',
    )


def tenant_aggregates(case: Case) -> Finding | None:
    """Aggregates of this project, and the host is in none of them.

    ``require_tenant_aggregate`` of nova's ``scheduler/request_filter.py``.
    """
    if isinstance(case.seen.aggregates, Missing):
        return None
    own = [
        a
        for a in case.seen.aggregates
        if any(
            key.startswith(TENANT) and value == case.server.project_id
            for key, value in a.metadata.items()
        )
    ]
    if not own or any(case.host.name in a.hosts for a in own):
        return None
    return _if_on(
        _('it is in no aggregate of the server\'s project'),
        '[scheduler] limit_tenants_to_placement_aggregate',
    )


def isolated_aggregates(case: Case) -> Finding | None:
    """Aggregates for servers that require a trait.

    ``isolate_aggregates`` of nova's ``scheduler/request_filter.py``.
    """
    for aggregate in case.seen.aggregates_of(case.host):
        for key, value in aggregate.metadata.items():
            trait = key.removeprefix('trait:')
            if (
                trait != key
                and value == 'required'
                and trait not in case.needs.required
            ):
                return _if_on(
                    _('aggregate %(name)s is for servers with %(trait)s')
                    % {'name': aggregate.name, 'trait': trait},
                    '[scheduler] enable_isolated_aggregate_filtering',
                )
    return None


def flavor_in_aggregates(case: Case) -> Finding | None:
    """Extra specs that aggregates answer: AggregateInstanceExtraSpecsFilter.

    A key without a scope counts as well as one of its own scope.
    """
    specs = case.server.flavor.extra_specs
    if isinstance(specs, Missing) or isinstance(case.seen.aggregates, Missing):
        return None
    said = _metadata(case)
    wrong = []
    for key, wanted in specs.items():
        scope, colon, name = key.partition(':')
        if colon and scope != SCOPE:
            continue
        values = said.get(name if colon else key, ())
        if not any(operators.match(value, wanted) for value in values):
            wrong.append(f'{key}={wanted}')
    if not wrong:
        return None
    return _if_on(
        _('its aggregates lack the flavor\'s %s') % ', '.join(sorted(wrong)),
        'AggregateInstanceExtraSpecsFilter',
        'AggregateInstanceExtraSpecsFilter',
    )


def image_in_aggregates(case: Case) -> Finding | None:
    """Metadata that the image contradicts.

    AggregateImagePropertiesIsolation.
    """
    image = case.server.image
    if isinstance(image, Missing):
        return None
    wrong = [
        f'{key}={image[key]}'
        for key, values in _metadata(case).items()
        if image.get(key) and image[key] not in values
    ]
    if not wrong:
        return None
    return _if_on(
        _('its aggregates are for other images than those with %s')
        % ', '.join(sorted(wrong)),
        'AggregateImagePropertiesIsolation',
        'AggregateImagePropertiesIsolation',
    )


def flavor_name_in_aggregates(case: Case) -> Finding | None:
    """``instance_type`` of aggregates: AggregateTypeAffinityFilter."""
    names = _metadata(case).get('instance_type')
    if not names or case.server.flavor.name in names:
        return None
    return _if_on(
        _('its aggregates are for flavor %s') % ', '.join(sorted(names)),
        'AggregateTypeAffinityFilter',
        'AggregateTypeAffinityFilter',
    )


def many_servers(case: Case) -> Finding | None:
    """So many servers: NumInstancesFilter, AggregateNumInstancesFilter."""
    node = case.host.node
    if node is None or node.servers is None:
        return None
    limits = [
        int(value)
        for value in _metadata(case).get('max_instances_per_host', ())
        if value.isascii() and value.isdigit()
    ]
    if limits and node.servers >= min(limits):
        name, most = 'AggregateNumInstancesFilter', min(limits)
    elif node.servers >= MOST_SERVERS:
        name, most = 'NumInstancesFilter', MOST_SERVERS
    else:
        return None
    return _if_on(
        _('%(count)s servers are on it, and %(most)s are the most')
        % {'count': node.servers, 'most': most},
        name,
        name,
    )


def busy(case: Case) -> Finding | None:
    """Aggregates limit how much a host does at once: AggregateIoOpsFilter.

    No API shows how many operations Nova counts there.
    """
    limits = _metadata(case).get('max_io_ops_per_host')
    if not limits:
        return None
    return findings.open_(
        _('its aggregates let it do %s operations at once, and no API shows '
          'how many there are: it would be ruled out if AggregateIoOpsFilter '
          'is enabled and they are too many') % ', '.join(sorted(limits)),
        'AggregateIoOpsFilter',
    )  # fmt: skip


def hints(case: Case) -> Finding | None:
    """Hints that only filters read that are not on by default."""
    given = case.server.hints
    if isinstance(given, Missing):
        return None
    found = [
        (key, name)
        for key, name in (
            ('different_host', 'DifferentHostFilter'),
            ('same_host', 'SameHostFilter'),
            ('build_near_host_ip', 'SimpleCIDRAffinityFilter'),
            ('query', 'JsonFilter'),
        )
        if given.get(key)
    ]
    if not found:
        return None
    return findings.open_(
        _('the server was created with hint %(hints)s: whether it fits is up '
          'to %(filters)s, if that is enabled')
        % {'hints': ', '.join(key for key, _name in found),
           'filters': ', '.join(name for _key, name in found)},
        *(name for _key, name in found),
    )  # fmt: skip


def image_traits(case: Case) -> Finding | None:
    """Traits that an option makes of an image's properties.

    ``transform_image_metadata`` of nova's ``scheduler/request_filter.py``.
    """
    image, node = case.server.image, case.host.node
    if isinstance(image, Missing) or node is None:
        return None
    there = node.traits
    if isinstance(there, Missing):
        return None
    lacking = sorted(set(_of_image(image)) - there)
    if not lacking:
        return None
    return _if_on(
        _('without trait %s') % ', '.join(lacking),
        '[scheduler] image_metadata_prefilter',
    )


def _of_image(image: Mapping[str, str]) -> Iterator[str]:
    for key, prefix in PREFIXES.items():
        if image.get(key):
            yield f'{prefix}_{image[key].replace("-", "_").upper()}'
