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

"""The process which starts the services of one cloud and watches them.

Arguments: process id of the parent, directory, number of compute hosts.
"""

import collections.abc
import pathlib
import signal
import socket
import subprocess
import sys
import threading
import time
import traceback
import types

from osc_migrate.tests.cloud import layout as layout_module
from osc_migrate.tests.cloud import processes
from osc_migrate.tests.cloud import releases
from osc_migrate.tests.cloud import seed
from osc_migrate.tests.cloud import settings

#: Seconds for the services to leave before they are killed.
END_LIMIT = 5

#: Seconds between two looks at the services.
INTERVAL = 0.05


class Supervisor:
    """Holds the services of one cloud together: all of them, or none."""

    def __init__(self, directory: pathlib.Path, computes: int) -> None:
        self._listeners = {s: _listen() for s in layout_module.SERVICES}
        ports = {s: ls.getsockname()[1] for s, ls in self._listeners.items()}
        self.layout = layout_module.Layout(directory, ports, computes)
        self._children: dict[str, subprocess.Popen[bytes]] = {}

    def start(self) -> None:
        """Start all services; they wait for each other by themselves."""
        settings.write(self.layout)
        # Last: whoever finds this file finds the others, too.
        self.layout.save()
        # The slowest first.
        for service in reversed(layout_module.SERVICES):
            listener = self._listeners[service]
            self._children[service] = processes.start(
                'child',
                service,
                str(self.layout.directory),
                str(listener.fileno()),
                log=self.layout.log(service),
                listener=listener,
                python=releases.python(service),
            )
            # From now on the port closes with the service.
            listener.close()

    def wait(self) -> None:
        """Return when all services answer and hold what they shall hold.

        :raises ChildProcessError: when a service ended instead
        """
        seeds = {'glance': seed.create_image, 'neutron': seed.create_network}
        threads = []
        missing = set(layout_module.SERVICES)
        while missing:
            self.check()
            for service in sorted(missing):
                if not self.layout.service_ready(service).exists():
                    continue
                missing.remove(service)
                if service in seeds:
                    threads.append(_Seeding(seeds[service], self.layout))
            time.sleep(INTERVAL)
        for thread in threads:
            thread.join()
            if thread.error is not None:
                raise thread.error
        layout_module.replace(self.layout.ready_file, '')

    def check(self) -> None:
        """Raise ChildProcessError when a service has ended."""
        for service, child in self._children.items():
            if child.poll() is not None:
                raise ChildProcessError(
                    f'{service} ended with code {child.returncode}, see '
                    f'{self.layout.log(service)}'
                )

    def stop(self) -> None:
        """End all services."""
        processes.end(list(self._children.values()), END_LIMIT)


class _Seeding(threading.Thread):
    """Fills one service while the others still start."""

    def __init__(
        self,
        create: collections.abc.Callable[[layout_module.Layout], None],
        layout: layout_module.Layout,
    ) -> None:
        super().__init__(daemon=True)
        self.error: Exception | None = None
        self._create = create
        self._layout = layout
        self.start()

    def run(self) -> None:
        try:
            self._create(self._layout)
        except Exception as error:
            self.error = error


def _listen() -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(('127.0.0.1', 0))
    listener.listen(256)
    return listener


def main(arguments: list[str]) -> int:
    """Run a cloud until this process is terminated or a service ends."""
    parent, directory, computes = arguments
    processes.follow_parent(int(parent), by_kernel=False)
    signal.signal(signal.SIGTERM, _leave)
    supervisor = Supervisor(pathlib.Path(directory), int(computes))
    try:
        supervisor.start()
        supervisor.wait()
        while True:
            supervisor.check()
            time.sleep(INTERVAL * 4)
    except ChildProcessError as error:
        print(error)
        return 1
    except Exception:
        traceback.print_exc()
        return 1
    finally:
        supervisor.stop()


def _leave(_number: int, _frame: types.FrameType | None) -> None:
    sys.exit(0)


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
