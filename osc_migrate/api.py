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

"""The same for programs: no command line, no terminal, no signal handler."""

from collections.abc import Callable
import re

from openstack import connection as sdk_connection

from osc_migrate import clock as clocks
from osc_migrate.cloud import nova
from osc_migrate.cloud import surroundings
from osc_migrate import door as doors
from osc_migrate.engine import move as moves
from osc_migrate.engine import request as requests
from osc_migrate import exceptions
from osc_migrate import gate as gates
from osc_migrate.i18n import _
from osc_migrate import operation
from osc_migrate import progress
from osc_migrate import result as results
from osc_migrate import start


def migrate_and_wait(
    connection: sdk_connection.Connection,
    server: str,
    *,
    live_migration: bool = False,
    auto: bool = False,
    host: str | None = None,
    block_migration: bool = False,
    shared_migration: bool = False,
    confirm: bool = True,
    check: Callable[[gates.Arrival], object] | None = None,
    timeout: float = 3600.0,
    on_timeout: str = 'leave',
    poll_interval: float = 5.0,
    attach: bool = False,
    migration: str | None = None,
    source_host: str | None = None,
    dry_run: bool = False,
    observer: doors.Observer | None = None,
) -> results.Result:
    """Move one server, wait, confirm or revert it, and tell how it ended.

    The options are those of ``openstack server migrate-and-wait``, with the
    same meaning and defaults. The call blocks; several may run at once, each
    in a thread and with a connection of its own.

    :param connection: An authenticated connection. A session without a time
        limit of its own gets one of 60 s for each request.
    :param server: Name or ID.
    :param live_migration: Live instead of cold.
    :param auto: Live if the server is ACTIVE or PAUSED, cold if SHUTOFF.
    :param confirm: False: stop at VERIFY_RESIZE.
    :param check: Called with the server in its new place; what is true
        confirms, all else reverts (cold) or ends as ``check-failed`` (live).
        So does an :class:`Exception`; anything else passes through. It has
        no time limit but its own.
    :param timeout: Seconds in all, 0 for no limit.
    :param on_timeout: ``leave``, ``abort`` or ``force-complete``.
    :param poll_interval: Seconds, the longest pause between two looks.
    :param attach: Take over the migration that is in flight.
    :param migration: With ``attach``: the UUID of the migration.
    :param source_host: Move the server only if it is on this host.
    :param dry_run: Change nothing.
    :param observer: Told about the progress, in the calling thread.
    :returns: How it ended, whatever that is: see ``outcome``.
    :raises: :class:`~osc_migrate.exceptions.UsageError` where the options
        contradict each other, :class:`~osc_migrate.exceptions.Refused` and
        other :class:`~osc_migrate.exceptions.MigrateError` where nothing was
        asked of Nova's compute hosts.
    """
    _check_types(server, timeout, poll_interval, observer)
    request = requests.Request(
        server=server,
        method=_method(live_migration, auto),
        host=host,
        block_migration=_disks(block_migration, shared_migration),
        wish=_wish(confirm, check is not None),
        on_timeout=on_timeout,
        attach=attach,
        migration=str(migration).lower() if migration else migration,
        source_host=source_host,
        dry_run=dry_run,
        timeout=timeout,
        poll_interval=poll_interval,
    )
    wrong = requests.contradiction(request)
    if wrong is not None:
        raise exceptions.UsageError(_in_python(wrong))
    if check is not None and not callable(check):
        raise exceptions.UsageError(_('check is not callable'))
    clock = clocks.SystemClock()
    observer = observer or progress.Quiet()
    door = start.patiently(clock, lambda: nova.Nova(connection), observer)
    gate = gates.CallableCheck(check) if check is not None else None
    beside = surroundings.Surroundings(
        connection, clock, project_id=door.project_id, roles=door.roles
    )
    return operation.Operation(door, clock, observer, gate, beside).run(
        request
    )


def _check_types(
    server: object, timeout: object, poll_interval: object, observer: object
) -> None:
    """Refuse, before anything is done, what no type checker looked at."""
    for name, value in (
        ('timeout', timeout),
        ('poll_interval', poll_interval),
    ):
        if not isinstance(value, int | float):
            raise exceptions.UsageError(_('%s is no number of seconds') % name)
    if not isinstance(server, str) or not server:
        raise exceptions.UsageError(_('server is no name and no ID'))
    told = ('progress', 'say', 'transfers')
    if observer is not None and not all(hasattr(observer, n) for n in told):
        raise exceptions.UsageError(
            _('observer lacks one of %s') % ', '.join(told)
        )


def _in_python(sentence: str) -> str:
    """A sentence about options of the command line, as arguments."""
    return re.sub(
        r'--([a-z-]+)', lambda found: found[1].replace('-', '_'), sentence
    )


def _method(live_migration: bool, auto: bool) -> requests.Method:
    if live_migration and auto:
        raise exceptions.UsageError(
            _('live_migration and auto exclude each other')
        )
    if auto:
        return requests.Method.AUTO
    return requests.Method.LIVE if live_migration else requests.Method.COLD


def _disks(block_migration: bool, shared_migration: bool) -> bool | None:
    if block_migration and shared_migration:
        raise exceptions.UsageError(
            _('block_migration and shared_migration exclude each other')
        )
    return block_migration if block_migration or shared_migration else None


def _wish(confirm: bool, checked: bool) -> moves.Wish:
    if checked and not confirm:
        raise exceptions.UsageError(
            _('check and confirm=False exclude each other')
        )
    if checked:
        return moves.Wish.ASK
    return moves.Wish.CONFIRM if confirm else moves.Wish.LEAVE
