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

"""What becomes of each server of a compute host, as a row of a table."""

import collections
from collections.abc import Iterable, Iterator, Sequence
import dataclasses
import enum

from osc_migrate.engine import eligibility
from osc_migrate.engine import facts
from osc_migrate.engine import outcomes
from osc_migrate.engine import text
from osc_migrate.i18n import _


class Fate(enum.StrEnum):
    """What becomes of a server that is not moved."""

    REFUSED = 'refused'
    SKIPPED = 'skipped'
    NOT_STARTED = 'not-started'


#: The server is where it was to go; nothing more is to be done with it.
ARRIVED = frozenset(
    {
        outcomes.Outcome.CONFIRMED,
        outcomes.Outcome.AUTO_CONFIRMED,
        outcomes.Outcome.CONFIRMED_ELSEWHERE,
        outcomes.Outcome.COMPLETED,
        outcomes.Outcome.CHECK_FAILED,
    }
)
#: The server is where nobody wished it to be, for a person to decide.
LEFT = frozenset(
    {
        outcomes.Outcome.ERROR,
        outcomes.Outcome.CONFLICT,
        outcomes.Outcome.AWAITING_CONFIRMATION,
    }
)
#: Nova's word for the type of a migration, in a word for a person.
METHODS = {'live-migration': _('live'), 'migration': _('cold')}
#: Nova was still at work, or could be, when this was written.
OPEN = frozenset(
    {
        outcomes.Outcome.PLANNED,
        outcomes.Outcome.TIMEOUT,
        outcomes.Outcome.UNKNOWN,
        outcomes.Outcome.UNCONFIRMED,
    }
)


@dataclasses.dataclass(frozen=True, slots=True)
class Row:
    """What became of one server, or would.

    :ivar method: Nova's word for the type of the migration, None where the
        server is not moved.
    :ivar duration: Seconds from the request to the verdict.
    """

    server_id: str
    name: str
    project_id: str | None
    method: str | None
    source_host: str | None
    destination_host: str | None
    outcome: outcomes.Outcome | Fate
    reason: str | None = None
    duration: float | None = None

    @property
    def failed(self) -> bool:
        """Whether a person has to look at it.

        A server that was deleted under way did leave the host.
        """
        if isinstance(self.outcome, Fate):
            return self.outcome is not Fate.SKIPPED
        if self.outcome is outcomes.Outcome.DELETED:
            return False
        return outcomes.EXIT_CODES[self.outcome] != 0


def of(
    server: facts.Server, source_host: str | None, destination: str | None
) -> Row:
    """The row of a server that is to be moved, before anything is known."""
    return Row(
        server.id,
        server.name,
        server.project_id,
        None,
        source_host,
        destination,
        outcomes.Outcome.PLANNED,
    )


def told(
    row: Row, finding: eligibility.Finding, destination: str | None
) -> Row:
    """The row of a server once the plan says what is to become of it.

    :param destination: Where it is to go, None where Nova chooses; where an
        earlier attempt led to does not count.
    """
    outcome: outcomes.Outcome | Fate = outcomes.Outcome.PLANNED
    method: str | None = None
    reason: str | None = None
    if isinstance(finding, eligibility.Move):
        method = str(finding.kind)
    elif isinstance(finding, eligibility.Await):
        method = finding.record.type
        destination = finding.record.destination_host
        reason = _('It is under way already (%s).') % finding.record.status
    elif isinstance(finding, eligibility.Gone):
        outcome, reason = finding.outcome, finding.reason
    elif isinstance(finding, eligibility.Skipped):
        outcome, reason = Fate.SKIPPED, finding.reason
    else:
        outcome, reason = Fate.REFUSED, finding.reason
        if finding.allow:
            reason = _('%(reason)s To allow it: %(allow)s') % {
                'reason': reason, 'allow': finding.allow,
            }  # fmt: skip
    return dataclasses.replace(
        row,
        method=method,
        destination_host=destination,
        outcome=outcome,
        reason=reason,
        duration=None,
    )


def is_to_move(row: Row) -> bool:
    """Whether the plan has something to do with a server."""
    return row.outcome is outcomes.Outcome.PLANNED


