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

"""Empty a compute host: disable, list, plan, move, look again."""

from collections.abc import Iterable, Mapping, Sequence
import dataclasses
import functools

from osc_migrate import capacity
from osc_migrate import convoy as convoys
from osc_migrate.engine import drain as plans
from osc_migrate.engine import eligibility
from osc_migrate.engine import facts
from osc_migrate.engine import fitting
from osc_migrate.engine import nowhere
from osc_migrate.engine import outcomes
from osc_migrate.engine import placing
from osc_migrate.engine import plan_file
from osc_migrate.engine import rows
from osc_migrate.engine import shortage
from osc_migrate.engine import text as texts
from osc_migrate.engine import turns
from osc_migrate import exceptions
from osc_migrate.i18n import _
from osc_migrate import journal as journals
from osc_migrate import start
from osc_migrate import storage


@dataclasses.dataclass(frozen=True, slots=True)
class Report:
    """What became of every server, and of the host.

    :ivar told: IDs of servers of which an earlier run said how they ended.
    """

    host: str
    rows: tuple[rows.Row, ...]
    emptiness: plans.Emptiness
    told: frozenset[str] = frozenset()

    @property
    def sentences(self) -> tuple[str, ...]:
        """What is to be said at the end."""
        return (
            *rows.bad_news(self.rows),
            plans.told(self.host, self.emptiness),
        )

    @property
    def exit_code(self) -> int:
        """Of the command; a server that needs a person is no success.

        Where the finish of a migration failed, the only good disk may be on
        a host on which no server is. A check that failed in an earlier run is
        told once: the server is elsewhere, and nothing is left to be done.
        """
        new = (row for row in self.rows if row.server_id not in self.told)
        return self.emptiness.exit_code or rows.worst(new)


