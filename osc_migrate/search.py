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

"""One look at where a server could go, and what it comes to."""

from collections.abc import Callable, Sequence
import dataclasses
from typing import TypeVar

from osc_migrate import clock as clocks
from osc_migrate import door as doors
from osc_migrate.engine.candidates import facts as candidate_facts
from osc_migrate.engine.candidates import verdict
from osc_migrate.engine import facts
from osc_migrate.engine import move as moves
from osc_migrate.engine import plan
from osc_migrate.engine import preflight
from osc_migrate import exceptions
from osc_migrate.i18n import _
from osc_migrate import start

#: Exit code where every host is ruled out.
EXIT_NONE = 3

T = TypeVar('T')


@dataclasses.dataclass(frozen=True, slots=True)
class Found:
    """What was found.

    :ivar refusals: Sentences: why Nova would not move the server now,
        whatever the host.
    """

    seen: candidate_facts.Seen
    rows: tuple[verdict.Row, ...]
    refusals: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """3 if every host is ruled out; none is where none is shown."""
        if not self.rows or any(row.fits is not False for row in self.rows):
            return 0
        return EXIT_NONE


class Search:
    """Looks for the hosts that could take one server; changes nothing."""

    def __init__(
        self,
        door: doors.Door,
        candidates: doors.Candidates,
        clock: clocks.Clock,
    ) -> None:
        self._door = door
        self._candidates = candidates
        self._clock = clock

    def run(
        self, name_or_id: str, kind: moves.Kind, host: str | None
    ) -> Found:
        """Every compute host, or the one that was asked for.

        :raises: :class:`~osc_migrate.exceptions.MigrateError` where server
            or host are not found, or Nova cannot be read.
        """
        door = self._door
        server = plan.choose(
            name_or_id,
            self._patiently(lambda: door.find(name_or_id)),
            door.project_id,
        )
        seen = self._patiently(
            lambda: self._candidates.look(server.id, kind, host)
        )
        rows: Sequence[verdict.Row] = verdict.rows(seen)
        if host is not None and not isinstance(
            seen.hosts, candidate_facts.Missing
        ):
            rows = [row for row in rows if row.host == host]
            if not rows:
                raise exceptions.Refused(
                    _('Compute host %s could not be found.') % host
                )
        return Found(seen, tuple(rows), self._refusals(server, kind))

    def _refusals(
        self, server: facts.Server, kind: moves.Kind
    ) -> tuple[str, ...]:
        """What stands against a move, wherever to."""
        missing = facts.Missing.HIDDEN
        return preflight.check(
            server, kind, None, missing, missing, frozenset()
        ).refusals

    def _patiently(self, call: Callable[[], T]) -> T:
        return start.patiently(self._clock, call)
