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

"""How long to wait between two looks, and after a fault."""

import random

from osc_migrate import exceptions

#: Seconds to the first look at a new phase.
SHORTEST = 0.2
#: The interval grows by this share of the time that a phase has lasted, so
#: that a move ends within 5 % of Nova's own time, at few requests.
GROWTH = 0.05
#: Seconds below which two moments of the clock are the same.
GRAIN = 0.001
#: Seconds: the longest pause after repeated faults.
LONGEST_BACKOFF = 30.0


def interval(in_phase: float, upper_bound: float) -> float:
    """Seconds to the next look.

    :param in_phase: Seconds since what was seen last changed.
    :param upper_bound: Seconds, ``--poll-interval``.
    """
    return min(upper_bound, SHORTEST + GROWTH * in_phase)


def backoff(faults: int, retry_after: float | None) -> float:
    """Seconds to wait after so many faults in a row (1 or more).

    Jitter keeps many waiting commands from coming back at the same moment.
    What the API asked for (``Retry-After``) is kept.
    """
    pause = min(LONGEST_BACKOFF, 0.5 * 2.0 ** (min(faults, 10) - 1))
    pause *= random.uniform(0.5, 1.0)  # noqa: S311 - jitter is no secret
    return max(pause, retry_after or 0.0)


class Pace:
    """The pauses of one watch.

    :param upper_bound: Seconds, ``--poll-interval``.
    :param now: Seconds of the clock that everything is counted on.
    """

    def __init__(self, upper_bound: float, now: float) -> None:
        self._upper_bound = upper_bound
        self._seen: object = None
        self._since = now
        self._faults = 0

    def after(self, seen: object, now: float) -> float:
        """Seconds to wait after a look that saw this."""
        self._faults = 0
        if seen != self._seen:
            self._seen = seen
            self._since = now
        return interval(now - self._since, self._upper_bound)

    def after_fault(self, error: exceptions.MigrateError) -> float:
        """Seconds to wait after a look that failed."""
        if isinstance(error, exceptions.Away):
            return error.retry_after or SHORTEST
        self._faults += 1
        return backoff(self._faults, getattr(error, 'retry_after', None))
