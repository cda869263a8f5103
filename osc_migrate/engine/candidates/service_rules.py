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

"""Rules about the compute service, and about who asked for what."""

from osc_migrate.engine.candidates import facts
from osc_migrate.engine.candidates import findings
from osc_migrate.engine.candidates.findings import Case, Finding
from osc_migrate.engine import facts as server_facts
from osc_migrate.engine import move as moves
from osc_migrate.i18n import _

SAME_HOST = 'COMPUTE_SAME_HOST_COLD_MIGRATE'
COMPUTE = 'ComputeFilter'
#: What ``img_hv_type`` may ask for on a host of a driver's
#: ``hypervisor_type``: nova's drivers, ``get_available_resource``.
OFFERED = {
    'qemu': frozenset({'qemu', 'kvm'}),
    'fake': frozenset({'fake'}),
    'ironic': frozenset({'baremetal'}),
    'vmware vcenter server': frozenset({'vmware'}),
}
IMAGE = 'ImagePropertiesFilter'


def own_host(case: Case) -> Finding | None:
    """The server is there.

    A live migration ignores its source (nova's
    ``conductor/tasks/live_migrate.py``, ``_find_destination``), a cold one
    unless the driver can do it (``compute/api.py``,
    ``_allow_resize_to_same_host``). As ``host`` it is refused at once.
    """
    if not case.is_own:
        return None
    here = findings.out(_('the server is on it'))
    if case.seen.kind is moves.Kind.LIVE or case.seen.destination is not None:
        return here
    if not case.seen.reports_same_host:
        return findings.open_(
            _('the server is on it, and this Nova may be configured to move '
              'it to the same host (allow_resize_to_same_host)')
        )  # fmt: skip
    node = case.host.node
    traits = server_facts.Missing.HIDDEN if node is None else node.traits
    if isinstance(traits, facts.Missing):
        return findings.open_(
            _('the server is on it, and whether its driver can migrate to '
              'the same host was not seen')
        )  # fmt: skip
    if SAME_HOST in traits:
        return findings.note(
            _('the server is on it: its driver can migrate to the same host')
        )
    return here


def other_destination(case: Case) -> Finding | None:
    """Another host was asked for.

    Nova's scheduler then looks at no other (``scheduler/host_manager.py``,
    ``_get_hosts_matching_request``).
    """
    wanted = case.seen.destination
    if wanted in (None, case.host.name):
        return None
    return findings.out(_('%s was asked for') % wanted)


def service_down(case: Case) -> Finding | None:
    """Its compute service does not report: ComputeFilter, on by default."""
    if case.host.up:
        return None
    return findings.out(_('its compute service is down'), COMPUTE)


def service_disabled(case: Case) -> Finding | None:
    """Its compute service is disabled.

    ComputeFilter, on by default, and from Nova 20 on placement as well
    (``compute_status_filter``).
    """
    if case.host.enabled:
        return None
    reason = case.host.disabled_reason or _('no reason given')
    return findings.out(
        _('its compute service is disabled (%s)') % reason, COMPUTE
    )


def no_hypervisor(case: Case) -> Finding | None:
    """Nova knows a compute service there, and shows no hypervisor of it.

    The scheduler chooses among hypervisors; a cell that is down hides them.
    """
    if case.host.node is not None:
        return None
    return findings.open_(_('no hypervisor of it was seen'))


def hypervisor_type(case: Case) -> Finding | None:
    """A live migration stays with hypervisors of one type and version.

    nova's ``conductor/tasks/live_migrate.py``,
    ``_check_compatible_with_source_hypervisor``; the version is not looked
    at with ``[workarounds] skip_hypervisor_version_check_on_lm``.
    """
    source, node = case.seen.source, case.host.node
    if case.seen.kind is not moves.Kind.LIVE or source is None or node is None:
        return None
    if source.kind is None or node.kind is None:
        return None
    if source.kind != node.kind:
        return findings.out(
            _('its hypervisor is %(here)s, that of the server %(there)s')
            % {'here': node.kind, 'there': source.kind}
        )
    if (node.version or 0) < (source.version or 0):
        return findings.open_(
            _('its hypervisor is older (%(here)s) than that of the server '
              '(%(there)s), which Nova refuses unless '
              'skip_hypervisor_version_check_on_lm is set')
            % {'here': node.version, 'there': source.version}
        )  # fmt: skip
    return None


def image_hypervisor(case: Case) -> Finding | None:
    """The image asks for a type of hypervisor (``img_hv_type``).

    ImagePropertiesFilter, on by default, compares with what the driver
    supports, of which the API shows the driver's name only.
    """
    image, node = case.server.image, case.host.node
    if isinstance(image, facts.Missing) or node is None:
        return None
    wanted = image.get('img_hv_type') or image.get('hypervisor_type')
    if not wanted:
        return None
    wanted = wanted.lower()
    offered = OFFERED.get((node.kind or '').lower())
    told = _('the image asks for a hypervisor of type %(wanted)s, and this '
             'one is %(kind)s') % {
        'wanted': wanted, 'kind': node.kind or _('not shown'),
    }  # fmt: skip
    if offered is not None and wanted not in offered:
        return findings.out(told, IMAGE)
    if offered is None or wanted == 'kvm':
        return findings.open_(told, IMAGE)
    return None


def image_machine(case: Case) -> Finding | None:
    """The image asks for an architecture, a mode, or a version.

    ImagePropertiesFilter, on by default, compares with the list of what the
    driver supports, emulated machines included; no API shows it.
    """
    image, node = case.server.image, case.host.node
    if isinstance(image, facts.Missing) or node is None:
        return None
    architecture = image.get('hw_architecture') or image.get('architecture')
    asked = [
        f'{key}={image[key]}'
        for key in ('hw_vm_mode', 'vm_mode', 'img_hv_requested_version',
                    'hypervisor_version_requires', 'hw_maxphysaddr_bits')
        if image.get(key) not in (None, 'hvm')
    ]  # fmt: skip
    if architecture and architecture != node.architecture:
        asked.insert(0, f'hw_architecture={architecture}')
    if not asked:
        return None
    return findings.open_(
        _('the image asks for %s, and no API shows all that the driver '
          'supports') % ', '.join(asked),
        IMAGE,
    )  # fmt: skip
