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

"""What is to become of a server, by the plan and by what Nova shows of it."""

from collections.abc import Iterable, Mapping
import dataclasses
import datetime

from osc_migrate.engine import eligibility
from osc_migrate.engine import facts
from osc_migrate.engine import move as moves
from osc_migrate.engine import outcomes
from osc_migrate.engine import plan
from osc_migrate.engine import plan_file
from osc_migrate.engine import rows
from osc_migrate.i18n import _

Records = Mapping[str, tuple[facts.MigrationRecord, ...]]
#: How far from a request that was not answered its record may be made, by
#: two clocks: what is farther away was asked for by the same user since.
NOT_OURS = datetime.timedelta(minutes=5)


@dataclasses.dataclass(frozen=True, slots=True)
class Placed:
    """One server of a plan.

    :ivar server: None where Nova has none.
    :ivar own: The record of the move that this plan asked for, if any.
    """

    entry: plan_file.Entry
    finding: eligibility.Finding
    server: facts.Server | None = None
    own: facts.MigrationRecord | None = None

    @property
    def trace(self) -> plan_file.Trace | None:
        """What finds the move again; None where there is none to find."""
        is_open = self.own is not None or (
            isinstance(self.finding, eligibility.Gone)
            and self.finding.outcome is outcomes.Outcome.UNKNOWN
        )
        return self.entry.trace if is_open else None


def is_over(
    entry: plan_file.Entry,
    server: facts.Server | None = None,
    home: str | None = None,
) -> bool:
    """Whether nothing more is to be done with a server, whatever it does.

    One that was sent away and is back on the host is to leave it again.

    :param server: As it is now, None where that is not known.
    :param home: As in :func:`place`.
    """
    if entry.row.outcome is rows.Fate.SKIPPED:
        return True
    is_back = (
        home is None
        and server is not None
        and server.host == entry.row.source_host
    )
    return entry.row.outcome in rows.ARRIVED and not is_back


def place(
    entry: plan_file.Entry,
    server: facts.Server | None,
    records: Iterable[facts.MigrationRecord],
    selection: eligibility.Selection,
    home: str | None = None,
) -> Placed:
    """What is to become of one server.

    What the plan asked for is followed to its verdict before anything else
    is asked; what it did not ask for is never confirmed.

    :param server: As it is now, None where Nova has none.
    :param records: Migrations away from where the plan has the server.
    :param home: Where the plan brings its servers back to, None where it
        sends them away.
    """
    records = tuple(records)
    if server is None:
        gone = eligibility.Gone(
            outcomes.Outcome.DELETED, _('The server was deleted.')
        )
        return Placed(entry, gone)
    own = _own(entry, server, records)
    if own is not None and not (home is None and _is_back(own, server)):
        finding: eligibility.Finding = eligibility.Await(own, confirm=True)
        return Placed(entry, finding, server, own)
    newest = open_record(records)
    candidate = eligibility.Candidate(server, newest)
    finding = eligibility.classify(candidate, selection)
    chosen = not isinstance(finding, eligibility.Skipped)
    if server.status == 'UNKNOWN':
        # Of a cell that is down: where it is, is not told.
        return Placed(entry, finding, server)
    if chosen and server.host != entry.row.source_host:
        at_work = server.task_state is not None or plan.is_moving(server)
        if newest is None or not at_work:
            finding = _elsewhere(server, home)
    elif _may_be_asked(entry, server, newest):
        # Its record is missing still; without the plan it would be nobody's.
        finding = eligibility.Gone(
            outcomes.Outcome.UNKNOWN,
            _('Nova was asked to move it and shows no migration yet: carry '
              'on in a moment.'),
        )  # fmt: skip
    return Placed(entry, finding, server)


