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

"""What the commands for a whole compute host have in common.

Imported by every run of the client (stevedore loads all commands), so what
only these commands need is imported when they run.
"""

import abc
import argparse
from collections.abc import Callable, Iterable, Iterator, Sequence
import contextlib
import io
import os
import sys
from typing import Any, ClassVar, TYPE_CHECKING

from osc_lib.command import command
from osc_lib import exceptions as osc_exceptions

from osc_migrate.command import bounded
from osc_migrate.command import host_options
from osc_migrate.command import work
from osc_migrate.i18n import _

if TYPE_CHECKING:
    from osc_migrate.command import signals as signal_handling
    from osc_migrate import convoy as convoys
    from osc_migrate.engine import drain as plans
    from osc_migrate.engine import rows
    from osc_migrate import fleet as fleets
    from osc_migrate import storage


class HostCommand(bounded.Bounded, command.Lister):
    """Plans, asks, moves many servers, and lists what became of them."""

    #: The words of the command.
    words: ClassVar[tuple[str, ...]]
    #: Declares its arguments.
    add_options: Callable[[argparse.ArgumentParser], None]
    _usage: Callable[[], str]

    @abc.abstractmethod
    def make(
        self,
        request: 'plans.Request',
        means: 'convoys.Means',
        file: 'storage.PlanFile | None',
    ) -> work.Work:
        """The run that these options ask for."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        self.add_options(parser)
        self._usage = parser.format_usage
        return parser

    def run(self, parsed_args: argparse.Namespace) -> int:
        from osc_migrate.command import report
        from osc_migrate.command import signals
        from osc_migrate.command import streams
        from osc_migrate.engine import outcomes

        wrong = host_options.contradiction(
            parsed_args, terminal=streams.is_terminal(self.app.stdin)
        )
        if wrong is not None:
            sys.stderr.write(self._usage())
            self.log.error(wrong)
            return 2
        self._exit_code = 0
        self._sentences: Sequence[str] = ()
        self._goes_on = False
        self._stderr = streams.Tolerant(self.app.stderr)
        self._work: work.Work | None = None
        self._arguments = parsed_args
        self._interrupted: signal_handling.Interrupted | None = None
        self._signals = signals.Signals(self._stop)
        last = not self.app.interactive_mode
        with self._signals.installed(to_the_end=last):
            try:
                super().run(parsed_args)
            except signals.Interrupted as interrupt:
                self._say_left(report.INTERRUPT)
                return interrupt.exit_code
            except Exception as error:
                if self._fleet() is None:
                    raise
                # A fault of this program must not hide what it has begun.
                self.log.debug('in mid-run', exc_info=True)
                self._say_left(report.FAULT % report.named(error))
                return outcomes.EXIT_UNKNOWN
        if self._interrupted is not None:
            return self._interrupted.exit_code
        return self._exit_code

    def take_action(
        self, parsed_args: argparse.Namespace
    ) -> tuple[Sequence[str], Iterable[Any]]:
        from osc_migrate.command import report
        from osc_migrate import exceptions

        try:
            with self._opened(parsed_args) as its:
                found = self._carry_out(its, parsed_args)
        except exceptions.MigrateError as error:
            raise osc_exceptions.CommandError(report.refused(error)) from error
        return work.COLUMNS, [work.values(row) for row in found]

    @contextlib.contextmanager
    def _opened(self, parsed_args: argparse.Namespace) -> Iterator[work.Work]:
        """The run with all that it works with."""
        from osc_migrate import board as boards
        from osc_migrate import clock as clocks
        from osc_migrate.command import means
        from osc_migrate.command import signals
        from osc_migrate import storage

        clock = clocks.SystemClock(self._signals.deliver)
        quiet = self.app.options.verbose_level == 0
        with contextlib.ExitStack() as stack:
            board = stack.enter_context(
                boards.board(self._stderr, clock, quiet=quiet)
            )
            stack.enter_context(signals.suspendable(board.pause))
            file = None
            if parsed_args.plan is not None:
                file = stack.enter_context(storage.PlanFile(parsed_args.plan))
            self._board = board
            self._work = self.make(
                host_options.request(
                    parsed_args, means.project_id(self.app, parsed_args)
                ),
                means.means(
                    self.app, parsed_args, clock, board, self._stderr,
                    self._signals,
                ),
                file,
            )  # fmt: skip
            yield self._work

    def _carry_out(
        self, its: work.Work, parsed_args: argparse.Namespace
    ) -> 'Sequence[rows.Row]':
        from osc_migrate.command import signals
        from osc_migrate.engine import rows

        try:
            planned = its.plan()
            if parsed_args.dry_run:
                self._exit_code = rows.worst(planned)
                if not planned:
                    self._sentences = [_('No server is to be moved.')]
                return planned
            self._signals.deliver()
            self._board.plan(planned)
            agreed = parsed_args.yes or self._agreed(planned)
        except signals.Interrupted:
            self._signals.take()
            its.give_up()
            raise
        if not agreed:
            its.give_up()
            self._exit_code = 1
            self._sentences = [_('Nothing was moved.')]
            return ()
        report = its.run()
        self._exit_code = report.exit_code
        self._sentences = report.sentences
        self._goes_on = any(map(rows.may_go_on, report.rows))
        return report.rows

    def _agreed(self, planned: 'Sequence[rows.Row]') -> bool:
        """Ask whether the plan is to be carried out, if it moves anything."""
        from osc_migrate.engine import rows

        if not any(map(rows.is_to_move, planned)):
            return True
        self._stderr.write(_('Move them? [y/N]: '))
        self._stderr.flush()
        answer = self.app.stdin.readline()
        return answer.strip().lower() in ('y', 'yes')

    def _stop(self, number: int) -> bool:
        """The first signal: nothing new is begun, the rest is waited for.

        :returns: Whether there is anything to stop or to wait for.
        """
        from osc_migrate.command import report
        from osc_migrate.command import signals
        from osc_migrate.engine import rows

        fleet = self._fleet()
        if fleet is None:
            return False
        self._interrupted = signals.Interrupted(number)
        fleet.stopping = True
        waited_for = [
            watch.move.server.name for watch in fleet.in_flight.values()
        ]
        if fleet.beginning is not None:
            waited_for.append(fleet.beginning)
        if waited_for:
            self._board.say(report.WAITING_FOR % rows.named(waited_for))
        else:
            self._board.say(report.NOTHING_FURTHER)
        self._board.say(report.CARRY_ON % self._same_command())
        return True

    def _fleet(self) -> 'fleets.Fleet | None':
        """The moves under way, None before the first."""
        convoy = self._work.convoy if self._work is not None else None
        return convoy.fleet if convoy is not None else None

    def _say_left(self, because: str) -> None:
        """What goes on without us, and how to carry on."""
        convoy = self._work.convoy if self._work is not None else None
        from osc_migrate.command import report
        from osc_migrate.command import resume

        client = resume.of_client(self.app.options, os.environ)
        self._stderr.write(
            report.lines(
                report.interrupted_fleet(
                    self._fleet(),
                    client,
                    self._same_command(),
                    alone=lambda decides: host_options.of_one(
                        self._arguments, decides=decides
                    ),
                    kept=self._arguments.plan is not None,
                    because=because,
                    begun=convoy.begun() if convoy is not None else (),
                )
            )
        )
        self._stderr.flush()

    def _same_command(self) -> str:
        from osc_migrate.command import resume

        client = resume.of_client(self.app.options, os.environ)
        return resume.line(
            [
                *client,
                *self.words,
                *resume.of_output(self._arguments),
                *host_options.given(self._arguments),
            ]
        )

    def produce_output(
        self,
        parsed_args: argparse.Namespace,
        column_names: Sequence[str],
        data: Iterable[Any],
    ) -> int:
        """Write the document whole; of a plan that was not liked, nothing."""
        from osc_migrate.command import report
        from osc_migrate.command import streams
        from osc_migrate.command import tables
        from osc_migrate.engine import outcomes

        self._signals.finish()
        if not data and self._exit_code == 1:
            self._stderr.write(report.lines(self._sentences))
            return self._exit_code
        stdout, self.app.stdout = self.app.stdout, io.StringIO()
        try:
            with streams.standing_in():
                super().produce_output(
                    parsed_args,
                    column_names,
                    list(tables.rows(parsed_args, data)),
                )
            document = self.app.stdout.getvalue()
        finally:
            self.app.stdout = stdout
        output = streams.Tolerant(stdout)
        output.write(document)
        output.flush()
        sentences = [*self._sentences]
        stopped = self._interrupted is not None or self._goes_on
        stopped = stopped or self._exit_code == outcomes.EXIT_UNKNOWN
        if stopped and self._exit_code:
            sentences.append(report.CARRY_ON % self._same_command())
        if output.failure is not None:
            sentences.append(report.unwritten(output.failure))
        self._stderr.write(report.lines(sentences))
        self._stderr.flush()
        return self._exit_code
