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

"""Compare ways to empty a compute host, on the machine they are run on.

In one run, on a test cloud of its own, two hosts with as many servers each,
every other one stopped, are emptied: the first by ``compute host drain``, the
second by xargs over the stock client, as runbooks do it. Both move so many
servers at once.

    python benchmarks/drain.py --servers 100 --parallel 4
"""

import argparse
from collections.abc import Callable, Sequence
import dataclasses
import pathlib
import subprocess
import sys
import tempfile
import threading
import time
from typing import Any

import openstack

from osc_migrate.tests import cloud as test_cloud

CLIENT = str(pathlib.Path(sys.executable).parent / 'openstack')
PATIENCE = 1800.0
#: The runbook: one line for each server, its ID and its status.
STOCK = """
if [ "$2" = ACTIVE ]; then
    "$0" server migrate --live-migration --wait "$1"
else
    "$0" server migrate --wait "$1" && "$0" server migration confirm "$1"
fi
"""


@dataclasses.dataclass(frozen=True)
class Measured:
    """One host emptied: seconds, requests to Nova, bytes of memory."""

    name: str
    wall: float
    requests: int
    listings: int
    memory: int
    left: int

    def line(self, servers: int) -> str:
        return (
            f'{self.name:24}{self.wall:9.1f}{self.requests / servers:12.2f}'
            f'{self.listings / servers:12.2f}'
            f'{self.memory / 1024 / 1024:10.0f}{self.left:7}'
        )


class Memory:
    """The most that a process and what it started held at once.

    Bytes of resident pages; what processes share is counted in each.
    """

    def __init__(self, process_id: int) -> None:
        self.peak = 0
        self._root = process_id
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)

    def __enter__(self) -> 'Memory':
        self._thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._done.set()
        self._thread.join()

    def _sample(self) -> None:
        while not self._done.wait(0.2):
            held = sum(map(resident, family(self._root)))
            self.peak = max(self.peak, held)


def family(root: int) -> set[int]:
    """A process and all that descend from it."""
    parents: dict[int, int] = {}
    for entry in pathlib.Path('/proc').glob('[0-9]*/stat'):
        try:
            after_name = entry.read_text().rpartition(') ')[2].split()
        except OSError:
            continue
        parents[int(entry.parent.name)] = int(after_name[1])
    found = {root}
    while grown := {p for p, q in parents.items() if q in found} - found:
        found |= grown
    return found


def resident(process_id: int) -> int:
    """Bytes that a process holds, 0 where it is gone."""
    try:
        pages = pathlib.Path(f'/proc/{process_id}/statm').read_text()
    except OSError:
        return 0
    return int(pages.split()[1]) * 4096


class Bench:
    """A cloud with servers on its first two hosts."""

    def __init__(self, cloud: test_cloud.Cloud, servers: int) -> None:
        self.cloud = cloud
        self.servers = servers
        self.environment = cloud.environment('admin')
        config = openstack.config.OpenStackConfig(
            config_files=[str(cloud.clouds_yaml)]
        )
        self.connection = openstack.connection.Connection(
            config=config.get_one(cloud='admin')
        )

    def boot(self, host: str) -> None:
        """Fill a host; every other server is stopped."""
        made = 0
        while made < self.servers:
            count = min(25, self.servers - made)
            subprocess.run(
                [CLIENT, 'server', 'create', '--image', 'cirros', '--flavor',
                 'm1.tiny', '--network', 'private', '--host', host, '--min',
                 str(count), '--max', str(count), f'{host}-{made}'],
                env=self.environment, check=True, capture_output=True,
            )  # fmt: skip
            made += count
            self._await(host, made, lambda s: s.status != 'BUILD')
        for number, server in enumerate(self.on(host)):
            if number % 2:
                self.connection.compute.stop_server(server)
        self._await(host, made, lambda s: s.task_state is None)

    def _await(
        self, host: str, count: int, good: Callable[[Any], bool]
    ) -> None:
        until = time.monotonic() + PATIENCE
        while sum(map(good, self.on(host))) < count:
            if time.monotonic() > until:
                raise SystemExit(f'{host} does not come to rest')
            time.sleep(2.0)

    def on(self, host: str) -> list[Any]:
        return list(
            self.connection.compute.servers(
                all_projects=True, compute_host=host
            )
        )

    def ours(self, host: str, parallel: int) -> Measured:
        command = [CLIENT, 'compute', 'host', 'drain', host, '--yes']
        command += ['--parallel', str(parallel), '--max-failures', '0']
        return self.measure('compute host drain', host, command, None)

    def stock(self, host: str, parallel: int) -> Measured:
        lines = ''.join(f'{s.id} {s.status}\n' for s in self.on(host))
        subprocess.run(
            [CLIENT, 'compute', 'service', 'set', '--disable', host,
             'nova-compute'],
            env=self.environment, check=True,
        )  # fmt: skip
        command = ['xargs', '-P', str(parallel), '-L', '1']
        command += ['sh', '-c', STOCK, CLIENT]
        return self.measure('xargs, stock client', host, command, lines)

    def measure(
        self, name: str, host: str, command: Sequence[str], lines: str | None
    ) -> Measured:
        since = time.time()
        began = time.monotonic()
        process = subprocess.Popen(
            command,
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        with Memory(process.pid) as memory:
            process.communicate(lines, timeout=PATIENCE)
        wall = time.monotonic() - began
        asked = [
            request
            for request in self.cloud.requests()
            if request.time >= since
            and request.service == 'nova'
            and 'openstacksdk' in request.user_agent
        ]
        listings = sum('/os-migrations?source' in r.path for r in asked)
        return Measured(
            name, wall, len(asked), listings, memory.peak, len(self.on(host))
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--servers', type=int, default=100)
    parser.add_argument('--computes', type=int, default=6)
    parser.add_argument('--parallel', type=int, default=4)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        with test_cloud.Cloud.start(
            pathlib.Path(directory), computes=arguments.computes
        ) as cloud:
            bench = Bench(cloud, arguments.servers)
            for host in ('host1', 'host2'):
                bench.boot(host)
            print(f'{2 * arguments.servers} servers are there', flush=True)
            found = [
                bench.ours('host1', arguments.parallel),
                bench.stock('host2', arguments.parallel),
            ]
    print(
        f'{"":24}{"seconds":>9}{"requests":>12}{"listings":>12}'
        f'{"MiB":>10}{"left":>7}'
    )
    print(f'{"":33}{"a server":>12}{"a server":>12}')
    for one in found:
        print(one.line(arguments.servers))


if __name__ == '__main__':
    main()
