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

"""Rules about what no API shows: named, never claimed."""

from osc_migrate.engine.candidates.facts import Missing
from osc_migrate.engine.candidates import findings
from osc_migrate.engine.candidates.findings import Case, Finding
from osc_migrate.engine.candidates import needs as requirements
from osc_migrate.i18n import _

NUMA = 'NUMATopologyFilter'
PCI = 'PciPassthroughFilter'
CAPABILITIES = 'ComputeCapabilitiesFilter'
#: Beginnings of keys of extra specs (``:`` and ``_`` are alike: the image's
#: are the same with ``_``) that make Nova look at a host's NUMA cells.
CELLS = (
    'hw_numa_', 'hw_cpu_policy', 'hw_cpu_realtime', 'hw_mem_page_size',
    'hw_cpu_dedicated_mask', 'hw_emulator_threads_policy',
    'hw_cpu_thread_policy', 'hw_pmem', 'hw_locked_memory',
)  # fmt: skip
#: Those that become traits or resources in newer Novas, each by rules of its
#: own (nova's ``scheduler/utils.py`` and ``scheduler/request_filter.py``).
TRANSLATED = (
    'hw_mem_encryption', 'hw_tpm_', 'os_secure_boot', 'hw_maxphysaddr_',
    'hw_virtio_packed_ring', 'hw_ephemeral_encryption', 'hw_sound_model',
    'hw_pci_numa_affinity_policy', 'hw_firmware_stateless', 'hw_vtpm',
    'accel_device_profile', 'hw_firmware_type',
)  # fmt: skip
#: Attributes of a host that an extra spec without a scope is compared with
#: (nova's ``scheduler/host_manager.py``, ``HostState``).
ATTRIBUTES = frozenset({
    'host', 'nodename', 'uuid', 'total_usable_ram_mb',
    'total_usable_disk_gb', 'disk_mb_used', 'free_ram_mb', 'free_disk_mb',
    'vcpus_total', 'vcpus_used', 'pci_stats', 'numa_topology',
    'num_instances', 'num_io_ops', 'failed_builds', 'host_ip',
    'hypervisor_type', 'hypervisor_version', 'hypervisor_hostname',
    'cpu_info', 'supported_instances', 'limits', 'metrics', 'aggregates',
    'instances', 'ram_allocation_ratio', 'cpu_allocation_ratio',
    'disk_allocation_ratio', 'cell_uuid', 'updated', 'service', 'stats',
})  # fmt: skip


def _keys(case: Case) -> set[str]:
    """What flavor and image ask for, the scope's colon as in an image."""
    found: set[str] = set()
    for asked in (case.server.flavor.extra_specs, case.server.image):
        if not isinstance(asked, Missing):
            found |= {key.replace(':', '_') for key in asked}
    return found


def _begun(case: Case, beginnings: tuple[str, ...]) -> str:
    return ', '.join(
        sorted(key for key in _keys(case) if key.startswith(beginnings))
    )


def cells(case: Case) -> Finding | None:
    """NUMA cells, dedicated CPUs, huge pages: NUMATopologyFilter.

    Where that is off, the compute host itself may still refuse.
    """
    asked = _begun(case, CELLS)
    if not asked:
        return None
    return findings.open_(
        _('whether its NUMA cells have room is not shown (%s)') % asked, NUMA
    )


def devices(case: Case) -> Finding | None:
    """PCI devices by alias: PciPassthroughFilter, or the compute host."""
    if not _begun(case, ('pci_passthrough_',)):
        return None
    return findings.open_(
        _('whether a PCI device is free there is not shown'), PCI
    )


def translated(case: Case) -> Finding | None:
    """Features that Nova asks placement for in ways of its own."""
    asked = _begun(case, TRANSLATED)
    if not asked:
        return None
    return findings.open_(
        _('whether it can do what is asked for was not looked at (%s)') % asked
    )


def suffixed_groups(case: Case) -> Finding | None:
    """Groups of resources that have to come from one provider each."""
    if not requirements.has_suffixes(case.server):
        return None
    return findings.open_(
        _('the groups of resources of the flavor were not looked at')
    )


def capabilities(case: Case) -> Finding | None:
    """Extra specs that compare with a host: ComputeCapabilitiesFilter.

    On by default; most of what it reads is not shown.
    """
    specs = case.server.flavor.extra_specs
    if isinstance(specs, Missing):
        return None
    asked = sorted(
        key
        for key in specs
        if key.startswith('capabilities:') or key in ATTRIBUTES
    )
    if not asked:
        return None
    return findings.open_(
        _('the flavor compares with what the host reports (%s), which is not '
          'shown') % ', '.join(asked),
        CAPABILITIES,
    )  # fmt: skip
