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

"""Ask Nova for the move, exactly once."""

from collections.abc import Callable
import dataclasses
import functools
from typing import TypeVar

from osc_migrate import clock as clocks
from osc_migrate import door as doors
from osc_migrate.engine import decisions
from osc_migrate.engine import diagnosis
from osc_migrate.engine import facts
from osc_migrate.engine import move as moves
from osc_migrate import exceptions
from osc_migrate.i18n import _
from osc_migrate import pace

#: Seconds for which a fault of the API is retried before the move is asked.
PATIENCE = 30.0
#: Seconds for which a request without an answer is looked for.
LOST_ANSWER = 10.0
#: Seconds between two looks for it.
LOOK_EVERY = 1.0
#: Seconds for which looks after a fault have to show nothing.
LONG_ENOUGH = 2.0

T = TypeVar('T')


def patiently(
    clock: clocks.Clock,
    call: Callable[[], T],
    observer: doors.Observer | None = None,
) -> T:
    """Make a call that changes nothing, again for 30 s while it faults.

    :param observer: Told why nothing happens meanwhile.
    :raises: :class:`~osc_migrate.exceptions.TransientError` after that, and
        :class:`~osc_migrate.exceptions.ApiError` at once.
    """
    began = clock.now()
    faults = 0
    while True:
        try:
            return call()
        except exceptions.TransientError as error:
            faults += 1
            elapsed = clock.now() - began
            pause = _until_next(faults, error, PATIENCE - elapsed)
            if pause is None:
                raise
            if observer is not None:
                observer.progress(
                    doors.Progress(
                        decisions.Phase.UNREADABLE,
                        None,
                        None,
                        elapsed,
                        error.message,
                    )
                )
            clock.sleep(pause)


def _until_next(
    faults: int, error: exceptions.TransientError, left: float
) -> float | None:
    """Seconds until the next try; None where there is none.

    The last one comes when the time is over, but not before ``Retry-After``.

    :param left: Seconds for which there is patience.
    """
    if left < pace.GRAIN or (error.retry_after or 0.0) > left:
        return None
    return min(left, pace.backoff(faults, error.retry_after))


def migration(
    door: doors.Door,
    clock: clocks.Clock,
    move: moves.Move,
    host: str | None,
    block_migration: bool | None = None,
    patience: float = PATIENCE,
) -> moves.Move:
    """Start a migration; a lost answer is looked for, not repeated.

    Nova refuses a second request while the first is under way (the
    instance's task_state), so that sending once more after 10 s without a
    trace can at most be refused.

    :param patience: Seconds for which it is asked again where the API says
        that it did not take the request.
    :returns: The move with its request ID, or without one where the answer
        was lost.
    :raises: :class:`~osc_migrate.exceptions.Refused` with Nova's own words,
        :class:`~osc_migrate.exceptions.TransientError` where it was not
        taken.
    """
    until = clock.now() + patience
    faults = 0
    lost = 0
    move = dataclasses.replace(move, asked_at=doors.utc(door, clock))
    ask = functools.partial(door.cold_migrate, move.server.id, host)
    if move.kind is moves.Kind.LIVE:
        ask = functools.partial(
            door.live_migrate, move.server.id, host, block_migration
        )
    while True:
        try:
            return dataclasses.replace(move, request_id=ask())
        except exceptions.ApiError as error:
            if lost and error.status == 409:
                # What went unanswered took effect after all.
                return dataclasses.replace(move, doubtful=True)
            raise diagnosis.refusal(error, move.server, host) from error
        except exceptions.TransientError as error:
            faults += 1
            if error.accepted is not False:
                lost += 1
                if (
                    lost > 1
                    or _took_effect(door, clock, move)
                    or not _may_be_sent_again(door, move)
                ):
                    return dataclasses.replace(move, doubtful=True)
                until = clock.now() + PATIENCE
                continue
            pause = _until_next(faults, error, until - clock.now())
            if pause is None:
                if lost:
                    return dataclasses.replace(move, doubtful=True)
                raise
            clock.sleep(pause)
            if not lost:
                _refuse_if_moved(door, move)


def _refuse_if_moved(door: doors.Door, move: moves.Move) -> None:
    """Ask again only for a server that is as it was: it may have been moved.

    :raises: :class:`~osc_migrate.exceptions.Refused` where it is not.
    """
    if not _is_as_found(door, move):
        raise exceptions.Refused(
            _('The server is no longer as it was found; nothing was asked of '
              'Nova.'),
            hint=_('openstack server migration list --server %s')
            % move.server.id,
        )  # fmt: skip


def _may_be_sent_again(door: doors.Door, move: moves.Move) -> bool:
    """Not what somebody else has moved: it would be moved on.

    A server that may not be read any more leaves the request in doubt.
    """
    try:
        return _is_as_found(door, move)
    except exceptions.ApiError:
        return False


def _is_as_found(door: doors.Door, move: moves.Move) -> bool:
    """Whether nothing is seen to have happened to the server since."""
    try:
        server = door.server(move.server.id)
    except exceptions.TransientError:
        return True
    return (
        server is not None
        and server.task_state == move.server.task_state
        and server.status == move.server.status
        and moves.agree(server.host_id, move.server.host_id)
    )


def _took_effect(
    door: doors.Door,
    clock: clocks.Clock,
    move: moves.Move,
) -> bool:
    """Whether Nova shows a trace of a request that it did not answer.

    The looks go on for as long as for other faults where the last one failed.
    """
    began = clock.now()
    clear_since: float | None = None
    faults = 0
    while True:
        until = began + PATIENCE
        if clear_since is not None:
            until = max(began + LOST_ANSWER, clear_since + LONG_ENOUGH)
        left = until - clock.now()
        if left < pace.GRAIN:
            # Not having seen is no proof that nothing is there.
            return clear_since is None
        pause = LOOK_EVERY
        try:
            if _trace(door, move):
                return True
        except exceptions.TransientError as error:
            clear_since = None
            faults += 1
            after = error.retry_after
            # Not much later: one look has to come after an outage.
            pause = max(min(pace.backoff(faults, None), LOOK_EVERY * 2),
                        after or 0.0)  # fmt: skip
        except exceptions.ApiError:
            clear_since = None
        else:
            faults = 0
            if clear_since is None:
                clear_since = clock.now()
        clock.sleep(min(pause, left))


def _trace(door: doors.Door, move: moves.Move) -> bool:
    records = door.records(move.server.id)
    if not isinstance(records, facts.Missing) and moves.find_record(
        move, records
    ):
        return True
    actions = door.actions(move.server.id)
    if isinstance(actions, facts.Missing):
        return False
    return moves.find_action(move, actions) is not None
