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

"""The plan of a drain, and what of it was carried out: as data and as JSON.

The file is written before each request to Nova and after each verdict, so
that whoever reads it knows of every server what may have been asked.
"""

from collections.abc import Callable, Mapping
import dataclasses
import datetime
import json
from typing import Any

from osc_migrate.engine import move as moves
from osc_migrate.engine import outcomes
from osc_migrate.engine import plan_values
from osc_migrate.engine import rows
from osc_migrate import exceptions
from osc_migrate.i18n import _

FORMAT = 'osc_migrate plan'
VERSION = 1
#: What a text that is no plan can do to its reader.
UNREADABLE = (
    ValueError, KeyError, TypeError, AttributeError, OverflowError,
    RecursionError,
)  # fmt: skip


@dataclasses.dataclass(frozen=True, slots=True)
class Trace:
    """What finds a move again that was asked for; see :class:`moves.Move`.

    :ivar known: Status of every record that existed before the request.
    :ivar request_id: None where Nova's answer was not heard.
    """

    kind: moves.Kind
    asked_at: datetime.datetime
    known: Mapping[str, str] = dataclasses.field(default_factory=dict)
    user_id: str | None = None
    request_id: str | None = None
    migration_id: str | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Entry:
    """One server: what is known of its move.

    :ivar trace: None where Nova was asked for nothing, or refused it.
    """

    row: rows.Row
    trace: Trace | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Plan:
    """Everything that the file holds.

    :ivar service_id: UUID of the compute service: no other cloud has it.
    :ivar choice: The options that say what is moved, and how.
    :ivar disabled: The service was disabled for this plan.
    :ivar away: Servers that are to leave the host, by their ID.
    :ivar back: The same servers on their way back, once that was begun.
    :ivar finished: When the host was found empty (UTC, ISO 8601).
    :ivar restored: When all of them had come back.
    """

    host: str
    service_id: str
    choice: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    disabled: bool = False
    away: Mapping[str, Entry] = dataclasses.field(default_factory=dict)
    back: Mapping[str, Entry] = dataclasses.field(default_factory=dict)
    finished: str | None = None
    restored: str | None = None

    @property
    def is_made(self) -> bool:
        """Whether the servers were listed; else only the host is known."""
        return bool(self.away) or self.finished is not None


def line(entry: Entry) -> str:
    """One server as JSON."""
    return json.dumps(_encoded(entry))


def encode(plan: Plan, line: Callable[[Entry], str] = line) -> str:
    """The plan as JSON, one line for each server.

    :param line: Makes that line.
    """
    head = {
        'format': FORMAT,
        'version': VERSION,
        'host': plan.host,
        'service_id': plan.service_id,
        'choice': dict(plan.choice),
        'disabled': plan.disabled,
        'finished': plan.finished,
        'restored': plan.restored,
    }
    lines = [
        f'{json.dumps(name)}: {json.dumps(value)}'
        for name, value in head.items()
    ]
    for name, entries in (('away', plan.away), ('back', plan.back)):
        listed = ',\n  '.join(map(line, entries.values()))
        lines.append(f'"{name}": [\n  {listed}\n ]' if listed else
                     f'"{name}": []')  # fmt: skip
    return '{' + ',\n '.join(lines) + '}\n'


def _encoded(entry: Entry) -> dict[str, Any]:
    found = _fields(entry.row)
    if entry.trace is not None:
        found['asked'] = {
            **_fields(entry.trace),
            'asked_at': entry.trace.asked_at.isoformat(),
            'known': dict(entry.trace.known),
        }
    return found


def _fields(record: rows.Row | Trace) -> dict[str, Any]:
    """Much faster than ``asdict``: the file is written often."""
    names = record.__slots__
    return {name: getattr(record, name) for name in names}


def decode(text: str, name: str) -> Plan:
    """The plan that a file holds.

    :param name: Of the file, for a person.
    :raises: :class:`~osc_migrate.exceptions.Refused` in one sentence.
    """
    said = {'name': name, 'version': VERSION}
    try:
        body = plan_values.loads(text)
        if body['format'] != FORMAT:
            raise ValueError
        version = int(body['version'])
    except UNREADABLE:
        raise exceptions.Refused(
            _('%(name)s is not a plan of compute host drain.') % said
        ) from None
    if version > VERSION:
        raise exceptions.Refused(
            _('%(name)s was written by a newer version of osc_migrate: its '
              'format is %(found)s, this one reads %(version)s.')
            % {**said, 'found': version}
        )  # fmt: skip
    try:
        return _decoded(body)
    except UNREADABLE:
        raise exceptions.Refused(
            _('%(name)s is damaged: it cannot be read as a plan of compute '
              'host drain.') % said
        ) from None  # fmt: skip


def _decoded(body: Mapping[str, Any]) -> Plan:
    plan_values.check(body, plan_values.HEAD)
    plan = Plan(
        host=body['host'],
        service_id=body['service_id'],
        choice=body['choice'],
        disabled=body['disabled'],
        away=_entries(body['away']),
        back=_entries(body['back']),
        finished=body['finished'],
        restored=body['restored'],
    )
    _check_hosts(plan)
    return plan


def _check_hosts(plan: Plan) -> None:
    """A plan moves servers away from its host, and those back to it.

    :raises: ValueError or KeyError for one that names others.
    """
    for entry in plan.away.values():
        if entry.row.source_host != plan.host:
            raise ValueError(entry.row.server_id)
    for server_id, entry in plan.back.items():
        left = plan.away[server_id].row
        if entry.row.source_host != left.destination_host:
            raise ValueError(server_id)


def _entries(found: list[dict[str, Any]]) -> dict[str, Entry]:
    entries = [_entry(dict(one)) for one in found]
    listed = {entry.row.server_id: entry for entry in entries}
    if len(listed) != len(entries):
        raise ValueError('a server stands twice in one list')
    return listed


def _entry(found: dict[str, Any]) -> Entry:
    plan_values.check(found, plan_values.ROW)
    asked = found.pop('asked', None)
    outcome = found.pop('outcome')
    known: outcomes.Outcome | rows.Fate
    if outcome in tuple(rows.Fate):
        known = rows.Fate(outcome)
    else:
        known = outcomes.Outcome(outcome)
    row = rows.Row(outcome=known, **found)
    return Entry(row, None if asked is None else _trace(asked))


def _trace(asked: dict[str, Any]) -> Trace:
    plan_values.check(asked, plan_values.ASKED)
    asked_at = datetime.datetime.fromisoformat(asked['asked_at'])
    if asked_at.tzinfo is None:
        raise ValueError
    return Trace(
        **{
            **asked,
            'kind': moves.Kind(asked['kind']),
            'asked_at': asked_at,
        }
    )
