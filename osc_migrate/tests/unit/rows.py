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

"""The rows of the tables: what was seen, and what has to be said of it."""

from collections.abc import Callable, Iterable, Mapping
import dataclasses
import re
from typing import Any, Protocol, TypeVar

from osc_migrate.engine import facts
from osc_migrate.engine import move as moves
from osc_migrate.engine import outcomes
from osc_migrate import gate as gates
from osc_migrate.tests.unit import fakes
from osc_migrate.tests.unit import traces


@dataclasses.dataclass(frozen=True)
class Gated:
    """A check or a person: what is answered, and how late.

    :ivar answer: None for one that never answers.
    :ivar begins: Whether it is to be asked at all.
    :ivar after_live: Whether it judges a server that was moved live.
    """

    answer: gates.Answer | None
    seconds: float = 0.0
    because: str | None = None
    begins: bool = True
    after_live: bool = True

    def played(self, clock: fakes.FakeClock) -> fakes.Gate:
        answered = None
        if self.answer is not None:
            answered = gates.Answered(self.answer, self.because)
        return fakes.Gate(
            clock, answered, self.seconds, after_live=self.after_live
        )


@dataclasses.dataclass(frozen=True)
class Row:
    """One case.

    :ivar trace: From Nova's 202 on.
    :ivar after: From the confirm that Nova took on.
    :ivar confirms: How often a confirm is sent.
    :ivar answers: Nova's answers to what is asked of it.
    :ivar within: Seconds from the last line of the trace to the verdict.
    :ivar reverted: From the revert that Nova took on.
    :ivar reverts: How often a revert is sent.
    :ivar stopped: From the abort, or the completion by force, that Nova took.
    :ivar stops: How often that is asked for.
    :ivar gate: What decides before a confirm, None where it is decided.
    :ivar says: Words of the reason.
    :ivar tried: Whether a compute host had to do with it.
    """

    name: str
    trace: str
    outcome: str
    cause: outcomes.Cause
    exit: int
    after: str = ''
    confirms: int = 0
    answers: tuple[fakes.Answer, ...] = (fakes.TAKEN,)
    within: float = 8.0
    confirm: bool = True
    was: str = 'ACTIVE'
    view: traces.View = traces.ADMIN
    record: str = traces.OURS
    known: tuple[tuple[str, str], ...] = ()
    timeout: float = 3600.0
    tried: bool = False
    kind: moves.Kind = moves.Kind.COLD
    gate: Gated | None = None
    reverted: str = ''
    reverts: int = 0
    on_timeout: str = 'leave'
    stopped: str = ''
    stops: int = 0
    services: Mapping[str, facts.ComputeService] | None = None
    says: str = ''

    @property
    def changes(self) -> dict[str, int]:
        """How often Nova is asked to change something."""
        stop = {'abort': 'abort', 'force-complete': 'force'}
        counts = {
            'confirm': self.confirms,
            'revert': self.reverts,
            stop.get(self.on_timeout, 'nothing'): self.stops,
        }
        return {name: count for name, count in counts.items() if count}


class Named(Protocol):
    @property
    def name(self) -> str: ...


R = TypeVar('R', bound=Named)
C = TypeVar('C', bound=type)


def each(rows: Iterable[R]) -> Callable[[C], C]:
    """Make of every row a test of its own, which calls ``check``."""

    def fill(case: C) -> C:
        for row in rows:
            name = 'test_' + re.sub(r'\W+', '_', row.name).lower()
            if name in vars(case):
                raise ValueError(f'two rows are named {row.name!r}')
            setattr(case, name, _calling(row, name))
        return case

    return fill


def _calling(row: Named, name: str) -> Callable[[Any], None]:
    def test(self: Any) -> None:
        self.check(row)

    test.__name__ = name
    test.__doc__ = row.name
    return test
