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

"""One move of one server: what was asked, and what of it is known so far."""

from collections.abc import Iterable, Mapping
import dataclasses
import datetime
import enum

from osc_migrate.engine import facts

#: Statuses after which Nova writes a record no more (nova's
#: ``db/main/api.py``, ``migration_get_in_progress_and_error_by_host_and_node``
#: and ``migration_get_by_filters``). Anything unknown counts as in progress.
TERMINAL = frozenset(
    {'confirmed', 'reverted', 'error', 'failed', 'completed', 'cancelled',
     'done'}
)  # fmt: skip
#: Statuses in which a cold or a live migration has work before it.
IN_PROGRESS = frozenset(
    {'pre-migrating', 'migrating', 'post-migrating', 'confirming',
     'reverting',
     'accepted', 'queued', 'preparing', 'running', 'running (post-copy)'}
)  # fmt: skip
#: Statuses in which the server cannot have left its source yet.
BEFORE_THE_MOVE = frozenset(
    {'pre-migrating', 'migrating', 'accepted', 'queued', 'preparing'}
)
#: How much the clocks of Nova's API and conductor may differ.
CLOCK_TOLERANCE = datetime.timedelta(seconds=5)
#: Actions that begin another move.
MOVING_ACTIONS = frozenset({'migrate', 'resize', 'live-migration', 'evacuate'})
#: What others can do to a server of which a confirm would no longer be ours.
SPOILING_ACTIONS = frozenset({'confirmResize', 'revertResize', 'resetState'})


class Kind(enum.StrEnum):
    """How a server is moved, in Nova's words for types of records."""

    COLD = 'migration'
    LIVE = 'live-migration'

    @property
    def action(self) -> str:
        """Nova's word for the instance action."""
        return 'migrate' if self is Kind.COLD else str(self)


class Wish(enum.StrEnum):
    """What is to be done once the server waits in VERIFY_RESIZE."""

    CONFIRM = 'confirm'
    LEAVE = 'leave'
    REVERT = 'revert'
    ASK = 'ask a check or a person'


@dataclasses.dataclass(frozen=True, slots=True)
class Move:
    """What one run of the command knows of its move.

    :ivar server: The server as it was before; attached: as it was found.
    :ivar source_host: None where the caller may not see hosts.
    :ivar source_host_id: ``hostId`` on the source; attached: None, unless
        the server was still there.
    :ivar request_id: The request that started the move, None while unknown.
    :ivar record_uuid: The migration record of this move, None while unknown.
    :ivar known: Status of every record that existed before the request.
    :ivar asked_at: When this run asked for the move, by Nova's clock.
    :ivar user_id: Who asks, as the token says.
    :ivar wish: What to do when the server has arrived.
    :ivar because: Why a check wishes a revert.
    :ivar attached: This run did not start the move.
    :ivar doubtful: The answer to this run's request was lost: what is seen
        may be that of another run of the same user.
    :ivar over: Attached, and the migration had ended before.
    :ivar confirm_asked: This run sent a confirm; the answer may be lost.
    :ivar confirm_accepted: Nova said 204 to this run's confirm.
    :ivar revert_asked: This run sent a revert; the answer may be lost.
    :ivar revert_accepted: Nova said 202 to this run's revert.
    :ivar abort_accepted: Nova said 202 to this run's abort.
    """

    server: facts.Server
    kind: Kind = Kind.COLD
    source_host: str | None = None
    source_host_id: str | None = None
    destination_host: str | None = None
    request_id: str | None = None
    record_uuid: str | None = None
    known: Mapping[str, str] = dataclasses.field(default_factory=dict)
    asked_at: datetime.datetime | None = None
    user_id: str | None = None
    wish: Wish = Wish.CONFIRM
    because: str | None = None
    attached: bool = False
    doubtful: bool = False
    over: bool = False
    confirm_asked: bool = False
    confirm_accepted: bool = False
    revert_asked: bool = False
    revert_accepted: bool = False
    abort_accepted: bool = False

    def on_source(self, server: facts.Server) -> bool | None:
        """Whether the server is where it came from; None: cannot be seen."""
        if self.source_host and server.host:
            return self.source_host == server.host
        if self.source_host_id and server.host_id:
            return self.source_host_id == server.host_id
        return None


