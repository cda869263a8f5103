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

"""The services behind the proxy, asked in the client's words."""

from collections.abc import Mapping
import http.client
import re
import urllib.parse

from osc_migrate.tests.wire import listener
from osc_migrate.tests.wire import messages

#: Seconds for an answer of a service.
LIMIT = 120.0
#: The client's address for the proxy is none of the service's; and bodies
#: are searched for URLs.
NOT_PASSED = listener.OWN_HEADERS | {'host', 'accept-encoding'}


class Upstream:
    """Passes requests on, and puts the proxy's URLs into the answers.

    :param roots: the root URL of every service by its type, without a path
    :param fronts: the root URL of the proxy for each
    """

    def __init__(
        self, roots: Mapping[str, str], fronts: Mapping[str, str]
    ) -> None:
        self._places = {
            service: urllib.parse.urlsplit(root).netloc
            for service, root in roots.items()
        }
        self._fronts = {root: fronts[s] for s, root in roots.items()}
        all_of_them = '|'.join(map(re.escape, roots.values()))
        self._pattern = re.compile(rf'({all_of_them})(?![0-9])')

    def ask(self, request: messages.Request) -> messages.Answer:
        """Have the service carry out a request."""
        connection = http.client.HTTPConnection(
            self._places[request.service], timeout=LIMIT
        )
        headers = {
            name: value
            for name, value in request.headers.items()
            if name.lower() not in NOT_PASSED
        }
        try:
            connection.request(
                request.method, request.path, request.body or None, headers
            )
            answer = connection.getresponse()
            body = answer.read()
        finally:
            connection.close()
        return messages.Answer(
            answer.status,
            answer.reason,
            tuple((n, self._in_front(v)) for n, v in answer.getheaders()),
            self._in_front(body.decode('latin-1')).encode('latin-1'),
        )

    def _in_front(self, text: str) -> str:
        return self._pattern.sub(lambda found: self._fronts[found[0]], text)
