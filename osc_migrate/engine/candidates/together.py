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

"""Many servers at once: which hosts are ruled out for each, and why."""

import collections
from collections.abc import Mapping
import dataclasses

from osc_migrate.engine.candidates import facts
from osc_migrate.engine.candidates import table
from osc_migrate.engine.candidates import verdict

#: Host to what rules it out.
Reasons = Mapping[str, str]


def ruled_out(looks: Mapping[str, facts.Seen]) -> dict[str, Reasons]:
    """For each server the hosts that Nova would not take, with the reason.

    What hangs on what no API shows rules nothing out. Servers that are alike
    are judged once.

    :param looks: By the ID of the server.
    """
    judged: dict[object, Reasons] = {}
    found = {}
    for server_id, seen in looks.items():
        kind = _kind(seen)
        if kind not in judged:
            judged[kind] = {
                row.host: row.reason or ''
                for row in verdict.rows(seen, table.DECIDING)
                if row.fits is False
            }
        found[server_id] = judged[kind]
    return found


def _kind(seen: facts.Seen) -> object:
    """What servers have in common that are judged alike.

    Hosts that placement was asked about once are one object.
    """
    server = dataclasses.replace(seen.server, id='', name='', held={})
    group = server.group
    members: object = group
    if isinstance(group, facts.Group):
        members = group.name, group.policy, group.most, _on_hosts(group)
    return (
        repr(dataclasses.replace(server, group=None)),
        members,
        seen.kind,
        seen.destination,
        id(seen.hosts),
    )


def _on_hosts(group: facts.Group) -> object:
    """How many of the others are on each host."""
    if isinstance(group.hosts, facts.Missing):
        return group.hosts
    return frozenset(collections.Counter(group.hosts.values()).items())
