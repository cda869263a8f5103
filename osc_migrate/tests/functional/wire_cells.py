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

"""The matrix: each fault at each step, and what may come of it.

The rows are requests of a run, the columns faults; a cell is played by
:mod:`.wire_playing`.
"""

from collections.abc import Callable, Iterable
import dataclasses
import enum
import random

from osc_migrate.tests.functional import promises
from osc_migrate.tests import wire

#: Seconds that a passing fault of the whole cloud lasts.
BRIEF = 5.0
#: ``--timeout`` where a fault does not pass, and where it does.
SHORT, LONG = 20, 120


class Lasts(enum.Enum):
    """How long a fault lasts."""

    ONCE = 'one request'
    BRIEFLY = 'five seconds'
    EVER = 'for ever'


@dataclasses.dataclass(frozen=True)
class Row:
    """A request of a run.

    :ivar number: of its step; 1 for the first
    :ivar before: it comes before the move is asked for
    :ivar only: the columns that are of interest beside another row that is
        much the same; none for all
    """

    name: str
    story: str
    step: str
    number: int = 1
    before: bool = False
    only: frozenset[str] = frozenset()

    @property
    def changes(self) -> bool:
        """Whether it has Nova do something."""
        return self.step in promises.CHANGES


@dataclasses.dataclass(frozen=True)
class Column:
    """A fault and how long it lasts."""

    name: str
    fault: str
    lasts: Lasts


@dataclasses.dataclass(frozen=True)
class Cell:
    """A fault at a step, and perhaps another in the same run."""

    row: Row
    column: Column
    second: 'Cell | None' = None

    @property
    def name(self) -> str:
        name = f'{self.row.name}: {self.column.name}'
        return f'{name} + {self.second.name}' if self.second else name

    @property
    def all(self) -> tuple['Cell', ...]:
        """Every fault of the run by itself."""
        return (self, *(self.second.all if self.second else ()))

    @property
    def timeout(self) -> int:
        return SHORT if self.column.lasts is Lasts.EVER else LONG


#: Of rows that are much the same as others.
SOME = frozenset({
    '504-after', 'reset-before', 'reset-after', '429-seconds', 'html-200',
    'silent-late', 'away-refusing, 5 s', '504-after, for ever',
})  # fmt: skip
ROWS = (
    Row('keystone\'s versions', 'cold', 'identity', before=True),
    Row('token', 'cold', 'token', before=True),
    Row('discovery', 'cold', 'discovery', before=True),
    Row('look-up', 'cold', 'look-up', before=True),
    Row('records before the request', 'cold', 'records', before=True),
    Row('request, cold', 'cold', 'request'),
    Row('request, live', 'live', 'request'),
    Row('poll of records', 'cold', 'records', 3),
    Row('poll of the server', 'cold', 'server'),
    Row('poll of actions', 'cold', 'actions'),
    Row('confirm', 'cold', 'confirm'),
    Row('server after the confirm', 'cold', 'server', 2),
    Row('ports', 'cold', 'ports'),
    Row('what placement holds', 'cold', 'held'),
    Row('final show', 'cold', 'final show'),
    Row('image of the final show', 'cold', 'show more'),
    Row('events', 'rolled back', 'events'),
    Row('service of the source', 'check fails', 'service'),
    Row('revert', 'check fails', 'revert'),
    Row('abort', 'abort', 'abort'),
    Row('force-complete', 'force-complete', 'force-complete'),
    Row('request, SHUTOFF', 'cold, SHUTOFF', 'request', only=SOME),
    Row('confirm, SHUTOFF', 'cold, SHUTOFF', 'confirm', only=SOME),
    Row('poll of records, live', 'live', 'records', 3, only=SOME),
    Row('poll of the server, live', 'live', 'server', only=SOME),
    Row('look-up to attach', 'attach', 'look-up', before=True,
        only=SOME),
    Row('records to attach', 'attach', 'records', before=True,
        only=SOME),
    Row('confirm, attached', 'attach', 'confirm', only=SOME),
)  # fmt: skip


def _columns() -> Iterable[Column]:
    for name, fault in wire.FAULTS.items():
        if fault.lasting:
            yield Column(f'{name}, 5 s', name, Lasts.BRIEFLY)
        else:
            yield Column(name, name, Lasts.ONCE)
    for name in ('500', '504-after', 'reset-before', 'no-token-401',
                 'no-token-503', 'away-refusing'):  # fmt: skip
        yield Column(f'{name}, for ever', name, Lasts.EVER)


