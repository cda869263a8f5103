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


"""Runs of `openstack` without the second that each takes to import it.

A process that has imported the client is forked for each run: what is run is
the same program, with its own environment, streams, signals and process.
Campaigns of a thousand runs need it; the tests that prove something of the
process itself start the program as a user does.

The process is started with the path of its socket, and ends with its standard
input. A client connects, sends one line of JSON and reads two: the run's
process ID, and its exit code as :mod:`subprocess` counts it.
"""

from collections.abc import Mapping, Sequence
import contextlib
import json
import os
import pathlib
import runpy
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from typing import Any

from osc_migrate.tests.functional import program

STARTED = b'ready\n'


class Nursery:
    """The process that is forked; it is started when it is first needed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._directory: tempfile.TemporaryDirectory[str] | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def connect(self) -> socket.socket:
        with self._lock:
            if self._directory is None:
                self._directory = tempfile.TemporaryDirectory()
            path = str(pathlib.Path(self._directory.name, 'socket'))
            if self._process is None:
                self._process = subprocess.Popen(
                    [sys.executable, '-m', __name__, path],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                )
                assert self._process.stdout is not None
                assert self._process.stdout.readline() == STARTED
        found = socket.socket(socket.AF_UNIX)
        found.connect(path)
        return found


_nursery = Nursery()


class Forked:
    """A run, with what is used of :class:`subprocess.Popen`."""

    def __init__(
        self,
        words: Sequence[str],
        environment: Mapping[str, str],
        stdout: pathlib.Path,
        stderr: pathlib.Path,
    ) -> None:
        order = {
            'words': words, 'environment': dict(environment),
            'cwd': os.getcwd(),
            'stdout': str(stdout), 'stderr': str(stderr),
        }  # fmt: skip
        self._socket = _nursery.connect()
        self._socket.sendall(json.dumps(order).encode() + b'\n')
        self._answers = self._socket.makefile('rb')
        self.pid = int(self._answers.readline())
        self.returncode: int | None = None

    def poll(self) -> int | None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        if self.returncode is None:
            with selectors.DefaultSelector() as selector:
                selector.register(self._socket, selectors.EVENT_READ)
                if not selector.select(timeout):
                    raise subprocess.TimeoutExpired('openstack', timeout or 0)
            self.returncode = int(self._answers.readline())
            self._answers.close()
            self._socket.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class Running(program.Running):
    """A run of a campaign."""

    def _started(
        self, environment: Mapping[str, str], shell: str
    ) -> program.Process:
        if shell:
            raise ValueError('A forked run has no shell.')
        for file in (self._stdout, self._stderr):
            file.touch()
        return Forked(self._words, environment, self._stdout, self._stderr)


def _serve(path: str) -> None:
    """Fork for each client until standard input ends."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(path)
        listening.listen(64)
        os.write(1, STARTED)
        with selectors.DefaultSelector() as selector:
            selector.register(0, selectors.EVENT_READ)
            selector.register(listening, selectors.EVENT_READ)
            while all(key.fd for key, _events in selector.select()):
                client = listening.accept()[0]
                if os.fork() == 0:
                    _keep(client.makefile('rwb', buffering=0))
                client.close()


def _keep(client: Any) -> None:
    """Have one run, tell how it ended; the process ends with it."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    order = json.loads(client.readline())
    pid = os.fork()
    if pid == 0:
        client.close()
        _become(order)
        from openstackclient import shell

        sys.exit(shell.main(order['words']))
    client.write(f'{pid}\n'.encode())
    status = os.waitpid(pid, 0)[1]
    with contextlib.suppress(BrokenPipeError):
        client.write(f'{os.waitstatus_to_exitcode(status)}\n'.encode())
    os._exit(0)


def _become(order: dict[str, Any]) -> None:
    """Be what a process of its own would be."""
    streams = os.devnull, order['stdout'], order['stderr']
    for number, name in enumerate(streams):
        flags = os.O_RDONLY if number == 0 else os.O_WRONLY
        opened = os.open(name, flags)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin = open(0, closefd=False)
    sys.stdout = open(1, 'w', closefd=False)
    sys.stderr = open(2, 'w', 1, errors='backslashreplace', closefd=False)
    program.heed_signals()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.chdir(order['cwd'])
    os.environ.clear()
    os.environ.update(order['environment'])
    sys.argv = ['openstack', *order['words']]
    for folder in os.environ.get('PYTHONPATH', '').split(os.pathsep):
        custom = pathlib.Path(folder, 'sitecustomize.py')
        if folder and custom.exists():
            runpy.run_path(str(custom))
            return


def _import() -> None:
    """What every run needs; the rest is imported as it is used."""
    from keystoneauth1.identity.generic import password  # noqa: F401
    from openstack import connection  # noqa: F401
    from openstackclient import shell  # noqa: F401

    from osc_migrate.command import host  # noqa: F401
    from osc_migrate.command import server  # noqa: F401


if __name__ == '__main__':
    _import()
    _serve(sys.argv[1])
