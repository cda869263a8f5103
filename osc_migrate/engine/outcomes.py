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

"""How a move can end, as users and their scripts know it."""

import dataclasses
import enum


class Outcome(enum.StrEnum):
    CONFIRMED = 'confirmed'
    AUTO_CONFIRMED = 'auto-confirmed'
    CONFIRMED_ELSEWHERE = 'confirmed-elsewhere'
    COMPLETED = 'completed'
    AWAITING_CONFIRMATION = 'awaiting-confirmation'
    NOT_ON_SOURCE = 'not-on-source'
    PLANNED = 'planned'
    ROLLED_BACK = 'rolled-back'
    ABORTED = 'aborted'
    ERROR = 'error'
    UNCONFIRMED = 'unconfirmed'
    DELETED = 'deleted'
    TIMEOUT = 'timeout'
    REVERTED = 'reverted'
    CHECK_FAILED = 'check-failed'
    CONFLICT = 'conflict'
    UNKNOWN = 'unknown'


#: The exit code that tells a script what happened. Released: a change here
#: needs a release note.
EXIT_CODES = {
    Outcome.CONFIRMED: 0,
    Outcome.AUTO_CONFIRMED: 0,
    Outcome.CONFIRMED_ELSEWHERE: 0,
    Outcome.COMPLETED: 0,
    Outcome.AWAITING_CONFIRMATION: 0,
    Outcome.NOT_ON_SOURCE: 0,
    Outcome.PLANNED: 0,
    Outcome.ROLLED_BACK: 3,
    Outcome.ABORTED: 3,
    Outcome.ERROR: 4,
    Outcome.UNCONFIRMED: 4,
    Outcome.DELETED: 4,
    Outcome.TIMEOUT: 5,
    Outcome.REVERTED: 6,
    Outcome.CHECK_FAILED: 6,
    Outcome.CONFLICT: 7,
    Outcome.UNKNOWN: 9,
}

#: Refused or failed before anything was asked of Nova's compute hosts.
EXIT_REFUSED = 1
#: The options contradict each other.
EXIT_USAGE = 2
#: Servers remain on the host that was to be emptied.
EXIT_REMAIN = 8
#: Whether the host is empty could not be found out.
EXIT_UNKNOWN = 9


class Cause(enum.StrEnum):
    """What a verdict rests on: finer than the outcome, it picks the hint."""

    ARRIVED = 'arrived'
    NO_RECORD = 'failed before a migration record was made'
    RECORD_ERROR = 'the migration record says error'
    LIVE_FAILED = 'the live migration failed and was rolled back'
    ABORTED = 'the live migration was aborted'
    COMPUTE_RESTARTED = 'the source compute service was restarted'
    ERROR_ON_SOURCE = 'ERROR on the source'
    ERROR_ON_DESTINATION = 'ERROR on the destination'
    ERROR_UNPLACED = 'ERROR, and the host cannot be seen'
    LIVE_ERROR_ON_SOURCE = 'ERROR on the source after a live migration'
    LIVE_ERROR_AFTER_ABORT = 'ERROR on the source after an abort'
    LIVE_ERROR_ON_DESTINATION = 'ERROR on the destination of a live migration'
    LEFT_ON_DESTINATION = 'on the destination, and the record was left open'
    CONFIRM_FAILED = 'the confirm failed'
    REVERT_FAILED = 'the revert failed'
    STATE_RESET = 'the state was reset'
    RECORD_CONTRADICTS = 'record and server contradict each other'
    GONE = 'the server is gone'
    REVERTED = 'reverted'
    REVERTED_BY_US = 'reverted by this command'
    CHECK_FAILED = 'the check failed'
    FOREIGN_MOVE = 'another move came between'
    CONFIRM_REFUSED = 'the confirm was refused'
    REVERT_REFUSED = 'the revert was refused'
    REVERT_UNSAFE = 'a revert would destroy the guest'
    UNDECIDED = 'nobody decided until the time limit'
    TIME_LIMIT = 'the time limit was reached'
    UNREADABLE = 'the API could not be read'
    UNPROVEN = 'nothing proves how it ended'


@dataclasses.dataclass(frozen=True, slots=True)
class Verdict:
    """How it ended and what says so.

    ``detail`` is a sentence of the judge's own, where Nova has none.
    ``by_user`` is the ID of the user who confirmed, reverted or interfered.
    """

    outcome: Outcome
    cause: Cause
    detail: str | None = None
    by_user: str | None = None
