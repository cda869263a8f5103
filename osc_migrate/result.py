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

"""What one run of the command found out."""

from collections.abc import Mapping
import dataclasses

from osc_migrate.engine import outcomes


@dataclasses.dataclass(frozen=True, slots=True)
class Result:
    """How it ended: the migration fields, and the server they speak of.

    :ivar outcome: How it ended.
    :ivar reason: In Nova's words where it has any, None where all is well.
    :ivar hint: The next command, None where there is nothing to do.
    :ivar migration_id: UUID of the migration record.
    :ivar migration_type: ``migration`` or ``live-migration``.
    :ivar migration_status: Nova's word for the record.
    :ivar source_host: None where the caller may not see hosts.
    :ivar destination_host: As ``source_host``.
    :ivar request_id: Of the request that started the move.
    :ivar duration: Seconds from the request to the verdict; attached: from
        the record's creation.
    :ivar changes: Field to [before, after] of what differs in the server's
        identity; None when attached, as nothing is known of before.
    :ivar warnings: Sentences.
    """

    server_id: str
    server_name: str
    outcome: outcomes.Outcome
    reason: str | None = None
    hint: str | None = None
    migration_id: str | None = None
    migration_type: str | None = None
    migration_status: str | None = None
    source_host: str | None = None
    destination_host: str | None = None
    request_id: str | None = None
    duration: float | None = None
    changes: Mapping[str, list[object]] | None = None
    warnings: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """What the command ends with."""
        return outcomes.EXIT_CODES[self.outcome]


#: The fields that follow those of ``openstack server show``, in this order.
FIELDS = (
    'outcome',
    'reason',
    'hint',
    'migration_id',
    'migration_type',
    'migration_status',
    'source_host',
    'destination_host',
    'request_id',
    'duration',
    'changes',
    'warnings',
)
