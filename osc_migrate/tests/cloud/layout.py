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

"""Where one cloud keeps its files and on which ports it listens."""

import dataclasses
import json
import pathlib

SERVICES = ('keystone', 'placement', 'glance', 'neutron', 'nova')

#: Service catalog type of each service and the path below its root.
CATALOG = {
    'keystone': ('identity', '/v3'),
    'placement': ('placement', ''),
    'glance': ('image', ''),
    'neutron': ('network', ''),
    'nova': ('compute', '/v2.1'),
}

REGION = 'RegionOne'

#: The one password of the one-day cloud: it guards nothing.
PASSWORD = 'not-a-secret'

#: clouds.yaml entry = user name -> (project, role).
USERS = {
    'admin': ('admin', 'admin'),
    'manager': ('demo', 'manager'),
    'member': ('demo', 'member'),
    'reader': ('demo', 'reader'),
    'other': ('other', 'member'),
}


@dataclasses.dataclass(frozen=True)
class Layout:
    """One cloud: its directory, its ports and its compute hosts."""

    directory: pathlib.Path
    ports: dict[str, int]
    computes: int

    @property
    def clouds_yaml(self) -> pathlib.Path:
        """Return the client configuration file."""
        return self.directory / 'clouds.yaml'

    @property
    def access_log(self) -> pathlib.Path:
        """Return the file with one JSON line per request."""
        return self.directory / 'logs' / 'access.jsonl'

    @property
    def releases(self) -> pathlib.Path:
        """Return the directory of the tokens which let held steps go on."""
        return self.directory / 'releases'

    @property
    def wishes(self) -> pathlib.Path:
        """Return the file of what this cloud shall have otherwise."""
        return self.directory / 'wishes.json'

    @property
    def ready_file(self) -> pathlib.Path:
        """Return the file which appears once the whole cloud is usable."""
        return self.directory / 'run' / 'cloud.ready'

    @property
    def compute_hosts(self) -> tuple[str, ...]:
        """Return the names of the compute hosts, starting with host1."""
        return tuple(f'host{n + 1}' for n in range(self.computes))

    @property
    def endpoints(self) -> dict[str, str]:
        """Return the URL of each service by catalog type."""
        return {
            kind: self.url(service) + path
            for service, (kind, path) in CATALOG.items()
        }

    def url(self, service: str) -> str:
        """Return the root URL of a service, without a trailing slash."""
        return f'http://127.0.0.1:{self.ports[service]}'

    def config(self, service: str) -> pathlib.Path:
        """Return the configuration file of a service."""
        return self.directory / 'etc' / f'{service}.conf'

    def log(self, process: str) -> pathlib.Path:
        """Return the file which takes all output of a process."""
        return self.directory / 'logs' / f'{process}.log'

    def database(self, name: str) -> pathlib.Path:
        """Return the SQLite file of a database."""
        return self.directory / 'databases' / f'{name}.sqlite'

    def service_ready(self, service: str) -> pathlib.Path:
        """Return the file which appears once a service answers."""
        return self.directory / 'run' / f'{service}.ready'

    @property
    def nova_release(self) -> pathlib.Path:
        """Return the file which says which version of nova this is."""
        return self.directory / 'run' / 'nova.release'

    def make_directories(self) -> None:
        """Create the directories all processes expect."""
        for name in ('etc', 'logs', 'databases', 'run', 'releases', 'state'):
            (self.directory / name).mkdir(parents=True)

    def save(self) -> None:
        """Write this layout where `load` finds it."""
        text = json.dumps({'ports': self.ports, 'computes': self.computes})
        replace(self.directory / 'cloud.json', text)


def load(directory: pathlib.Path) -> Layout:
    """Return the layout of the cloud in a directory.

    :raises FileNotFoundError: when there is none (yet)
    """
    saved = json.loads((directory / 'cloud.json').read_text())
    return Layout(directory, saved['ports'], saved['computes'])


def replace(path: pathlib.Path, text: str) -> None:
    """Write a file so that a reader sees all of it or nothing."""
    partial = path.with_suffix(path.suffix + '.partial')
    partial.write_text(text)
    partial.replace(path)
