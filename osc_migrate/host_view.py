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

"""A compute host that is to be emptied: its service and its servers."""

from collections.abc import Callable, Iterable
import functools

from osc_migrate import clock as clocks
from osc_migrate import door as doors
from osc_migrate.engine import drain as plans
from osc_migrate.engine import facts
from osc_migrate.engine import placing
from osc_migrate.engine import plan
from osc_migrate.engine import turns
from osc_migrate import exceptions
from osc_migrate.i18n import _
from osc_migrate import start

#: Tasks that Nova sets before it makes the record of a migration.
JUST_BEGUN = frozenset({'resize_prep', 'migrating'})
#: Seconds that a busy conductor may need for it.
RECORD_WITHIN = 10.0
#: Seconds in which a request that went unanswered shows in Nova.
LOST_ANSWER = 10.0
#: What Nova shows with the service, for whoever wonders.
REASON = _('openstack compute host drain')


def because(service: facts.ComputeService) -> str:
    """The reason why a service is disabled, behind other words."""
    reason = service.disabled_reason
    return f' ({reason})' if reason else ''


class HostView:
    """What Nova shows of one host, read again for 30 s where it faults.

    :ivar disabled: Whether this run disabled the host, or may have.
    :ivar doubtful: Whether that is all that is known.
    """

    def __init__(
        self,
        door: doors.Door,
        hosts: doors.Hosts,
        clock: clocks.Clock,
        board: doors.Board,
        host: str,
    ) -> None:
        self.host = host
        self.disabled = False
        self.doubtful = False
        self._reason = REASON
        self._door = door
        self._hosts = hosts
        self._board = board
        self._clock = clock
        self._patiently = functools.partial(start.patiently, clock)

    def expect(self) -> None:
        """Refuse a host that Nova does not have; one that is down may come.

        :raises: :class:`~osc_migrate.exceptions.Refused`
        """
        service = self._patiently(lambda: self._door.service(self.host))
        if service is facts.Missing.NOT_READ:
            raise self._no_such_host()

    def _no_such_host(self) -> exceptions.Refused:
        return exceptions.Refused(
            _('There is no compute host %s.') % self.host,
            hint=_('openstack compute service list --service nova-compute'),
        )

    def service(self) -> facts.ComputeService:
        """The compute service of the host, which has to be up.

        :raises: :class:`~osc_migrate.exceptions.Refused` otherwise.
        """
        service = self._patiently(lambda: self._door.service(self.host))
        if service is facts.Missing.NOT_READ:
            raise self._no_such_host()
        if not isinstance(service, facts.ComputeService):
            raise exceptions.Refused(
                _('Compute services may not be seen by this user.'),
                hint=_('Use the credentials of an admin.'),
            )
        if not service.id:
            raise exceptions.Refused(
                _('The cell of compute host %s is down.') % self.host
            )
        if not service.up:
            raise exceptions.Refused(
                _('The compute service of %s is down: nothing can be moved '
                  'away by it.') % self.host,
                hint=_('Start it; if the host is dead, build its servers '
                       'anew elsewhere: openstack server evacuate'),
            )  # fmt: skip
        return service

    def disable(
        self, service: facts.ComputeService, reason: str | None
    ) -> None:
        """Keep new servers away; a host that is disabled keeps its reason."""
        if not service.enabled:
            self._board.say(
                _('Compute host %(host)s is disabled already%(reason)s.')
                % {'host': self.host, 'reason': because(service)}
            )
            return
        self._reason = reason or REASON
        # From the moment on in which Nova may have been asked.
        self.disabled = self.doubtful = True
        lost = False

        def ask() -> None:
            nonlocal lost
            try:
                self._hosts.disable(service.id or '', self._reason)
            except exceptions.TransientError as error:
                lost = lost or error.accepted is not False
                raise

        try:
            self._patiently(ask)
        except exceptions.ApiError:
            self.disabled = self.doubtful = lost
            raise
        except exceptions.TransientError:
            if not self._was_disabled():
                raise
        self.doubtful = False
        self._board.say(
            _('Compute host %(host)s is disabled: no new servers come to it.')
            % {'host': self.host}
        )

    def _was_disabled(self) -> bool:
        """Whether a request that was not answered took effect."""
        try:
            return self._is_disabled_by_us(self.service())
        except exceptions.MigrateError:
            return False

    def enable(self, service: facts.ComputeService) -> None:
        """Let new servers come to it; what went unanswered is looked for."""
        try:
            self._patiently(lambda: self._hosts.enable(service.id or ''))
        except exceptions.TransientError as error:
            if not self._is_enabled_after(error):
                raise
        self._board.say(_('Compute host %s is enabled.') % self.host)

    def _is_enabled_after(self, error: exceptions.TransientError) -> bool:
        """Whether a request that was not answered took effect.

        :raises: :class:`~osc_migrate.exceptions.TransientError` where that
            cannot be seen.
        """
        try:
            return self.service().enabled
        except exceptions.MigrateError:
            raise exceptions.TransientError(
                _('Whether compute host %(host)s is enabled is not known: '
                  '%(why)s') % {'host': self.host, 'why': error.message}
            ) from error  # fmt: skip

    def leave_as_found(self) -> None:
        """Enable it again, if this run disabled it.

        A request that was not answered may take effect a moment later.
        """
        if not self.disabled:
            return
        until = self._clock.now() + (LOST_ANSWER if self.doubtful else 0.0)
        service = self.service()
        while service.enabled and self._clock.now() < until:
            self._clock.sleep(1.0)
            service = self.service()
        if self._is_disabled_by_us(service):
            self.enable(service)
        self.disabled = self.doubtful = False

    def _is_disabled_by_us(self, service: facts.ComputeService) -> bool:
        """What somebody else disabled meanwhile has another reason."""
        return not service.enabled and service.disabled_reason == self._reason

    def servers(self) -> tuple[facts.Server, ...]:
        """Everything that is on the host.

        :raises: :class:`~osc_migrate.exceptions.Refused` where Nova does not
            tell this user what is on it.
        """
        found = self._patiently(lambda: self._hosts.servers_on(self.host))
        if any(s.host is None and s.status != 'UNKNOWN' for s in found):
            raise exceptions.Refused(
                _('Nova does not tell this user on which compute hosts '
                  'servers are.'),
                hint=_('Use the credentials of an admin.'),
            )  # fmt: skip
        return found

    def records(self) -> placing.Records:
        """All migrations away from the host."""
        return self._patiently(
            lambda: self._hosts.records_from(self.host, frozenset())
        )

    def on_the_way(
        self, servers: tuple[facts.Server, ...], records: placing.Records
    ) -> tuple[facts.Server, ...]:
        """Servers that have left the host, and may have to come back.

        From VERIFY_RESIZE a server can be reverted; its disk is still there.
        """
        return tuple(
            server
            for server in self.looked_up(placing.on_the_way(servers, records))
            if server.task_state
            or plan.is_moving(server)
            or server.host == self.host
        )

    def looked_up(self, server_ids: Iterable[str]) -> tuple[facts.Server, ...]:
        """Servers wherever they are; those that Nova has."""
        looks = (
            self._patiently(functools.partial(self._door.server, server_id))
            for server_id in server_ids
        )
        return tuple(server for server in looks if server is not None)

    def records_of(self, servers: tuple[facts.Server, ...]) -> placing.Records:
        """All migrations away from the host, also of what just began.

        Nova sets the task of a server a moment before it makes the record.

        :param servers: What is on the host, read before.
        """
        until = self._clock.now() + RECORD_WITHIN
        records = self.records()
        while self._clock.now() < until and any(
            server.task_state in JUST_BEGUN
            and placing.open_record(records.get(server.id, ())) is None
            for server in servers
        ):
            self._clock.sleep(1.0)
            records = self.records()
        return records

    def groups(self) -> tuple[turns.ServerGroup, ...]:
        """The server groups of all projects."""
        return self._patiently(self._hosts.server_groups)

    def emptiness(
        self, is_excluded: Callable[[facts.Server], bool]
    ) -> plans.Emptiness:
        """Nobody may be on the host, nor able to come back to it.

        :param is_excluded: Says whether a server may be.
        """
        # The last look at a server may have had little time.
        self._door.hurry(float('inf'))
        # A revert may end between the two: what comes back is seen last.
        records = self.records()
        servers = self.servers()
        pending = self.on_the_way(servers, records)
        back = tuple(s for s in pending if s.host == self.host)
        known = (*(s for s in servers if s.status != 'UNKNOWN'), *back)
        return plans.Emptiness(
            tuple(s for s in known if not is_excluded(s)),
            tuple(
                s
                for s in pending
                if not is_excluded(s) and s.host != self.host
            ),
            unseen=not self._is_seen() or len(servers) > len(known),
            excluded=sum(map(is_excluded, known)),
        )

    def _is_seen(self) -> bool:
        """Whether the cell of the host answers.

        One that is down is left out of a listing that asks for a host
        (``_is_cell_down_supported`` in ``servers.py``), and of its service
        only the name is told, without an ID (2.69).
        """
        service = self._patiently(lambda: self._door.service(self.host))
        return isinstance(service, facts.ComputeService) and bool(service.id)
