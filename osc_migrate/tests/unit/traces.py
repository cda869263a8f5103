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

"""What the API showed, second by second, as one would note it down.

A line holds the seconds since Nova took the request, status and task_state,
the host, and the status of the migration record (``-`` where there is none)::

    0.7 RESIZE/resize_migrating src migrating

Words may follow. ``confirmResize:alice`` (or another action) is asked at
that time and stays listed; ``:nova`` is Nova itself. ``failed`` is the
message of our own action, ``foreign`` says that there is none.
``older:resize=finished`` and ``newer:...`` are records beside ours,
``dest=-`` is a destination that the record does not name (the default for
``pre-migrating``), ``anonymous`` one that does not name who asked for it (as
before microversion 2.80), ``vm=deleted`` a vm_state. ``404``, ``fault`` and
``401`` in place of a status are answers of the API to everything that is
read. A live migration is noted down in the same way; ``post-copy`` stands for
its status ``running (post-copy)``, and ``progress=40/60`` for bytes copied
and left.
"""

from collections.abc import Sequence
import dataclasses

from osc_migrate.engine import facts
from osc_migrate.engine import move as moves
from osc_migrate import exceptions

ME = 'user-me'
PROJECT = 'project-ours'
SERVER_ID = '4f6d9d2e-0000-4000-8000-000000000001'
REQUEST = 'req-ours'
OURS = 'uuid-ours'
STARTED = '2026-08-01T12:00:00.000000'
LATER = '2026-08-01T12:05:00.000000'
YESTERDAY = '2026-07-31T12:00:00.000000'

VM_STATES = {
    'ACTIVE': 'active', 'SHUTOFF': 'stopped', 'ERROR': 'error',
    'VERIFY_RESIZE': 'resized', 'RESIZE': 'active', 'PAUSED': 'paused',
    'SUSPENDED': 'suspended',
    'REVERT_RESIZE': 'resized', 'UNKNOWN': None, 'MIGRATING': 'active',
}  # fmt: skip


@dataclasses.dataclass(frozen=True)
class View:
    """What a caller may see besides the server itself."""

    hosts: bool
    records: bool


ADMIN = View(hosts=True, records=True)
MANAGER = View(hosts=False, records=True)
MEMBER = View(hosts=False, records=False)


@dataclasses.dataclass(frozen=True)
class Scene:
    """What was true from ``at`` on."""

    at: float
    server: facts.Server | None = None
    records: facts.Records = ()
    actions: facts.Actions = ()
    error: exceptions.MigrateError | None = None
    transfer: facts.Transfer | None = None


def scene(scenes: tuple[Scene, ...], seconds: float) -> Scene:
    """The one that was true after so many seconds."""
    past = [one for one in scenes if one.at <= seconds]
    return past[-1] if past else scenes[0]


def read(
    text: str,
    view: View = ADMIN,
    record: str = OURS,
    asked: bool = True,
    kind: moves.Kind = moves.Kind.COLD,
) -> tuple[Scene, ...]:
    """The scenes of a timeline.

    :param kind: How the server is moved.
    :param record: UUID of the move's own record.
    :param asked: Whether our own action is in the list.
    """
    since = LATER if asked else YESTERDAY
    scenes: list[Scene] = []
    listed: tuple[facts.InstanceAction, ...] = ()
    for line in text.strip().splitlines():
        if not line.strip():
            continue
        at, what, *rest = line.split()
        if what in ANSWERS:
            scenes.append(Scene(float(at), error=ANSWERS[what]))
            continue
        words = rest[2:]
        listed = (*reversed(_actions(words, at, since)), *listed)
        message = 'Error' if 'failed' in words else None
        ours = facts.InstanceAction(REQUEST, kind.action, ME, STARTED, message)
        ours_listed = (ours,) if asked and 'foreign' not in words else ()
        actions = (*listed, *ours_listed)
        if what == '404':
            listed = (*reversed(_actions(rest, at, since)), *listed)
            scenes.append(Scene(float(at), None, (), listed))
            continue
        host, status = rest[:2]
        records: facts.Records = _records(status, words, view, record, kind)
        if not view.records:
            records = facts.Missing.HIDDEN
        scenes.append(
            Scene(
                float(at),
                server(what, host, view, words),
                records,
                actions,
                transfer=_transfer(words),
            )
        )
    return tuple(scenes)


ANSWERS: dict[str, exceptions.MigrateError] = {
    'fault': exceptions.TransientError('HTTP 502: Bad Gateway'),
    '401': exceptions.ApiError('The token is not valid.', status=401),
}


def server(
    what: str, host: str = 'src', view: View = ADMIN, words: Sequence[str] = ()
) -> facts.Server:
    """A server from ``STATUS/task_state``."""
    status, _slash, task = what.partition('/')
    given = dict(w.split('=', 1) for w in words if w.startswith('vm='))
    return facts.Server(
        SERVER_ID,
        'web-1',
        PROJECT,
        status,
        vm_state=given.get('vm', VM_STATES.get(status)),
        task_state=task or None,
        host=host if view.hosts else None,
        host_id=f'hash-of-{host}',
        fault=facts.Fault('from the fault') if status == 'ERROR' else None,
    )


def _actions(
    words: Sequence[str], at: str, since: str
) -> tuple[facts.InstanceAction, ...]:
    """Actions in the order in which they were asked."""
    asked = [w.split(':') for w in words if ':' in w and '=' not in w]
    return tuple(
        facts.InstanceAction(
            f'req-{name}-{user}-{at}', name,
            None if user == 'nova' else f'user-{user}', since,
        )
        for name, user in asked
    )  # fmt: skip


def _records(
    status: str,
    words: Sequence[str],
    view: View,
    uuid: str,
    kind: moves.Kind,
) -> tuple[facts.MigrationRecord, ...]:
    found = list(_beside('newer', words))
    named = 'dest=-' not in words and (
        status not in ('pre-migrating', 'accepted') or 'dest=dst' in words
    )
    status = {'post-copy': 'running (post-copy)'}.get(status, status)
    if status != '-':
        found.append(
            facts.MigrationRecord(
                uuid,
                str(kind),
                status,
                source_host='src' if view.hosts else None,
                destination_host='dst' if view.hosts and named else None,
                user_id=None if 'anonymous' in words else ME,
                created_at=STARTED,
                id=7,
            )
        )
    return (*found, *_beside('older', words))


def _transfer(words: Sequence[str]) -> facts.Transfer | None:
    for word in words:
        if word.startswith('progress='):
            done, _slash, left = word.removeprefix('progress=').partition('/')
            return facts.Transfer(100, int(done), int(left))
    return None


def _beside(which: str, words: Sequence[str]) -> list[facts.MigrationRecord]:
    """Records that are not ours: ``newer:<type>=<status>``."""
    found = []
    for word in words:
        kind, equals, status = word.removeprefix(f'{which}:').partition('=')
        if equals and word.startswith(which):
            found.append(
                facts.MigrationRecord(
                    f'uuid-{which}-{kind}', kind, status, user_id='user-bob'
                )
            )
    return found
