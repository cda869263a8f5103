#  Licensed under the Apache License, Version 2.0 (the "License"); you may
#  not use this file except in compliance with the License. You may obtain
#  a copy of the License at
#
#       http://www.apache.org/licenses/LICENSE-2.0
#
#  Unless required by applicable law or agreed to in writing, software
#  distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
#  WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
#  License for the specific language governing permissions and limitations
#  under the License.

"""What was true of one server at one look, free of any client's types.

Times of day are the ISO 8601 strings that Nova prints (UTC, whole seconds);
they are shown and compared for equality, never used to order events: Nova's
services stamp them on different machines.
"""

from collections.abc import Mapping
import dataclasses
import enum


class Missing(enum.Enum):
    """Why a part of a look is not there."""

    NOT_READ = 'not read'
    HIDDEN = 'the caller may not see it'


@dataclasses.dataclass(frozen=True, slots=True)
class Fault:
    """``fault`` of a server; shown in ERROR and DELETED only.

    Nova keeps the newest for ever, and shows it also where the server came
    into ERROR without one: ``created`` tells.

    ``details`` are for admins when the code is 500 (nova's
    ``api/openstack/compute/views/servers.py``).
    """

    message: str
    details: str | None = None
    created: str | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Server:
    """One ``GET /servers/{id}``, or one row of ``GET /servers/detail``.

    ``host`` and ``node``, the hypervisor, are None for everybody but admins;
    ``host_id`` is a hash of project and host that every reader sees, empty
    before the first boot.
    ``identity`` is what a migration must not change.
    """

    id: str
    name: str
    project_id: str | None
    status: str
    vm_state: str | None = None
    task_state: str | None = None
    host: str | None = None
    host_id: str | None = None
    node: str | None = None
    locked: bool = False
    fault: Fault | None = None
    identity: Mapping[str, object] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True, slots=True)
class MigrationRecord:
    """One row of ``GET /os-migrations``, microversion 2.59 or later.

    ``id`` is what the requests to abort or to complete a live migration
    want in place of the UUID.

    Hosts are None for a project manager, and the destination is None until
    the scheduler chose one. ``user_id`` is the requester's (2.80).
    ``source_node`` is the name of the source's hypervisor, for admins.
    """

    uuid: str | None
    type: str
    status: str
    source_host: str | None = None
    destination_host: str | None = None
    user_id: str | None = None
    created_at: str | None = None
    source_node: str | None = None
    id: int | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class InstanceAction:
    """One row of ``GET /servers/{id}/os-instance-actions``.

    ``user_id`` is None where Nova itself acted (its confirm window).
    """

    request_id: str
    action: str
    user_id: str | None = None
    start_time: str | None = None
    message: str | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class ActionEvent:
    """One step of an instance action; ``details`` are for admins, 2.84."""

    name: str
    result: str | None = None
    details: str | None = None
    host: str | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class ComputeService:
    """The nova-compute service of one host (``GET /os-services``)."""

    host: str
    up: bool
    enabled: bool
    disabled_reason: str | None = None
    id: str | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Transfer:
    """How far the copy of a live migration is, in bytes of memory and disk.

    From ``GET /servers/{id}/migrations``. Nova's libvirt driver writes it
    every 5 s. It goes up and down: a guest changes its memory meanwhile, so
    ``processed`` and ``remaining`` do not add up to ``total``.
    """

    total: int
    processed: int
    remaining: int


#: Newest first, as Nova lists them.
Records = tuple[MigrationRecord, ...] | Missing
Actions = tuple[InstanceAction, ...] | Missing
#: The steps of the action that began the move.
Events = tuple[ActionEvent, ...] | Missing


@dataclasses.dataclass(frozen=True, slots=True)
class Snapshot:
    """One look. ``server`` is None where Nova answered 404."""

    server: Server | None
    records: Records = Missing.NOT_READ
    actions: Actions = Missing.NOT_READ
    events: Events = Missing.NOT_READ
