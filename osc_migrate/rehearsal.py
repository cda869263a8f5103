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

"""What ``--dry-run`` says, and a run that finds nothing to do."""

from collections.abc import Callable
import dataclasses
from typing import Protocol, TypeVar

from osc_migrate import door as doors
from osc_migrate.engine import facts
from osc_migrate.engine import move as moves
from osc_migrate.engine import outcomes
from osc_migrate.engine import plan
from osc_migrate.engine import preflight
from osc_migrate.engine import request as requests
from osc_migrate import exceptions
from osc_migrate.i18n import _
from osc_migrate import result as results

T = TypeVar('T')


class Patience(Protocol):
    """Makes a call that changes nothing, again while it faults."""

    def __call__(self, call: Callable[[], T], /) -> T: ...


class Rehearsal:
    """Reads what tells whether a move would be taken; changes nothing."""

    def __init__(self, door: doors.Door, patiently: Patience) -> None:
        self._door = door
        self._patiently = patiently

    def nothing_to_do(
        self, request: requests.Request, server: facts.Server
    ) -> results.Result:
        """The server has left ``--source-host`` already."""
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

    def result(
        self, request: requests.Request, move: moves.Move, found: plan.Plan
    ) -> results.Result:
        """What would be done.

        :raises: :class:`~osc_migrate.exceptions.Refused` with every reason
            for which it would be refused.
        """
        planned = results.Result(
            move.server.id,
            move.server.name,
            outcomes.Outcome.PLANNED,
            migration_type=str(move.kind),
            source_host=move.source_host,
            destination_host=move.destination_host,
            changes={},
        )
        if isinstance(found, plan.TakeOver):
            self._check_confirm(move, found.record)
            return dataclasses.replace(
                planned,
                migration_id=found.record.uuid,
                migration_status=found.record.status,
                request_id=move.request_id,
                changes=None,
            )
        findings = preflight.check(
            move.server,
            move.kind,
            request.host,
            self._service(move.server.host),
            self._service(request.host),
            self._door.roles,
        )
        if findings.refusals:
            raise exceptions.Impossible(findings.refusals, findings.hints)
        return dataclasses.replace(planned, warnings=findings.warnings)

    def _check_confirm(
        self, move: moves.Move, record: facts.MigrationRecord
    ) -> None:
        if move.wish is moves.Wish.LEAVE or record.status != 'finished':
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
