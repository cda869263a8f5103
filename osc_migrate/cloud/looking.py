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

"""What is read of Nova: the requests, and what their answers say as facts."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
import datetime
import re
from typing import TypeVar
import uuid

from openstack import connection as sdk_connection

from osc_migrate.cloud import answers
from osc_migrate.cloud import compute_api
from osc_migrate.cloud import shapes
from osc_migrate.engine import facts
from osc_migrate import exceptions

#: Rows of migration records and actions that are read at once.
RECENT = 100

T = TypeVar('T')


class Looking:
    """The half of the door to one Nova that changes nothing.

    :param connection: An authenticated connection.
    :param shield: A context in which no signal may cost us an answer.
    :raises: :class:`~osc_migrate.exceptions.Refused` where Nova is too old,
        and what :mod:`osc_migrate.cloud.faults` makes of its faults.
    """

    def __init__(
        self,
        connection: sdk_connection.Connection,
        shield: Callable[[], AbstractContextManager[object]] = nullcontext,
    ) -> None:
        self.api = compute_api.ComputeApi(connection, shield)
        self._own_project_only = False
        self.user_id = self.api.user_id
        self.project_id = self.api.project_id
        self.roles = self.api.roles
        self.checks_source = self.api.microversion >= (2, 80)

    def utc(self) -> datetime.datetime | None:
        """The time of day by Nova's clock; None where it was not told."""
        return self.api.clock.utc()

    def hurry(self, seconds: float) -> None:
        """Let no look take longer than this from now on."""
        self.api.hurry(seconds)

    def find(self, name_or_id: str) -> tuple[facts.Server, ...]:
        """Every server with this ID or exactly this name, that may be seen.

        Names are looked for in all projects when the caller may.
        """
        if _is_uuid(name_or_id):
            server = self.server(str(uuid.UUID(name_or_id)))
            if server is not None:
                return (server,)
        query = {'name': f'^{re.escape(name_or_id)}$'}
        try:
            found = self._servers({**query, 'all_tenants': '1'})
        except exceptions.ApiError as error:
            if error.status != 403:
                raise
            found = self._servers(query)
        return tuple(s for s in found if s.name == name_or_id)

    def _servers(self, query: Mapping[str, str]) -> list[facts.Server]:
        return list(
            answers.listed(
                self.api, '/servers/detail', 'servers', query,
                shapes.server, lambda server: server.id,
            )
        )  # fmt: skip

    def server(self, server_id: str) -> facts.Server | None:
        """One server, or None where Nova has none (404)."""
        try:
            body = self.api.get(f'/servers/{server_id}')
        except exceptions.ApiError as error:
            if error.status == 404:
                return None
            raise
        return answers.shaped(lambda: shapes.server(body['server']))

    def records(self, server_id: str) -> facts.Records:
        """The newest migration records of a server, the newest first.

        A project manager has to name the own project, or is refused
        (``api/openstack/compute/migrations.py``).
        """
        query = {'instance_uuid': server_id, 'limit': str(RECENT)}
        if self._own_project_only:
            query['project_id'] = str(self.project_id)
        try:
            body = self.api.get('/os-migrations', query)
        except exceptions.ApiError as error:
            if error.status != 403:
                raise
            if self._own_project_only or not self._may_name_project():
                return facts.Missing.HIDDEN
            self._own_project_only = True
            return self.records(server_id)
        return tuple(answers.rows(body, 'migrations', shapes.record))

    def _may_name_project(self) -> bool:
        """Records can be asked for by project from 2.80 on."""
        return self.project_id is not None and self.api.microversion >= (
            2,
            80,
        )

    def actions(self, server_id: str) -> facts.Actions:
        """The newest instance actions of a server, the newest first."""
        try:
            body = self.api.get(
                f'/servers/{server_id}/os-instance-actions',
                {'limit': str(RECENT)},
            )
        except exceptions.ApiError as error:
            if error.status in (403, 404):
                return facts.Missing.HIDDEN
            raise
        return tuple(answers.rows(body, 'instanceActions', shapes.action))

    def events(
        self, server_id: str, request_id: str
    ) -> tuple[facts.ActionEvent, ...]:
        """The steps of one instance action; empty where not allowed."""
        try:
            body = self.api.get(
                f'/servers/{server_id}/os-instance-actions/{request_id}'
            )
        except exceptions.ApiError:
            return ()
        return answers.shaped(
            lambda: tuple(
                shapes.event(e)
                for e in body['instanceAction'].get('events') or ()
            )
        )

    def service(self, host: str) -> facts.ComputeService | facts.Missing:
        """nova-compute of a host; NOT_READ where Nova knows no such host."""
        try:
            body = self.api.get(
                '/os-services', {'host': host, 'binary': 'nova-compute'}
            )
        except exceptions.ApiError as error:
            if error.status == 401:
                # It is the token that is not taken.
                raise
            return facts.Missing.HIDDEN
        found = answers.rows(body, 'services', shapes.service)
        return found[0] if found else facts.Missing.NOT_READ

    def transfer(
        self, server_id: str, record: facts.MigrationRecord
    ) -> facts.Transfer | None:
        """How far the copy of a live migration is; None where not told.

        Nova lists a migration here in some statuses only, and its bytes are
        null until the first report (``server_migrations.py``).
        """
        try:
            body = self.api.get(f'/servers/{server_id}/migrations')
        except exceptions.ApiError:
            return None
        return answers.shaped(
            lambda: next(
                (
                    shapes.transfer(m)
                    for m in body['migrations']
                    if m.get('uuid') == record.uuid
                ),
                None,
            )
        )


def _is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True
