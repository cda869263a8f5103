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

from collections.abc import Callable, Iterable
import dataclasses
import re
from typing import Any, Protocol, TypeVar

from osc_migrate.engine import outcomes
from osc_migrate.tests.unit import fakes
from osc_migrate.tests.unit import traces


@dataclasses.dataclass(frozen=True)
class Row:
    """One case.

    :ivar trace: From Nova's 202 on.
    :ivar after: From the confirm that Nova took on.
    :ivar confirms: How often a confirm is sent.
    :ivar answers: Nova's answers to them.
    :ivar within: Seconds from the last line of the trace to the verdict.
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
