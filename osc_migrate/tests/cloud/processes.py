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

"""Processes which never outlive the one that started them."""

import ctypes
import os
import pathlib
import signal
import site
import socket
import subprocess
import sys
import threading
import time

#: From linux/prctl.h.
PR_SET_PDEATHSIG = 1

#: Seconds between two looks at the parent. A process is an orphan at most
#: this long.
PARENT_INTERVAL = 0.2

#: Where the package is imported from; its processes do the same.
SOURCE_ROOT = pathlib.Path(__file__).resolve().parents[3]


def environment() -> dict[str, str]:
    """Return the environment for everything that talks to the cloud.

    It is this process's own without settings for another cloud, without a
    proxy for loopback, and with the programs of this Python's environment
    in front.
    """
    env = {k: v for k, v in os.environ.items() if not k.startswith('OS_')}
    hosts = env.get('NO_PROXY', env.get('no_proxy', ''))
    env['NO_PROXY'] = ','.join(filter(None, [hosts, '127.0.0.1,localhost']))
    env['no_proxy'] = env['NO_PROXY']
    programs = str(pathlib.Path(sys.executable).parent)
    env['PATH'] = os.pathsep.join([programs, env.get('PATH', os.defpath)])
    return env


def start(
    module: str,
    *arguments: str,
    log: pathlib.Path,
    listener: socket.socket | None = None,
    python: str = sys.executable,
) -> subprocess.Popen[bytes]:
    """Start a module of this package as a process in its own session.

    A session of its own keeps a Ctrl-C at the terminal for the process in
    the foreground, which then stops the others in order.
    """
    name = f'{__package__}.{module}'
    descriptors = [] if listener is None else [listener.fileno()]
    env = environment()
    env['PYTHONUNBUFFERED'] = '1'
    if python != sys.executable or (
        str(SOURCE_ROOT) not in site.getsitepackages()
    ):
        paths = [str(SOURCE_ROOT), env.get('PYTHONPATH', '')]
        env['PYTHONPATH'] = os.pathsep.join(filter(None, paths))
    with log.open('ab') as output:
        return subprocess.Popen(
            [python, '-m', name, str(os.getpid()), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=env,
            # Never this folder, whose modules are called like the services.
            cwd=log.parent,
            pass_fds=descriptors,
            start_new_session=True,
        )


def follow_parent(parent: int, *, by_kernel: bool) -> None:
    """End this process when its parent, started with `start`, ends.

    :param parent: process id of the parent
    :param by_kernel: also let the kernel kill this process in that moment.
        The kernel ties it to the *thread* that started it, so this is only
        for a parent that starts children from its main thread.
    """
    if by_kernel:
        libc = ctypes.CDLL(None, use_errno=True)
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
    if not by_kernel:
        thread = threading.Thread(
            target=_watch, args=(parent,), daemon=True, name='parent'
        )
        thread.start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(PARENT_INTERVAL)
    # The kernel ends the children of the one that leaves here.
    os._exit(1)


def end(children: list[subprocess.Popen[bytes]], seconds: float) -> None:
    """Terminate children together, and kill what is left after a while."""
    for child in children:
        if child.poll() is None:
            child.terminate()
    deadline = time.monotonic() + seconds
    for child in children:
        try:
            child.wait(max(0.01, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
