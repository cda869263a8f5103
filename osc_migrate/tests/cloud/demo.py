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

"""The demonstration: a server is booted and moved."""

import pathlib
import shlex
import subprocess
import sys

from osc_migrate.tests.cloud import cloud as cloud_module

CREATE = (
    'server', 'create', '--image', 'cirros', '--flavor', 'm1.tiny',
    '--network', 'private', '--wait', '-c', 'name', '-c', 'status',
    '-c', 'OS-EXT-SRV-ATTR:host', '-c', 'addresses', 'web1',
)  # fmt: skip

MIGRATE = ('server', 'migrate-and-wait', 'web1')


def run(cloud: cloud_module.Cloud) -> int:
    """Boot and move a server with the `openstack` command.

    :returns: exit code of the move, or of the boot when that failed
    """
    code = _openstack(cloud, CREATE)
    if code == 0:
        code = _openstack(cloud, MIGRATE)
    return code


def _openstack(cloud: cloud_module.Cloud, arguments: tuple[str, ...]) -> int:
    """Run the command with its output passed through; return its code."""
    print('$', shlex.join(['openstack', *arguments]), flush=True)
    return subprocess.run(
        [*_program(), *arguments], env=cloud.environment(), check=False
    ).returncode


def _program() -> list[str]:
    beside = pathlib.Path(sys.executable).parent / 'openstack'
    if beside.exists():
        return [str(beside)]
    return [sys.executable, '-m', 'openstackclient.shell']
