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

"""Bring the servers of a drained compute host back."""

import dataclasses

from osc_migrate import convoy as convoys
from osc_migrate.engine import drain as plans
from osc_migrate.engine import eligibility
from osc_migrate.engine import facts
from osc_migrate.engine import fitting
from osc_migrate.engine import outcomes
from osc_migrate.engine import placing
from osc_migrate.engine import plan_file
from osc_migrate.engine import rows
from osc_migrate.engine import text as texts
from osc_migrate.engine import turns
from osc_migrate import exceptions
from osc_migrate import host_view
from osc_migrate.i18n import _
from osc_migrate import journal as journals
from osc_migrate import storage


@dataclasses.dataclass(frozen=True, slots=True)
class Report:
    """What became of every server."""

    host: str
    rows: tuple[rows.Row, ...]

    @property
    def sentences(self) -> tuple[str, ...]:
        """What is to be said at the end."""
        # One that is not where the drain put it was brought back by others.
        back = sum(
            row.outcome in rows.ARRIVED
            or row.outcome is outcomes.Outcome.NOT_ON_SOURCE
            for row in self.rows
        )
        said = {'back': back, 'count': len(self.rows), 'host': self.host}
        return (
            *rows.bad_news(self.rows),
            _('%(back)s of %(count)s servers are back on compute host '
              '%(host)s.') % said,
        )  # fmt: skip

    @property
    def exit_code(self) -> int:
        return rows.worst(self.rows)


