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

"""The test cloud itself: it leaves nothing behind, however it ends."""

from collections.abc import Callable, Iterable
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time
from urllib import parse

import testtools

from osc_migrate.tests import cloud as test_cloud

#: Seconds within which everything has to be gone.
GONE_WITHIN = 10.0
#: A process that starts a cloud, says that it is up, and waits.
OWNER = """
import pathlib, sys, time
from osc_migrate.tests import cloud
cloud.Cloud.start(pathlib.Path(sys.argv[1]))
print('up', flush=True)
time.sleep(600)
"""


def processes(directory: str) -> list[int]:
    """Processes that name the cloud's directory in their command line."""
    found = []
    for entry in pathlib.Path('/proc').iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            line = (entry / 'cmdline').read_bytes().split(b'\0')
        except OSError:
            continue
        if directory.encode() in line:
            found.append(int(entry.name))
    return found


def open_ports(urls: Iterable[str]) -> list[int]:
    found = []
    for url in urls:
        port = parse.urlsplit(url).port or 80
        with socket.socket() as client:
            if client.connect_ex(('127.0.0.1', port)) == 0:
                found.append(port)
    return found


class TestTheCloud(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        folder = tempfile.TemporaryDirectory(prefix='osc-migrate-cloud-')
        self.addCleanup(folder.cleanup)
        self.directory = str(pathlib.Path(folder.name).resolve())

    def test_it_is_stopped(self) -> None:
        cloud = test_cloud.Cloud.start(pathlib.Path(self.directory))
        self.assertEqual(5, len(open_ports(cloud.endpoints.values())))
        cloud.stop()
        self.assert_gone(cloud.endpoints.values())

    def test_the_supervisor_is_killed(self) -> None:
        cloud = test_cloud.Cloud.start(pathlib.Path(self.directory))
        self.addCleanup(cloud.stop)
        supervisor = min(processes(self.directory))
        os.kill(supervisor, signal.SIGKILL)
        # Ours to bury, as we are its parent; the others are nobody's.
        self.assertFalse(self.until(lambda: not cloud.running()))
        self.assert_gone(cloud.endpoints.values())

    def test_who_started_it_is_killed(self) -> None:
        with subprocess.Popen(
            [sys.executable, '-c', OWNER, self.directory],
            stdout=subprocess.PIPE,
            text=True,
        ) as owner:
            self.addCleanup(owner.kill)
            assert owner.stdout is not None
            self.assertEqual('up', owner.stdout.readline().strip())
            self.assertGreaterEqual(len(processes(self.directory)), 6)
            owner.kill()
        self.assert_gone(())

    def until(self, done: Callable[[], bool]) -> bool:
        """Whether the time ran out before it was done."""
        deadline = time.monotonic() + GONE_WITHIN
        while not done():
            if time.monotonic() > deadline:
                return True
            time.sleep(0.05)
        return False

    def assert_gone(self, urls: Iterable[str]) -> None:
        """A process that dies loses its command line before its ports."""
        urls = tuple(urls)
        self.until(
            lambda: not processes(self.directory) and not open_ports(urls)
        )
        self.assertEqual([], processes(self.directory))
        self.assertEqual([], open_ports(urls))
