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

"""What Nova's scheduler would ask placement for, as far as it can be known.

The rules are those of nova's ``scheduler/utils.py`` (``ResourceRequest``)
and ``scheduler/request_filter.py``. What hangs on more than flavor and image
(ports, device profiles, NUMA) is left out: what is asked here is never
narrower than what Nova asks, so a host that placement does not offer for it
is not offered to Nova either.
"""

from collections.abc import Iterator, Mapping
import dataclasses
import re

from osc_migrate.engine.candidates import facts

VCPU = 'VCPU'
MEMORY = 'MEMORY_MB'
DISK = 'DISK_GB'
#: The trait of a disabled host, from Nova 20 on (nova's
#: ``compute/manager.py``, ``update_compute_provider_status``).
DISABLED = 'COMPUTE_STATUS_DISABLED'

_KEY = re.compile(r'^(resources|trait)([a-zA-Z0-9_-]{1,64})?:(.*)$')
#: Policies with CPUs of the server's own.
_PINNED = frozenset({'dedicated', 'mixed'})


@dataclasses.dataclass(frozen=True, slots=True)
class Needs:
    """What a host has to have.

    :ivar resources: Of the group without suffix, none of them 0.
    :ivar aggregates: Placement's aggregates, of which it has to be in one;
        empty: in any or none.
    :ivar whole: Whether the amounts of all classes are known: a flavor with
        hidden extra specs may need more or less.
    """

    resources: facts.Resources
    required: frozenset[str] = frozenset()
    forbidden: frozenset[str] = frozenset()
    aggregates: tuple[str, ...] = ()
    whole: bool = True


def of(
    server: facts.Server,
    aggregates: tuple[facts.Aggregate, ...] | facts.Missing,
) -> Needs:
    """What a host has to have for this server."""
    specs = server.flavor.extra_specs
    known: Mapping[str, str] = {}
    if not isinstance(specs, facts.Missing):
        known = specs
    amounts, required, forbidden = _of_specs(known)
    if not isinstance(server.image_traits, facts.Missing):
        required |= server.image_traits
    if is_pinned(server):
        # PCPU, or on old compute hosts VCPU: Nova asks for both in turn.
        amounts[VCPU] = 0
        amounts['PCPU'] = 0
    elif 'PCPU' not in amounts:
        amounts.setdefault(VCPU, server.flavor.vcpus)
    amounts.setdefault(MEMORY, server.flavor.memory)
    amounts.setdefault(DISK, disk_of(server))
    return Needs(
        {name: amount for name, amount in amounts.items() if amount},
        frozenset(required),
        frozenset(forbidden | {DISABLED}),
        _of_zone(server, aggregates),
        whole=not isinstance(specs, facts.Missing),
    )


def _of_specs(
    specs: Mapping[str, str],
) -> tuple[dict[str, int], set[str], set[str]]:
    """Amounts, required and forbidden traits of the unsuffixed group.

    A class that a suffixed group names is not asked for as the flavor's own
    amount any more: 0 stands for it.
    """
    amounts: dict[str, int] = {}
    required: set[str] = set()
    forbidden: set[str] = set()
    for prefix, suffix, name, value in _keys(specs):
        if prefix == 'resources':
            if suffix:
                amounts.setdefault(name, 0)
            elif value.isascii() and value.isdigit():
                amounts[name] = int(value)
        elif not suffix and value == 'required':
            required.add(name)
        elif not suffix and value == 'forbidden':
            forbidden.add(name)
    return amounts, required, forbidden


def _keys(specs: Mapping[str, str]) -> Iterator[tuple[str, str, str, str]]:
    for key, value in specs.items():
        found = _KEY.match(key)
        if found:
            prefix, suffix, name = found.groups()
            yield prefix, suffix or '', name, value


def has_suffixes(server: facts.Server) -> bool:
    """Whether the flavor asks for groups of resources of their own."""
    specs = server.flavor.extra_specs
    return not isinstance(specs, facts.Missing) and any(
        suffix for _prefix, suffix, _name, _value in _keys(specs)
    )


def is_pinned(server: facts.Server) -> bool:
    """Whether CPUs are dedicated (nova's ``virt/hardware.py``)."""
    specs, image = server.flavor.extra_specs, server.image
    said = set()
    if not isinstance(specs, facts.Missing):
        said.add(specs.get('hw:cpu_policy'))
    if not isinstance(image, facts.Missing):
        said.add(image.get('hw_cpu_policy'))
    return bool(said & _PINNED)


def disk_of(server: facts.Server) -> int:
    """GiB of local disk.

    A root disk that is a volume needs none. The API shows that of a server
    without an image only; with volumes, what it holds now may be less, and
    is believed.
    """
    flavor = server.flavor
    # Nova rounds swap up to whole GiB.
    needed = flavor.ephemeral + -(-flavor.swap // 1024)
    if not server.from_volume:
        needed += flavor.disk
    if server.has_volumes:
        held = server.held
        if isinstance(held, facts.Missing):
            return flavor.ephemeral + -(-flavor.swap // 1024)
        needed = min(needed, sum(h.get(DISK, 0) for h in held.values()))
    return needed


def _of_zone(
    server: facts.Server,
    aggregates: tuple[facts.Aggregate, ...] | facts.Missing,
) -> tuple[str, ...]:
    """``map_az_to_placement_aggregate``: mandatory, from Nova 24 on.

    A zone without an aggregate, such as the default zone, asks for none.
    """
    zone = server.pinned_zone
    if not zone or isinstance(zone, facts.Missing):
        return ()
    if isinstance(aggregates, facts.Missing):
        return ()
    found = [
        a.id for a in aggregates if a.metadata.get('availability_zone') == zone
    ]
    if None in found:
        return ()
    return tuple(str(one) for one in found)


def query(needs: Needs) -> dict[str, str]:
    """The parameters of ``GET /allocation_candidates``, 1.24 and newer."""
    asked = {'resources': _amounts(needs.resources)}
    traits = sorted(needs.required)
    traits += [f'!{one}' for one in sorted(needs.forbidden)]
    if traits:
        asked['required'] = ','.join(traits)
    if needs.aggregates:
        asked['member_of'] = 'in:' + ','.join(needs.aggregates)
    return asked


def _amounts(resources: facts.Resources) -> str:
    return ','.join(f'{n}:{amount}' for n, amount in sorted(resources.items()))
