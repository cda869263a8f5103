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

"""Ask Nova for one thing until it takes it, and not more often than helps."""

from collections.abc import Callable
import enum

from osc_migrate import exceptions
from osc_migrate import pace

#: Seconds after a request without an answer before it is sent once more.
LOST_ANSWER = 10.0
#: Seconds between two requests that Nova refuses.
AGAIN = 5.0


class Said(enum.Enum):
    """What became of a request."""

    TAKEN = 'taken'
    REFUSED = 'refused, or not taken yet'
    LOST = 'perhaps taken: the answer was lost'


class Asking:
    """One request to Nova: a confirm, a revert, an abort, a completion.

    :ivar refusal: What last kept it from being taken, None once it was.
    """

    def __init__(self) -> None:
        self.refusal: exceptions.MigrateError | None = None
        self._not_before = float('-inf')
        self._faults = 0
        self._lost = 0

    @property
    def refused(self) -> bool:
        """Nova itself said no, and not a fault of the API on the way."""
        return isinstance(self.refusal, exceptions.ApiError)

    @property
    def forbidden(self) -> bool:
        """Nova's policy refused it: asking again will not help."""
        return (
            isinstance(self.refusal, exceptions.ApiError)
            and self.refusal.status == 403
        )

    def ask(self, call: Callable[[], object], now: float) -> Said | None:
        """Ask, if it is time to; None where it is not.

        :param call: Makes the request.
        :param now: Seconds of the clock that the pauses are counted on.
        """
        if now < self._not_before:
            return None
        try:
            call()
        except exceptions.ApiError as error:
            self.refusal = error
            self._not_before = now + AGAIN
            return Said.REFUSED
        except exceptions.TransientError as error:
            self.refusal = error
            return self._not_answered(error, now)
        self.refusal = None
        return Said.TAKEN

    def _not_answered(
        self, error: exceptions.TransientError, now: float
    ) -> Said:
        if error.accepted is False:
            self._faults += 1
            self._not_before = now + pace.backoff(
                self._faults, error.retry_after
            )
            return Said.REFUSED
        # Perhaps taken: the looks that follow tell; once more at the most.
        self._lost += 1
        again = self._lost < 2
        self._not_before = now + (LOST_ANSWER if again else float('inf'))
        return Said.LOST
