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

"""One service of the cloud as a process.

Arguments: process id of the parent, service, directory of the cloud, and the
descriptor of a socket which listens already. Whoever connects before the
service is ready waits, and nobody else can take the port meanwhile.
"""

import importlib
import os
import pathlib
import signal
import socket
import sys
import time
import types

from osc_migrate.tests.cloud import access_log
from osc_migrate.tests.cloud import layout as layout_module
from osc_migrate.tests.cloud import processes
from osc_migrate.tests.cloud import releases


def main(arguments: list[str]) -> None:
    """Run a service until it is terminated."""
    parent, service, directory, descriptor = arguments
    processes.follow_parent(int(parent), by_kernel=True)
    signal.signal(signal.SIGTERM, _leave)
    # The services read the command line; ours is not for them.
    del sys.argv[1:]
    started = time.monotonic()
    releases.choose_concurrency(service)
    # Only now: what it builds upon was there in the one or the other form.
    from osc_migrate.tests.cloud import serve

    layout = layout_module.load(pathlib.Path(directory))
    module = importlib.import_module(f'{__package__}.{service}')
    application = module.application(layout)
    server = serve.Server(
        socket.socket(fileno=int(descriptor)),
        application,
        service,
        access_log.Writer(layout.access_log),
    )
    seconds = time.monotonic() - started
    layout_module.replace(layout.service_ready(service), f'{seconds:.1f}\n')
    server.serve_forever()


def _leave(_number: int, _frame: types.FrameType | None) -> None:
    # Threads of the services may be in a step that never returns.
    os._exit(0)


if __name__ == '__main__':
    main(sys.argv[1:])
