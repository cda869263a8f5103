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

"""Why no host was found, or would be: a look beside a move.

It changes no verdict: a look that fails is not made again.
"""

from collections.abc import Callable, Iterator
import dataclasses

from osc_migrate import door as doors
from osc_migrate.engine.candidates import told
from osc_migrate.engine.candidates import verdict
from osc_migrate.engine import hints
from osc_migrate.engine import move as moves
from osc_migrate.engine import nowhere
from osc_migrate.engine.outcomes import Outcome
from osc_migrate.i18n import _
from osc_migrate import result as results

#: Seconds for one answer of Nova's: it is a help and no more.
HURRY = 10.0


@dataclasses.dataclass(frozen=True, slots=True)
class Why:
    """What is said of the hosts.

    :ivar result: The result, in a dry run with a warning where no host could
        take the server.
    :ivar lines: For standard error, fit for a terminal.
    """

    result: results.Result
    lines: tuple[str, ...] = ()


def is_asked(result: results.Result) -> bool:
    """Whether a result is one of those that the hosts explain."""
    if result.outcome is Outcome.PLANNED:
        # Not of a migration that would be taken over.
        return result.migration_id is None
    return result.outcome is Outcome.ROLLED_BACK and bool(
        nowhere.NO_VALID_HOST.search(result.reason or '')
    )


def look(
    result: results.Result,
    candidates: Callable[[], doors.Candidates],
    destination: str | None,
) -> Why:
    """One look after the end of a move, or in place of one; never an error.

    :param candidates: Makes the door.
    :param destination: The host that was asked for.
    """
    if not is_asked(result):
        return Why(result)
    planned = result.outcome is Outcome.PLANNED
    try:
        kind = moves.Kind(result.migration_type or moves.Kind.COLD)
        seen = candidates().look(
            result.server_id,
            kind,
            destination,
        )
        rows = verdict.rows(seen)
        if planned:
            warning = told.warning(rows, destination)
            if warning is not None:
                result = dataclasses.replace(
                    result, warnings=(*result.warnings, warning)
                )
        sentences = told.sentences(
            seen,
            rows,
            refused=not planned,
            request_id=None if planned else result.request_id,
        )
        command = hints.candidates(result.server_id, kind)
        return Why(result, tuple(_lines(rows, command, sentences)))
    except Exception:
        # The verdict stands, whatever keeps its reasons from being seen.
        return Why(result)


def _lines(
    rows: tuple[verdict.Row, ...],
    command: str,
    sentences: Iterator[str],
) -> Iterator[str]:
    if rows:
        yield _('Compute hosts for it, as far as can be seen:')
        yield from told.table(rows, command)
    yield from sentences
