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

"""The moves of a plan: each is begun, watched, and told as a row."""

from collections.abc import Callable, Mapping
import functools

from osc_migrate import clock as clocks
from osc_migrate import door as doors
from osc_migrate import driver
from osc_migrate.engine import drain as plans
from osc_migrate.engine import eligibility
from osc_migrate.engine import move as moves
from osc_migrate.engine import outcomes
from osc_migrate.engine import placing
from osc_migrate.engine import rows
from osc_migrate import exceptions
from osc_migrate import explanation
from osc_migrate import fleet
from osc_migrate import gate as gates
from osc_migrate.i18n import _
from osc_migrate import journal as journals
from osc_migrate import landing
from osc_migrate import outage
from osc_migrate import postponing
from osc_migrate import shared_look
from osc_migrate import start
from osc_migrate import taking_over

SERVER_EVERY = 60.0


class Departures:
    """Begins moves for a fleet, and writes down how they ended.

    :param gate: Makes what decides before a confirm, for one server.
    :param placed: The plan, by the ID of the server.
    :param known: Migrations from each source when the plan was made.
    :param rivals: Servers that must not be in flight while one is.
    """

    def __init__(
        self,
        request: plans.Request,
        door: doors.Door,
        hosts: doors.Hosts,
        clock: clocks.Clock,
        board: doors.Board,
        journal: journals.Journal,
        placed: Mapping[str, placing.Placed],
        known: Mapping[str, placing.Records],
        rivals: Mapping[str, frozenset[str]],
        gate: Callable[[], gates.Gate | None],
        surroundings: doors.Surroundings | None,
    ) -> None:
        away = outage.Outage(clock)
        door, hosts = outage.Shelter(door, away), outage.Shelter(hosts, away)
        self._request = request
        self._door = door
        self._hosts = hosts
        self._clock = clock
        self._board = board
        self._journal = journal
        self._placed = dict(placed)
        self._known = known
        self._rivals = rivals
        self._gate = gate
        self._surroundings = surroundings
        self._shared = {
            host: shared_look.SharedLook(
                hosts, clock, host, found, request.poll_interval
            )
            for host, found in known.items()
        }
        self._began: dict[str, float] = {}
        self._postponed = postponing.Postponed(clock, request.timeout)

    def begin(self, server_id: str) -> driver.Watch:
        """Ask Nova for one move, or follow one that is under way.

        :raises: :class:`~osc_migrate.exceptions.MigrateError` where nothing
            was asked, :class:`~osc_migrate.fleet.NotYet` where it will be.
        """
        # The last look of another may have had little time.
        self._door.hurry(float('inf'))
        request, placed = self._request, self._placed[server_id]
        began = self._began[server_id] = self._clock.now()
        gate = self._gate()
        wish = moves.Wish.CONFIRM if gate is None else moves.Wish.ASK
        if isinstance(placed.finding, eligibility.Await):
            if not placed.finding.confirm:
                gate, wish = None, moves.Wish.LEAVE
            move = self._followed(placed, placed.finding, wish)
        else:
            try:
                self._postpone_for_rivals(placed.entry.row)
                move = self._asked(placed, wish)
            except exceptions.TransientError as error:
                raise self._postponed.by(error, server_id) from error
            except landing.Gone:
                raise
            except exceptions.Refused as refusal:
                gate, move = None, self._instead(placed, refusal)
        shared = self._shared[str(placed.entry.row.source_host)]
        shared.follow(server_id)
        watch = driver.Watch(
            shared_look.SharingDoor(self._door, self._clock, shared),
            self._clock,
            self._board.observer(move.server),
            move,
            timeout=request.timeout,
            poll_interval=request.poll_interval,
            began=began,
            gate=gate,
            surroundings=self._surroundings,
            server_every=SERVER_EVERY,
        )
        # Nobody waits for this one alone: until then Nova has its record.
        watch.due += shared_look.SHORTEST_TICK
        return watch

    def _postpone_for_rivals(self, row: rows.Row) -> None:
        """Wait for others of an anti-affinity group, on whatever host.

        Those of this plan take turns in any case; this is for what other
        runs and other people move.

        :raises: :class:`~osc_migrate.fleet.NotYet` until the time limit of
            one server, :class:`~osc_migrate.exceptions.Refused` then.
        """
        rivals = self._rivals.get(row.server_id)
        if not rivals:
            return
        busy = rivals & self._hosts.moving()
        if not busy:
            return
        sentence = _(
            '%(name)s waits while others of its anti-affinity group are '
            'moved: %(busy)s'
        ) % {'name': row.name, 'busy': ', '.join(sorted(busy))}
        if row.server_id not in self._postponed:
            self._board.say(sentence)
        if self._postponed.is_late(row.server_id):
            raise exceptions.Refused(sentence)
        raise fleet.NotYet(sentence)

    def _asked(self, placed: placing.Placed, wish: moves.Wish) -> moves.Move:
        """Ask for a move of a server that is where the plan has it."""
        row, finding = placed.entry.row, placed.finding
        server = self._door.server(row.server_id)
        if server is None:
            raise landing.Gone(
                outcomes.Outcome.DELETED, _('The server was deleted.')
            )
        if server.status == 'UNKNOWN':
            # Nova shows so little of a server whose cell does not answer.
            raise exceptions.TransientError(
                _('The cell of the server does not answer.'), accepted=False
            )
        if server.host != row.source_host:
            sentence = _('The server is on %s by now; nothing was done.')
            if row.destination_host == self._request.host != server.host:
                # It was to come back, and has not.
                raise exceptions.Refused(sentence % server.host)
            raise landing.Gone(
                outcomes.Outcome.NOT_ON_SOURCE, sentence % server.host
            )
        assert isinstance(finding, eligibility.Move)  # noqa: S101 - planned
        source = str(row.source_host)
        known = (
            *self._known[source].get(row.server_id, ()),
            *self._shared[source].seen(row.server_id),
        )
        move = moves.Move(
            server,
            kind=finding.kind,
            source_host=server.host,
            source_host_id=server.host_id,
            destination_host=row.destination_host,
            known={r.uuid: r.status for r in known if r.uuid},
            user_id=self._door.user_id,
            wish=wish,
        )
        self._journal.asking(move, doors.utc(self._door, self._clock))
        try:
            move = start.migration(
                self._door,
                self._clock,
                move,
                row.destination_host,
                self._request.block_migration,
                patience=0.0,
            )
        except exceptions.TransientError:
            self._journal.not_asked(row.server_id)
            raise
        self._journal.asked(move)
        return move

    def _followed(
        self,
        placed: placing.Placed,
        finding: eligibility.Await,
        wish: moves.Wish,
    ) -> moves.Move:
        trace = placed.entry.trace
        assert placed.server is not None  # noqa: S101 - it has a record
        return taking_over.taken_over(
            self._door,
            functools.partial(start.patiently, self._clock),
            placed.server,
            finding.record,
            wish,
            trace.request_id if trace and finding.confirm else None,
        )

    def _instead(
        self, placed: placing.Placed, refusal: exceptions.Refused
    ) -> moves.Move:
        """Follow what somebody else asked for first, if that is the reason.

        :raises: the refusal otherwise.
        """
        others = None
        if not isinstance(refusal, landing.Gone):
            others = taking_over.overtaken(
                self._door,
                self._clock,
                functools.partial(start.patiently, self._clock),
                placed,
            )
        if others is None or not isinstance(others.finding, eligibility.Await):
            raise refusal
        self._journal.not_asked(others.entry.row.server_id)
        self._placed[others.entry.row.server_id] = others
        return self._followed(others, others.finding, moves.Wish.LEAVE)

    def land(self, landed: fleet.Landed) -> bool:
        """Write the row of a server; says whether its move failed."""
        placed = self._placed[landed.server_id]
        row = placed.entry.row
        self._shared[str(row.source_host)].forget(landed.server_id)
        migration_id = None
        if landed.ending is None:
            row = landing.refused(placed, landed.refusal)
        else:
            elapsed = self._clock.now() - self._began[landed.server_id]
            result = explanation.Explanation(
                self._door, self._clock, landed.ending
            ).result(elapsed)
            migration_id = result.migration_id
            row = landing.row(placed, result)
        self._journal.landed(row, migration_id)
        self._board.landed(row)
        return landing.is_failure(placed, row)
