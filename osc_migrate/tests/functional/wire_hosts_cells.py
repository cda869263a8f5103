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

"""Which fault a run for a whole compute host meets, and where."""

from collections.abc import Callable, Iterable, Iterator
import dataclasses
import math

from osc_migrate.tests import wire
from osc_migrate.tests.wire import faults

#: Seconds after which a lasting fault is over.
LASTS = 6.0
#: Seconds for an answer, for runs that have to wait for one in vain.
API_TIMEOUT = 4
#: What looks at the other hosts: it gives up at a fault.
LOOKS = (
    'services', 'hypervisors', 'held', 'candidates', 'aggregates', 'needs',
    'show more',
)  # fmt: skip
#: What a drain of two servers asks, one of which is moved live.
DRAIN_STEPS = (
    'token', 'discovery', 'service', 'disable', 'host servers',
    'host records', 'groups', *LOOKS, 'server', 'request', 'actions',
    'confirm', 'ports',
)  # fmt: skip
#: What a restore asks besides, or of another host.
RESTORE_STEPS = (
    'service', 'host servers', 'host records', 'groups', 'enable', 'server',
    'request', 'confirm',
)  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Cell:
    """One fault at one step of a run.

    :ivar back: whether the run is a restore, and not a drain
    :ivar first: the number of the request of the step that meets the fault
    :ivar seconds: after which a lasting fault is over
    """

    step: str
    fault: str
    back: bool = False
    first: int = 1
    seconds: float = LASTS

    @property
    def name(self) -> str:
        words = ['restore' if self.back else 'drain', self.step, self.fault]
        return '_'.join(words).replace(' ', '_').replace('-', '_')

    @property
    def is_slow(self) -> bool:
        return wire.FAULTS[self.fault].slow


#: What has a service do something.
CHANGES = frozenset({'disable', 'enable', 'request', 'confirm'})


@dataclasses.dataclass(frozen=True)
class Senseless:
    """Cells that are not played, and why."""

    why: str
    covers: Callable[[str, faults.Fault], bool]


SENSELESS = (
    Senseless(
        'keystone has no other token to ask for, and who gets none has no run',
        lambda step, fault: (
            step == 'token' and fault.name in ('401-once', 'no-token-401')
        ),
    ),
    Senseless(
        'what only looks is answered anew: whether the service did it makes '
        'no difference, and the client cannot see it',
        lambda step, fault: (
            step not in CHANGES
            and fault.name != 'truncated'
            and fault.kind is not wire.Kind.NOT_DONE
        ),
    ),
)


def cells(back: bool) -> Iterator[Cell]:
    """Every fault at every step."""
    for step in RESTORE_STEPS if back else DRAIN_STEPS:
        for name, fault in wire.FAULTS.items():
            if not any(one.covers(step, fault) for one in SENSELESS):
                yield Cell(step, name, back)


#: Faults after which a run may be over.
ENDS = 'no-token-401'
#: How many steps lie between two that meet a fault in the same run.
APART, APART_LASTING = 3, 5


def runs(wanted: Iterable[Cell]) -> tuple[tuple[Cell, ...], ...]:
    """Put together what one run can meet: a fault at steps that are apart.

    What looks at the other hosts asks nothing more after a fault: of those
    steps never two are in one run.
    """
    together: dict[tuple[bool, str, int], list[Cell]] = {}
    for cell in wanted:
        steps = RESTORE_STEPS if cell.back else DRAIN_STEPS
        number = steps.index(cell.step)
        if cell.fault != ENDS and cell.step not in LOOKS:
            lasting = wire.FAULTS[cell.fault].lasting
            number %= APART_LASTING if lasting else APART
        key = cell.back, cell.fault, number
        together.setdefault(key, []).append(cell)
    return tuple(map(tuple, together.values()))


def _chosen(back: bool, table: dict[str, str]) -> Iterator[Cell]:
    for step, names in table.items():
        for fault in names.split():
            yield Cell(step, fault, back)


#: What is played with every change of the code; the rest is on demand.
CHOSEN = (
    *_chosen(False, {
        'discovery': 'no-name',
        'service': 'html-404',
        'disable': 'reset-after 502-after silent-taken',
        'host servers': 'truncated html-200 no-token-503',
        'host records': '504 away-refusing 401-once',
        'groups': 'reset-before',
        'candidates': 'truncated',
        'needs': '502',
        'server': 'html-404 away-silent',
        'request': 'reset-before reset-after 503-retry-after silent-late',
        'confirm': 'reset-after reset-before 500-after 429-date',
        'ports': '500',
    }),
    *_chosen(True, {
        'enable': 'reset-after 429-seconds no-token-reset',
        'request': '504-after',
        'confirm': '503',
    }),
)  # fmt: skip
#: Where a listing has several pages, and the second one meets the fault.
SECOND_PAGES = tuple(
    Cell(step, fault, first=2)
    for step in ('host servers', 'host records')
    for fault in ('502', 'html-200', 'truncated', 'reset-before',
                  'silent-never', '401-once', 'away-refusing')
)  # fmt: skip
#: A cloud that does not come back, and the exit code of such a run.
FOR_GOOD = {
    Cell('disable', 'away-refusing', seconds=math.inf): 1,
    Cell('disable', 'no-token-401', seconds=math.inf): 1,
    Cell('groups', 'no-name', seconds=math.inf): 1,
    Cell('confirm', 'no-token-401', seconds=math.inf): 9,
    # The first is read for the plan, the second when all have left.
    Cell('host servers', 'away-refusing', first=2, seconds=math.inf): 9,
    Cell('enable', 'away-refusing', back=True, seconds=math.inf): 1,
}
