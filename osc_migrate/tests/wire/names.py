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

"""The name of the cloud, as the file for a command has it."""

import json
import os
import pathlib

#: What the endpoints of a cloud behind the proxy are named by.
CLOUD = 'cloud.example.com'
#: Where everything listens.
ADDRESS = '127.0.0.1'
_FOLDER = pathlib.Path(__file__).with_name('resolving')


class Names:
    """One name, which may stop resolving.

    :param file: takes what the name resolves to
    """

    def __init__(self, file: pathlib.Path) -> None:
        self._file = file
        self.resolve(True)

    def resolve(self, well: bool) -> None:
        """Have the name resolve, or not, from now on."""
        partial = self._file.with_suffix('.partial')
        partial.write_text(json.dumps({CLOUD: ADDRESS if well else None}))
        partial.replace(self._file)

    def environment(self, env: dict[str, str]) -> dict[str, str]:
        """Return the environment in which the name counts."""
        folders = [str(_FOLDER), env.get('PYTHONPATH', '')]
        direct = ','.join(filter(None, [env.get('NO_PROXY', ''), CLOUD]))
        return {
            **env,
            'PYTHONPATH': os.pathsep.join(filter(None, folders)),
            'WIRE_NAMES': str(self._file),
            'NO_PROXY': direct,
            'no_proxy': direct,
        }