class Restore:
    """One run of ``compute host restore``.

    :param file: The plan of the drain.
    :ivar convoy: The moves of this run, None before there is a plan.
    """

    def __init__(
        self,
        request: plans.Request,
        means: convoys.Means,
        file: storage.PlanFile,
    ) -> None:
        self.convoy: convoys.Convoy | None = None
        self._request = request
        self._means = means
        self._file = file
        self._view = convoys.view(means, request.host)
        self._groups: tuple[turns.ServerGroup, ...] = ()
        self._unfinished: tuple[rows.Row, ...] = ()
        self._disabled: facts.ComputeService | None = None

    def plan(self) -> tuple[rows.Row, ...]:
        """Say which servers come back.

        :raises: :class:`~osc_migrate.exceptions.MigrateError` where the plan
            does not fit, or the host can take no server.
        """
        service = self._view.service()
        journal = self._journal(service.id or '')
        convoy = self.convoy = convoys.Convoy(
            self._request, self._means, journal
        )
        if not service.enabled:
            self._expect_to_enable(service, journal)
            self._disabled = service
        self._place(convoy)
        self._groups = self._view.groups()
        return (*convoy.rows(), *self._unfinished)

    def _journal(self, service_id: str) -> journals.Journal:
        text = self._file.read()
        name = self._file.name
        if text is None:
            raise exceptions.Refused(_('There is no plan %s.') % name)
        found = plan_file.decode(text, name)
        fitting.refuse_foreign(found, self._request.host, service_id, name)
        if found.restored is not None:
            raise exceptions.Refused(
                _('The servers of the plan %(name)s are back since %(when)s.')
                % {'name': name, 'when': found.restored}
            )
        file = None if self._request.dry_run else self._file
        return journals.Journal(
            found, file, homewards=True, say=self._means.board.say
        )

    def _expect_to_enable(
        self, service: facts.ComputeService, journal: journals.Journal
    ) -> None:
        """What the drain disabled is enabled; Nova moves nothing there else.

        :raises: :class:`~osc_migrate.exceptions.Refused` for what somebody
            else disabled.
        """
        if not journal.plan.disabled:
            raise exceptions.Refused(
                _('Compute host %(host)s is disabled%(reason)s, and not by '
                  'the plan: Nova moves no server to it.')
                % {'host': service.host,
                   'reason': host_view.because(service)},
                hint=_('openstack compute service set --enable %s '
                       'nova-compute') % texts.shell_word(service.host),
            )  # fmt: skip

    def _place(self, convoy: convoys.Convoy) -> None:
        entries = self._entries(convoy.journal)
        sources = {str(entry.row.source_host) for entry in entries}
        known, here = self._listed(sources)
        if convoy.let_requests_show(known):
            known, here = self._listed(sources)
        left = [
            entry.row.server_id
            for entry in entries
            if entry.row.server_id not in here
        ]
        here.update((s.id, s) for s in self._view.looked_up(left))
        convoy.place(
            entries, here, known, self._selection(entries, here),
            self._request.host,
        )  # fmt: skip

    def _listed(
        self, sources: set[str]
    ) -> tuple[dict[str, placing.Records], dict[str, facts.Server]]:
        """Migrations away from each source, and the servers on all."""
        known: dict[str, placing.Records] = {}
        here: dict[str, facts.Server] = {}
        for source in sorted(sources):
            view = convoys.view(self._means, source)
            servers = view.servers()
            known[source] = view.records_of(servers)
            here.update({server.id: server for server in servers})
        return known, here

    def _entries(
        self, journal: journals.Journal
    ) -> tuple[plan_file.Entry, ...]:
        """The servers to bring back, each as far as it came."""
        found = {}
        unfinished = []
        for server_id, entry in journal.plan.away.items():
            row = entry.row
            if row.outcome in rows.ARRIVED and row.destination_host:
                found[server_id] = plan_file.Entry(
                    rows.homewards(row, self._request.host)
                )
            elif row.outcome in rows.ARRIVED or _is_open(entry):
                unfinished.append(rows.unfinished(row))
            elif row.outcome in rows.LEFT:
                unfinished.append(rows.left(row))
        self._unfinished = tuple(unfinished)
        begun = {
            server_id: entry
            for server_id, entry in journal.entries.items()
            if entry.row.outcome is not rows.Fate.SKIPPED
        }
        return tuple({**found, **begun}.values())

    def _selection(
        self,
        entries: tuple[plan_file.Entry, ...],
        here: dict[str, facts.Server],
    ) -> eligibility.Selection:
        """What was chosen; names are those of the servers of the plan."""
        request = self._request
        known = [
            here[entry.row.server_id]
            for entry in entries
            if entry.row.server_id in here
        ]
        chosen, missing = plans.identify(request.servers, known)
        excluded, unknown = plans.identify(request.excluded, known)
        for name in (*missing, *unknown):
            raise exceptions.Refused(
                _('The plan moved no server with a name or ID of \'%s\'.')
                % name
            )
        return eligibility.Selection(
            request.method,
            chosen if request.servers else None,
            excluded,
            request.project_id,
            request.include_locked,
        )

    def give_up(self) -> None:
        """Nothing is to be moved; nothing was changed so far."""

    def run(self) -> Report:
        """Enable the host, move the servers back, and say whether all are.

        :raises: :class:`~osc_migrate.exceptions.MigrateError` where it cannot
            be enabled.
        """
        convoy = self.convoy
        assert convoy is not None  # noqa: S101 - planned before
        if self._disabled is not None and self._opens(convoy):
            self._view.enable(self._disabled)
            convoy.journal.conclude(disabled=False)
        convoy.run(self._groups)
        report = Report(
            self._request.host, (*convoy.final_rows(), *self._unfinished)
        )
        skipped = any(row.outcome is rows.Fate.SKIPPED for row in report.rows)
        if not report.exit_code and not skipped:
            now = self._means.clock.utc().isoformat(timespec='seconds')
            convoy.journal.conclude(restored=now)
        return report

    def _opens(self, convoy: convoys.Convoy) -> bool:
        """Whether the host is to take servers again.

        Not where the drain goes on with all that there is to be moved.
        """
        if not self._unfinished or convoy.moves_any:
            return True
        self._means.board.say(
            _('Compute host %s is left disabled: the drain is not done.')
            % self._request.host
        )
        return False


def _is_open(entry: plan_file.Entry) -> bool:
    return entry.trace is not None and entry.row.outcome in rows.OPEN
