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

Two tables, read from the top; the first row that fits is used. ``{server}``
is the server's ID, ``{source}`` and ``{destination}`` are compute hosts.
Patterns are searched in what Nova said, regardless of case; only what Nova
says in full is matched, as it cuts longer texts at 255 bytes
(``compute/utils.py``).
"""

import dataclasses
import re

from osc_migrate.engine.outcomes import Cause
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
DESTINATION_DOWN = _(
    'The compute service of {destination} is down: openstack compute service '
    'list --host {destination}'
)

#: Status 0: Nova would take the request, and its scheduler find no host.
REFUSALS = (
    RefusalHint(
        409, r'vm_state paused',
        _('A paused server can only be moved live, or after: '
          'openstack server unpause {server}'),
    ),
    RefusalHint(
        409, r'vm_state suspended',
        _('Make it movable first: openstack server resume {server}'),
    ),
    RefusalHint(
        409, r'vm_state rescued',
        _('Make it movable first: openstack server unrescue {server}'),
    ),
    RefusalHint(
        409, r'vm_state shelved',
        _('Make it movable first: openstack server unshelve {server} (it is '
          'then placed on a host anew)'),
    ),
    RefusalHint(
        409, r'vm_state resized',
        _('A resize or migration awaits a decision: openstack server '
          'migration list --server {server}; if it is a migration, take it '
          'over with --attach, else confirm or revert it first.'),
    ),
    RefusalHint(
        409, r'vm_state error',
        _('See why: openstack server show {server} -c fault, openstack '
          'server event list {server}; once the guest was looked at: '
          'openstack server set --state active {server}'),
    ),
    RefusalHint(
        409, r'vm_state',
        _('The server must be ACTIVE or SHUTOFF: openstack server show '
          '{server}'),
    ),
    RefusalHint(
        409, r'task_state',
        _('Something else is at work on the server; wait until it is done: '
          'openstack server event list {server}. A migration in flight is '
          'taken over with --attach.'),
    ),
    RefusalHint(
        409, r'is locked',
        _('Ask an admin, or unlock it: openstack server unlock {server}'),
    ),
    RefusalHint(
        409, r'service is unavailable',
        _('The compute service of the host that the server is on is down: '
          'openstack compute service list --service nova-compute. Start it '
          'and try again; if the host is dead: openstack server evacuate '
          '{server}'),
    ),
    RefusalHint(
        400, r'host where the server exists',
        _('Choose another --host, or leave the choice to the scheduler.'),
    ),
    RefusalHint(
        400, r'could not be found',
        _('See which compute hosts there are: openstack compute service '
          'list --service nova-compute'),
    ),
    RefusalHint(
        403, r'',
        _('The policy does not let this user do that: moving a server takes '
          'an admin or, from Nova 32 on, a manager of the project; --host '
          'takes an admin.'),
    ),
    RefusalHint(0, r'is down', DESTINATION_DOWN),
    RefusalHint(0, r'is disabled', DESTINATION_DISABLED),
    RefusalHint(
        401, r'',
        _('Get a new token: openstack token issue'),
    ),
    RefusalHint(
        404, r'',
        _('The server may just have been deleted: openstack server list '
          '--all-projects --deleted'),
    ),
)  # fmt: skip

ENDINGS = (
    EndingHint(
        Cause.RECORD_ERROR, r'no valid host',
        _('No host passed the scheduler. See openstack compute service list '
          '--service nova-compute (down, disabled), openstack allocation '
          'candidate list (resources), openstack server group list '
          '(affinity); the filters\' reasons are in nova-scheduler\'s log.'),
    ),
    EndingHint(
        Cause.NO_RECORD, r'no valid host',
        _('No host passed the scheduler: openstack compute service list '
          '--service nova-compute'),
    ),
    EndingHint(
        Cause.RECORD_ERROR, r'not able to execute ssh command',
        _('Nova\'s user on {source} cannot log in to {destination} by SSH: '
          'set up key pairs and known hosts for it on all compute hosts '
          '(Nova\'s guide, "Configure SSH between compute nodes"), then try '
          'again. Nova had not touched the guest yet.'),
    ),
    EndingHint(
        Cause.RECORD_ERROR, r'',
        _('The server is where it was. See openstack server event show '
          '{server} {request} and the log of nova-compute on {source}.'),
    ),
    EndingHint(
        Cause.NO_RECORD, r'',
        _('Nova gave up before it chose a host. See openstack server event '
          'show {server} {request}'),
    ),
    EndingHint(
        Cause.COMPUTE_RESTARTED, r'',
        _('Nova left the migration record open. Look whether the guest runs, '
          'then try again: openstack server show {server}'),
    ),
    EndingHint(
        Cause.ERROR_ON_SOURCE, r'^ProcessExecutionError',
        _('The copy failed after the guest was powered off; its disk is '
          'whole on {source}. Look at it there, then: openstack server set '
          '--state active {server}, and openstack server reboot --hard '
          '{server}'),
    ),
    EndingHint(
        Cause.ERROR_ON_SOURCE, r'',
        _('The server is still on {source}. Look at the guest there, then: '
          'openstack server set --state active {server}, and if it is off: '
          'openstack server reboot --hard {server}'),
    ),
    EndingHint(
        Cause.ERROR_ON_DESTINATION, r'',
        _('The disk is on {destination} and the guest did not start there; '
          'do not migrate again. Try: openstack server reboot --hard '
          '{server}'),
    ),
    EndingHint(
        Cause.CONFIRM_FAILED, r'',
        _('The guest most likely runs on {destination}; what failed is '
          'cleaning up {source}. Look at the guest, then: openstack server '
          'set --state active {server}, and remove what is left on '
          '{source}.'),
    ),
    EndingHint(
        Cause.REVERT_FAILED, r'',
        _('Look for the guest on {source} and {destination} before anything '
          'else; then: openstack server reboot --hard {server}'),
    ),
    EndingHint(
        Cause.STATE_RESET, r'',
        _('Somebody reset the state while Nova was at work: look on {source} '
          'and {destination} which of them has the guest and its disk, '
          'before anything else: openstack server event list {server}'),
    ),
    EndingHint(
        Cause.RECORD_CONTRADICTS, r'',
        _('Look on {source} and {destination} which of them has the guest '
          'and its disk, before anything else: openstack server event list '
          '{server}'),
    ),
    EndingHint(
        Cause.CONFIRM_REFUSED, r'is locked',
        _('Unlock it, then: openstack server migration confirm {server}'),
    ),
    EndingHint(
        Cause.CONFIRM_REFUSED, r'service is unavailable',
        _('The compute service of {source} is down. Start it, then: '
          'openstack server migration confirm {server}. Do not revert while '
          'it is down: that destroys the guest on {destination}.'),
    ),
    EndingHint(
        Cause.CONFIRM_REFUSED, r'',
        _('Look at the server, then: openstack server migration confirm '
          '{server}'),
    ),
    EndingHint(
        Cause.GONE, r'',
        _('See what was done to it: openstack server event list {server}'),
    ),
    EndingHint(
        Cause.REVERTED, r'',
        _('Somebody reverted it: openstack server event list {server}'),
    ),
    EndingHint(
        Cause.FOREIGN_MOVE, r'',
        _('Nothing of it was confirmed or reverted. See openstack server '
          'migration list --server {server}'),
    ),
    EndingHint(
        Cause.UNPROVEN, r'',
        _('Find out before anything else: openstack server migration list '
          '--server {server}, openstack server event list {server}'),
    ),
    EndingHint(
        Cause.UNREADABLE, r'',
        _('Nova may go on. Find out: openstack server migration list '
          '--server {server}, openstack server show {server}'),
    ),
    EndingHint(
        Cause.TIME_LIMIT, r'',
        _('A migration that looks stuck may end by itself when a compute '
          'service comes back: openstack compute service list --service '
          'nova-compute'),
    ),
)  # fmt: skip
