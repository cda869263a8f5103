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

"""Which request belongs to which step, and which of them meet a fault."""

import dataclasses
import json
from typing import Any

import testtools

from osc_migrate.tests.unit import rows
from osc_migrate.tests import wire
from osc_migrate.tests.wire import messages
from osc_migrate.tests.wire import schedule
from osc_migrate.tests.wire import steps

ID = '9ea4402f-5225-46d6-837f-5eb8291fb922'


@dataclasses.dataclass(frozen=True)
class Scheduled:
    """Which of six requests of a step, a second apart, meet a fault."""

    name: str
    when: wire.When
    struck: tuple[int, ...]


@rows.each((
    Scheduled('once', wire.When(), (1,)),
    Scheduled('the third', wire.When(first=3), (3,)),
    Scheduled('the next two', wire.When(count=2), (1, 2)),
    Scheduled('from the fourth on',
              wire.When(first=4, count=float('inf')), (4, 5, 6)),
    Scheduled('for two seconds',
              wire.When(count=float('inf'), seconds=2), (1, 2)),
    Scheduled('every one', schedule.ALWAYS, (1, 2, 3, 4, 5, 6)),
))  # fmt: skip
class ScheduledTestCase(testtools.TestCase):
    def check(self, row: Scheduled) -> None:
        rule = schedule.Rule('confirm', '500', row.when)
        self.assertFalse(rule.strikes('records', 0.0))
        struck = [n for n in range(1, 7) if rule.strikes('confirm', float(n))]
        self.assertEqual(list(row.struck), struck)


@dataclasses.dataclass(frozen=True)
class Recognised:
    """A request as the product makes it."""

    name: str
    path: str
    method: str = 'GET'
    service: str = 'compute'
    document: Any = None
    microversion: str = steps.DECIDING

    @property
    def request(self) -> messages.Request:
        return messages.Request(
            self.service,
            self.method,
            self.path,
            {'OpenStack-API-Version': f'compute {self.microversion}'},
            json.dumps(self.document).encode() if self.document else b'',
        )


ACTION = f'/v2.1/servers/{ID}/action'
RECOGNISED = (
    Recognised('token', '/v3/auth/tokens', 'POST', 'identity'),
    Recognised('identity', '/v3', service='identity'),
    Recognised('discovery', '/v2.1'),
    Recognised('discovery', '/v2.1/'),
    Recognised('look-up', '/v2.1/servers/detail?name=%5Eweb1%24&x=1'),
    Recognised('request', ACTION, 'POST', document={'migrate': None}),
    Recognised('request', ACTION, 'POST', document={'os-migrateLive': {}}),
    Recognised('confirm', ACTION, 'POST', document={'confirmResize': None}),
    Recognised('revert', ACTION, 'POST', document={'revertResize': None}),
    Recognised('other', ACTION, 'POST', document={'lock': None}),
    Recognised('abort', f'/v2.1/servers/{ID}/migrations/7', 'DELETE'),
    Recognised('force-complete', f'/v2.1/servers/{ID}/migrations/7/action',
               'POST'),
    Recognised('records', f'/v2.1/os-migrations?instance_uuid={ID}'),
    Recognised('host records', '/v2.1/os-migrations?source_compute=host1'),
    Recognised('server', f'/v2.1/servers/{ID}'),
    Recognised('final show', f'/v2.1/servers/{ID}', microversion='2.96'),
    Recognised('actions', f'/v2.1/servers/{ID}/os-instance-actions?limit=1'),
    Recognised('events', f'/v2.1/servers/{ID}/os-instance-actions/req-1'),
    Recognised('transfer', f'/v2.1/servers/{ID}/migrations'),
    Recognised('service', '/v2.1/os-services?host=host1'),
    Recognised('services', '/v2.1/os-services?binary=nova-compute'),
    Recognised('aggregates', '/v2.1/os-aggregates'),
    Recognised('needs', '/v2.1/servers/detail?all_tenants=1&host=h',
               microversion='2.96'),
    Recognised('host servers', '/v2.1/servers/detail?all_tenants=1&host=h'),
    Recognised('moving', '/v2.1/servers?all_tenants=1&status=RESIZE'),
    Recognised('groups', '/v2.1/os-server-groups?all_projects=1'),
    Recognised('hypervisors', '/v2.1/os-hypervisors/detail'),
    Recognised('disable', '/v2.1/os-services/7', 'PUT',
               document={'status': 'disabled', 'disabled_reason': 'x'}),
    Recognised('enable', '/v2.1/os-services/7', 'PUT',
               document={'status': 'enabled'}),
    Recognised('show more', '/v2.1/flavors/1'),
    Recognised('show more', '/v2/images/1', service='image'),
    Recognised('ports', '/v2.0/ports?device_id=1', service='network'),
    Recognised('candidates', '/allocation_candidates?resources=VCPU:1',
               service='placement'),
    Recognised('held', '/resource_providers?name=host1', service='placement'),
)  # fmt: skip


class RecognisedTestCase(testtools.TestCase):
    def test_every_request_is_told_by_itself(self) -> None:
        for row in RECOGNISED:
            self.assertEqual(row.name, steps.name(row.request), row.path)
        self.assertEqual(set(steps.NAMES), {row.name for row in RECOGNISED})
