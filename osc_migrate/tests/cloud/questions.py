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

"""Questions about nova that its API does not answer, for tests.

Beside the compute API, on its port and for whoever asks:

``GET /questions/scheduler/<server>/<kind>``
    what the scheduler says to each compute host as its destination of a cold
    or live migration

``PUT /questions/silent/<host>``, ``DELETE``
    have nova see no sign of life of a compute service, and see them again
"""

import collections.abc
import json
import typing

from osc_migrate.tests.cloud import serve

PREFIX = '/questions/'


def beside(application: serve.Application) -> serve.Application:
    """Return an application that answers questions, too."""

    def answer(
        environ: serve.Environ,
        start_response: collections.abc.Callable[..., typing.Any],
    ) -> collections.abc.Iterable[bytes]:
        path = environ['PATH_INFO']
        if not path.startswith(PREFIX):
            return application(environ, start_response)
        subject, *names = path.removeprefix(PREFIX).split('/')
        found = SUBJECTS[subject](environ['REQUEST_METHOD'], *names)
        start_response('200 OK', [('Content-Type', 'application/json')])
        return [json.dumps(found).encode()]

    return answer


def _scheduler(_method: str, server_id: str, kind: str) -> object:
    # Nova's modules are there in the forms that it needs now.
    from osc_migrate.tests.cloud import scheduling

    return scheduling.ask(server_id, kind)


def _silent(method: str, host: str) -> object:
    from osc_migrate.tests.cloud import services

    services.silence(host, method == 'PUT')
    return None


#: Adding a question is adding a row.
SUBJECTS: dict[str, collections.abc.Callable[..., object]] = {
    'scheduler': _scheduler,
    'silent': _silent,
}
