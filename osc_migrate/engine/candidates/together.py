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

"""Many servers at once: which hosts could take each, and why others not."""

import collections
from collections.abc import Mapping
import dataclasses

from osc_migrate.engine.candidates import facts
from osc_migrate.engine.candidates import table
from osc_migrate.engine.candidates import verdict


@dataclasses.dataclass(frozen=True, slots=True)
class Judged:
    """The hosts as one server's destinations.

    :ivar ruled_out: What Nova would not take, with the reason. What hangs on
        what no API shows rules nothing out.
    :ivar offered: What placement offers for what it was asked.
    :ivar asked: Resource classes that it was asked for.
    """

    ruled_out: Mapping[str, str] = dataclasses.field(default_factory=dict)
    offered: frozenset[str] = frozenset()
    asked: frozenset[str] = frozenset()


def judged(looks: Mapping[str, facts.Seen]) -> dict[str, Judged]:
    """What holds for each server; servers that are alike are judged once.

    :param looks: By the ID of the server.
    """
    known: dict[object, Judged] = {}
    found = {}
    for server_id, seen in looks.items():
        kind = _kind(seen)
        if kind not in known:
            known[kind] = _judged(seen)
        found[server_id] = known[kind]
    return found


def _judged(seen: facts.Seen) -> Judged:
    rows = verdict.rows(seen, table.DECIDING)
    return Judged(
        {row.host: row.reason or '' for row in rows if row.fits is False},
        frozenset(row.host for row in rows if row.offered),
        frozenset(name for row in rows for name in row.needed),
    )


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
