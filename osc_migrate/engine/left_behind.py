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

"""What did not come along with a server that was moved.

Nova judges its own part of a move. What it asks of neutron, cinder and
placement can fail without a word in the server or its migration record:
Nova logs it and goes on. Each rule here is one thing that can be left.
"""

from collections.abc import Iterable, Iterator

from osc_migrate.engine import belongings
from osc_migrate.engine import text
from osc_migrate.i18n import _

#: Types of a port's interface that no guest can use (neutron_lib's
#: ``portbindings.VIF_UNPLUGGED_TYPES``; ``FAILED_VIF_TYPES`` to Nova).
UNPLUGGED = frozenset({'unbound', 'binding_failed'})
#: The status of an attachment in use (cinder's ``VolumeAttachStatus``).
ATTACHED = 'attached'
#: Of an attachment that is over, should a listing still have it.
OVER = frozenset({'detached', 'deleted'})

PORT_UNBOUND = _(
    'Port {port} is bound to no host: openstack port show {port}'
)  # fmt: skip
PORT_ELSEWHERE = _(
    'Port {port} is bound to {bound}, but the server is on {host}: openstack '
    'port show {port}'
)
PORT_FAILED = _(
    'Port {port} could not be bound on {bound} ({type}): openstack network '
    'agent list --host {bound}, openstack port show {port}'
)
ATTACHMENT_OPEN = _(
    'Attachment {id} of volume {volume} is in status {status}: openstack '
    '--os-volume-api-version 3.27 volume attachment show {id}'
)
VOLUME_LOOSE = _(
    'Volume {volume} has no attachment to this server: openstack '
    '--os-volume-api-version 3.27 volume attachment list --all-projects '
    '--volume-id {volume}'
)
VOLUME_TWICE = _(
    'Volume {volume} is attached to this server more than once ({ids}), one '
    'may be left from the source: openstack --os-volume-api-version 3.27 '
    'volume attachment list --all-projects --server-id {server}'
)
HELD_BY_MIGRATION = _(
    'The migration still holds resources of {source} in placement. See them '
    'with openstack resource provider allocation show {consumer}, free them '
    'with openstack resource provider allocation delete {consumer}'
)
HELD_BY_SERVER = _(
    'The server still holds resources of {source} in placement. See them '
    'with openstack resource provider allocation show {consumer}, free them '
    'with openstack --os-placement-api-version 1.12 resource provider '
    'allocation unset --provider {provider} {consumer}'
)


def missing(
    arrived: belongings.Arrival, seen: belongings.Belongings
) -> tuple[str, ...]:
    """A sentence for each thing that is not where it should be."""
    sentences = (
        *_ports(arrived, seen.ports or ()),
        *_attachments(seen.attachments or ()),
        *_volumes(arrived, seen.attachments),
        *_allocations(arrived, seen.allocations or ()),
    )
    # One consumer may hold something of several providers.
    return tuple(dict.fromkeys(sentences))


def _ports(
    arrived: belongings.Arrival, ports: Iterable[belongings.Port]
) -> Iterator[str]:
    """Ports that are not bound to the host where the server is.

    Nova asks for the binding of those in the server's project and takes
    the answer for success, whatever type of interface it names (nova's
    ``network/neutron.py``, ``_update_port_binding_for_instance``).
    """
    for port in ports:
        if port.host is None:
            continue
        unplugged = port.vif_type in UNPLUGGED
        if not port.host:
            # Anybody may write this server's ID into a port of their own.
            if unplugged and port.project_id == arrived.project_id:
                yield PORT_UNBOUND.format(port=port.id)
        elif arrived.host is not None and port.host != arrived.host:
            yield PORT_ELSEWHERE.format(
                port=port.id, bound=port.host, host=arrived.host
            )
        elif unplugged:
            yield PORT_FAILED.format(
                port=port.id,
                bound=text.shell_word(port.host),
                type=port.vif_type,
            )


def _attachments(
    attachments: Iterable[belongings.VolumeAttachment],
) -> Iterator[str]:
    """Attachments that were begun or given up, and not completed.

    Nova reserves one for the destination, connects it there and completes
    it (nova's ``compute/manager.py``, ``_terminate_volume_connections`` and
    ``_complete_volume_attachments``).
    """
    for attachment in attachments:
        if attachment.status not in {ATTACHED, *OVER}:
            yield ATTACHMENT_OPEN.format(
                id=attachment.id,
                volume=attachment.volume_id,
                status=attachment.status,
            )


def _volumes(
    arrived: belongings.Arrival,
    attachments: tuple[belongings.VolumeAttachment, ...] | None,
) -> Iterator[str]:
    """Volumes without an attachment, or with more than one in use.

    A live migration that cannot delete the source's attachment says so in
    the log and goes on (nova's ``compute/manager.py``,
    ``_post_live_migration_remove_source_vol_connections``). The attachments
    of one volume to several servers are no concern of this.
    """
    for volume in arrived.volumes if attachments is not None else ():
        present = [
            attachment
            for attachment in attachments or ()
            if attachment.volume_id == volume and attachment.status not in OVER
        ]
        in_use = [a.id for a in present if a.status == ATTACHED]
        if not present:
            yield VOLUME_LOOSE.format(volume=volume)
        elif len(in_use) > 1:
            yield VOLUME_TWICE.format(
                volume=volume,
                ids=', '.join(in_use),
                server=arrived.server_id,
            )


def _allocations(
    arrived: belongings.Arrival, allocations: Iterable[belongings.Allocation]
) -> Iterator[str]:
    """Resources of the source that nobody uses and nobody frees.

    During a move the migration holds what the server had on the source,
    the server what it gets; the end of the move deletes the former (nova's
    ``conductor/tasks/migrate.py``, ``replace_allocation_with_migration``,
    and ``compute/manager.py``, ``_delete_allocation_after_move``).
    """
    if not arrived.released:
        return
    for allocation in allocations:
        sentence = None
        if allocation.consumer_id == arrived.migration_uuid:
            sentence = HELD_BY_MIGRATION
        elif arrived.left and allocation.consumer_id == arrived.server_id:
            # What else it holds is the destination's: none of it is deleted.
            sentence = HELD_BY_SERVER
        if sentence is not None:
            yield sentence.format(
                source=arrived.source_host or arrived.source_node,
                provider=allocation.provider_id,
                consumer=allocation.consumer_id,
            )