def may_go_on(row: Row) -> bool:
    """Whether Nova may be at work still, though the wait is over."""
    return row.outcome in (
        outcomes.Outcome.TIMEOUT,
        outcomes.Outcome.UNKNOWN,
        outcomes.Outcome.UNCONFIRMED,
    )


def not_started(row: Row) -> Row:
    """The row of a server whose turn did not come."""
    return dataclasses.replace(
        row,
        outcome=Fate.NOT_STARTED,
        reason=_('Stopped before its turn came.'),
    )


def came_since(server: facts.Server) -> Row:
    """The row of a server that nobody planned for."""
    return dataclasses.replace(
        of(server, server.host, None),
        outcome=Fate.NOT_STARTED,
        reason=_(
            'It came to the host after the plan was made: another drain '
            'moves it.'
        ),
    )


def homewards(row: Row, host: str) -> Row:
    """The row of a server that arrived, for its way back."""
    return dataclasses.replace(
        row,
        method=None,
        source_host=row.destination_host,
        destination_host=host,
        outcome=outcomes.Outcome.PLANNED,
        reason=None,
        duration=None,
    )


def unfinished(row: Row) -> Row:
    """The row of a server that cannot come back: where it is, is not known."""
    return dataclasses.replace(
        row,
        outcome=Fate.REFUSED,
        reason=_('The plan does not say where it went: the drain has to be '
                 'carried on first, with the same plan.'),
    )  # fmt: skip


def bad_news(found: Iterable[Row]) -> Iterator[str]:
    """A sentence for each server that a person has to look at.

    Of those whose turn did not come there may be many: they are counted.
    """
    found = tuple(found)
    yield from (
        describe(row)
        for row in found
        if row.failed and row.outcome is not Fate.NOT_STARTED
    )
    left = [row.name for row in found if row.outcome is Fate.NOT_STARTED]
    if left:
        yield _('Not begun: %s') % named(left)


#: Names in a sentence, the rest is counted.
NAMED = 5


def named(names: Sequence[str]) -> str:
    """Some names, and how many more there are."""
    if len(names) <= NAMED:
        return ', '.join(names)
    return _('%(names)s and %(count)s more') % {
        'names': ', '.join(names[:NAMED]), 'count': len(names) - NAMED,
    }  # fmt: skip


def left(row: Row) -> Row:
    """The row of a server that the drain did not bring anywhere."""
    return dataclasses.replace(
        row,
        outcome=Fate.REFUSED,
        reason=_('The drain ended as %s for it: it is left where it is.')
        % row.outcome,
    )


def worst(found: Iterable[Row]) -> int:
    """The exit code that these rows ask for, 0 where all are as wished."""
    failed = [row.outcome for row in found if row.failed]
    if not failed:
        return 0
    if all(outcome is outcomes.Outcome.UNKNOWN for outcome in failed):
        return outcomes.EXIT_UNKNOWN
    return outcomes.EXIT_REMAIN


def describe(row: Row) -> str:
    """What became of one server, on one line."""
    line = f'{text.at_the_front(row.name)}: {row.outcome}'
    if row.method:
        line += _route(row)
    if row.reason:
        line += f': {row.reason}'
    return line


def _route(row: Row) -> str:
    if not row.destination_host:
        return ''
    return f' ({row.source_host} -> {row.destination_host})'


def outline(planned: Sequence[Row]) -> Iterator[str]:
    """A plan in lines: what is moved, what is not and why, and how many."""
    said: collections.Counter[str] = collections.Counter()
    for row in planned:
        word = str(row.outcome)
        if row.outcome is outcomes.Outcome.PLANNED:
            word = METHODS.get(str(row.method), str(row.method))
            line = f'{text.at_the_front(row.name)}: {word}{_route(row)}'
            yield f'{line}: {row.reason}' if row.reason else line
        elif row.outcome is Fate.REFUSED:
            yield describe(row)
        said[word] += 1
    counted = ', '.join(f'{count} {word}' for word, count in said.items())
    yield _('Plan: %s') % (counted or _('there is no server'))
