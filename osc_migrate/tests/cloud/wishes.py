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

"""What a cloud shall have otherwise than usual."""

import collections.abc
import dataclasses
import json
import pathlib
import typing

#: oslo.config sections: section -> option -> value.
Sections = collections.abc.Mapping[
    str, collections.abc.Mapping[str, typing.Any]
]

#: What a hypervisor says of itself, in the words of nova's drivers.
Hypervisor = collections.abc.Mapping[str, typing.Any]


@dataclasses.dataclass(frozen=True)
class Wishes:
    """What somebody asked for who started a cloud.

    :ivar nova: options of nova.conf, in addition or instead
    :ivar hypervisors: fields of ``get_available_resource`` by compute host
    """

    nova: Sections = dataclasses.field(default_factory=dict)
    hypervisors: collections.abc.Mapping[str, Hypervisor] = dataclasses.field(
        default_factory=dict
    )

    def save(self, path: pathlib.Path) -> None:
        """Write them where `load` finds them."""
        path.write_text(json.dumps(dataclasses.asdict(self)))


def load(path: pathlib.Path) -> Wishes:
    """Return what was asked for."""
    return Wishes(**json.loads(path.read_text()))
