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


"""Holds ``server migrate-candidates`` against Nova's scheduler.

    python -m osc_migrate.tests.functional.scheduler_check [CONFIGURATION ...]

Prints tables in reStructuredText: how often each verdict of the command met
each of Nova's. Progress, and each verdict that is wrong, go to standard
error.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
import sys
import time

from osc_migrate.tests.functional import scheduler_cases as cases
from osc_migrate.tests.functional import scheduler_drains
from osc_migrate.tests.functional import scheduler_playing as playing
from osc_migrate.tests.functional import scheduler_sample

SEED = 5
SERVERS, ARRANGEMENTS, TRIED = 32, 3, 15
#: Columns: what the command says.
FITS = {True: 'true', None: 'null', False: 'false'}

Verdicts = list[playing.Verdict]


def play(
    configuration: str,
    servers: Iterable[cases.Server],
    arrangements: Iterable[cases.Arrangement],
    sample: scheduler_sample.Sample,
    tell: playing.Tell,
    drained: list[scheduler_drains.Told],
) -> Verdicts:
    """Play all servers in all arrangements; try some destinations really.

    :param drained: gets what the plans of drains say of the servers
    """
    found: Verdicts = []
    arrangements = list(arrangements)
    with playing.started(configuration, servers) as cloud:
        for number, arrangement in enumerate(arrangements, 1):
            verdicts = cloud.all(arrangement, number, tell)
            found.extend(verdicts)
            drained.extend(scheduler_drains.told(cloud, verdicts))
            share = sample.size * number // len(arrangements)
            sample.take(
                cloud.stage, cloud.servers, verdicts,
                share - len(sample.tried),
            )  # fmt: skip
    return found


def seeds(count: int) -> list[cases.Arrangement]:
    """Return so many arrangements."""
    return [cases.arrangement(SEED + number) for number in range(count)]


def table(verdicts: Verdicts) -> str:
    """Return a row for each thing that Nova says, with its counts."""
    lines = ['.. list-table::', '   :header-rows: 1', '',
             '   * - Nova']  # fmt: skip
    lines.extend(f'     - Fits: {name}' for name in FITS.values())
    for name, counts in _counts(verdicts).items():
        lines.append(f'   * - {name}')
        lines.extend(f'     - {counts[fits]}' for fits in FITS)
    return '\n'.join(lines)


def _counts(verdicts: Verdicts) -> Mapping[str, Counter[bool | None]]:
    rows: dict[str, Counter[bool | None]] = {'accepted': Counter()}
    for one in sorted(verdicts, key=lambda one: one.refused_by):
        name = 'accepted'
        if one.refused_by:
            name = f'refused by {one.refused_by}'
        rows.setdefault(name, Counter())[one.fits] += 1
    for one in verdicts:
        if one.candidate is not None:
            name = 'in' if one.candidate else 'not in'
            name = f'{name} placement\'s candidates'
            rows.setdefault(name, Counter())[one.fits] += 1
    return rows


def main(words: list[str]) -> int:
    began = time.monotonic()
    wrong = 0
    for configuration in words or cases.CONFIGURATIONS:

        def tell(one: Verdicts, configuration: str = configuration) -> None:
            seconds = time.monotonic() - began
            sys.stderr.write(
                f'{seconds:.0f} s {configuration}, {one[0].arrangement}, '
                f'{one[0].server}, {one[0].kind}\n'
            )
            for verdict in one:
                if verdict.wrong:
                    sys.stderr.write(f'WRONG: {verdict}\n')

        sample = scheduler_sample.Sample(TRIED)
        drained: list[scheduler_drains.Told] = []
        verdicts = play(
            configuration,
            cases.servers(SEED, SERVERS),
            seeds(ARRANGEMENTS),
            sample,
            tell,
            drained,
        )
        taken = sum(one.taken for one in sample.tried)
        differing = [one for one in sample.tried if one.wrong]
        for one in differing:
            sys.stderr.write(f'WRONG: {one}\n')
        mistaken = [one for one in verdicts if one.wrong]
        misled = [one for one in drained if one.wrong]
        for plan in misled:
            sys.stderr.write(f'WRONG: {plan}\n')
        nowhere = sum(one.nowhere for one in drained)
        wrong += len(mistaken) + len(differing) + len(misled)
        sys.stdout.write(
            f'With {configuration}: {len(verdicts)} verdicts on '
            f'{SERVERS * ARRANGEMENTS} cases, {len(mistaken)} of them wrong. '
            f'Nova was really asked for {len(sample.tried)} of the '
            f'destinations: it took {taken}, and in {len(differing)} it did '
            f'otherwise than its scheduler had said. Plans of drains had '
            f'{len(drained)} of the servers, {nowhere} with no host to go to; '
            f'{len(misled)} of that was wrong.\n\n'
            f'{table(verdicts)}\n\n'
        )
        sys.stdout.flush()
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
