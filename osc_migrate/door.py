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

"""What the driver needs of a cloud, and what it tells about its work."""

from collections.abc import Iterable, Mapping, Sequence
import dataclasses
import datetime
from typing import Protocol

from osc_migrate import clock as clocks
from osc_migrate.engine import belongings
from osc_migrate.engine.candidates import facts as candidate_facts
from osc_migrate.engine import capacity
from osc_migrate.engine import decisions
from osc_migrate.engine import facts
from osc_migrate.engine import move as moves
from osc_migrate.engine import rows
from osc_migrate.engine import turns


class Door(Protocol):
    """Nova, as one caller sees it.

    Every method may raise :class:`osc_migrate.exceptions.TransientError`,
    and :class:`osc_migrate.exceptions.ApiError` where Nova says no.
    """

    @property
    def user_id(self) -> str | None:
        """Who the caller is, as the token says."""

    @property
    def project_id(self) -> str | None:
        """The project that the caller works in."""

    @property
    def roles(self) -> frozenset[str]:
        """The roles of the token; empty where it does not say."""

    @property
    def checks_source(self) -> bool:
        """Whether Nova refuses a confirm that the source cannot carry out.

        From Nova 21 on (``compute/api.py``, ``confirm_resize``).
        """

    def utc(self) -> datetime.datetime | None:
        """The time of day by Nova's clock; None where it was not told."""

    def hurry(self, seconds: float) -> None:
        """Let no look take longer than this from now on."""

    def find(self, name_or_id: str) -> tuple[facts.Server, ...]:
        """Every server of this ID or exact name that may be seen."""

    def server(self, server_id: str) -> facts.Server | None:
        """One server, or None where Nova has none (404)."""

    def records(self, server_id: str) -> facts.Records:
        """The newest migration records of a server, the newest first."""

    def actions(self, server_id: str) -> facts.Actions:
        """The instance actions of a server, the newest first."""

    def events(
        self, server_id: str, request_id: str
    ) -> tuple[facts.ActionEvent, ...]:
        """The steps of one instance action; empty where not allowed."""

    def service(self, host: str) -> facts.ComputeService | facts.Missing:
        """nova-compute of a host; NOT_READ where Nova knows no such host."""

    def transfer(
        self, server_id: str, record: facts.MigrationRecord
    ) -> facts.Transfer | None:
        """How far the copy of a live migration is; None where not told."""

    def cold_migrate(self, server_id: str, host: str | None) -> str | None:
        """Ask for a cold migration; returns the ID of the request."""

    def live_migrate(
        self, server_id: str, host: str | None, block_migration: bool | None
    ) -> str | None:
        """Ask for a live migration; returns the ID of the request.

        :param block_migration: Whether local disks are copied; None: Nova
            finds out.
        """

    def confirm(self, server_id: str) -> str | None:
        """Ask for the confirm; returns the ID of the request."""

    def revert(self, server_id: str) -> str | None:
        """Ask for the revert; returns the ID of the request."""

    def abort(self, server_id: str, record_id: int) -> str | None:
        """Ask for the end of a live migration; returns the request's ID."""

    def force_complete(self, server_id: str, record_id: int) -> str | None:
        """Ask to complete a live migration at the cost of a pause."""


def utc(door: Door, clock: clocks.Clock) -> datetime.datetime:
    """The time of day, for comparing with what Nova stamped.

    By Nova's clock: ours may be hours away from it. Ours has to do where no
    answer has told the time.
    """
    return door.utc() or clock.utc()


class Hosts(Protocol):
    """Nova's compute hosts, as an admin sees them; raises as a door does."""

    def servers_on(self, host: str) -> tuple[facts.Server, ...]:
        """Every server on a host, in all projects."""

    def records_from(
        self, host: str, until: frozenset[str]
    ) -> Mapping[str, tuple[facts.MigrationRecord, ...]]:
        """Migrations away from a host by server, the newest first.

        :param until: UUIDs of records: what is older than these need not be
            read; empty: everything is.
        """

    def moving(self) -> frozenset[str]:
        """IDs of the servers that Nova moves now, in all projects."""

    def server_groups(self) -> tuple[turns.ServerGroup, ...]:
        """The server groups of all projects."""

    def disable(self, service_id: str, reason: str) -> None:
        """Keep new servers away from a host."""

    def enable(self, service_id: str) -> None:
        """Let the scheduler use a host again."""


@dataclasses.dataclass(frozen=True, slots=True)
class Progress:
    """One sign of life.

    ``elapsed`` are seconds since the wait began. ``trouble`` is a sentence
    where something keeps the move from going on, else None. ``transfer`` is
    there while a live migration copies, for an observer that wants it.
    """

    phase: decisions.Phase
    source_host: str | None
    destination_host: str | None
    elapsed: float
    trouble: str | None = None
    transfer: facts.Transfer | None = None


class Observer(Protocol):
    """Told about the progress of a move."""

    @property
    def transfers(self) -> bool:
        """Whether bytes are wanted: they cost a request every few seconds."""

    def say(self, sentence: str) -> None:
        """A sentence that stands by itself, such as what was chosen."""

    def progress(self, progress: Progress) -> None:
        """Called at every look; most of them bring nothing new."""


class Board(Protocol):
    """Shows the progress of many moves."""

    def say(self, sentence: str) -> None:
        """A sentence that stands by itself."""

    def plan(self, planned: Sequence[rows.Row]) -> None:
        """What is to become of the servers."""

    def begin(self, count: int) -> None:
        """So many servers are to be moved."""

    def observer(self, server: facts.Server) -> Observer:
        """Told about the move of one server."""

    def landed(self, row: rows.Row) -> None:
        """What became of one server."""

    def pause(self) -> None:
        """Give the screen back; the next sign of life takes it again."""


class Surroundings(Protocol):
    """The APIs beside Nova's that hold something of a server."""

    def look(self, arrived: belongings.Arrival) -> belongings.Belongings:
        """What can be seen of what should have come along.

        It raises nothing and may take seconds: each request has 5 of them,
        and what placement still holds is asked for again.
        """


class Room(Protocol):
    """The room on compute hosts, for admins; raises as a door does."""

    def look(
        self,
        host: str,
        kinds: Mapping[str, moves.Kind],
        destination: str | None,
        groups: Iterable[turns.ServerGroup],
    ) -> capacity.Seen:
        """What decides where the servers of a host can go, for all at once.

        :param kinds: How each is to be moved, by the ID of the server.
        :param destination: The one host for all, None where Nova chooses.
        :param groups: The server groups of all projects.
        """


class Candidates(Protocol):
    """Compute hosts as destinations of a server; raises as a door does."""

    def look(
        self,
        server_id: str,
        kind: moves.Kind,
        destination: str | None,
    ) -> candidate_facts.Seen:
        """All that decides where a server could go, as far as it is shown.

        :param destination: The host that is asked for; None: Nova chooses.
        """
