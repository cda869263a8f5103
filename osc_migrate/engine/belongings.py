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

"""What has to come along with a server: ports, volumes, resources.

Facts of the APIs beside Nova's, free of any client's types;
:mod:`osc_migrate.engine.left_behind` judges them.
"""

import dataclasses

from osc_migrate.engine import facts


@dataclasses.dataclass(frozen=True, slots=True)
class Arrival:
    """A server after its move, and from where it came.

    :ivar host: Where it is; None for everybody but admins.
    :ivar source_node: The name of the source's hypervisor and of its root
        provider in placement (nova's ``compute/resource_tracker.py``).
    :ivar volumes: The IDs of its volumes, as Nova says.
    :ivar released: Whether the source should hold nothing of it any more:
        not so before the confirm.
    """

    server_id: str
    project_id: str | None = None
    host: str | None = None
    source_host: str | None = None
    source_node: str | None = None
    migration_uuid: str | None = None
    volumes: tuple[str, ...] = ()
    released: bool = True

    @property
    def left(self) -> bool:
        """Whether it is known to be on another host than before.

        VMware moves servers between the nodes of one host.
        """
        return None not in (self.host, self.source_host) and (
            self.host != self.source_host
        )


@dataclasses.dataclass(frozen=True, slots=True)
class Port:
    """One port of the server; ``host`` is None where it is hidden.

    Host and type of a binding are for admins (neutron's
    ``conf/policies/port.py``). A port that is bound nowhere has the host ''.
    """

    id: str
    project_id: str | None = None
    host: str | None = None
    vif_type: str | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class VolumeAttachment:
    """One attachment of a volume to the server, as cinder has it."""

    id: str
    volume_id: str
    status: str


@dataclasses.dataclass(frozen=True, slots=True)
class Allocation:
    """Resources that one consumer holds of one provider in placement."""

    provider_id: str
    consumer_id: str


@dataclasses.dataclass(frozen=True, slots=True)
class Belongings:
    """One look; None is what could not be seen, and nothing to warn of.

    :ivar ports: All ports of the server.
    :ivar attachments: All attachments of volumes to the server.
    :ivar allocations: What the server and its migration hold of the source.
    """

    ports: tuple[Port, ...] | None = None
    attachments: tuple[VolumeAttachment, ...] | None = None
    allocations: tuple[Allocation, ...] | None = None


def arrival(
    server: facts.Server,
    record: facts.MigrationRecord | None,
    *,
    released: bool,
    node: str | None = None,
) -> Arrival:
    """What is known of a server that was moved.

    :param server: As it was seen after the move.
    :param record: Its migration, None where it may not be read.
    :param released: Whether the source should hold nothing of it any more.
    :param node: The hypervisor that it was on before, where that was seen.
        The record of a live migration seldom has it (nova's
        ``compute/resource_tracker.py``, ``_claim_existing_migration``).
    """
    volumes = server.identity.get('volumes')
    return Arrival(
        server.id,
        server.project_id,
        host=server.host or (record.destination_host if record else None),
        source_host=record.source_host if record else None,
        source_node=(record.source_node if record else None) or node,
        migration_uuid=record.uuid if record else None,
        volumes=tuple(volumes) if isinstance(volumes, list) else (),
        released=released,
    )
