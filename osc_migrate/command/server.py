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

"""``openstack server migrate-and-wait``

Imported by every run of the client (stevedore loads all commands), so what
only this command needs is imported when it runs.
"""

import argparse
from collections.abc import Iterable, Sequence
import contextlib
import io
import os
import sys
from typing import TYPE_CHECKING, Any

from osc_lib.command import command
from osc_lib import exceptions as osc_exceptions

from osc_migrate.command import bounded
from osc_migrate.command import options
from osc_migrate.command import streams
from osc_migrate.i18n import _

if TYPE_CHECKING:
    from osc_migrate import operation
    from osc_migrate import result as results


class MigrateAndWait(bounded.Bounded, command.ShowOne):
    _description = _(
        """Move a server to another compute host, wait, confirm and show it.

The move is a cold migration (the guest is shut down, copied and started on
the other host) or, with --live-migration, a live one. The command ends when
Nova is done, and says how: outcome, Nova's own reason where it failed, and
what to do next.

Exit codes: 0 moved as asked, 1 refused before anything was done, 2 usage,
3 rolled back or aborted (nothing was lost), 4 the server needs a person, 5
time limit, 6 reverted or the check failed, 7 another move came between, 9 not
known; 129, 130 and 143 when hung up, interrupted or terminated: Nova then
goes on."""
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        options.add(parser)
        self._usage = parser.format_usage
        return parser

    def run(self, parsed_args: argparse.Namespace) -> int:
        wrong = options.contradiction(
            parsed_args, terminal=streams.is_terminal(self.app.stdin)
        )
        if wrong is not None:
            return self._wrong_usage(wrong)
        from osc_migrate.command import signals
        from osc_migrate import exceptions

        self._exit_code = 0
        self._stderr = streams.Tolerant(self.app.stderr)
        self._operation: operation.Operation | None = None
        self._why: Sequence[str] = ()
        self._signals = signals.Signals()
        last = not self.app.interactive_mode
        with self._signals.installed(to_the_end=last):
            try:
                super().run(parsed_args)
            except exceptions.UsageError as error:
                return self._wrong_usage(error.message)
            except signals.Interrupted as interrupt:
                self._signals.take()
                self._say_interrupted(parsed_args)
                return interrupt.exit_code
            except osc_exceptions.CommandError:
                # A refusal.
                raise
            except Exception as error:
                if self._operation is None or not self._operation.asked:
                    raise
                # A fault of this program must not hide what Nova was asked.
                self.log.debug('in mid-run', exc_info=True)
                return self._say_fault(parsed_args, error)
        return self._exit_code

    def _wrong_usage(self, sentence: str) -> int:
        from osc_migrate.engine import outcomes

        sys.stderr.write(self._usage())
        self.log.error(sentence)
        return outcomes.EXIT_USAGE

    def take_action(
        self, parsed_args: argparse.Namespace
    ) -> tuple[Sequence[str], Iterable[Any]]:
        from osc_migrate import exceptions

        try:
            self._result = self._move(parsed_args)
        except exceptions.UsageError:
            raise
        except exceptions.MigrateError as error:
            raise osc_exceptions.CommandError(_sentence(error)) from error
        self._exit_code = self._result.exit_code
        self._look_at_hosts(parsed_args)
        from osc_migrate.command import shown

        return shown.document(self, self._result)

    def _move(self, parsed_args: argparse.Namespace) -> 'results.Result':
        from osc_migrate import clock as clocks
        from osc_migrate.cloud import nova
        from osc_migrate.cloud import surroundings
        from osc_migrate.command import deciding
        from osc_migrate.command import signals
        from osc_migrate import operation
        from osc_migrate import progress
        from osc_migrate import start

        clock = clocks.SystemClock(self._signals.deliver)
        gate = deciding.gate(
            self, parsed_args, clock, self._stderr, self._server_id
        )
        connection = self.app.client_manager.sdk_connection
        with contextlib.ExitStack() as stack:
            observer = stack.enter_context(
                progress.reporter(
                    self._stderr,
                    clock,
                    parsed_args.server,
                    quiet=self.app.options.verbose_level == 0,
                )
            )
            if isinstance(observer, progress.Terminal):
                stack.enter_context(signals.suspendable(observer.pause))
            door = start.patiently(
                clock,
                lambda: nova.Nova(connection, self._signals.shield),
                observer,
            )
            self._door = door
            self._operation = operation.Operation(
                door,
                clock,
                observer,
                gate,
                surroundings.Surroundings(
                    connection,
                    clock,
                    project_id=door.project_id,
                    roles=door.roles,
                ),
            )
            return self._operation.run(options.request(parsed_args))

    def _look_at_hosts(self, parsed_args: argparse.Namespace) -> None:
        """What rules them out, where that is what the result is about."""
        from osc_migrate import door as doors
        from osc_migrate import why

        def candidates() -> doors.Candidates:
            from osc_migrate.cloud import candidates

            self._door.hurry(why.HURRY)
            return candidates.Candidates(
                self.app.client_manager.sdk_connection, self._door.api
            )

        found = why.look(self._result, candidates, parsed_args.host)
        self._result, self._why = found.result, found.lines

    def _server_id(self) -> str:
        assert self._operation is not None  # noqa: S101 - for the types
        server = self._operation.server
        assert server is not None  # noqa: S101 - found before it is asked
        return server.id

    def produce_output(
        self,
        parsed_args: argparse.Namespace,
        column_names: Sequence[str],
        data: Sequence[Any],
    ) -> int:
        """Write the document whole, then the sentences."""
        from osc_migrate.command import report
        from osc_migrate.command import tables

        self._signals.finish()
        stdout, self.app.stdout = self.app.stdout, io.StringIO()
        try:
            super().produce_output(
                parsed_args, column_names, tables.cells(parsed_args, data)
            )
            document = self.app.stdout.getvalue()
        finally:
            self.app.stdout = stdout
        resume = None
        if report.nova_goes_on(self._result):
            resume = self._resume(parsed_args)
        output = streams.Tolerant(stdout)
        output.write(document)
        output.flush()
        self._say(report.sentences(self._result, resume))
        self._stderr.write(''.join(f'{line}\n' for line in self._why))
        self._stderr.flush()
        if output.failure is not None:
            self._say([report.unwritten(output.failure)])
        return self._exit_code

    def _resume(self, parsed_args: argparse.Namespace) -> str:
        from osc_migrate.command import resume

        assert self._operation is not None  # noqa: S101 - for the types
        watch = self._operation.watch
        server = self._operation.server
        return resume.command(
            server.id if server else parsed_args.server,
            watch.move.record_uuid if watch else None,
            resume.of_client(self.app.options, os.environ),
            resume.given(parsed_args),
        )

    def _say_interrupted(self, parsed_args: argparse.Namespace) -> None:
        from osc_migrate.command import report

        if self._operation is None or not self._operation.asked:
            self._say([report.INTERRUPTED_BEFORE])
            return
        result = getattr(self, '_result', None)
        if result is not None:
            self._say(report.sentences(result, None))
            return
        watch = self._operation.watch
        if watch is not None:
            watch.identify()
        self._say(report.interrupted(watch, self._resume(parsed_args)))

    def _say_fault(
        self, parsed_args: argparse.Namespace, error: Exception
    ) -> int:
        """What is known all the same; a verdict keeps its exit code."""
        from osc_migrate.command import report
        from osc_migrate.engine import outcomes

        assert self._operation is not None  # noqa: S101 - for the types
        result = getattr(self, '_result', None)
        watch = self._operation.watch
        if result is not None:
            self._say(report.sentences(result, None))
            self._say([report.FAULT_AT_THE_END % report.named(error)])
            return self._exit_code
        self._say([report.FAULT % report.named(error)])
        self._say(report.goes_on(watch, self._resume(parsed_args)))
        return outcomes.EXIT_UNKNOWN

    def _say(self, sentences: Iterable[str]) -> None:
        from osc_migrate.command import report

        self._stderr.write(report.lines(sentences))
        self._stderr.flush()


def _sentence(error: Any) -> str:
    """A refusal as one sentence, the hint and the request behind it."""
    from osc_migrate.command import report

    return report.refused(error)
