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

"""What a wait of days costs, on a simulated Nova.

A server whose live migration copies for three days, one in VERIFY_RESIZE
whose source is down for two days, one that is checked for half a day, and a
host of which three hundred servers are drained. Requests are those of one
hour, memory is what Python holds.

    python benchmarks/long.py
"""

import argparse
import collections
from collections.abc import Iterable
import sys
import tracemalloc

from osc_migrate.tests.simulation import waits

HOUR, DAY = waits.HOUR, waits.DAY
HEAD = f'{"":46} {"after":>6} {"KiB":>5} {"RSS MiB":>8} {"CPU s":>6}'


def moments(days: float) -> list[float]:
    """After an hour, each day, and an hour before the end."""
    whole = [DAY * day for day in range(1, int(days) + 1)]
    last = days * DAY - 2 * HOUR
    return [HOUR, 2 * HOUR, *(at for at in whole if at < last), last,
            last + HOUR]  # fmt: skip


def said(requests: collections.Counter[str]) -> str:
    return ', '.join(
        f'{name} {count}' for name, count in sorted(requests.items())
    )


def tell(name: str, found: waits.Played, at: Iterable[float]) -> None:
    """Print one wait: a line for each moment, and the requests of an hour."""
    at = list(at)
    for sample in found.samples:
        print(
            f'{name:46} {sample.at / HOUR:4.0f} h {sample.memory / 1024:5.0f} '
            f'{sample.resident / 1024:8.1f} {sample.processor:6.2f}'
        )
    outcomes = said(found.outcomes)
    print(f'  {outcomes} after {found.seconds / HOUR:.1f} h')
    for first, second in (at[:2], at[-2:]):
        asked = found.between(first, second)
        print(f'  from {first / HOUR:.0f} h: {asked.total()} an hour: '
              f'{said(asked)}')  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition('\n')[0])
    add = parser.add_argument
    add('--intervals', type=float, nargs='+', default=[5.0, 60.0])
    add('--servers', type=int, default=300, help='of the host; 0: no drain')
    add('--memory', action='store_true',
        help='trace the memory, which takes five times as long')  # fmt: skip
    options = parser.parse_args()
    if options.memory:
        tracemalloc.start()
    print(HEAD)
    good = True
    for interval in options.intervals:
        for wait in (waits.LIVE, waits.SOURCE_DOWN, waits.CHECKED):
            at = moments(wait.days)
            found = waits.play(wait, interval, at)
            tell(f'{wait.name}, {interval:.0f} s', found, at)
            good &= found.outcomes.keys() <= {'completed', 'confirmed'}
        if options.servers:
            days = options.servers * 1.5 * waits.COPIES / DAY * 0.9
            at = moments(days)
            found = waits.play_drain(options.servers, interval, at)
            name = f'a drain of {options.servers} servers, {interval:.0f} s'
            tell(name, found, at)
            good &= found.outcomes.keys() <= {'completed'}
    return 0 if good else 1


if __name__ == '__main__':
    sys.exit(main())
