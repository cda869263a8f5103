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
from osc_migrate.engine import facts
from osc_migrate.engine import move as moves
from osc_migrate.engine import outcomes
from osc_migrate.engine import preflight
from osc_migrate.engine import request as requests
from osc_migrate import exceptions
from osc_migrate import explanation
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
            return self._nothing_to_do(request, server)
        if request.dry_run:
            return self._plan_only(request, server, plan)
        began = clock.now()
        if isinstance(plan, requests.TakeOver):
            move = self._take_over(request, server, plan.record)
            self.asked = True
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
        return explanation.Explanation(door, clock, ending).result(
            clock.now() - began
        )

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
        actions = self._patiently(lambda: self._door.actions(server.id))
        action = None
        if not isinstance(actions, facts.Missing):
            action = moves.find_action_of(record, actions)
        # The server was read before the record.
        at_source = record.status in ('pre-migrating', 'migrating') or (
            record.source_host is not None
            and record.source_host == server.host
        )
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
            over=record.status in moves.TERMINAL,
        )

    def _nothing_to_do(
        self, request: requests.Request, server: facts.Server
    ) -> results.Result:
        warnings: tuple[str, ...] = ()
        service = self._service(request.source_host)
        if service is facts.Missing.NOT_READ:
            warnings = (
                _('Nova knows no compute host %s.') % request.source_host,
            )
        return results.Result(
            server.id,
            server.name,
            outcomes.Outcome.NOT_ON_SOURCE,
            source_host=request.source_host,
            changes={},
            warnings=warnings,
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
            move = self._take_over(request, server, plan.record)
            self._check_confirm(request, plan.record)
            return dataclasses.replace(
                common,
                migration_id=plan.record.uuid,
                migration_status=plan.record.status,
                source_host=move.source_host,
                destination_host=move.destination_host,
                request_id=move.request_id,
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

    def _check_confirm(
        self, request: requests.Request, record: facts.MigrationRecord
    ) -> None:
        if not request.confirm or record.status != 'finished':
            return
        service = self._service(record.source_host)
        if isinstance(service, facts.ComputeService) and not service.up:
            raise exceptions.Refused(
                _('The compute service of %s is down: Nova would refuse the '
                  'confirm.') % record.source_host,
                hint=_('Start it. Do not revert while it is down: that '
                       'destroys the guest on the destination.'),
            )  # fmt: skip

    def _service(
        self, host: str | None
    ) -> facts.ComputeService | facts.Missing:
        if host is None:
            return facts.Missing.HIDDEN
        return self._patiently(lambda: self._door.service(host))
