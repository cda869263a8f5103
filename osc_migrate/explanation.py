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

"""From the end of a watch to what a person is told."""

import dataclasses

from osc_migrate import clock as clocks
from osc_migrate import door as doors
from osc_migrate import ending as endings
from osc_migrate.engine import diagnosis
from osc_migrate.engine import facts
from osc_migrate.engine import identity
from osc_migrate.engine import move as moves
from osc_migrate.engine import outcomes
from osc_migrate import exceptions
from osc_migrate.i18n import _
from osc_migrate import result as results
from osc_migrate import start


#: Outcomes of a cold migration that stays.
MOVED = frozenset(
    {
        outcomes.Outcome.CONFIRMED,
        outcomes.Outcome.AUTO_CONFIRMED,
        outcomes.Outcome.CONFIRMED_ELSEWHERE,
    }
)
#: Statuses of a server of which nothing is awaited.
RESTING = frozenset({'ACTIVE', 'SHUTOFF', 'PAUSED'})


class Explanation:
    """Reads once more what tells why; none of it may fail the verdict."""

    def __init__(
        self, door: doors.Door, clock: clocks.Clock, ending: endings.Ending
    ) -> None:
        self._door = door
        self._clock = clock
        self._ending = ending

    def result(self, elapsed: float) -> results.Result:
        """The result.

        :param elapsed: Seconds from the request to the verdict.
        """
        move, verdict = self._ending.move, self._with_deleter()
        server = self._ending.look.server
        record = self._record()
        evidence = self._evidence(record)
        because = diagnosis.reason(verdict, server, evidence)
        changed = None
        settled = verdict.outcome not in (
            outcomes.Outcome.TIMEOUT,
            outcomes.Outcome.UNKNOWN,
        )
        if server is not None and settled and not move.attached:
            changed = identity.changes(move.server.identity, server.identity)
        if move.attached and record is not None:
            created = moves.time_of(record.created_at)
            if created is not None:
                now = doors.utc(self._door, self._clock)
                elapsed = max(0.0, (now - created).total_seconds())
        return results.Result(
            move.server.id,
            move.server.name,
            verdict.outcome,
            reason=because,
            hint=diagnosis.hint(verdict, move, because, evidence),
            migration_id=move.record_uuid,
            migration_type=str(move.kind),
            migration_status=record.status if record else None,
            source_host=move.source_host,
            destination_host=move.destination_host,
            request_id=move.request_id,
            duration=round(elapsed, 1),
            changes=changed,
            warnings=self._warnings(changed or {}),
        )

    def _with_deleter(self) -> outcomes.Verdict:
        """Who deleted the server: actions outlive it (microversion 2.21)."""
        verdict = self._ending.verdict
        if verdict.cause is not outcomes.Cause.GONE:
            return verdict
        try:
            actions = self._door.actions(self._ending.move.server.id)
        except exceptions.MigrateError:
            return verdict
        known = () if isinstance(actions, facts.Missing) else actions
        deleted = next((a for a in known if a.action == 'delete'), None)
        return dataclasses.replace(
            verdict, by_user=deleted.user_id if deleted else None
        )

    def _record(self) -> facts.MigrationRecord | None:
        """The record as it was seen last, read again where it was not."""
        records = self._ending.look.records
        silent = isinstance(self._ending.trouble, exceptions.TransientError)
        if records is facts.Missing.NOT_READ and not silent:
            try:
                records = self._door.records(self._ending.move.server.id)
            except exceptions.MigrateError:
                return None
        if isinstance(records, facts.Missing):
            return None
        return moves.find_record(self._ending.move, records)

    def _evidence(
        self, record: facts.MigrationRecord | None
    ) -> diagnosis.Evidence:
        """Read once more what explains a failure; it must not fail itself."""
        move, verdict = self._ending.move, self._ending.verdict
        said = self._ending.trouble.message if self._ending.trouble else None
        # A record of an earlier move may have been taken up again.
        new = record is not None and record.uuid not in move.known
        began = record.created_at if record is not None and new else None
        explained = verdict.outcome in (
            outcomes.Outcome.ROLLED_BACK,
            outcomes.Outcome.ERROR,
        )
        if not explained:
            return diagnosis.Evidence(said=said, began=began)
        # A single fault must not cost the reason.
        silent = isinstance(self._ending.trouble, exceptions.TransientError)
        try:
            if silent:
                events = self._events()
            else:
                events = start.patiently(self._clock, self._events)
            service = None
            if verdict.outcome is outcomes.Outcome.ROLLED_BACK:
                service = self._asked_destination(move)
        except exceptions.MigrateError:
            return diagnosis.Evidence(said=said, began=began)
        return diagnosis.Evidence(events, service, said, began)

    def _events(self) -> tuple[facts.ActionEvent, ...]:
        name = diagnosis.TOLD_BY.get(self._ending.verdict.cause)
        server_id = self._ending.move.server.id
        request_id = self._ending.move.request_id
        if name is not None:
            actions = self._door.actions(server_id)
            if isinstance(actions, facts.Missing):
                return ()
            since = moves.actions_since(self._ending.move, actions)
            request_id = next(
                (a.request_id for a in since if a.action == name), None
            )
        if request_id is None:
            return ()
        return self._door.events(server_id, request_id)

    def _asked_destination(
        self, move: moves.Move
    ) -> facts.ComputeService | None:
        if move.destination_host is None:
            return None
        service = self._door.service(move.destination_host)
        return None if isinstance(service, facts.Missing) else service

    def _warnings(self, changed: dict[str, list[object]]) -> tuple[str, ...]:
        because = self._ending.move.because
        found = [
            identity.power_warning(changed),
            self._status_warning(),
            *self._ending.missing,
        ]
        if because is not None and self._ending.verdict.outcome in MOVED:
            # Somebody confirmed before a failed check could revert.
            found.append(because)
        if self._ending.move.over and (
            self._ending.move.wish is moves.Wish.ASK
        ):
            found.append(
                _('It was over before: no check was run, and nobody was '
                  'asked.')
            )  # fmt: skip
        if self._ending.look.records is facts.Missing.HIDDEN:
            found.append(
                _('Migration records may not be read by this user: the '
                  'outcome was told from the server and its actions.')
            )  # fmt: skip
        if self._ending.move.server.locked and not self._ending.move.attached:
            found.append(
                _('The server is locked, which does not stop an admin.')
            )
        return tuple(sentence for sentence in found if sentence)

    def _status_warning(self) -> str | None:
        """A sentence where the server rests in another status than before.

        Up to Nova 19 a stopped server that was rolled back says ACTIVE.
        """
        before, after = self._ending.move.server, self._ending.look.server
        if self._ending.move.attached or after is None:
            return None
        if after.task_state is not None or before.status == after.status:
            return None
        if not {before.status, after.status} <= RESTING:
            return None
        return _('The status was %(before)s and is %(after)s now.') % {
            'before': before.status,
            'after': after.status,
        }
