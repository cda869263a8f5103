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

"""What a look at a move means, as one pure function.

Sources: nova's ``compute/manager.py``, ``conductor/tasks/migrate.py`` and
``compute/resource_tracker.py``. Two facts rule everything here. The record
alone knows the outcome, the server alone knows when Nova is done; both are
saved in separate steps and in both orders, so that neither is believed
without the other, nor without a second look
(:class:`~osc_migrate.engine.decisions.Hold`).
"""

import dataclasses

from osc_migrate.engine import at_rest
from osc_migrate.engine import case as cases
from osc_migrate.engine import decisions
from osc_migrate.engine.decisions import Phase
from osc_migrate.engine import facts
from osc_migrate.engine import inference
from osc_migrate.engine import move as moves
from osc_migrate.engine import outcomes

#: task_state to phase (nova's ``compute/task_states.py``).
PHASES = {
    'resize_prep': Phase.SCHEDULING,
    'resize_migrating': Phase.COPYING,
    'resize_migrated': Phase.SWITCHING,
    'resize_finish': Phase.STARTING,
    'resize_confirming': Phase.CONFIRMING,
    'resize_reverting': Phase.REVERTING,
    'deleting': Phase.DELETING,
    'soft-deleting': Phase.DELETING,
}
#: The record's status to phase, for the looks that read the record alone.
RECORD_PHASES = {
    'pre-migrating': Phase.SCHEDULING,
    'migrating': Phase.COPYING,
    'post-migrating': Phase.STARTING,
    'confirming': Phase.CONFIRMING,
    'reverting': Phase.REVERTING,
    'accepted': Phase.SCHEDULING,
    'queued': Phase.QUEUED,
    'preparing': Phase.PREPARING,
    'running': Phase.TRANSFERRING,
    'running (post-copy)': Phase.POST_COPY,
}
#: Statuses that are no end even without a task: a cell that is down (2.69),
#: or a task that is about to be named.
UNSETTLED = frozenset({'UNKNOWN', 'RESIZE', 'REVERT_RESIZE', 'MIGRATING'})


def judge(move: moves.Move, look: facts.Snapshot) -> decisions.Decision:
    """Tell what a look means for a move.

    :param move: What is known so far; nothing in it is changed.
    :param look: What was read, the server first, then records and actions.
    :returns: What to do next.
    """
    server = look.server
    if server is None and look.records is facts.Missing.NOT_READ:
        return decisions.LookCloser()
    if server is None and _listed(move, look):
        # The records go with the server: whoever said 404, it is there.
        return decisions.Wait(Phase.UNREADABLE)
    if server is None or server.vm_state in ('deleted', 'soft-delete'):
        verdict = outcomes.Verdict(
            outcomes.Outcome.DELETED, outcomes.Cause.GONE
        )
        return decisions.Hold(verdict, decisions.SETTLE_SUCCESS)
    case = cases.Case(move, look, server)
    if server.task_state is not None or server.status in UNSETTLED:
        return _at_work(case)
    if (
        server.status == 'VERIFY_RESIZE'
        and move.confirm_accepted
        and look.records is facts.Missing.NOT_READ
    ):
        # Nova keeps this status without a task until the source is cleaned.
        return decisions.Wait(Phase.CONFIRMING)
    return _at_rest(case)


def _listed(move: moves.Move, look: facts.Snapshot) -> bool:
    if isinstance(look.records, facts.Missing) or not move.record_uuid:
        return False
    return moves.find_record(move, look.records) is not None


def _at_work(case: cases.Case) -> decisions.Decision:
    conflict = case.foreign_move()
    if conflict is not None:
        return at_rest.interfered(
            dataclasses.replace(case, record=_record(case)), conflict
        )
    if case.move.kind is moves.Kind.LIVE:
        return _at_work_live(case)
    record = _record(case)
    if case.server.status == 'ERROR' or (record and record.status == 'error'):
        # Over, or about to be; a task that is never cleared is told as well.
        if case.look.actions is facts.Missing.NOT_READ:
            return decisions.LookCloser(actions=True)
        if record and record.status == 'error':
            return at_rest.stuck(dataclasses.replace(case, record=record))
    phase = PHASES.get(case.server.task_state or '')
    if phase is None and case.move.revert_accepted:
        # A server that was off is switched off again.
        phase = Phase.REVERTING
    elif phase is None and case.move.confirm_accepted:
        phase = Phase.CONFIRMING
    return decisions.Wait(phase or Phase.REQUESTED)


def _at_work_live(case: cases.Case) -> decisions.Decision:
    """The task is ``migrating`` all the way: the record knows how far it is.

    However long a roll-back takes, as long as the task stands it goes on.
    """
    if case.look.records is facts.Missing.NOT_READ:
        return decisions.LookCloser()
    record = _record(case)
    phase = PHASES.get(case.server.task_state or '')
    if phase is None and record is not None:
        phase = RECORD_PHASES.get(record.status)
        if record.status in moves.TERMINAL:
            phase = Phase.ROLLING_BACK
    return decisions.Wait(phase or Phase.REQUESTED)


def _record(case: cases.Case) -> facts.MigrationRecord | None:
    if case.look.records is facts.Missing.HIDDEN:
        return inference.infer_record(
            case.move, case.server, case.look.actions
        )
    if isinstance(case.look.records, facts.Missing):
        return None
    return moves.find_record(case.move, case.look.records)


def _at_rest(case: cases.Case) -> decisions.Decision:
    """Ask for what is still needed, then tell what the rest means."""
    move, look, server = case.move, case.look, case.server
    # Where Nova took our request and the record agrees, no action says more.
    proof: tuple[str, ...] = ()
    if move.confirm_accepted and server.status == 'VERIFY_RESIZE':
        proof = ('confirming', 'confirmed')
    elif move.kind is moves.Kind.LIVE and server.status not in (
        'ERROR',
        'VERIFY_RESIZE',
    ):
        known = move.request_id is not None and not move.attached
        # Anywhere else it was moved on, which the actions tell.
        there = move.on_source(server) is not True
        proof = ('completed',) if known and there else ()
    if look.records is facts.Missing.NOT_READ:
        return decisions.LookCloser(actions=not proof)
    record = _record(case)
    proven = (
        record is not None
        and record.status in proof
        and case.at(record.destination_host)
    )
    if look.actions is facts.Missing.NOT_READ and not proven:
        return decisions.LookCloser(actions=True)
    return at_rest.tell(dataclasses.replace(case, record=record))
