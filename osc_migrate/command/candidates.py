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

"""``openstack server migrate-candidates``

Imported by every run of the client (stevedore loads all commands), so what
only this command needs is imported when it runs.
"""

import argparse
from collections.abc import Callable, Iterable, Sequence
import sys
from typing import Any, TYPE_CHECKING

from osc_lib.command import command
from osc_lib import exceptions as osc_exceptions

from osc_migrate.command import bounded
from osc_migrate.i18n import _

if TYPE_CHECKING:
    from osc_migrate.engine.candidates import verdict
    from osc_migrate import search as searches

COLUMNS = ('Host', 'Zone', 'State', 'Fits', 'Reason')
LONG_COLUMNS = (*COLUMNS, 'Needed', 'Free')


class MigrateCandidates(bounded.Bounded, command.Lister):
    _description = _(
        """List the compute hosts that could take a server, and why others not.

One row for each compute host. Fits is False where something rules the host
out that Nova and placement enforce in any case; it is None (null in JSON)
where it cannot be seen, or hangs on configuration that no API shows; Reason
says what it is. Nothing is changed, and nothing is asked of Nova's scheduler.

Exit codes: 0, or 3 if every host is ruled out; 1 the server or the host was
not found, or the cloud could not be read; 2 usage."""
    )

    _usage: Callable[[], str]

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument(
            'server',
            metavar='<server>',
            help=_('Server (name or ID); found in every project when the '
                   'user may see them'),
        )  # fmt: skip
        parser.add_argument(
            '--host',
            metavar='<hostname>',
            help=_('Show this compute host only, as if it was asked for as '
                   'the destination'),
        )  # fmt: skip
        parser.add_argument(
            '--live-migration',
            dest='live',
            action='store_true',
            help=_('Show what holds for a live migration (default: a cold '
                   'one)'),
        )  # fmt: skip
        parser.add_argument(
            '--long',
            action='store_true',
            help=_('Show also what is needed and free of each resource'),
        )
        self._usage = parser.format_usage
        return parser

    def run(self, parsed_args: argparse.Namespace) -> int:
        if parsed_args.host == '':
            sys.stderr.write(self._usage())
            self.log.error(_('%s is empty'), '--host')
            return 2
        self._exit_code = 0
        super().run(parsed_args)
        return self._exit_code

    def take_action(
        self, parsed_args: argparse.Namespace
    ) -> tuple[Sequence[str], Iterable[Any]]:
        from osc_migrate.command import report
        from osc_migrate import exceptions

        try:
            found = self._found(parsed_args)
        except exceptions.MigrateError as error:
            raise osc_exceptions.CommandError(report.refused(error)) from error
        self._search = found
        self._exit_code = found.exit_code
        values = _long if parsed_args.long else _short
        return (
            LONG_COLUMNS if parsed_args.long else COLUMNS,
            [values(row) for row in found.rows],
        )

    def _found(self, parsed_args: argparse.Namespace) -> 'searches.Found':
        from osc_migrate import clock as clocks
        from osc_migrate.cloud import candidates
        from osc_migrate.cloud import nova
        from osc_migrate.engine import move as moves
        from osc_migrate import search
        from osc_migrate import start

        clock = clocks.SystemClock()
        connection = self.app.client_manager.sdk_connection
        door = start.patiently(clock, lambda: nova.Nova(connection))
        return search.Search(
            door, candidates.Candidates(connection, door.api), clock
        ).run(
            parsed_args.server,
            moves.Kind.LIVE if parsed_args.live else moves.Kind.COLD,
            parsed_args.host,
        )

    def produce_output(
        self,
        parsed_args: argparse.Namespace,
        column_names: Sequence[str],
        data: Iterable[Any],
    ) -> int:
        """The rows, then the sentences on standard error."""
        from osc_migrate.command import report
        from osc_migrate.command import streams
        from osc_migrate.command import tables
        from osc_migrate.engine.candidates import told

        super().produce_output(
            parsed_args, column_names, list(tables.rows(parsed_args, data))
        )
        found = self._search
        if self.app.options.verbose_level == 0:
            return self._exit_code
        stderr = streams.Tolerant(self.app.stderr)
        stderr.write(
            report.lines(
                [
                    *(_('Nova would not move it now: %s') % sentence
                      for sentence in found.refusals),
                    *told.sentences(found.seen, found.rows),
                ]
            )
        )  # fmt: skip
        stderr.flush()
        return self._exit_code


def _short(row: 'verdict.Row') -> tuple[Any, ...]:
    return (row.host, row.zone, row.state, row.fits, row.reason)


def _long(row: 'verdict.Row') -> tuple[Any, ...]:
    from osc_lib.cli import format_columns

    return (
        *_short(row),
        format_columns.DictColumn(dict(row.needed)),
        None
        if row.free is None
        else format_columns.DictColumn(dict(row.free)),
    )