def _own(
    entry: plan_file.Entry,
    server: facts.Server,
    records: tuple[facts.MigrationRecord, ...],
) -> facts.MigrationRecord | None:
    """The record of what the plan asked for, unless its verdict is written.

    A request that left no record was not heard, or not sent.
    """
    trace = entry.trace
    if trace is None or not _is_asked(entry):
        return None
    asked = moves.Move(
        server,
        kind=trace.kind,
        source_host=entry.row.source_host,
        record_uuid=trace.migration_id,
        known=trace.known,
        user_id=trace.user_id,
    )
    # The first since is ours: a later one is another move of the same user.
    new = (r for r in reversed(records) if r.uuid not in trace.known)
    found = moves.find_record(asked, new)
    if found is None:
        return _taken_up(trace, server, moves.find_record(asked, records))
    if trace.request_id or trace.migration_id or _is_near(trace, found):
        return found
    return None


def _is_back(own: facts.MigrationRecord, server: facts.Server) -> bool:
    """Whether a server that had arrived was brought back to its source.

    Nova saves the host of a server before it closes its record.
    """
    return (
        own.status in ('confirmed', 'completed')
        and server.host == own.source_host
        and server.task_state is None
    )


def _is_asked(entry: plan_file.Entry) -> bool:
    """Whether Nova may have been asked, and no verdict is written."""
    return entry.trace is not None and entry.row.outcome in rows.OPEN


def _may_be_asked(
    entry: plan_file.Entry,
    server: facts.Server,
    newest: facts.MigrationRecord | None,
) -> bool:
    """Whether the plan's request may be what Nova is at work with."""
    if not _is_asked(entry) or server.task_state not in eligibility.MOVING:
        return False
    known = entry.trace.known if entry.trace is not None else {}
    return newest is None or newest.uuid in known


def _taken_up(
    trace: plan_file.Trace,
    server: facts.Server,
    record: facts.MigrationRecord | None,
) -> facts.MigrationRecord | None:
    """A record of an earlier move, if Nova has gone on with it."""
    if record is None or server.task_state or plan.is_moving(server):
        return record
    is_same = record.status == trace.known.get(str(record.uuid))
    return None if is_same else record


def _is_near(trace: plan_file.Trace, record: facts.MigrationRecord) -> bool:
    created = moves.time_of(record.created_at)
    return created is None or abs(created - trace.asked_at) <= NOT_OURS


def _elsewhere(server: facts.Server, home: str | None) -> eligibility.Finding:
    """A server that somebody moved is let be."""
    if server.host is None:
        finding = _('The server is on no host (%s).') % server.status
        if home is None:
            return eligibility.Gone(outcomes.Outcome.NOT_ON_SOURCE, finding)
        return eligibility.Refused(finding)
    if server.status == 'ERROR':
        return eligibility.Refused(
            _('The server is in ERROR on %s.') % server.host,
            _('openstack server show %s -c fault') % server.id,
        )
    if home is None or server.host == home:
        return eligibility.Gone(
            outcomes.Outcome.NOT_ON_SOURCE,
            _('The server is on %s; nothing was done.') % server.host,
        )
    return eligibility.Refused(
        _('Somebody moved the server to %s since: it is left there.')
        % server.host
    )


def open_record(
    records: Iterable[facts.MigrationRecord],
) -> facts.MigrationRecord | None:
    """The newest migration, if it is not over.

    An older one that is open was left by a restart: nothing newer could have
    begun else.
    """
    newest = next(iter(records), None)
    if newest is None or newest.status in moves.TERMINAL:
        return None
    return newest


def on_the_way(
    servers: Iterable[facts.Server], records: Records
) -> tuple[str, ...]:
    """IDs of servers that left the host and may have to come back.

    From VERIFY_RESIZE a server can be reverted; its disk is still there. A
    revert says ``reverted`` before the source has the guest back (nova's
    ``compute/manager.py``, ``revert_resize``).
    """
    here = {server.id for server in servers}
    return tuple(
        server_id
        for server_id, found in records.items()
        if server_id not in here
        and (
            open_record(found) is not None
            or any(record.status == 'reverted' for record in found[:1])
        )
    )