class Drain:
    """One run of ``compute host drain``.

    :param file: Where the plan is kept, if anywhere.
    :ivar convoy: The moves of this run, None before there is a plan.
    """

    def __init__(
        self,
        request: plans.Request,
        means: convoys.Means,
        file: storage.PlanFile | None = None,
    ) -> None:
        self.convoy: convoys.Convoy | None = None
        self._request = request
        self._means = means
        self._file = file
        self._view = convoys.view(means, request.host)
        self._groups: tuple[turns.ServerGroup, ...] = ()
        self._is_new = True
        self._is_found = False

    def plan(self) -> tuple[rows.Row, ...]:
        """Disable the host, and say what is to become of its servers.

        Disabled first: what came to the host between the list and that
        would be forgotten.

        :raises: :class:`~osc_migrate.exceptions.MigrateError` where the host
            cannot be drained.
        """
        request = self._request
        service = self._view.service()
        if request.destination is not None:
            convoys.view(self._means, request.destination).expect()
        journal = self._journal(service.id or '')
        convoy = self.convoy = convoys.Convoy(request, self._means, journal)
        try:
            if request.disable and not request.dry_run:
                if service.enabled:
                    journal.note(disabled=True)
                self._view.disable(service, request.disable_reason)
            self._place(convoy)
            groups = self._view.groups()
        except exceptions.MigrateError:
            self.give_up()
            raise
        self._groups = groups
        return self._warned(convoy)

    def _journal(self, service_id: str) -> journals.Journal:
        """The plan to carry on, or a new one."""
        say = self._means.board.say
        fresh = plan_file.Plan(
            self._request.host, service_id, self._request.choice
        )
        text = self._file.read() if self._file is not None else None
        if self._file is None or text is None:
            return journals.Journal(fresh, self._file, say=say)
        found = plan_file.decode(text, self._file.name)
        fitting.refuse_other(found, fresh, self._file.name)
        self._is_new, self._is_found = not found.is_made, True
        return journals.Journal(found, self._file, say=say)

    def _place(self, convoy: convoys.Convoy) -> None:
        request, view = self._request, self._view
        servers = view.servers()
        known = view.records_of(servers)
        if convoy.let_requests_show({request.host: known}):
            servers = view.servers()
            known = view.records_of(servers)
        everybody = (*servers, *view.on_the_way(servers, known))
        selection = eligibility.Selection(
            request.method, include_locked=request.include_locked
        )
        entries = tuple(convoy.journal.entries.values())
        if self._is_new:
            selection, elsewhere = self._select(selection, everybody)
            everybody = (*everybody, *elsewhere)
            entries = tuple(
                plan_file.Entry(
                    rows.of(server, request.host, request.destination)
                )
                for server in everybody
            )
        here = {server.id: server for server in everybody}
        left = [
            entry.row.server_id
            for entry in entries
            if not placing.is_over(entry) and entry.row.server_id not in here
        ]
        here.update((server.id, server) for server in view.looked_up(left))
        convoy.place(entries, here, {request.host: known}, selection)

    def _select(
        self,
        selection: eligibility.Selection,
        servers: tuple[facts.Server, ...],
    ) -> tuple[eligibility.Selection, tuple[facts.Server, ...]]:
        """What was chosen, and what of it is on other hosts."""
        request = self._request
        chosen, missing = plans.identify(request.servers, servers)
        excluded, unknown = plans.identify(request.excluded, servers)
        elsewhere = tuple(self._found(missing))
        tuple(self._found(unknown))
        selection = dataclasses.replace(
            selection,
            servers=(
                chosen | {server.id for server in elsewhere}
                if request.servers
                else None
            ),
            excluded=excluded,
            project_id=request.project_id,
        )
        return selection, elsewhere

    def _found(self, names: Iterable[str]) -> Iterable[facts.Server]:
        """Servers on other hosts, each of which has to exist."""
        for name in names:
            found = start.patiently(
                self._means.clock,
                functools.partial(self._means.door.find, name),
            )
            if not found:
                raise exceptions.Refused(
                    _('No server with a name or ID of \'%s\' exists.') % name
                )
            yield from found

    def _warned(self, convoy: convoys.Convoy) -> tuple[rows.Row, ...]:
        """The plan, once it is said what may keep servers from leaving."""
        moving = convoy.moving()
        told = self._look(moving, convoy)
        others = [one for one in moving if one.id not in told.refused]
        tied = turns.told_of_tied(self._groups, others)
        for sentence in (*tied, *told.sentences):
            self._means.board.say(sentence)
        return nowhere.in_plan(
            convoy.rows(), told.refused, convoy.kinds,
            self._request.destination,
        )  # fmt: skip

    def _explained(self, convoy: convoys.Convoy) -> tuple[rows.Row, ...]:
        """What became of each, and why there was no host for some."""
        ended = convoy.final_rows()
        if convoy.fleet is not None and convoy.fleet.stopping:
            # Who breaks it off does not wait for explanations.
            return ended
        unplaced = nowhere.unplaced(ended)
        told = self._look(
            [one for one in convoy.moving() if one.id in unplaced], convoy
        )
        return nowhere.in_report(ended, told.refused)

    def _look(
        self, servers: Sequence[facts.Server], convoy: convoys.Convoy
    ) -> shortage.Told:
        """Look at the other hosts, where that is wanted."""
        if self._means.room is None:
            return shortage.Told()
        kinds = {one.id: convoy.kinds[one.id] for one in servers}
        return capacity.look(
            self._means.room, self._request.host, self._request.destination,
            servers, kinds, self._groups,
        )  # fmt: skip

    def give_up(self) -> None:
        """Nothing is to be moved: leave service and file as found."""
        was_disabled = self._view.disabled
        try:
            self._view.leave_as_found()
        except exceptions.MigrateError as error:
            self._say_disabled(error.message)
            return
        except BaseException:
            # Another signal, which is not this module's business.
            if self._view.disabled:
                self._say_disabled(_('That was interrupted.'))
            raise
        if self._file is not None and not self._is_found:
            self._file.remove()
        elif was_disabled and self.convoy is not None:
            self.convoy.journal.conclude(disabled=False)

    def _say_disabled(self, why: str) -> None:
        """The plan knows still that it was disabled, or may have been."""
        sentence = _('Compute host %(host)s is left disabled: %(why)s '
                     'openstack compute service set --enable %(host)s '
                     'nova-compute')  # fmt: skip
        if self._view.doubtful:
            sentence = _('Whether compute host %(host)s is left disabled is '
                         'not known: %(why)s openstack compute service list '
                         '--host %(host)s')  # fmt: skip
        host = texts.shell_word(self._request.host)
        self._means.board.say(sentence % {'host': host, 'why': why})

    def run(self) -> Report:
        """Move what the plan says, and look whether the host is empty."""
        convoy = self.convoy
        assert convoy is not None  # noqa: S101 - planned before
        convoy.run(self._groups)
        found = self._explained(convoy)
        planned = {row.server_id: row.outcome for row in found}
        emptiness = self._look_again(planned)
        since = tuple(
            rows.came_since(server)
            for server in emptiness.remaining
            if server.id not in planned
        )
        report = Report(
            self._request.host, (*found, *since), emptiness, convoy.over
        )
        if not report.exit_code:
            now = self._means.clock.utc().isoformat(timespec='seconds')
            convoy.journal.conclude(finished=now)
        return report

    def _look_again(
        self, planned: Mapping[str, outcomes.Outcome | rows.Fate]
    ) -> plans.Emptiness:
        """Whether the host is empty, but for what was not chosen."""

        def is_excluded(server: facts.Server) -> bool:
            if server.id in planned:
                return planned[server.id] is rows.Fate.SKIPPED
            return self._request.leaves(server)

        try:
            return self._view.emptiness(is_excluded)
        except exceptions.MigrateError as error:
            # The verdicts of the servers are true all the same.
            return plans.Emptiness(unread=error.message)
