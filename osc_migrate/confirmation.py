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

"""Ask for the confirm, until Nova takes it, and not more often than helps."""

import dataclasses

from osc_migrate import door as doors
from osc_migrate.engine import move as moves
from osc_migrate import exceptions
from osc_migrate import pace

#: Seconds after a confirm without an answer before it is sent once more.
LOST_ANSWER = 10.0
#: Seconds between two confirms that Nova refuses.
AGAIN = 5.0


class Confirmation:
    """The confirm of one move.

    :ivar refusal: What last kept it from being taken, None once it was.
    """

    def __init__(self, door: doors.Door) -> None:
        self.refusal: exceptions.MigrateError | None = None
        self._door = door
        self._not_before = float('-inf')
        self._faults = 0
        self._lost = 0

    @property
    def forbidden(self) -> bool:
        """Nova's policy refused it: asking again will not help."""
        return (
            isinstance(self.refusal, exceptions.ApiError)
            and self.refusal.status == 403
        )

    def ask(self, move: moves.Move, now: float) -> moves.Move:
        """Ask, if it is time to.

        :param now: Seconds of the clock that the pauses are counted on.
        :returns: The move, with what is known of its confirm.
        """
        if now < self._not_before:
            return move
        try:
            self._door.confirm(move.server.id)
        except exceptions.ApiError as error:
            self.refusal = error
            self._not_before = now + AGAIN
            return move
        except exceptions.TransientError as error:
            self.refusal = error
            return self._not_answered(error, move, now)
        self.refusal = None
        return dataclasses.replace(
            move, confirm_asked=True, confirm_accepted=True
        )

    def _not_answered(
        self, error: exceptions.TransientError, move: moves.Move, now: float
    ) -> moves.Move:
        if error.accepted is False:
            self._faults += 1
            self._not_before = now + pace.backoff(
                self._faults, error.retry_after
            )
            return move
        # Perhaps taken: the looks that follow tell; once more at the most.
        self._lost += 1
        again = self._lost < 2
        self._not_before = now + (LOST_ANSWER if again else float('inf'))
        return dataclasses.replace(move, confirm_asked=True)
