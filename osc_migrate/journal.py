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

"""What is written down before Nova is asked, and after each verdict."""

from collections.abc import Callable, Iterable, Mapping
import dataclasses
import datetime

from osc_migrate.engine import move as moves
from osc_migrate.engine import plan_file
from osc_migrate.engine import rows
from osc_migrate import exceptions
from osc_migrate.i18n import _
from osc_migrate import storage


NOT_WRITTEN = _(
    'What happens from now on is not written down. Nova goes on, and it is '
    'waited for. Afterwards make room, and run the same command again.'
)


class Journal:
    """The plan as far as it was carried out, kept in a file if there is one.

    :param say: Told where the file cannot be written any more.
    :param homewards: Whether servers are brought back: it is then written of
        :attr:`plan_file.Plan.back`.
    :ivar plan: Everything that is known.
    """

    def __init__(
        self,
        plan: plan_file.Plan,
        file: storage.PlanFile | None = None,
        *,
        homewards: bool = False,
        say: Callable[[str], None] = lambda _sentence: None,
    ) -> None:
        self.plan = plan
        self._file = file
        self._homewards = homewards
        self._say = say
        self._told = False
        found = plan.back if homewards else plan.away
        self._entries: dict[str, plan_file.Entry] = dict(found)
        self._lines: dict[
            tuple[str, str | None], tuple[plan_file.Entry, str]
        ] = {}

    @property
    def entries(self) -> Mapping[str, plan_file.Entry]:
        """What is known of each server, by its ID, in the plan's order."""
        return self._entries

    def save(self) -> None:
        """Write everything down; comes back when it lasts.

        :raises: :class:`~osc_migrate.exceptions.Refused` where the file
            cannot be written.
        """
        if self._file is not None:
            if self._homewards:
                self.plan = dataclasses.replace(self.plan, back=self._entries)
            else:
                self.plan = dataclasses.replace(self.plan, away=self._entries)
            self._file.write(plan_file.encode(self.plan, self._line))

    def _line(self, entry: plan_file.Entry) -> str:
        """One entry as JSON, made once: all are written each time."""
        key = entry.row.server_id, entry.row.source_host
        known = self._lines.get(key)
        if known is None or known[0] is not entry:
            known = self._lines[key] = entry, plan_file.line(entry)
        return known[1]

    def _save_if_possible(self) -> None:
        """Write down what Nova has done, which goes on in any case.

        The next request is refused then: :meth:`asking` has to be written.
        """
        try:
            self.save()
        except exceptions.Refused as error:
            self._tell(error)

    def _tell(self, error: exceptions.Refused) -> None:
        """Say it once, as soon as it is known."""
        if not self._told:
            self._told = True
            self._say(error.message)
            self._say(NOT_WRITTEN)

    def note(
        self,
        *,
        disabled: bool | None = None,
        finished: str | None = None,
        restored: str | None = None,
    ) -> None:
        """Write down what became of the host."""
        plan = self.plan
        self.plan = dataclasses.replace(
            plan,
            disabled=plan.disabled if disabled is None else disabled,
            finished=finished or plan.finished,
            restored=restored or plan.restored,
        )
        self.save()

    def conclude(
        self,
        *,
        disabled: bool | None = None,
        finished: str | None = None,
        restored: str | None = None,
    ) -> None:
        """The same at the end, where nothing may be lost for it."""
        try:
            self.note(disabled=disabled, finished=finished, restored=restored)
        except exceptions.Refused as error:
            self._tell(error)

    def planned(self, entries: Iterable[plan_file.Entry]) -> None:
        """Write down what is to become of the servers."""
        for entry in entries:
            self._entries[entry.row.server_id] = entry
        self.save()

    def asking(self, move: moves.Move, now: datetime.datetime) -> None:
        """Nova is about to be asked for this move.

        :raises: :class:`~osc_migrate.exceptions.Refused` where that could
            not be written down: nothing may be asked then.
        """
        trace = plan_file.Trace(move.kind, now, dict(move.known), move.user_id)
        entry = self._entries[move.server.id]
        self._entries[move.server.id] = dataclasses.replace(entry, trace=trace)
        self.save()

    def asked(self, move: moves.Move) -> None:
        """Nova answered."""
        entry = self._entries[move.server.id]
        if entry.trace is not None:
            trace = dataclasses.replace(
                entry.trace, request_id=move.request_id
            )
            # The next write has it; until then the record is known by being
            # new.
            self._entries[move.server.id] = dataclasses.replace(
                entry, trace=trace
            )

    def not_asked(self, server_id: str) -> None:
        """Nova refused: whatever moves the server is not this plan's."""
        entry = self._entries[server_id]
        self._entries[server_id] = dataclasses.replace(entry, trace=None)
        self._save_if_possible()

    def landed(self, row: rows.Row, migration_id: str | None) -> None:
        """There is a verdict, or Nova refused.

        :param migration_id: Of the move that this plan asked for.
        """
        trace = self._entries[row.server_id].trace
        if migration_id is None and row.outcome not in rows.OPEN:
            trace = None
        elif trace is not None:
            trace = dataclasses.replace(
                trace, migration_id=migration_id or trace.migration_id
            )
        self._entries[row.server_id] = plan_file.Entry(row, trace)
        self._save_if_possible()
