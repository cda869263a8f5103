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

"""A verdict has to be seen twice, far enough apart."""

from osc_migrate.engine import decisions
from osc_migrate import pace


class Holding:
    """The verdict that waits for its second look.

    :ivar hold: None where the last look brought no verdict.
    """

    def __init__(self) -> None:
        self.hold: decisions.Hold | None = None
        self._since = 0.0

    def drop(self) -> None:
        """Something else was seen."""
        self.hold = None

    def is_new(self, hold: decisions.Hold, began: float) -> bool:
        """Whether this was seen for the first time.

        :param began: Seconds of the clock at which the look began. It is
            counted between the moments at which two looks began: a slow look
            is still one look.
        """
        if self.hold == hold:
            return False
        self.hold = hold
        self._since = began
        return True

    def is_final(self, began: float) -> bool:
        """Whether a look that began then is far enough from the first."""
        if self.hold is None:
            return False
        return began - self._since >= self.hold.seconds - pace.GRAIN

    @property
    def is_settling(self) -> bool:
        """Whether it is a matter of seconds, also beyond the time limit."""
        return (
            self.hold is not None and self.hold.seconds < decisions.SETTLE_OPEN
        )

    def pause(self, now: float, upper_bound: float) -> float:
        """Seconds until the next look.

        :param upper_bound: Seconds, ``--poll-interval``.
        """
        if self.hold is None:
            return 0.0
        left = max(0.0, self._since + self.hold.seconds - now)
        if self.is_settling:
            return left
        return min(left, pace.interval(now - self._since, upper_bound))
