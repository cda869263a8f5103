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

"""Several rows of a table at the same time: most of a move is waiting."""

from collections.abc import Callable, Iterable, Iterator
from concurrent import futures
import dataclasses
import sys
from typing import Any, Generic, TypeVar

import testtools

from osc_migrate.tests.functional import base
from osc_migrate.tests.functional import history

#: As many as there are compute hosts: each of them migrates one live.
WIDTH = 3

R = TypeVar('R', bound=base.Row)


@dataclasses.dataclass(frozen=True)
class Group(Generic[R]):
    """Rows that have nothing to do with each other."""

    rows: tuple[R, ...]

    @property
    def since(self) -> history.Since | None:
        """What the row needs: one that needs something is by itself."""
        return getattr(self.rows[0], 'since', None)

    @property
    def name(self) -> str:
        return '__'.join(row.name for row in self.rows)


def groups(rows: Iterable[R]) -> Iterator[Group[R]]:
    """Put rows together in their order, but for those that may be skipped."""
    waiting: list[R] = []
    for row in rows:
        if getattr(row, 'since', None) is not None:
            yield Group((row,))
            continue
        waiting.append(row)
        if len(waiting) == WIDTH:
            yield Group(tuple(waiting))
            waiting = []
    if waiting:
        yield Group(tuple(waiting))


def check(group: Group[R], check_row: Callable[[R, str], object]) -> None:
    """Check each row on a host of its own; say of all what is wrong."""
    hosts = base.the_cloud().compute_hosts
    with futures.ThreadPoolExecutor(WIDTH) as pool:
        checks = [
            pool.submit(check_row, row, host)
            for row, host in zip(group.rows, hosts, strict=False)
        ]
    wrong: list[Any] = []
    for row, done in zip(group.rows, checks, strict=True):
        try:
            done.result()
        except Exception as error:
            error.add_note(f'in the row {row.name}')
            wrong.append(sys.exc_info())
    if wrong:
        raise testtools.MultipleExceptions(*wrong)
