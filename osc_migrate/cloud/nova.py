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

"""Nova's compute API as one caller sees it: what is asked to be done."""

from collections.abc import Mapping
from typing import Any

from osc_migrate.cloud import looking


class Nova(looking.Looking):
    """The door to one Nova; see :class:`osc_migrate.door.Door`."""

    def cold_migrate(self, server_id: str, host: str | None) -> str | None:
        """Ask for a cold migration; returns the ID of the request.

        202 says that the server's task_state is set: no other move can
        start before this one is over (``compute/api.py``, ``resize``).
        """
        return self._act(server_id, {'migrate': host and {'host': host}})

    def live_migrate(
        self, server_id: str, host: str | None, block_migration: bool | None
    ) -> str | None:
        """Ask for a live migration; returns the ID of the request.

        From microversion 2.34 on the answer does not wait for the checks,
        and without ``force`` the scheduler has its say on the host, too.
        """
        how = 'auto' if block_migration is None else block_migration
        return self._act(
            server_id,
            {'os-migrateLive': {'host': host, 'block_migration': how}},
        )

    def confirm(self, server_id: str) -> str | None:
        """Ask for the confirm; returns the ID of the request.

        204 says that the record is ``confirming``; the clean-up on the
        source follows (``compute/api.py``, ``confirm_resize``).
        """
        return self._act(server_id, {'confirmResize': None})

    def revert(self, server_id: str) -> str | None:
        """Ask for the revert; returns the ID of the request.

        202 says that the server is in REVERT_RESIZE. Nova does not look at
        the compute service of the source (``compute/api.py``,
        ``revert_resize``).
        """
        return self._act(server_id, {'revertResize': None})

    def abort(self, server_id: str, record_id: int) -> str | None:
        """Ask for the end of a live migration; returns the request's ID.

        From 2.65 on also of one that is ``queued`` or ``preparing``.
        """
        return self.api.delete(f'/servers/{server_id}/migrations/{record_id}')

    def force_complete(self, server_id: str, record_id: int) -> str | None:
        """Ask to complete a live migration; returns the request's ID.

        Nova takes it while the record is ``running`` and no earlier.
        """
        return self.api.post(
            f'/servers/{server_id}/migrations/{record_id}/action',
            {'force_complete': None},
        )

    def _act(self, server_id: str, body: Mapping[str, Any]) -> str | None:
        return self.api.post(f'/servers/{server_id}/action', body)
