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

"""The access log which all services of a cloud share."""

import dataclasses
import json
import os
import pathlib


@dataclasses.dataclass(frozen=True)
class Request:
    """One HTTP request as a service of the cloud saw it."""

    time: float  #: when it arrived, seconds since the epoch
    service: str  #: 'keystone', 'placement', 'glance', 'neutron', 'nova'
    method: str
    path: str  #: as sent, with the query
    status: int  #: HTTP status code; 0 when the application broke off
    user_agent: str
    microversion: str  #: value of the header, '' without one
    duration: float  #: seconds until the whole answer was computed


class Writer:
    """Appends requests to the log.

    Several processes write the same file: a line is appended with one
    write to a descriptor in append mode, which the kernel keeps whole.
    """

    def __init__(self, path: pathlib.Path) -> None:
        self._file = os.open(
            path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644
        )

    def add(self, request: Request) -> None:
        """Append one request."""
        line = json.dumps(dataclasses.asdict(request)) + '\n'
        os.write(self._file, line.encode())


def read(path: pathlib.Path) -> list[Request]:
    """Return all requests in the order of their arrival."""
    if not path.exists():
        return []
    lines = path.read_text().splitlines()
    requests = [Request(**json.loads(line)) for line in lines]
    return sorted(requests, key=lambda request: request.time)
