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

"""What a person reads of a server once its move is over."""

import dataclasses

from osc_migrate.engine import eligibility
from osc_migrate.engine import outcomes
from osc_migrate.engine import placing
from osc_migrate.engine import rows
from osc_migrate.engine import text
from osc_migrate import exceptions
from osc_migrate.i18n import _
from osc_migrate import result as results


class Gone(exceptions.Refused):
    """The server left before its turn came.

    :param outcome: What is told of it.
    """

    def __init__(self, outcome: outcomes.Outcome, message: str) -> None:
        super().__init__(message)
        self.outcome = outcome


def row(placed: placing.Placed, result: results.Result) -> rows.Row:
    """The row of a server of which there is a verdict."""
    hint = result.hint
    if result.outcome is outcomes.Outcome.CHECK_FAILED:
        # What is told of a single server would fail: the host is disabled.
        hint = _('Look at the guest. Once %(host)s is enabled again, it can '
                 'be moved back: openstack server migrate-and-wait '
                 '--live-migration --host %(host)s %(id)s') % {
            'host': text.shell_word(result.source_host or ''),
            'id': result.server_id,
        }  # fmt: skip
    return dataclasses.replace(
        placed.entry.row,
        destination_host=result.destination_host,
        outcome=result.outcome,
        reason=_joined(
            result.reason or _decision(result), hint, *result.warnings
        ),
        duration=result.duration,
    )


def is_of_others(placed: placing.Placed) -> bool:
    """How a move of somebody else ends stops no drain."""
    finding = placed.finding
    return isinstance(finding, eligibility.Await) and not finding.confirm


def is_failure(placed: placing.Placed, row: rows.Row) -> bool:
    """Whether it counts for ``--max-failures``.

    What an API that cannot be read keeps from being known is no failure.
    """
    blind = row.outcome in (
        outcomes.Outcome.UNKNOWN,
        rows.Fate.NOT_STARTED,
    )
    return row.failed and not blind and not is_of_others(placed)


def refused(
    placed: placing.Placed, error: exceptions.MigrateError | None
) -> rows.Row:
    """The row of a server for which nothing was asked of Nova."""
    row = placed.entry.row
    if error is None:
        return row
    outcome: outcomes.Outcome | rows.Fate = rows.Fate.REFUSED
    if isinstance(error, Gone):
        outcome = error.outcome
    elif isinstance(placed.finding, eligibility.Await):
        # Nova goes on with it, and the plan must not forget it.
        outcome = outcomes.Outcome.UNKNOWN
    elif isinstance(error, exceptions.TransientError):
        outcome = rows.Fate.NOT_STARTED
    reason = _joined(error.message, error.hint)
    return dataclasses.replace(row, outcome=outcome, reason=reason)


def _decision(result: results.Result) -> str | None:
    """What can be done with a move of somebody else that has arrived."""
    if result.outcome is not outcomes.Outcome.AWAITING_CONFIRMATION:
        return None
    return _('It was not begun by this plan, and awaits a decision: openstack '
             'server migration confirm %(id)s, or openstack server migration '
             'revert %(id)s') % {'id': result.server_id}  # fmt: skip


def _joined(
    reason: str | None, hint: str | None, *warnings: str
) -> str | None:
    """All that there is to say of a server, in one cell of a table.

    The hint comes last: it ends in a command, which is copied.
    """
    parts = [
        reason and _ended(reason),
        *warnings,
        hint and _('Hint: %s') % hint,
    ]
    return ' '.join(part for part in parts if part) or None


def _ended(sentence: str) -> str:
    """Nova's own sentences may have no end, or lost it."""
    sentence = sentence.rstrip()
    return sentence if sentence.endswith(('.', '!', '?')) else f'{sentence}.'
