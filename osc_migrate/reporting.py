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

"""Signs of life of one watch, for whoever observes it."""

from osc_migrate import clock as clocks
from osc_migrate import door as doors
from osc_migrate.engine.decisions import Phase
from osc_migrate.engine import facts
from osc_migrate.engine import move as moves
from osc_migrate import exceptions


class Reporter:
    """Tells an observer what goes on.

    :param began: Seconds of the clock at which the wait began.
    """

    def __init__(
        self, observer: doors.Observer, clock: clocks.Clock, began: float
    ) -> None:
        self._observer = observer
        self._clock = clock
        self._began = began

    def report(
        self,
        phase: Phase,
        move: moves.Move,
        trouble: exceptions.MigrateError | None,
        transfer: facts.Transfer | None,
    ) -> None:
        self._observer.progress(
            doors.Progress(
                phase,
                move.source_host,
                move.destination_host,
                self._clock.now() - self._began,
                trouble.message if trouble else None,
                transfer,
            )
        )