COLUMNS = tuple(_columns())


@dataclasses.dataclass(frozen=True)
class Senseless:
    """Cells that are not played, and why."""

    why: str
    covers: Callable[[Row, Column], bool]


SENSELESS = (
    Senseless(
        'what only looks is answered anew: whether the service did it makes '
        'no difference, and the client cannot see it',
        lambda row, column: (
            not row.changes
            and column.fault != 'truncated'
            and wire.FAULTS[column.fault].kind is not wire.Kind.NOT_DONE
        ),
    ),
    Senseless(
        'much the same as another row, but for these faults',
        lambda row, column: bool(row.only) and column.name not in row.only,
    ),
)  # fmt: skip
CELLS = tuple(
    Cell(row, column)
    for row in ROWS
    for column in COLUMNS
    if not any(cell.covers(row, column) for cell in SENSELESS)
)


@dataclasses.dataclass(frozen=True)
class Other:
    """An end besides the one of a run without a fault.

    :ivar rows: their names, or none for all of them
    :ivar before: whether it holds for what comes before the request; None:
        for all
    :ivar outcomes: 'refused' is exit 1 with nothing asked of Nova
    """

    why: str
    faults: frozenset[str]
    outcomes: frozenset[str]
    rows: frozenset[str] = frozenset()
    before: bool | None = None

    def covers(self, cell: Cell) -> bool:
        return (
            cell.column.fault in self.faults
            and (not self.rows or cell.row.name in self.rows)
            and self.before in (None, cell.row.before)
        )


def _are(*names: str) -> frozenset[str]:
    return frozenset(names)


#: Of faults that pass.
OTHERS = (
    Other('keystone itself says no: to ask again would not help',
          _are('401-once'), _are('refused'), rows=_are('token')),
    Other('keystone itself says no', _are('no-token-401'), _are('refused'),
          before=True),
    Other('keystone itself says no', _are('no-token-401'), _are('unknown'),
          before=False),
    Other('keystone itself says no, and nothing was asked for yet',
          _are('no-token-401'), _are('refused'),
          rows=_are('request, cold', 'request, live', 'request, SHUTOFF')),
)  # fmt: skip
#: Of faults that do not: all but a wrong verdict.
LASTING = _are('unknown', 'timeout', 'unconfirmed')


def allowed(cell: Cell, outcome: str) -> frozenset[str]:
    """Return how a cell may end.

    :param outcome: of the same run without a fault
    """
    found = {outcome}
    for one in cell.all:
        if one.column.lasts is Lasts.EVER:
            found |= {'refused'} if one.row.before else LASTING
            if one.row.step == 'request':
                found.add('refused')
        for other in OTHERS:
            if other.covers(one):
                found |= other.outcomes
    return frozenset(found)


#: What CI plays: every fault at three steps or more, every step with four
#: faults or more, and all of them at what has Nova do something.
IN_FULL = _are('request, cold', 'confirm', 'revert')
#: How many faults every other step meets, each the one so many further on.
FAULTS_EACH, STRIDE = 4, 7


def chosen() -> tuple[Cell, ...]:
    """Return the fixed selection for CI."""
    found: list[Cell] = []
    steps = {row.step for row in ROWS if row.name in IN_FULL}
    for row in ROWS:
        cells = [cell for cell in CELLS if cell.row is row]
        if row.name in IN_FULL:
            found += cells
        elif row.step not in steps:
            steps.add(row.step)
            at = len(found)
            found += [
                cells[(at + number * STRIDE) % len(cells)]
                for number in range(FAULTS_EACH)
            ]
    return tuple(found)


def pairs(seed: int, count: int) -> tuple[Cell, ...]:
    """Return two faults in one run, at random and the same for a seed."""
    chance = random.Random(seed)
    passing = [
        cell
        for cell in CELLS
        if cell.column.lasts is not Lasts.EVER
        and not any(other.covers(cell) for other in OTHERS)
    ]
    found: list[Cell] = []
    while len(found) < count:
        one, two = chance.sample(passing, 2)
        if one.row.story == two.row.story and one.row is not two.row:
            found.append(dataclasses.replace(one, second=two))
    return tuple(found)
