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

"""Servers of which the move was put off, and for how long that goes on."""

from osc_migrate import clock as clocks
from osc_migrate import exceptions
from osc_migrate import fleet
from osc_migrate import pace


class Postponed:
    """Those for which Nova was not asked, though their turn had come.

    :param limit: Seconds for which one is put off, 0 for no limit.
    """

    def __init__(self, clock: clocks.Clock, limit: float) -> None:
        self._clock = clock
        self._limit = limit
        self._since: dict[str, float] = {}
        self._paces: dict[str, pace.Pace] = {}

    def __contains__(self, server_id: str) -> bool:
        return server_id in self._since

    def is_late(self, server_id: str) -> bool:
        """Put one off; whether that went on for too long."""
        now = self._clock.now()
        began = self._since.setdefault(server_id, now)
        return bool(self._limit) and now - began >= self._limit

    def by(
        self, error: exceptions.TransientError, server_id: str
    ) -> exceptions.MigrateError:
        """What to raise where the API could not be asked: try again later.

        Those in flight are looked at meanwhile, and others are begun.
        """
        if self.is_late(server_id):
            return error
        paces = self._paces.setdefault(server_id, pace.Pace(0.0, 0.0))
        return fleet.NotYet(error.message, paces.after_fault(error))
