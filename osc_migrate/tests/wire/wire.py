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

"""A proxy in front of a cloud, and the settings that lead to it."""

import json
import pathlib
import tempfile
from types import TracebackType
from typing import Any, Protocol

from osc_migrate.tests.wire import names
from osc_migrate.tests.wire import proxy


class Cloud(Protocol):
    """What is needed of a test cloud."""

    clouds_yaml: pathlib.Path
    directory: pathlib.Path

    @property
    def endpoints(self) -> Any:
        """The URL of every service by its type in the catalog."""

    def environment(self, cloud: str = 'admin') -> dict[str, str]:
        """Return the environment for a client."""


class Wire(proxy.Proxy):
    """A proxy for the commands that run in its environment.

    :param settings: of clouds.yaml for every user, such as ``api_timeout``
    """

    def __init__(self, cloud: Cloud, **settings: Any) -> None:
        directory = pathlib.Path(tempfile.mkdtemp(dir=cloud.directory))
        self._cloud = cloud
        self._names = names.Names(directory / 'names.json')
        super().__init__(cloud.endpoints, self._names)
        self._clouds_yaml = directory / 'clouds.yaml'
        clouds = json.loads(cloud.clouds_yaml.read_text())['clouds']
        for entry in clouds.values():
            entry.update(settings)
            entry['auth']['auth_url'] = self.url('identity')
        self._clouds_yaml.write_text(json.dumps({'clouds': clouds}))

    def environment(self, user: str = 'admin') -> dict[str, str]:
        """Return the environment in which a command comes through here."""
        env = self._names.environment(self._cloud.environment(user))
        return {**env, 'OS_CLIENT_CONFIG_FILE': str(self._clouds_yaml)}

    def __enter__(self) -> 'Wire':
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
