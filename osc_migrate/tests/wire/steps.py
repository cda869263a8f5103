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

"""What a request is for, told from the request alone."""

import dataclasses
import re

from osc_migrate.tests.wire import messages

#: Every step.
ANY = '*'
#: The microversion of everything that decides; what the client itself asks
#: is asked in another.
DECIDING = '2.84'


@dataclasses.dataclass(frozen=True)
class Step:
    """A kind of request.

    :ivar path: a pattern for the whole path, without the version and the
        query
    :ivar query: the name of a parameter that has to be there
    :ivar key: a key of the document that has to be there
    :ivar value: a value that the document has to hold, whatever its key
    :ivar deciding: whether it is asked in that microversion; None for both
    """

    name: str
    service: str
    method: str
    path: str
    query: str = ''
    key: str = ''
    value: str = ''
    deciding: bool | None = None

    def fits(self, request: messages.Request) -> bool:
        path, _, query = request.path.partition('?')
        document = request.document
        return (
            request.service == self.service
            and request.method == self.method
            and re.fullmatch(f'(/v[0-9.]+)?{self.path}', path) is not None
            and re.search(rf'(^|&){self.query}', query) is not None
            and (not self.key or self.key in document)
            and (not self.value or self.value in document.values())
            and (
                self.deciding is None
                or self.deciding == (request.microversion == DECIDING)
            )
        )


ONE = '/servers/[0-9a-f-]{36}'
MIGRATION = f'{ONE}/migrations/[0-9]+'
#: The first that fits counts.
STEPS = (
    Step('token', 'identity', 'POST', '/auth/tokens'),
    Step('identity', 'identity', 'GET', '.*'),
    Step('discovery', 'compute', 'GET', '/?'),
    Step('look-up', 'compute', 'GET', '/servers/detail', query='name='),
    Step('request', 'compute', 'POST', f'{ONE}/action', key='migrate'),
    Step('request', 'compute', 'POST', f'{ONE}/action', key='os-migrateLive'),
    Step('confirm', 'compute', 'POST', f'{ONE}/action', key='confirmResize'),
    Step('revert', 'compute', 'POST', f'{ONE}/action', key='revertResize'),
    Step('abort', 'compute', 'DELETE', MIGRATION),
    Step('force-complete', 'compute', 'POST', f'{MIGRATION}/action'),
    Step('records', 'compute', 'GET', '/os-migrations',
         query='instance_uuid='),
    Step('server', 'compute', 'GET', ONE, deciding=True),
    Step('final show', 'compute', 'GET', ONE, deciding=False),
    Step('actions', 'compute', 'GET', f'{ONE}/os-instance-actions'),
    Step('events', 'compute', 'GET', f'{ONE}/os-instance-actions/req-.*'),
    Step('transfer', 'compute', 'GET', f'{ONE}/migrations'),
    Step('service', 'compute', 'GET', '/os-services', query='host='),
    Step('services', 'compute', 'GET', '/os-services'),
    Step('needs', 'compute', 'GET', '/servers/detail', query='host=',
         deciding=False),
    Step('aggregates', 'compute', 'GET', '/os-aggregates'),
    Step('host servers', 'compute', 'GET', '/servers/detail', query='host='),
    Step('host records', 'compute', 'GET', '/os-migrations',
         query='source_compute='),
    Step('moving', 'compute', 'GET', '/servers', query='status='),
    Step('groups', 'compute', 'GET', '/os-server-groups'),
    Step('hypervisors', 'compute', 'GET', '/os-hypervisors/detail'),
    Step('disable', 'compute', 'PUT', '/os-services/.*', value='disabled'),
    Step('enable', 'compute', 'PUT', '/os-services/.*', value='enabled'),
    Step('show more', 'compute', 'GET', '/flavors/.*'),
    Step('show more', 'image', 'GET', '.*'),
    Step('ports', 'network', 'GET', '/ports'),
    Step('candidates', 'placement', 'GET', '/allocation_candidates'),
    Step('held', 'placement', 'GET', '.*'),
)  # fmt: skip
#: What no step fits.
OTHER = 'other'
NAMES = tuple(dict.fromkeys([step.name for step in STEPS] + [OTHER]))


def name(request: messages.Request) -> str:
    """Return the name of the step that a request belongs to."""
    return next((s.name for s in STEPS if s.fits(request)), OTHER)
