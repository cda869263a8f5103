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

"""Nova refuses the request: its sentence, and the command that helps."""

from osc_migrate.engine import hints
from osc_migrate.engine.hints import RefusalHint
from osc_migrate.i18n import _

#: Status 0: Nova would take the request, and its scheduler find no host.
REFUSALS = (
    RefusalHint(
        409, r'vm_state paused',
        _('A paused server can only be moved live, or after: '
          'openstack server unpause {server}'),
    ),
    RefusalHint(
        409, r'vm_state stopped',
        _('A stopped server is moved cold: leave --live-migration out, or '
          'use --auto.'),
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
        409, r'vm_state shelved_offloaded',
        _('It is on no host: openstack server unshelve {server} places it '
          'anew'),
    ),
    RefusalHint(
        409, r'vm_state shelved',
        _('Make it movable first: openstack server unshelve {server}'),
    ),
    RefusalHint(
        409, r'vm_state resized',
        _('A resize or migration awaits a decision: openstack server '
          'migration list --server {server}; if it is a migration, take it '
          'over with openstack server migrate-and-wait --attach {server}, '
          'else confirm or revert it first.'),
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
          'taken over with openstack server migrate-and-wait --attach '
          '{server}'),
    ),
    RefusalHint(
        409, r'is locked',
        _('Ask an admin, or unlock it: openstack server unlock {server}'),
    ),
    RefusalHint(
        409, r'service is unavailable|is down',
        _('The compute service of the host that the server is on is down: '
          'openstack compute service list --service nova-compute. Start it '
          'and try again; if the host is dead: openstack server evacuate '
          '{server}'),
    ),
    RefusalHint(
        400, r'host where the server exists',
        _('Choose another --host, or leave the choice to the scheduler.'),
    ),
    # Up to Nova 20, which answers after the scheduler.
    RefusalHint(400, r'no valid host', hints.NO_VALID_HOST),
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
    RefusalHint(0, r'is down', hints.DESTINATION_DOWN),
    RefusalHint(0, r'is disabled', hints.DESTINATION_DISABLED),
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
