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

"""What an older Nova lacks, and which release or microversion brought it."""

import dataclasses
import re
from typing import TypeVar

T = TypeVar('T')


@dataclasses.dataclass(frozen=True)
class Since:
    """What brought something that is tested.

    As a decorator of a test or of a class of them, or as the value ``since``
    of a row, it skips them on an older cloud. Where only a part of a test
    needs it, the test asks its method ``lacks``.

    :ivar version: a release of Nova ('32') or a microversion ('2.84')
    :ivar brought: what came with it, as the rest of a sentence
    """

    version: str
    brought: str

    def __call__(self, tests: T) -> T:
        """Mark tests."""
        tests.since = self  # type: ignore[attr-defined]
        return tests

    def missing(self, release: str, microversion: str) -> str:
        """Return why a cloud lacks it, or '' when it does not.

        :param release: version of the cloud's Nova
        :param microversion: the newest one of its compute API
        """
        of, has = 'Nova', release
        if '.' in self.version:
            of, has = 'Microversion', microversion
        if _numbers(has) >= _numbers(self.version):
            return ''
        return f'{of} {self.version}: {self.brought} (this cloud has {has})'


def _numbers(version: str) -> list[int]:
    return [int(number) for number in re.findall(r'\d+', version)]


#: Before it, no API says why a migration ended that left no fault.
DETAILS = Since('2.84', 'the events of an action have details')
