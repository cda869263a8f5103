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

"""From an ending to Nova's words and the next command."""

import dataclasses

import testtools

from osc_migrate.engine import diagnosis
from osc_migrate.engine import endings
from osc_migrate.engine import facts
from osc_migrate.engine import move as moves
from osc_migrate.engine import outcomes
from osc_migrate.engine.outcomes import Cause
from osc_migrate.engine.outcomes import Outcome
from osc_migrate.engine import refusals
from osc_migrate import exceptions
from osc_migrate.tests.unit import rows
from osc_migrate.tests.unit import traces

#: As Nova cuts it, at 255 bytes, on a cloud with unknown host keys.
SSH = (
    'Resize error: not able to execute ssh command: Unexpected error while '
    'running command.\nCommand: ssh -o BatchMode=yes 10.99.0.11 mkdir -p '
    '/var/lib/nova/instances/4f6d9d2e-0000-4000-8000-000000000001\n'
    'Exit code: 255\nStdout: \'\'\nStderr: \''
).ljust(255, 'H')[:255]
NO_HOST = 'No valid host was found. No valid host found for cold migrate'
IN_TASK = "Cannot 'migrate' instance X while it is in task_state resize_prep"
DOWN = 'Service is unavailable at this time.'


def state(name: str) -> str:
    return f"Cannot 'migrate' instance X while it is in vm_state {name}"


@dataclasses.dataclass(frozen=True)
class Refusal:
    name: str
    status: int
    message: str
    helps: str


REFUSALS = (
    Refusal('paused', 409, state('paused'), 'server unpause'),
    Refusal('stopped', 409, state('stopped'), 'leave --live-migration out'),
    Refusal('suspended', 409, state('suspended'), 'server resume'),
    Refusal('rescued', 409, state('rescued'), 'server unrescue'),
    Refusal('shelved', 409, state('shelved'), 'server unshelve'),
    Refusal('offloaded', 409, state('shelved_offloaded'), 'on no host'),
    Refusal('awaiting a decision', 409, state('resized'), '--attach'),
    Refusal('in error', 409, state('error'), 'set --state active'),
    Refusal('building', 409, state('building'), 'ACTIVE or SHUTOFF'),
    Refusal('at work', 409, IN_TASK, 'wait until it is done'),
    Refusal('locked', 409, 'Instance X is locked', 'server unlock'),
    Refusal('source down', 409, DOWN, 'server evacuate'),
    Refusal(
        'own host', 400,
        'Cannot migrate to the host where the server exists.', '--host',
    ),
    Refusal(
        'no host of an old Nova', 400,
        'No valid host was found. No valid host found for cold migrate',
        'openstack server migrate-candidates',
    ),
    Refusal(
        'unknown host', 400, 'Compute host X could not be found.',
        'compute service list',
    ),
    Refusal(
        'destination down', 0, 'The compute service of dst is down.',
        'service list --host dst',
    ),
    Refusal(
        'destination disabled', 0, 'The compute service of dst is disabled.',
        'service set --enable dst',
    ),
    Refusal('no host', 400, NO_HOST, 'nova-scheduler'),
    Refusal('policy', 403, 'Policy does not allow it.', 'an admin or'),
    Refusal('no token', 401, 'Requires authentication', 'token issue'),
    Refusal('deleted', 404, 'Instance X could not be found.', '--deleted'),
)  # fmt: skip


@rows.each(REFUSALS)
class RefusalTestCase(testtools.TestCase):
    def check(self, row: Refusal) -> None:
        error = exceptions.ApiError(
            row.message, status=row.status, request_id='req-1'
        )
        refused = diagnosis.refusal(error, traces.server('ACTIVE'), 'dst')
        self.assertEqual(
            (row.message, 'req-1'), (refused.message, refused.request_id)
        )
        self.assertIn(row.helps, str(refused.hint))
        self.assertNotIn('{', str(refused.hint))

    def test_what_is_not_known_has_no_hint(self) -> None:
        error = exceptions.ApiError('Something new', status=409)
        refused = diagnosis.refusal(error, traces.server('ACTIVE'), None)
        self.assertIsNone(refused.hint)


@dataclasses.dataclass(frozen=True)
class Ending:
    """A verdict, what Nova says of it, and what we say."""

    name: str
    outcome: Outcome
    cause: Cause
    said: str | None
    helps: str


