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

"""What time it is where an answer was made: HTTP dates are UTC."""

from collections.abc import Callable, Mapping
import datetime
import email.utils
import time


def date_of(headers: Mapping[str, str], name: str) -> datetime.datetime | None:
    """A date of a header (RFC 9110, section 5.6.7), None where it has none."""
    try:
        date = email.utils.parsedate_to_datetime(headers.get(name) or '')
    except ValueError:
        return None
    return date if date.tzinfo else date.replace(tzinfo=datetime.UTC)


class ServersClock:
    """The time of day by the clock of whoever answers.

    Nova stamps records and actions by its own clock. That of this machine
    may be hours away from it, and may be set while it is read.

    :param now: Seconds that only ever go forward.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._heard: tuple[datetime.datetime, float] | None = None

    def hear(self, headers: Mapping[str, str]) -> None:
        """Take the time from an answer that has just come."""
        date = date_of(headers, 'Date')
        if date is not None:
            self._heard = date, self._now()

    def utc(self) -> datetime.datetime | None:
        """The time of day there, None where no answer told it.

        Dates are of whole seconds: it is late by a second at most, and by
        the way of the answer.
        """
        if self._heard is None:
            return None
        date, heard_at = self._heard
        return date + datetime.timedelta(seconds=self._now() - heard_at)
