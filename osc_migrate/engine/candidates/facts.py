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

"""What was seen of a server and of every compute host, at one look.

What could not be seen is a :class:`osc_migrate.engine.facts.Missing`, never
an empty value: a rule that meets it says so, or nothing.
"""

from collections.abc import Mapping
import dataclasses
import enum

from osc_migrate.engine import facts
from osc_migrate.engine import move as moves

Missing = facts.Missing
#: Amounts by resource class, such as ``{'VCPU': 2, 'MEMORY_MB': 4096}``.
Resources = Mapping[str, int]
#: Extra specs of a flavor, properties of an image.
Properties = Mapping[str, str]


@dataclasses.dataclass(frozen=True, slots=True)
class Flavor:
    """The flavor as the server shows it (microversion 2.47 and newer).

    :ivar memory: MiB.
    :ivar disk: GiB of the root disk, which does not count for a server that
        was booted from a volume.
    :ivar ephemeral: GiB.
    :ivar swap: MiB.
    :ivar extra_specs: HIDDEN where the policy keeps them back.
    """

    name: str
    vcpus: int
    memory: int
    disk: int
    ephemeral: int = 0
    swap: int = 0
    extra_specs: Properties | Missing = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True, slots=True)
class Group:
    """The server group that the server is a member of.

    :ivar hosts: The host of each other member, None for one without; HIDDEN
        where they are not shown.
    :ivar most: ``max_server_per_host`` of its rules.
    """

    name: str
    policy: str
    hosts: Mapping[str, str | None] | Missing
    most: int = 1
    id: str = ''


@dataclasses.dataclass(frozen=True, slots=True)
class Server:
    """The server that is to be moved.

    :ivar image: Its image's properties as Nova keeps them with the server
        (2.98); HIDDEN below, and of a server that was booted from a volume.
    :ivar image_traits: What its image requires; Nova never shows it. HIDDEN
        where the image may have been changed since.
    :ivar from_volume: Whether its root disk is a volume.
    :ivar has_volumes: Whether any volume is attached.
    :ivar zone: The availability zone that it is in.
    :ivar pinned_zone: The one that was asked for when it was created (2.96),
        None without; HIDDEN below.
    :ivar hints: Hints for the scheduler (2.100); HIDDEN below.
    :ivar group: None without; HIDDEN where it is not shown.
    :ivar held: What it holds now, by the ID of the provider.
    """

    id: str
    name: str
    project_id: str | None
    host: str | None
    node: str | None
    flavor: Flavor
    image: Properties | Missing = dataclasses.field(default_factory=dict)
    image_traits: frozenset[str] | Missing = frozenset()
    from_volume: bool = False
    has_volumes: bool = False
    zone: str | None = None
    pinned_zone: str | Missing | None = None
    hints: Mapping[str, object] | Missing = dataclasses.field(
        default_factory=dict
    )
    group: Group | Missing | None = None
    held: Mapping[str, Resources] | Missing = Missing.NOT_READ


@dataclasses.dataclass(frozen=True, slots=True)
class Aggregate:
    """One host aggregate (``GET /os-aggregates``)."""

    id: str | None
    name: str
    hosts: frozenset[str]
    metadata: Properties = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True, slots=True)
class Room:
    """What one provider has of one resource class.

    :ivar capacity: The total without what is reserved, times the allocation
        ratio, as placement counts.
    :ivar most: ``max_unit``: what one consumer may hold; None where it was
        not read, as what follows.
    :ivar step: ``step_size``: amounts are multiples of it.
    :ivar own: What of ``used`` this server holds.
    :ivar unconfirmed: What of ``used`` migrations hold that await their
        confirmation.
    """

    capacity: int
    used: int
    total: int | None = None
    reserved: int | None = None
    ratio: float | None = None
    least: int | None = None
    most: int | None = None
    step: int | None = None
    own: int | None = None
    unconfirmed: int | None = None

    @property
    def free(self) -> int:
        return max(0, self.capacity - self.used)


@dataclasses.dataclass(frozen=True, slots=True)
class Provider:
    """A resource provider: the hypervisor's own, or one below it."""

    id: str
    traits: frozenset[str]
    rooms: Mapping[str, Room]


class Offer(enum.Enum):
    """Whether placement offers a host for what Nova would ask.

    UNKNOWN: it was not asked, or its answer is not known to be whole.
    """

    YES = 'yes'
    NO = 'no'
    UNKNOWN = 'unknown'


@dataclasses.dataclass(frozen=True, slots=True)
class Node:
    """One hypervisor: a compute host has one, with ironic many.

    :ivar id: Also of its root provider.
    :ivar architecture: Of its CPU (nova's ``cpu_info``).
    :ivar servers: How many it runs.
    :ivar providers: Its tree; NOT_READ where placement was not seen, or
        shows none of it: then nothing is free there.
    :ivar whole: Whether all of its tree was seen.
    :ivar shared: Resource classes that providers of several hosts have.
    """

    id: str
    name: str
    kind: str | None = None
    version: int | None = None
    architecture: str | None = None
    servers: int | None = None
    providers: tuple[Provider, ...] | Missing = Missing.NOT_READ
    offer: Offer = Offer.UNKNOWN
    whole: bool = True
    shared: frozenset[str] = frozenset()

    @property
    def traits(self) -> frozenset[str] | Missing:
        """All of the tree."""
        if isinstance(self.providers, Missing):
            return self.providers
        return frozenset().union(*(p.traits for p in self.providers))

    def rooms(self, resource_class: str) -> tuple[Room, ...]:
        """Of one class, one for each provider that has any of it."""
        if isinstance(self.providers, Missing):
            return ()
        return tuple(
            p.rooms[resource_class]
            for p in self.providers
            if resource_class in p.rooms
        )


@dataclasses.dataclass(frozen=True, slots=True)
class Host:
    """One compute host and one hypervisor of it.

    :ivar node: None where Nova shows no hypervisor of the host.
    """

    name: str
    zone: str | None
    up: bool
    enabled: bool
    disabled_reason: str | None = None
    node: Node | None = None

    @property
    def state(self) -> str:
        """For people: ``up``, ``down``, ``disabled`` or both."""
        if self.up:
            return 'up' if self.enabled else 'disabled'
        return 'down' if self.enabled else 'down, disabled'


@dataclasses.dataclass(frozen=True, slots=True)
class Seen:
    """One look.

    :ivar destination: The host that is asked for; None: Nova chooses.
    :ivar hosts: HIDDEN from everybody but admins.
    :ivar aggregates: HIDDEN from everybody but admins.
    :ivar source: Of the hypervisor that the server is on.
    :ivar reports_same_host: Whether compute services report the trait
        ``COMPUTE_SAME_HOST_COLD_MIGRATE`` (Nova 21 and newer).
    :ivar placement: None where placement was seen, else why it was not.
    """

    server: Server
    kind: moves.Kind
    destination: str | None
    hosts: tuple[Host, ...] | Missing
    aggregates: tuple[Aggregate, ...] | Missing = Missing.HIDDEN
    source: Node | None = None
    reports_same_host: bool = True
    placement: str | None = None

    def aggregates_of(self, host: Host) -> tuple[Aggregate, ...]:
        if isinstance(self.aggregates, Missing):
            return ()
        return tuple(a for a in self.aggregates if host.name in a.hosts)
