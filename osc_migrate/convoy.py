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

"""What a whole compute host needs to be emptied, or filled again.

Both begin with a plan: entries of servers are placed, that is, it is found
out what is to become of each; then the fleet moves them.
"""

from collections.abc import Callable, Iterable, Mapping
import dataclasses

from osc_migrate import clock as clocks
from osc_migrate import departures
from osc_migrate import door as doors
from osc_migrate.engine import drain as plans
from osc_migrate.engine import eligibility
from osc_migrate.engine import facts
from osc_migrate.engine import move as moves
from osc_migrate.engine import outcomes
from osc_migrate.engine import placing
from osc_migrate.engine import plan_file
from osc_migrate.engine import rows as told_rows
from osc_migrate.engine import turns
from osc_migrate import fleet
from osc_migrate import gate as gates
from osc_migrate import host_view
from osc_migrate.i18n import _
from osc_migrate import journal as journals

Gate = Callable[[], gates.Gate | None]
#: Seconds in which a request that went unanswered shows in Nova.
LOST_ANSWER = 10.0


@dataclasses.dataclass(frozen=True, slots=True)
class Means:
    """What both directions work with.

    :ivar gate: Makes what decides before a confirm, for one server.
    """

    door: doors.Door
    hosts: doors.Hosts
    clock: clocks.Clock
    board: doors.Board
    gate: Gate = lambda: None
    surroundings: doors.Surroundings | None = None
    room: doors.Room | None = None


def view(means: Means, host: str) -> host_view.HostView:
    """One host, as Nova shows it."""
    return host_view.HostView(
        means.door, means.hosts, means.clock, means.board, host
    )


class Convoy:
    """Carries out one plan, in one direction.

    :ivar fleet: The moves under way, None before the first.
    :ivar journal: What is known of each server.
    """

    def __init__(
        self,
        request: plans.Request,
        means: Means,
        journal: journals.Journal,
    ) -> None:
        self.fleet: fleet.Fleet | None = None
        self.journal = journal
        self._request = request
        self._means = means
        self._placed: dict[str, placing.Placed] = {}
        self._known: dict[str, placing.Records] = {}

    def place(
        self,
        entries: Iterable[plan_file.Entry],
        servers: Mapping[str, facts.Server],
        known: Mapping[str, placing.Records],
        selection: eligibility.Selection,
        home: str | None = None,
    ) -> None:
        """Find out what is to become of each server, and write it down.

        :param servers: As they are now, by their ID.
        :param known: Migrations away from each source, by its name.
        """
        self._known = dict(known)
        told = []
        for entry in entries:
            server_id = entry.row.server_id
            if placing.is_over(entry, servers.get(server_id), home):
                continue
            records = known[str(entry.row.source_host)].get(server_id, ())
            placed = placing.place(
                entry, servers.get(server_id), records, selection, home
            )
            row = told_rows.told(
                entry.row, placed.finding, home or self._request.destination
            )
            entry = plan_file.Entry(row, placed.trace)
            self._placed[server_id] = dataclasses.replace(placed, entry=entry)
            told.append(entry)
        self.journal.planned(told)

    def let_requests_show(self, known: Mapping[str, placing.Records]) -> bool:
        """Give a request of a run that was killed time to be seen.

        It may be on its way to Nova's API still.

        :param known: Migrations away from each source, by its name.
        :returns: Whether time has passed, so that all has to be read anew.
        """
        now = doors.utc(self._means.door, self._means.clock)
        left = [
            LOST_ANSWER - (now - entry.trace.asked_at).total_seconds()
            for entry in self.journal.entries.values()
            if entry.trace is not None
            and entry.row.outcome is outcomes.Outcome.PLANNED
            and not _is_new(entry, known)
        ]
        # A clock that was set back must not make this longer.
        pause = min(LOST_ANSWER, max(left, default=0.0))
        if pause <= 0:
            return False
        self._means.board.say(
            _('Nova may have been asked for a move a moment ago that it does '
              'not show yet: waiting for %.0f s.') % pause
        )  # fmt: skip
        self._means.clock.sleep(pause)
        return True

    @property
    def over(self) -> frozenset[str]:
        """IDs of servers with which this run has nothing more to do."""
        return frozenset(self.journal.entries.keys() - self._placed.keys())

    def begun(self) -> tuple[str, ...]:
        """Names of the servers that Nova was asked to move, by this plan.

        Of those that it may be at work with.
        """
        return tuple(
            entry.row.name
            for entry in self.journal.entries.values()
            if entry.trace is not None and entry.row.outcome in told_rows.OPEN
        )

    def moving(self) -> tuple[facts.Server, ...]:
        """The servers that Nova is to be asked to move."""
        return tuple(
            placed.server
            for placed in self._placed.values()
            if isinstance(placed.finding, eligibility.Move) and placed.server
        )

    @property
    def kinds(self) -> dict[str, moves.Kind]:
        """How each of these is to be moved, by its ID."""
        return {
            server_id: placed.finding.kind
            for server_id, placed in self._placed.items()
            if isinstance(placed.finding, eligibility.Move)
        }

    @property
    def moves_any(self) -> bool:
        """Whether a server is to be moved, or is on its way."""
        return bool(
            self._found(eligibility.Move) or self._found(eligibility.Await)
        )

    def run(self, groups: Iterable[turns.ServerGroup]) -> None:
        """Move them all, never two of one anti-affinity group at once."""
        groups = tuple(groups)
        its = self._means
        moving = departures.Departures(
            self._request, its.door, its.hosts, its.clock, its.board,
            self.journal, self._placed, self._known, turns.rivals(groups),
            its.gate, its.surroundings,
        )  # fmt: skip
        self.fleet = fleet.Fleet(
            its.clock,
            moving.begin,
            moving.land,
            turns.apart(groups),
            self._request.limits,
        )
        first = self._found(eligibility.Await)
        waiting = self._found(eligibility.Move)
        its.board.begin(len(first) + len(waiting))
        # A signal that came while the host was enabled counts by now.
        its.clock.sleep(0.0)
        self.fleet.run(first, waiting)

    def _found(self, kind: type[eligibility.Finding]) -> list[str]:
        return [
            server_id
            for server_id, placed in self._placed.items()
            if isinstance(placed.finding, kind)
        ]

    def rows(self) -> tuple[told_rows.Row, ...]:
        """What is known of each server."""
        return tuple(entry.row for entry in self.journal.entries.values())

    def final_rows(self) -> tuple[told_rows.Row, ...]:
        """The same, when nothing more will be begun."""
        return tuple(
            told_rows.not_started(row)
            if row.outcome is outcomes.Outcome.PLANNED
            else row
            for row in self.rows()
        )


def _is_new(
    entry: plan_file.Entry, known: Mapping[str, placing.Records]
) -> bool:
    """Whether Nova shows a migration that was not there before."""
    before = entry.trace.known if entry.trace is not None else {}
    records = known.get(str(entry.row.source_host), {})
    return any(
        record.uuid not in before
        for record in records.get(entry.row.server_id, ())
    )