def find_record(
    move: Move, records: Iterable[facts.MigrationRecord]
) -> facts.MigrationRecord | None:
    """The record of this move, or None while Nova shows none.

    A record of an earlier move is taken up again when it was left in
    ``pre-migrating`` (nova's ``conductor/tasks/migrate.py``), so being new is
    not the only sign. While the request's task_state stands no other move
    can start: the newest that fits is ours.
    """
    records = tuple(records)
    if move.record_uuid:
        return next((r for r in records if r.uuid == move.record_uuid), None)
    return next((r for r in records if _may_be_ours(move, r)), None)


def _may_be_ours(move: Move, record: facts.MigrationRecord) -> bool:
    if record.type != move.kind or record.uuid is None:
        return False
    if not agree(record.source_host, move.source_host):
        return False
    if record.uuid in move.known:
        # Taken up again, it still names who asked for the earlier move.
        return move.known[record.uuid] == 'pre-migrating'
    return agree(record.user_id, move.user_id)


def agree(one: str | None, other: str | None) -> bool:
    """Whether two sightings are one, as far as both could be seen."""
    return one is None or other is None or one == other


def find_action(
    move: Move, actions: Iterable[facts.InstanceAction]
) -> facts.InstanceAction | None:
    """The instance action that started this move.

    When the answer to the request was lost, no request ID is known: then it
    is the newest of its kind by the caller since it was sent.
    """
    for action in actions:
        if move.request_id is None:
            if action.action == move.kind.action and _may_be_the_lost(
                move, action
            ):
                return action
        elif action.request_id == move.request_id:
            return action
    return None


def _may_be_the_lost(move: Move, action: facts.InstanceAction) -> bool:
    return began_since(move, action) and agree(action.user_id, move.user_id)


def began_since(move: Move, action: facts.InstanceAction) -> bool:
    """Whether an action began after this run asked for the move."""
    began = time_of(action.start_time)
    if began is None or move.asked_at is None:
        return False
    return began >= move.asked_at - CLOCK_TOLERANCE


def find_action_of(
    record: facts.MigrationRecord, actions: Iterable[facts.InstanceAction]
) -> facts.InstanceAction | None:
    """The action that made a record, which does not name its request.

    While a migration is open no other can have been asked for since. Of one
    that is over it is the nearest in time: the API stamps the action, the
    conductor the record a moment later.
    """
    name = Kind(record.type).action
    asked = [action for action in actions if action.action == name]
    if not asked or record.status not in TERMINAL:
        return asked[0] if asked else None
    return min(asked, key=lambda action: _distance(record, action))


def _distance(
    record: facts.MigrationRecord, action: facts.InstanceAction
) -> datetime.timedelta:
    created, started = time_of(record.created_at), time_of(action.start_time)
    if created is None or started is None:
        return datetime.timedelta.max
    return abs(created - started)


def time_of(stamp: str | None) -> datetime.datetime | None:
    """A time stamp of Nova's, which is UTC and does not always say so."""
    if stamp is None:
        return None
    time = datetime.datetime.fromisoformat(stamp)
    return time if time.tzinfo else time.replace(tzinfo=datetime.UTC)


def actions_since(
    move: Move, actions: Iterable[facts.InstanceAction]
) -> tuple[facts.InstanceAction, ...]:
    """What was asked of the server after this move began, newest first.

    The order is Nova's own. Empty when this move's action is not listed.
    """
    actions = tuple(actions)
    ours = find_action(move, actions)
    return () if ours is None else actions[: actions.index(ours)]


def newer_records(
    move: Move, records: Iterable[facts.MigrationRecord]
) -> tuple[facts.MigrationRecord, ...]:
    """Records that Nova lists before this move's own, the newest first."""
    records = tuple(records)
    ours = find_record(move, records)
    return () if ours is None else records[: records.index(ours)]


def strangers(
    move: Move, records: Iterable[facts.MigrationRecord]
) -> tuple[facts.MigrationRecord, ...]:
    """New records that cannot be this move's, where its answer was lost.

    With an answer, ours is known to be the one that Nova took; without one,
    somebody else's may be the reason why ours was not.
    """
    if move.attached or move.request_id or find_record(move, records):
        return ()
    return tuple(r for r in records if r.uuid and r.uuid not in move.known)