BACK, PERSON = Outcome.ROLLED_BACK, Outcome.ERROR
LEFT, UNKNOWN = Outcome.UNCONFIRMED, Outcome.UNKNOWN
AWAY = 'Compute service of host2 is unavailable at this time.'
CPU = "Unacceptable CPU info: CPU doesn't have compatibility."
SHARED = 'host2 is not on shared storage: Shared storage live-migration '
LOCAL = 'host2 is not on local storage: Block migration can not be used '
PRE_CHECK = 'Migration pre-check error: Binding failed for port X'
ENDINGS = (
    Ending('no host', BACK, Cause.RECORD_ERROR, NO_HOST, 'nova-scheduler'),
    Ending(
        'no host and no record', BACK, Cause.NO_RECORD, NO_HOST,
        'compute service list',
    ),
    Ending(
        'SSH', BACK, Cause.RECORD_ERROR, SSH,
        'on src cannot log in to dst by SSH',
    ),
    Ending(
        'something else', BACK, Cause.RECORD_ERROR, 'Insufficient memory',
        'server event show',
    ),
    Ending('no record', BACK, Cause.NO_RECORD, 'Boom', 'before it chose'),
    Ending(
        'restarted', BACK, Cause.COMPUTE_RESTARTED, None, 'record open',
    ),
    Ending(
        'the copy failed', PERSON, Cause.ERROR_ON_SOURCE,
        'ProcessExecutionError', 'after the guest was powered off',
    ),
    Ending(
        'failed on the source', PERSON, Cause.ERROR_ON_SOURCE, 'Boom',
        'still on src',
    ),
    Ending(
        'failed on the destination', PERSON, Cause.ERROR_ON_DESTINATION,
        'Boom', 'reboot --hard',
    ),
    Ending(
        'the clean-up failed', PERSON, Cause.CONFIRM_FAILED, 'Boom',
        'cleaning up src',
    ),
    Ending('the revert failed', PERSON, Cause.REVERT_FAILED, 'x', 'Look for'),
    Ending('reset', PERSON, Cause.STATE_RESET, None, 'Somebody reset'),
    Ending(
        'contradicting', PERSON, Cause.RECORD_CONTRADICTS, None,
        'which of them has the guest',
    ),
    Ending('locked', LEFT, Cause.CONFIRM_REFUSED, 'X is locked', 'Unlock'),
    Ending(
        'source down', LEFT, Cause.CONFIRM_REFUSED, DOWN, 'Do not revert',
    ),
    Ending('refused', LEFT, Cause.CONFIRM_REFUSED, 'No', 'Look at the serv'),
    Ending('gone', Outcome.DELETED, Cause.GONE, None, 'what was done to it'),
    Ending(
        'reverted', Outcome.REVERTED, Cause.REVERTED, None, 'reverted it',
    ),
    Ending(
        'foreign', Outcome.CONFLICT, Cause.FOREIGN_MOVE, 'Bob\'s.',
        'Nothing of it',
    ),
    Ending('unproven', UNKNOWN, Cause.UNPROVEN, None, 'Find out before'),
    Ending(
        'expired', UNKNOWN, Cause.UNREADABLE,
        'The request you have made requires authentication. (HTTP 401)',
        'a token that was given',
    ),
    Ending(
        'unreadable', UNKNOWN, Cause.UNREADABLE, 'HTTP 502', 'Nova may go on',
    ),
    Ending(
        'late', Outcome.TIMEOUT, Cause.TIME_LIMIT, None, 'looks stuck',
    ),
    Ending(
        'a compute service is down', BACK, Cause.RECORD_ERROR, AWAY,
        'service that Nova names is down',
    ),
    Ending(
        'another CPU', BACK, Cause.RECORD_ERROR, CPU, 'move the server cold',
    ),
    Ending(
        'disks that are not shared', BACK, Cause.RECORD_ERROR, SHARED,
        'leave --block-migration and --shared-migration out',
    ),
    Ending(
        'disks that are shared', BACK, Cause.RECORD_ERROR, LOCAL,
        'leave --block-migration and --shared-migration out',
    ),
    Ending(
        'a check before it failed', BACK, Cause.RECORD_ERROR, PRE_CHECK,
        'before anything was copied',
    ),
    Ending(
        'rolled back', BACK, Cause.LIVE_FAILED, None,
        'runs on src as before. See openstack server event show',
    ),
    Ending(
        'aborted', Outcome.ABORTED, Cause.ABORTED, None,
        'runs on src as before. All requests',
    ),
    Ending(
        'aborted into ERROR', PERSON, Cause.LIVE_ERROR_AFTER_ABORT, None,
        'runs on src as before: Nova 33 and 34',
    ),
    Ending(
        'live, failed on the source', PERSON, Cause.LIVE_ERROR_ON_SOURCE,
        None, 'still runs on src',
    ),
    Ending(
        'live, failed on the destination', PERSON,
        Cause.LIVE_ERROR_ON_DESTINATION, 'MessagingTimeout',
        'runs on dst: do not start it on src',
    ),
    Ending(
        'live, left open', PERSON, Cause.LEFT_ON_DESTINATION, None,
        'src never said that it is done',
    ),
    Ending(
        'nobody knows where', PERSON, Cause.ERROR_UNPLACED, 'Boom',
        'Have an admin look',
    ),
    Ending(
        'locked on its way back', LEFT, Cause.REVERT_REFUSED, 'X is locked',
        'Unlock it, then: openstack server migration revert',
    ),
    Ending(
        'refused on its way back', LEFT, Cause.REVERT_REFUSED, 'No',
        'Look at the server, then: openstack server migration revert',
    ),
    Ending(
        'not begun', LEFT, Cause.REVERT_UNSAFE, 'src is down',
        'Start nova-compute on src, then: openstack server migration revert',
    ),
    Ending(
        'undecided', Outcome.TIMEOUT, Cause.UNDECIDED, None,
        'openstack server migration confirm',
    ),
    Ending(
        'reverted for a check', Outcome.REVERTED, Cause.REVERTED_BY_US,
        'The check exited with code 1.', 'what the check found',
    ),
    Ending(
        'checked in vain', Outcome.CHECK_FAILED, Cause.CHECK_FAILED,
        'The check exited with code 1.',
        '--live-migration --host src',
    ),
)  # fmt: skip
#: Told by the judge, and by nobody at Nova.
TOLD_BY_US = frozenset({
    Cause.FOREIGN_MOVE, Cause.REVERT_UNSAFE, Cause.REVERTED_BY_US,
    Cause.CHECK_FAILED,
})  # fmt: skip
MOVE = moves.Move(
    traces.server('ACTIVE'),
    source_host='src',
    destination_host='dst',
    request_id=traces.REQUEST,
)


