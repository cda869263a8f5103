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

"""Compare this command with what administrators use today.

In one run, on a test cloud of its own, three ways to move a server take
turns: the script of Nova's guide, the stock client with ``--wait``, and
``server migrate-and-wait``. Each round moves one server once each way, so
that a change of the machine's speed meets all three.

    python benchmarks/compare.py --rounds 7
"""

import argparse
from collections.abc import Callable
import dataclasses
import datetime
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time
from typing import Any

import openstack

from osc_migrate.tests import cloud as test_cloud

CLIENT = str(pathlib.Path(sys.executable).parent / 'openstack')
#: Seconds between two looks of the script in Nova's guide.
GUIDE_INTERVAL = 2.0
GUIDE = "a: the guide's script"
STOCK = 'b: migrate --wait, confirm, show'
OURS = 'c: migrate-and-wait'


@dataclasses.dataclass(frozen=True)
class Move:
    """One move: seconds on the wall, Nova's own, and what it was asked."""

    wall: float
    nova: float
    requests: int


class Bench:
    """A cloud, one server on it, and the ways to move the server."""

    def __init__(self, cloud: test_cloud.Cloud, step: float) -> None:
        self.cloud = cloud
        self.environment = cloud.environment('admin')
        config = openstack.config.OpenStackConfig(
            config_files=[str(cloud.clouds_yaml)]
        )
        self.connection = openstack.connection.Connection(
            config=config.get_one(cloud='admin')
        )
        self.server_id = self._boot(step)

    def client(self, *arguments: str) -> str:
        """Run the client; it must succeed."""
        return subprocess.run(
            [CLIENT, *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            check=True,
            timeout=300,
        ).stdout

    def _boot(self, step: float) -> str:
        arguments = ['server', 'create', '--image', 'cirros']
        arguments += ['--flavor', 'm1.tiny', '--network', 'private']
        if step:
            arguments += [
                '--property', f'step:migrate_disk_and_power_off=delay={step}'
            ]  # fmt: skip
        arguments += ['--wait', '-f', 'value', '-c', 'id', 'web1']
        return self.client(*arguments).strip()

    def guide(self) -> None:
        self.client('server', 'migrate', self.server_id)
        show = ('server', 'show', self.server_id)
        while True:
            status = self.client(*show, '-f', 'value', '-c', 'status')
            if status.strip() == 'VERIFY_RESIZE':
                break
            time.sleep(GUIDE_INTERVAL)
        self.client('server', 'migration', 'confirm', self.server_id)
        self.client(*show)

    def stock(self) -> None:
        self.client('server', 'migrate', '--wait', self.server_id)
        self.client('server', 'migration', 'confirm', self.server_id)
        self.client('server', 'show', self.server_id)

    def ours(self) -> None:
        self.client('server', 'migrate-and-wait', self.server_id)

    def bare_start(self) -> float:
        """Seconds that the client needs for nothing but a token."""
        began = time.monotonic()
        self.client('token', 'issue')
        return time.monotonic() - began

    def measure(self, way: Callable[[], None]) -> Move:
        self._settle()
        before = time.time()
        began = time.monotonic()
        way()
        wall = time.monotonic() - began
        asked = self._requests(before)
        self._settle()
        return Move(wall, self._nova_time(before), asked)

    def _settle(self) -> None:
        """(a) and (b) do not wait for the end of the confirm."""
        self.connection.compute.wait_for_server(
            self.connection.compute.get_server(self.server_id), wait=60
        )

    def _requests(self, since: float) -> int:
        return sum(
            1
            for request in self.cloud.requests()
            if request.time >= since
            and request.service == 'nova'
            and 'openstacksdk' in request.user_agent
        )

    def _nova_time(self, since: float) -> float:
        """Seconds from request to last step, of migrate and of confirm."""
        path = f'/servers/{self.server_id}/os-instance-actions'
        total = 0.0
        for action in self._get(path)['instanceActions']:
            started = _seconds(action['start_time'])
            if started < since or action['action'] not in (
                'migrate', 'confirmResize',
            ):  # fmt: skip
                continue
            detail = self._get(f'{path}/{action["request_id"]}')
            events = detail['instanceAction']['events']
            total += max(_seconds(e['finish_time']) for e in events) - started
        return total

    def _get(self, path: str) -> dict[str, Any]:
        body = self.connection.compute.get(path, microversion='2.84').json()
        assert isinstance(body, dict)
        return body


def _seconds(stamp: str) -> float:
    return (
        datetime.datetime.fromisoformat(stamp)
        .replace(tzinfo=datetime.UTC)
        .timestamp()
    )


def run(bench: Bench, rounds: int) -> tuple[dict[str, list[Move]], float]:
    ways = {GUIDE: bench.guide, STOCK: bench.stock, OURS: bench.ours}
    moves: dict[str, list[Move]] = {name: [] for name in ways}
    bench.measure(bench.ours)  # Not counted: it fills Nova's caches.
    starts = []
    for number in range(rounds):
        starts.append(bench.bare_start())
        for name, way in ways.items():
            moves[name].append(bench.measure(way))
        line = ', '.join(f'{m[-1].wall:.2f} s' for m in moves.values())
        print(f'round {number + 1}: {line}', flush=True)
    return moves, statistics.median(starts)


def report(moves: dict[str, list[Move]], start: float) -> None:
    print(f'\nbare start of the client (token issue): {start:.2f} s')
    print(f'{"":34}{"wall":>8}{"Nova":>8}{"above":>8}{"requests":>10}')
    for name, done in moves.items():
        wall = statistics.median(m.wall for m in done)
        nova = statistics.median(m.nova for m in done)
        above = statistics.median(m.wall - m.nova - start for m in done)
        asked = statistics.median(m.requests for m in done)
        print(f'{name:34}{wall:8.2f}{nova:8.2f}{above:8.2f}{asked:10.0f}')
    for name in (GUIDE, STOCK):
        pairs = list(zip(moves[name], moves[OURS], strict=True))
        ratios = [theirs.wall / ours.wall for theirs, ours in pairs]
        ahead = sum(ratio > 1 for ratio in ratios)
        print(
            f'{name} takes {statistics.median(ratios):.2f} times as long as '
            f'c (c ahead in {ahead} of {len(ratios)} pairs)'
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--rounds', type=int, default=7)
    parser.add_argument(
        '--step',
        type=float,
        default=0.0,
        help='seconds that Nova takes longer for the copy',
    )
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        with test_cloud.Cloud.start(pathlib.Path(directory)) as cloud:
            moves, start = run(Bench(cloud, arguments.step), arguments.rounds)
    report(moves, start)


if __name__ == '__main__':
    main()
