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


"""Server groups: all of them, or one server's and where its members are."""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, TypeVar

from osc_migrate.cloud import answers
from osc_migrate.cloud import candidate_shapes as shapes
from osc_migrate.cloud import compute_api
from osc_migrate.engine.candidates import facts
from osc_migrate import exceptions

#: So many members of a group are asked for one by one.
MEMBERS = 20
#: Of so many projects all servers are listed for more of them.
PROJECTS = 5
HOST = 'OS-EXT-SRV-ATTR:host'

Body = Mapping[str, Any]
Missing = facts.Missing
T = TypeVar('T')


class Groups:
    """The server groups of one Nova."""

    def __init__(self, api: compute_api.ComputeApi) -> None:
        self._api = api

    def of(self, body: Body) -> facts.Group | Missing | None:
        """The group of a server, which is shown with it from 2.71 on.

        :param body: Of ``GET /servers/{id}``.
        """
        if 'server_groups' in body:
            if not body['server_groups']:
                return None
            path = f'/os-server-groups/{body["server_groups"][0]}'
            found = _allowed(lambda: self._api.get(path)['server_group'])
        else:
            found = _allowed(lambda: self._listed_group(body['id']))
            if found == {}:
                return None
        if found is None:
            return Missing.HIDDEN
        others = [m for m in found['members'] if m != body['id']]
        project_id = body.get('tenant_id')
        hosts = self.hosts_of(others, [project_id] if project_id else [])
        return shapes.group(found, hosts)

    def _listed_group(self, server_id: str) -> Body:
        """The group of a server among those of all projects; or empty."""
        return next(
            (
                one
                for one in listed(self._api, lambda row: row)
                if server_id in one['members']
            ),
            {},
        )

    def hosts_of(
        self, members: Collection[str], projects: Collection[str]
    ) -> Mapping[str, str | None] | Missing:
        """The host of each member; a member that is gone is left out.

        :param projects: Of the members: more than a few of these are listed
            with all servers of their projects, if those are few.
        """
        found: dict[str, str | None] = {}
        if len(members) > MEMBERS:
            if len(projects) > PROJECTS:
                return Missing.HIDDEN
            for project_id in projects:
                found.update(self._hosts_in(project_id, frozenset(members)))
        left = [one for one in members if one not in found]
        if len(left) > MEMBERS:
            return Missing.HIDDEN
        for one in left:
            try:
                body = self._api.get(f'/servers/{one}')['server']
            except exceptions.ApiError as error:
                if error.status == 404:
                    continue
                return Missing.HIDDEN
            if HOST not in body:
                return Missing.HIDDEN
            found[one] = body[HOST]
        return found

    def _hosts_in(
        self, project_id: str, members: frozenset[str]
    ) -> dict[str, str | None]:
        rows = answers.listed(
            self._api, '/servers/detail', 'servers',
            {'all_tenants': '1', 'project_id': project_id},
            lambda row: row, lambda row: str(row['id']),
        )  # fmt: skip
        return {
            row['id']: row[HOST]
            for row in rows
            if row['id'] in members and HOST in row
        }


def listed(
    api: compute_api.ComputeApi, row: Callable[[Body], T]
) -> Iterator[T]:
    """The server groups of all projects; they have no markers.

    :param row: What is made of each.
    """
    read = 0
    while True:
        body = api.get(
            '/os-server-groups',
            {'all_projects': '1', 'limit': str(answers.PAGE),
             'offset': str(read)},
        )  # fmt: skip
        found = answers.rows(body, 'server_groups', row)
        yield from found
        if not found:
            return
        read += len(found)


def _allowed(read: Callable[[], Body]) -> Body | None:
    """What is read; None where the caller may not, or it is gone."""
    try:
        return read()
    except exceptions.ApiError as error:
        if error.status in (403, 404):
            return None
        raise
