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

"""Answers for the names of a file, in every Python that starts with it.

This is the one thing on the wire that is not real: a test may not change how
the names of its machine resolve. All that comes after the name is real.
"""

import json
import os
import pathlib
import socket
from typing import Any

_real = socket.getaddrinfo


def _getaddrinfo(host: Any, *arguments: Any, **options: Any) -> Any:
    """Ask the file for its names; each has an address, or null."""
    names = json.loads(pathlib.Path(os.environ['WIRE_NAMES']).read_text())
    if host not in names:
        return _real(host, *arguments, **options)
    if names[host] is None:
        raise socket.gaierror(
            socket.EAI_AGAIN, 'Temporary failure in name resolution'
        )
    return _real(names[host], *arguments, **options)


if 'WIRE_NAMES' in os.environ:
    socket.getaddrinfo = _getaddrinfo
