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

"""One run of the command: find, plan, ask or take over, watch, explain."""

from collections.abc import Callable
import dataclasses
from typing import TypeVar

from osc_migrate import clock as clocks
from osc_migrate import door as doors
from osc_migrate import driver
from osc_migrate.engine import diagnosis
from osc_migrate.engine import facts
from osc_migrate.engine import identity
from osc_migrate.engine import move as moves
from osc_migrate.engine import outcomes
from osc_migrate.engine import preflight
from osc_migrate.engine import request as requests
from osc_migrate import exceptions
from osc_migrate.i18n import _
from osc_migrate import result as results
from osc_migrate import start

T = TypeVar('T')


class Operation:
    """Everything between the options and the result.

    :ivar watch: The watch that runs, for whoever interrupts it.
    :ivar asked: Whether Nova was, or may have been, asked for a move.
    """

    def __init__(
        self, door: doors.Door, clock: clocks.Clock, observer: doors.Observer
    ) -> None:
        self.watch: driver.Watch | None = None
        self.server: facts.Server | None = None
        self.asked = False
        self._door = door
        self._clock = clock
        self._observer = observer

    def run(self, request: requests.Request) -> results.Result:
        """Do what was asked.

        :raises: :class:`~osc_migrate.exceptions.MigrateError` where nothing
            was asked of Nova's compute hosts.
        """
        door, clock = self._door, self._clock
        server = requests.choose(
            request.server,
            self._patiently(lambda: door.find(request.server)),
            door.project_id,
        )
        self.server = server
        records = self._patiently(lambda: door.records(server.id))
        plan = requests.plan(request, server, records)
        if isinstance(plan, requests.NothingToDo):
            return results.Result(
                server.id,
                server.name,
                outcomes.Outcome.NOT_ON_SOURCE,
                source_host=request.source_host,
                changes={},
            )
        if request.dry_run:
            return self._plan_only(request, server, plan)
        began = clock.now()
        if isinstance(plan, requests.TakeOver):
            move = self._take_over(request, server, plan.record)
        else:
            move = self._start(request, server, records)
        self.watch = driver.Watch(
            door,
            clock,
            self._observer,
            move,
            timeout=request.timeout,
            poll_interval=request.poll_interval,
            began=began,
        )
        ending = self.watch.run()
        return self._explain(ending, clock.now() - began)

    def _patiently(self, call: Callable[[], T]) -> T:
        return start.patiently(self._clock, call, self._observer)

    def _start(
        self,
        request: requests.Request,
        server: facts.Server,
        records: facts.Records,
    ) -> moves.Move:
        known = () if isinstance(records, facts.Missing) else records
        move = moves.Move(
            server,
            source_host=server.host,
            source_host_id=server.host_id,
            destination_host=request.host,
            known={r.uuid: r.status for r in known if r.uuid},
            user_id=self._door.user_id,
            confirm=request.confirm,
        )
        self.asked = True
        return start.cold_migration(
            self._door, self._clock, move, request.host
        )

    def _take_over(
        self,
        request: requests.Request,
        server: facts.Server,
        record: facts.MigrationRecord,
    ) -> moves.Move:
        """A move that knows its record, and by that its first request."""
        self.asked = True
        actions = self._patiently(lambda: self._door.actions(server.id))
        action = None
        if not isinstance(actions, facts.Missing):
            action = moves.find_action_of(record, actions)
        at_source = record.source_host and record.source_host == server.host
        return moves.Move(
            server,
            source_host=record.source_host,
            source_host_id=server.host_id if at_source else None,
            destination_host=record.destination_host,
            request_id=action.request_id if action else None,
            record_uuid=record.uuid,
            user_id=self._door.user_id,
            confirm=request.confirm,
            attached=True,
        )

    def _plan_only(
        self,
        request: requests.Request,
        server: facts.Server,
        plan: requests.Plan,
    ) -> results.Result:
        """What would be done, or every reason why it would be refused."""
        common = results.Result(
            server.id,
            server.name,
            outcomes.Outcome.PLANNED,
            migration_type='migration',
            source_host=server.host,
            destination_host=request.host,
            changes={},
        )
        if isinstance(plan, requests.TakeOver):
            return dataclasses.replace(
                common,
                migration_id=plan.record.uuid,
                migration_status=plan.record.status,
                source_host=plan.record.source_host,
                destination_host=plan.record.destination_host,
                changes=None,
            )
        source = self._service(server.host)
        destination = self._service(request.host)
        found = preflight.check(
            server, request.host, source, destination, self._door.roles
        )
        if found.refusals:
            raise exceptions.Refused(
                '\n'.join(found.refusals), hint='\n'.join(found.hints) or None
            )
        return dataclasses.replace(common, warnings=found.warnings)

    def _service(
        self, host: str | None
    ) -> facts.ComputeService | facts.Missing:
        if host is None:
            return facts.Missing.HIDDEN
        return self._patiently(lambda: self._door.service(host))

    def _explain(
        self, ending: driver.Ending, elapsed: float
    ) -> results.Result:
        move, verdict = ending.move, ending.verdict
        server = ending.look.server
        record = self._record(ending)
        evidence = self._evidence(ending)
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
                elapsed = (self._clock.utc() - created).total_seconds()
        return results.Result(
            move.server.id,
            move.server.name,
            verdict.outcome,
            reason=because,
            hint=diagnosis.hint(verdict, move, because, evidence),
            migration_id=move.record_uuid,
            migration_type='migration',
            migration_status=record.status if record else None,
            source_host=move.source_host,
            destination_host=move.destination_host,
            request_id=move.request_id,
            duration=round(elapsed, 1),
            changes=changed,
            warnings=self._warnings(ending, changed or {}),
        )

    def _record(self, ending: driver.Ending) -> facts.MigrationRecord | None:
        """The record as it was seen last, read again where it was not."""
        records = ending.look.records
        if records is facts.Missing.NOT_READ:
            try:
                records = self._door.records(ending.move.server.id)
            except exceptions.MigrateError:
                return None
        if isinstance(records, facts.Missing):
            return None
        return moves.find_record(ending.move, records)

    def _evidence(self, ending: driver.Ending) -> diagnosis.Evidence:
        """Read once more what explains a failure; it must not fail itself."""
        move, verdict = ending.move, ending.verdict
        said = ending.trouble.message if ending.trouble else None
        explained = verdict.outcome in (
            outcomes.Outcome.ROLLED_BACK,
            outcomes.Outcome.ERROR,
        )
        if not explained:
            return diagnosis.Evidence(said=said)
        try:
            events = self._events(ending)
            service = None
            if verdict.outcome is outcomes.Outcome.ROLLED_BACK:
                service = self._asked_destination(move)
        except exceptions.MigrateError:
            return diagnosis.Evidence(said=said)
        return diagnosis.Evidence(events, service, said)

    def _events(self, ending: driver.Ending) -> tuple[facts.ActionEvent, ...]:
        name = diagnosis.TOLD_BY.get(ending.verdict.cause)
        server_id = ending.move.server.id
        request_id = ending.move.request_id
        if name is not None:
            actions = self._door.actions(server_id)
            if isinstance(actions, facts.Missing):
                return ()
            since = moves.actions_since(ending.move, actions)
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

    def _warnings(
        self, ending: driver.Ending, changed: dict[str, list[object]]
    ) -> tuple[str, ...]:
        found = [identity.power_warning(changed)]
        if ending.look.records is facts.Missing.HIDDEN:
            found.append(
                _('Migration records may not be read by this user: the '
                  'outcome was told from the server and its actions.')
            )  # fmt: skip
        if ending.move.server.locked and not ending.move.attached:
            found.append(
                _('The server is locked; an admin may move it all the same.')
            )
        return tuple(sentence for sentence in found if sentence)
