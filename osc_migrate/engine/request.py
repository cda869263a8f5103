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

"""What was asked for, and what of it cannot be meant together."""

import dataclasses
import enum
import math

from osc_migrate.engine import move as moves
from osc_migrate.i18n import _


#: What can be done at the time limit.
ON_TIMEOUT = ('leave', 'abort', 'force-complete')
#: Seconds: pauses below it would be a load on the API.
SHORTEST_INTERVAL = 0.1


class Method(enum.StrEnum):
    """How the server is to be moved."""

    COLD = 'cold'
    LIVE = 'live'
    AUTO = 'auto'


@dataclasses.dataclass(frozen=True, slots=True)
class Request:
    """The options of the command that decide what is asked of Nova.

    ``timeout`` and ``poll_interval`` are seconds; ``timeout`` 0 is no limit.
    ``block_migration`` None lets Nova find out.
    """

    server: str
    method: Method = Method.COLD
    host: str | None = None
    block_migration: bool | None = None
    wish: moves.Wish = moves.Wish.CONFIRM
    on_timeout: str = 'leave'
    attach: bool = False
    migration: str | None = None
    source_host: str | None = None
    dry_run: bool = False
    timeout: float = 3600.0
    poll_interval: float = 5.0


def contradiction(request: Request) -> str | None:
    """Why the options cannot be meant together, or None."""
    live = request.method is not Method.COLD
    rules = (
        (request.on_timeout not in ON_TIMEOUT,
         _('--on-timeout knows no {on_timeout}')),
        (request.on_timeout != 'leave' and not live and not request.attach,
         _('--on-timeout {on_timeout} acts on a live migration; a cold one '
           'can only be left to Nova')),
        (request.block_migration is not None and not live,
         _('--block-migration and --shared-migration need --live-migration '
           'or --auto')),
        (request.migration is not None and not request.attach,
         _('--migration needs --attach')),
        (request.attach and request.host is not None,
         _('--attach starts nothing, so --host means nothing with it')),
        (request.attach and request.block_migration is not None,
         _('--attach starts nothing, so --block-migration and '
           '--shared-migration mean nothing with it')),
        (request.attach and request.source_host is not None,
         _('--attach and --source-host exclude each other')),
        (not 0 <= request.timeout < math.inf,
         _('--timeout is no number of seconds')),
        (not SHORTEST_INTERVAL <= request.poll_interval < math.inf,
         _('--poll-interval must be 0.1 or more')),
        (request.host == '', _('--host is empty')),
        (request.migration == '', _('--migration is empty')),
        (request.source_host == '', _('--source-host is empty')),
    )  # fmt: skip
    return next(
        (
            sentence.format(on_timeout=request.on_timeout)
            for wrong, sentence in rules
            if wrong
        ),
        None,
    )
