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

"""A cloud that is away is asked by one for all, however many wait for it."""

from collections.abc import Callable
import functools
from typing import Any, TypeVar

from osc_migrate import clock as clocks
from osc_migrate import exceptions
from osc_migrate import pace

#: Seconds: the longest pause between two requests that find out whether the
#: cloud is back. They come from one for all, so that it may be short.
LONGEST_PAUSE = 10.0
#: What is called of a door without a request to the cloud.
ASKS_NOTHING = frozenset({'hurry', 'utc'})

T = TypeVar('T')


class Outage:
    """Counts the faults in a row, and asks nothing while it is no use.

    :param patience: How many faults in a row are nobody's concern but of
        whom they met: they may be those of one server.
    """

    def __init__(self, clock: clocks.Clock, patience: int = 1) -> None:
        self._clock = clock
        self._patience = patience
        self._faults = 0
        self._again_at = float('-inf')
        self._said = ''

    def ask(self, call: Callable[[], T]) -> T:
        """Make a call, if it is of use.

        :raises: :class:`~osc_migrate.exceptions.Away` while it is not, and
            what the call raises.
        """
        left = self._again_at - self._clock.now()
        if left > 0:
            raise exceptions.Away(
                self._said, accepted=False, retry_after=left
            )  # fmt: skip
        try:
            found = call()
        except exceptions.Away:
            # Nothing was asked.
            raise
        except exceptions.TransientError as error:
            raise self._counted(error) from error
        except exceptions.ApiError:
            self._faults = 0
            raise
        self._faults = 0
        return found

    def _counted(
        self, error: exceptions.TransientError
    ) -> exceptions.TransientError:
        self._faults += 1
        beyond = self._faults - self._patience
        if beyond <= 0:
            return error
        pause = max(
            min(LONGEST_PAUSE, pace.backoff(beyond, None)),
            error.retry_after or 0.0,
        )
        self._again_at = self._clock.now() + pause
        self._said = error.message
        return exceptions.Away(
            error.message,
            accepted=error.accepted,
            retry_after=pause,
            request_id=error.request_id,
        )


class Shelter:
    """A door, or the hosts behind it, all calls of which heed an outage.

    :param its: What is asked; it knows itself what that is.
    """

    def __init__(self, its: Any, outage: Outage) -> None:
        self._its = its
        self._outage = outage

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._its, name)
        if not callable(found) or name in ASKS_NOTHING:
            return found

        @functools.wraps(found)
        def asked(*given: Any, **named: Any) -> Any:
            return self._outage.ask(lambda: found(*given, **named))

        return asked
