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

"""The one place that knows what time it is."""

from collections.abc import Callable
import datetime
import time
from typing import Protocol


class Clock(Protocol):
    """Time as the driver sees it; the tests hand in one that they turn."""

    def now(self) -> float:
        """Seconds that only ever go forward, from an arbitrary start."""

    def utc(self) -> datetime.datetime:
        """The time of day, for people; it may be set at any moment."""

    def sleep(self, seconds: float) -> None:
        """Let so many seconds pass; a signal handler may end it early."""


class SystemClock:
    """The machine's own: a jump of its time of day moves no deadline.

    :param interrupt: Called before every sleep; it may raise.
    """

    def __init__(self, interrupt: Callable[[], None] | None = None) -> None:
        self._interrupt = interrupt

    def now(self) -> float:
        return time.monotonic()

    def utc(self) -> datetime.datetime:
        return datetime.datetime.now(datetime.UTC)

    def sleep(self, seconds: float) -> None:
        if self._interrupt is not None:
            self._interrupt()
        time.sleep(seconds)
