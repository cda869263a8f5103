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

"""The cloud as a test or a command sees it."""

import collections.abc
import os
import pathlib
import subprocess
import time
import types
import typing
import uuid

from osc_migrate.tests.cloud import access_log
from osc_migrate.tests.cloud import layout as layout_module
from osc_migrate.tests.cloud import processes
from osc_migrate.tests.cloud import wishes as wishes_module

#: Seconds for the supervisor to end the services before it is killed.
STOP_LIMIT = 15

#: Seconds between two looks at a cloud that starts.
INTERVAL = 0.05

#: Lines of a log shown when the start fails.
TAIL = 20


class CloudError(Exception):
    """The cloud did not start, or is gone."""


class Cloud:
    """A running cloud; use `Cloud.start`."""

    def __init__(
        self,
        layout: layout_module.Layout,
        supervisor: subprocess.Popen[bytes],
    ) -> None:
        self._layout = layout
        self._supervisor = supervisor
        self.directory: pathlib.Path = layout.directory
        self.clouds_yaml: pathlib.Path = layout.clouds_yaml
        self.compute_hosts: tuple[str, ...] = layout.compute_hosts
        self.endpoints: collections.abc.Mapping[str, str] = (
            types.MappingProxyType(layout.endpoints)
        )

    @classmethod
    def start(
        cls,
        directory: pathlib.Path,
        computes: int = 3,
        timeout: float = 120,
        wishes: wishes_module.Wishes | None = None,
    ) -> 'Cloud':
        """Start a cloud and return when it is usable.

        It ends with this process at the latest, however this process ends.

        :param directory: takes all files; no cloud may have used it before
        :param computes: number of compute hosts
        :param timeout: seconds for the start
        :param wishes: what it shall have otherwise than usual
        :raises CloudError: with the end of the logs
        """
        directory = pathlib.Path(directory).resolve()
        if (directory / 'cloud.json').exists():
            raise CloudError(
                f'{directory} was used by a cloud before: nova cannot start '
                f'twice from the same files. Take an empty directory.'
            )
        layout = layout_module.Layout(directory, {}, computes)
        layout.make_directories()
        (wishes or wishes_module.Wishes()).save(layout.wishes)
        supervisor = processes.start(
            'supervisor',
            str(directory),
            str(computes),
            log=directory / 'logs' / 'supervisor.log',
        )
        try:
            _wait(directory, supervisor, timeout)
        except BaseException:
            processes.end([supervisor], STOP_LIMIT)
            raise
        return cls(layout_module.load(directory), supervisor)

    def environment(self, cloud: str = 'admin') -> dict[str, str]:
        """Return the environment for a client.

        :param cloud: entry of clouds.yaml: admin, manager, member, reader or
            other
        """
        env = processes.environment()
        env['OS_CLIENT_CONFIG_FILE'] = str(self.clouds_yaml)
        env['OS_CLOUD'] = cloud
        return env

    @property
    def nova_release(self) -> str:
        """Return the version of the nova package that runs."""
        return self._layout.nova_release.read_text()

    def release(self, server_id: str) -> None:
        """Let one held step of a server go on.

        A release that comes before the step waits for it.
        """
        (self._layout.releases / f'{server_id}.{uuid.uuid4()}').touch()

    def requests(self) -> list[access_log.Request]:
        """Return all requests so far to all services, in order."""
        return access_log.read(self._layout.access_log)

    def running(self) -> bool:
        """Return whether the cloud is still there."""
        return self._supervisor.poll() is None

    def stop(self) -> None:
        """End all processes of the cloud; the files stay."""
        processes.end([self._supervisor], STOP_LIMIT)

    def __enter__(self) -> 'Cloud':
        return self

    def __exit__(self, *_exc: typing.Any) -> None:
        self.stop()


def _wait(
    directory: pathlib.Path,
    supervisor: subprocess.Popen[bytes],
    timeout: float,
) -> None:
    ready = layout_module.Layout(directory, {}, 0).ready_file
    deadline = time.monotonic() + timeout
    while not ready.exists():
        if supervisor.poll() is not None:
            raise CloudError(f'The cloud did not start.\n{_tails(directory)}')
        if time.monotonic() > deadline:
            raise CloudError(
                f'The cloud was not ready within {timeout:.0f} s.\n'
                f'{_tails(directory)}'
            )
        time.sleep(INTERVAL)


def _tails(directory: pathlib.Path) -> str:
    """Return the ends of all logs, for a reader who sees nothing else."""
    parts = []
    for path in sorted((directory / 'logs').glob('*.log')):
        lines = path.read_text(errors='replace').splitlines()[-TAIL:]
        parts.append(os.linesep.join([f'--- {path}', *lines]))
    return '\n'.join(parts)