@rows.each(ENDINGS)
class EndingTestCase(testtools.TestCase):
    def check(self, row: Ending) -> None:
        verdict = outcomes.Verdict(row.outcome, row.cause)
        evidence = diagnosis.Evidence(
            (facts.ActionEvent('compute_x', 'Error', row.said),),
            said=row.said,
        )
        if row.cause in TOLD_BY_US:
            verdict = dataclasses.replace(verdict, detail=row.said)
        reason = diagnosis.reason(verdict, traces.server('ACTIVE'), evidence)
        if row.said is not None:
            self.assertEqual(row.said, reason)
        self.assertTrue(reason)
        hint = diagnosis.hint(verdict, MOVE, reason, evidence)
        self.assertIn(row.helps, str(hint))
        self.assertNotIn('{', str(hint))


class TablesTestCase(testtools.TestCase):
    def test_every_refusal_hint_is_reached_by_a_row(self) -> None:
        reached = [
            next(h for h in refusals.REFUSALS if h.fits(r.status, r.message))
            for r in REFUSALS
        ]
        self.assertEqual(len(refusals.REFUSALS), len(set(reached)))

    def test_every_ending_hint_is_reached_by_a_row(self) -> None:
        reached = [
            next(h for h in endings.ENDINGS if h.fits(r.cause, r.said or ''))
            for r in ENDINGS
        ]
        self.assertEqual(
            [], [h for h in endings.ENDINGS if h not in set(reached)]
        )

    def test_every_cause_of_a_failure_has_a_hint(self) -> None:
        hinted = {hint.cause for hint in endings.ENDINGS}
        self.assertEqual({Cause.ARRIVED}, set(Cause) - hinted)
