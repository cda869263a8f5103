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

"""The move ended without success: Nova's reason, and what helps."""

from osc_migrate.engine import hints
from osc_migrate.engine.hints import EndingHint
from osc_migrate.engine.outcomes import Cause
from osc_migrate.i18n import _

#: Read from the top.
ENDINGS = (
    EndingHint(Cause.RECORD_ERROR, r'no valid host', hints.NO_VALID_HOST),
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
        Cause.RECORD_ERROR, r'is unavailable at this time',
        _('The compute service that Nova names is down: openstack compute '
          'service list --service nova-compute'),
    ),
    EndingHint(
        Cause.RECORD_ERROR, r'cpu (info|doesn|model)',
        _('The CPU of the destination lacks what the guest was given: choose '
          'another --host, or move the server cold. The guest runs on as '
          'before.'),
    ),
    EndingHint(
        Cause.RECORD_ERROR, r'(shared|local) storage',
        _('How the disks are to be moved does not fit where they are: leave '
          '--block-migration and --shared-migration out, so that Nova finds '
          'out. The guest runs on as before.'),
    ),
    EndingHint(
        Cause.RECORD_ERROR, r'pre-check',
        _('A compute host refused before anything was copied; the guest runs '
          'on as before. Choose another --host, or see the log of '
          'nova-compute there.'),
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
        Cause.LIVE_FAILED, r'',
        _('The guest runs on {source} as before. See openstack server event '
          'show {server} {request}, and the log of nova-compute on {source} '
          'and {destination}.'),
    ),
    EndingHint(
        Cause.ABORTED, r'',
        _('The guest runs on {source} as before. All requests are listed by: '
          'openstack server event list {server}'),
    ),
    EndingHint(
        Cause.LIVE_ERROR_AFTER_ABORT, r'',
        _('The guest most likely runs on {source} as before: Nova 33 and 34 '
          'end an abort this way with libvirt. Look at it there, then: '
          'openstack server set --state active {server} (answer y where '
          'it asks back). Do not reboot or rebuild it before.'),
    ),
    EndingHint(
        Cause.LIVE_ERROR_ON_SOURCE, r'',
        _('The guest most likely still runs on {source}. Look at it there, '
          'then: openstack server set --state active {server} (answer y '
          'where it asks back). Do not reboot or rebuild it before.'),
    ),
    EndingHint(
        Cause.LIVE_ERROR_ON_DESTINATION, r'',
        _('The guest most likely runs on {destination}: do not start it on '
          '{source}, and do not migrate it again. Look at it on '
          '{destination}, then: openstack server set --state active '
          '{server}, and remove what is left on {source}.'),
    ),
    EndingHint(
        Cause.LEFT_ON_DESTINATION, r'',
        _('The server is on {destination}, but {source} never said that it '
          'is done: do not start it there. Look at the guest on '
          '{destination}, and at nova-compute of the source: openstack '
          'compute service list --host {source}'),
    ),
    EndingHint(
        Cause.ERROR_UNPLACED, r'',
        _('Have an admin look on which compute host the guest is, before '
          'anything else: openstack server show {server}'),
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
        Cause.REVERT_REFUSED, r'is locked',
        _('Unlock it, then: openstack server migration revert {server}'),
    ),
    EndingHint(
        Cause.REVERT_REFUSED, r'',
        _('Look at the server, then: openstack server migration revert '
          '{server}'),
    ),
    EndingHint(
        Cause.REVERT_UNSAFE, r'',
        _('Start nova-compute on {source}, then: openstack server migration '
          'revert {server}. Not before: a revert destroys the guest on '
          '{destination} first.'),
    ),
    EndingHint(
        Cause.UNDECIDED, r'',
        _('The server waits in VERIFY_RESIZE: openstack server migration '
          'confirm {server}, or openstack server migration revert {server}'),
    ),
    EndingHint(
        Cause.REVERTED_BY_US, r'check',
        _('The server is where it was. Find out what the check found before '
          'it is moved again.'),
    ),
    EndingHint(
        Cause.CHECK_FAILED, r'',
        _('The server is on {destination}, and after a live migration there '
          'is nothing to revert to. Look at the guest, or move it back: '
          'openstack server migrate-and-wait --live-migration --host '
          '{source} {server}'),
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
        Cause.UNREADABLE, r'HTTP 401|requires authentication|Unauthorized',
        _('The credentials are accepted no more; a token that was given '
          '(--os-token) cannot be renewed. Nova may go on. With valid ones: '
          'openstack server migration list --server {server}, openstack '
          'server show {server}'),
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
