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

"""A cloud that is made what the cases of the scheduler need."""

from collections.abc import Iterable, Mapping
import json
from typing import Any, cast

from osc_migrate.tests import cloud as test_cloud
from osc_migrate.tests.functional import people
from osc_migrate.tests.functional import scheduler_asking as asking
from osc_migrate.tests.functional import scheduler_cases as cases
from osc_migrate.tests.functional import scheduler_hosts

#: Builds at once.
AT_ONCE = 4
#: Any volume is there.
BOOT_VOLUME = {
    'uuid': '00000000-0000-4000-8000-000000000001',
    'boot_index': 0,
    'source_type': 'volume',
    'destination_type': 'volume',
}


class Stage(scheduler_hosts.Hosts):
    """Makes servers real, through the APIs."""

    def __init__(self, cloud: test_cloud.Cloud) -> None:
        super().__init__(cloud)
        self._images: dict[str, str] = {}
        self._flavors: dict[str, str] = {}

    def build(self) -> None:
        """Make what all servers need, and the level arrangement."""
        for name, flavor in cases.FLAVORS.items():
            self._flavors[name] = self._add_flavor(name, flavor)
        for name, properties in cases.IMAGES.items():
            self._images[name] = self._add_image(name, properties)
        self.level()

    def boot(self, wanted: Iterable[cases.Server]) -> dict[str, people.Server]:
        """Boot servers and their partners; return the former by name."""
        found: dict[str, people.Server] = {}
        asked: list[str] = []
        for server in wanted:
            group = self._company(server, asked)
            hints = {
                key: value.format_map({n: s.id for n, s in found.items()})
                if value.startswith('{')
                else value
                for key, value in server.hints.items()
            }
            if group:
                hints['group'] = group
            server_id = self._boot(server, hints)
            found[server.name] = people.Server(
                server_id, server.name, server.host
            )
            asked.append(server_id)
            self._await(asked[:-AT_ONCE])
            if server.group.endswith('deleted'):
                self._await([server_id])
                self.compute('delete', f'/os-server-groups/{group}')
        self._await(asked)
        for server in wanted:
            seen = self.admin.look_at(found[server.name].id)
            assert (seen.status, seen.host) == ('ACTIVE', server.host), seen
        return found

    def _company(self, server: cases.Server, asked: list[str]) -> str:
        """Make a server's group, and its partners; return its ID."""
        policy, _, rule = server.group.partition(' ')
        if not policy:
            return ''
        body: dict[str, Any] = {'name': server.name, 'policy': policy}
        if rule.isdigit():
            body['rules'] = {'max_server_per_host': int(rule)}
        group = self.compute(
            'post', '/os-server-groups', {'server_group': body}
        )['server_group']['id']
        for number, host in enumerate(server.partners, 1):
            partner = cases.Server(f'{server.name}-{number}', host)
            asked.append(self._boot(partner, {'group': group}))
        # The next one is held against those that are there.
        self._await(asked[len(asked) - len(server.partners) :])
        return cast(str, group)

    def _boot(self, server: cases.Server, hints: Mapping[str, str]) -> str:
        body: dict[str, Any] = {
            'name': server.name,
            'imageRef': self._images[server.image],
            'flavorRef': self._flavors[server.flavor],
            'networks': 'none',
        }
        if server.volume:
            body['imageRef'] = ''
            body['block_device_mapping_v2'] = [BOOT_VOLUME]
        if server.forced:
            zone = server.zone or 'nova'
            body['availability_zone'] = f'{zone}:{server.host}'
        else:
            body['host'] = server.host
            if server.zone:
                body['availability_zone'] = server.zone
        request = {'server': body, 'os:scheduler_hints': hints}
        return cast(
            str, self.compute('post', '/servers', request)['server']['id']
        )

    def _await(self, server_ids: Iterable[str]) -> None:
        for server_id in server_ids:
            seen = self.admin.await_status(server_id, 'ACTIVE', 'ERROR')
            assert seen.status == 'ACTIVE', self.compute(
                'get', f'/servers/{server_id}'
            )

    def leave_unconfirmed(self) -> None:
        """Have a server that is held on two hosts."""
        server = self.boot([cases.UNCONFIRMED])[cases.UNCONFIRMED.name]
        body = {'migrate': {'host': cases.UNCONFIRMED_ON}}
        self.compute('post', f'/servers/{server.id}/action', body)
        self.admin.await_status(server.id, 'VERIFY_RESIZE')

    def age(self) -> None:
        """Change the images and flavors that servers were booted with."""
        for name, properties in cases.IMAGES_LATER.items():
            image = self._images[name]
            if properties is None:
                self.admin.image.delete_image(image)
            else:
                self._set_properties(image, cases.IMAGES[name], properties)
        for name, extra_specs in cases.FLAVORS_LATER.items():
            path = f'/flavors/{self._flavors[name]}/os-extra_specs'
            for key in cases.FLAVORS[name].extra_specs:
                self.compute('delete', f'{path}/{key}')
            self.compute('post', path, {'extra_specs': dict(extra_specs)})

    def _add_flavor(self, name: str, flavor: cases.Flavor) -> str:
        body = {
            'name': name, 'vcpus': flavor.vcpus, 'ram': flavor.ram,
            'disk': flavor.disk, 'swap': flavor.swap,
            'OS-FLV-EXT-DATA:ephemeral': flavor.ephemeral,
        }  # fmt: skip
        made = self.compute('post', '/flavors', {'flavor': body})
        flavor_id = cast(str, made['flavor']['id'])
        if flavor.extra_specs:
            self.compute(
                'post', f'/flavors/{flavor_id}/os-extra_specs',
                {'extra_specs': dict(flavor.extra_specs)},
            )  # fmt: skip
        return flavor_id

    def _add_image(self, name: str, properties: Mapping[str, str]) -> str:
        image = self.admin.image
        body = {
            'name': name, 'disk_format': 'raw', 'container_format': 'bare',
            'visibility': 'public', **properties,
        }  # fmt: skip
        made = asking.asked(image, None, 'post', '/images', body)
        image.put(
            f'/images/{made["id"]}/file', data=bytes(512),
            headers={'Content-Type': 'application/octet-stream'},
        ).raise_for_status()  # fmt: skip
        return cast(str, made['id'])

    def _set_properties(
        self,
        image_id: str,
        before: Mapping[str, str],
        wanted: Mapping[str, str],
    ) -> None:
        changes = [{'op': 'remove', 'path': f'/{name}'} for name in before] + [
            {'op': 'add', 'path': f'/{name}', 'value': value}
            for name, value in wanted.items()
        ]
        kind = 'application/openstack-images-v2.1-json-patch'
        self.admin.image.patch(
            f'/images/{image_id}', data=json.dumps(changes),
            headers={'Content-Type': kind},
        ).raise_for_status()  # fmt: skip
