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

#: Seconds to the first look at a new phase.
SHORTEST = 0.2
#: The interval grows by this share of the time that a phase has lasted, so
#: that a move ends within 5 % of Nova's own time, at few requests.
GROWTH = 0.05
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
