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

"""What to do next: Nova's words on one side, a command on the other.

Two tables, :mod:`~osc_migrate.engine.refusals` and
:mod:`~osc_migrate.engine.endings`, are read from the top; the first row that
fits is used. ``{server}``
is the server's ID, ``{source}`` and ``{destination}`` are compute hosts, and
``{candidates}`` is the command that tells which hosts could take the server.
Patterns are searched in what Nova said, regardless of case; only what Nova
says in full is matched, as it cuts longer texts at 255 bytes
(``compute/utils.py``).
"""

import dataclasses
import re

from osc_migrate.engine import move as moves
from osc_migrate.engine.outcomes import Cause
from osc_migrate.engine import text
from osc_migrate.i18n import _


@dataclasses.dataclass(frozen=True, slots=True)
class RefusalHint:
    """Nova refused the request: HTTP status, its message, what helps."""

    status: int
    pattern: str
    hint: str

    def fits(self, status: int, message: str) -> bool:
        return self.status == status and bool(
            re.search(self.pattern, message, re.IGNORECASE)
        )


@dataclasses.dataclass(frozen=True, slots=True)
class EndingHint:
    """The move ended without success: why, Nova's reason, what helps."""

    cause: Cause
    pattern: str
    hint: str

    def fits(self, cause: Cause, reason: str) -> bool:
        return self.cause is cause and bool(
            re.search(self.pattern, reason, re.IGNORECASE)
        )


#: Added where the destination that was asked for cannot take anything.
DESTINATION_DISABLED = _(
    'The compute service of {destination} is disabled: openstack compute '
    'service set --enable {destination} nova-compute'
)
NO_VALID_HOST = _(
    'No host passed the scheduler. What rules each host out, as far as it can '
    'be seen: {candidates}; the filters\' reasons are in nova-scheduler\'s '
    'log.'
)
SAME_HOST = _(
    'The server is on {destination} already. Choose another --host, or leave '
    'the choice to the scheduler.'
)
DESTINATION_DOWN = _(
    'The compute service of {destination} is down: openstack compute service '
    'list --host {destination}'
)


def candidates(
    server_id: str, kind: moves.Kind | None, destination: str | None = None
) -> str:
    """The command that tells host by host what rules it out.

    :param destination: The one host that is to be told of.
    """
    words = ['openstack', 'server', 'migrate-candidates']
    if kind is moves.Kind.LIVE:
        words.append('--live-migration')
    if destination is not None:
        words += ['--host', text.shell_word(destination)]
    return ' '.join([*words, server_id])
