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


"""Compute hosts that are made what the cases of the scheduler need."""

from collections.abc import Iterable, Mapping
import time
from typing import Any

from osc_migrate.tests import cloud as test_cloud
from osc_migrate.tests.functional import scheduler_asking as asking
from osc_migrate.tests.functional import scheduler_cases as cases

#: Seconds for the scheduler to hear of an aggregate: each change is a message
#: of its own, and nobody says when it was read.
HEARD = 1.0
#: What Nova's fake hypervisor has, with the ratios that are usual.
USUAL: cases.Inventory = {
    'VCPU': {'total': 512, 'allocation_ratio': 4},
    'MEMORY_MB': {'total': 131072, 'reserved': 512},
    'DISK_GB': {'total': 2048},
}


class Hosts(asking.Asking):
    """Makes arrangements real, through the APIs."""

    def __init__(self, cloud: test_cloud.Cloud) -> None:
        super().__init__(cloud)
        self._aggregates: dict[int, tuple[str, ...]] = {}
        self._now = cases.LEVEL

    def level(self) -> None:
        """Make what arrangements need, and the level one."""
        for trait in cases.TRAITS:
            if trait.startswith('CUSTOM_'):
                self.place('put', f'/traits/{trait}')
        self.place('put', f'/resource_classes/{cases.GPU}')
        for zone, hosts in cases.ZONES.items():
            self._add_aggregate(zone, {'availability_zone': zone}, hosts)
        # Zones are no part of an arrangement: they stay.
        self._aggregates.clear()
        self.arrange(cases.LEVEL)

    def arrange(self, wanted: cases.Arrangement) -> None:
        """Make the hosts what they shall be, and whole again before that."""
        self._set(wanted)
        time.sleep(HEARD)

    def _set(self, wanted: cases.Arrangement) -> None:
        before, self._now = self._now, wanted
        for host in cases.HOSTS:
            if reason := wanted.disabled.get(host):
                self._set_service(
                    host, status='disabled', disabled_reason=reason
                )
            elif host in before.disabled:
                self._set_service(host, status='enabled')
            down = host in wanted.forced_down
            if down or host in before.forced_down:
                self._set_service(host, forced_down=down)
            if host in wanted.silent | before.silent:
                method = 'PUT' if host in wanted.silent else 'DELETE'
                self.question(method, f'silent/{host}')
            self._set_provider(host, wanted)
        self._set_aggregates(wanted.aggregates)

    def _set_service(self, host: str, **values: Any) -> None:
        service = self.services[host]
        self.compute('put', f'/os-services/{service}', values)

    def _set_aggregates(self, wanted: Iterable[cases.Aggregate]) -> None:
        for aggregate, hosts in self._aggregates.items():
            for host in hosts:
                self._act(aggregate, 'remove_host', {'host': host})
            self.compute('delete', f'/os-aggregates/{aggregate}')
        self._aggregates.clear()
        for one in wanted:
            self._add_aggregate(one.name, one.metadata, one.hosts)

    def _add_aggregate(
        self, name: str, metadata: Mapping[str, str], hosts: tuple[str, ...]
    ) -> None:
        made = self.compute(
            'post', '/os-aggregates', {'aggregate': {'name': name}}
        )['aggregate']['id']
        project = self.admin.connection.current_project_id
        values = {
            key: value.replace(cases.OWN_PROJECT, str(project))
            for key, value in metadata.items()
        }
        self._act(made, 'set_metadata', {'metadata': values})
        for host in hosts:
            self._act(made, 'add_host', {'host': host})
        self._aggregates[made] = hosts

    def _act(self, aggregate: int, action: str, body: object) -> None:
        path = f'/os-aggregates/{aggregate}/action'
        self.compute('post', path, {action: body})

    def _set_provider(self, host: str, wanted: cases.Arrangement) -> None:
        """Set inventory and traits, but for the traits that Nova sets."""
        path = f'/resource_providers/{self.providers[host]}'
        sizes = {**USUAL, **wanted.inventories[host]}
        body: dict[str, Any] = {
            'inventories': {name: dict(size) for name, size in sizes.items()}
        }
        self.replace(f'{path}/inventories', body)
        found = self.place('get', f'{path}/traits')['traits']
        ours = {*cases.TRAITS, cases.DISABLED}
        traits = (set(found) - ours) | wanted.traits[host]
        if host in wanted.disabled:
            traits.add(cases.DISABLED)
        self.replace(f'{path}/traits', {'traits': sorted(traits)})
