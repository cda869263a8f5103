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
import functools
import json
import time
from typing import Any, cast
import urllib.request

from osc_migrate.tests import cloud as test_cloud
from osc_migrate.tests.functional import people
from osc_migrate.tests.functional import scheduler_cases as cases

#: Microversions of what is asked.
COMPUTE, PLACEMENT = '2.80', '1.36'
#: Builds at once.
AT_ONCE = 4
#: Seconds for the scheduler to hear of an aggregate: each change is a message
#: of its own, and nobody says when it was read.
HEARD = 1.0
#: Any volume is there.
BOOT_VOLUME = {
    'uuid': '00000000-0000-4000-8000-000000000001',
    'boot_index': 0,
    'source_type': 'volume',
    'destination_type': 'volume',
}
#: What Nova's fake hypervisor has, with the ratios that are usual.
USUAL: cases.Inventory = {
    'VCPU': {'total': 512, 'allocation_ratio': 4},
    'MEMORY_MB': {'total': 131072, 'reserved': 512},
    'DISK_GB': {'total': 2048},
}


class Stage:
    """Makes servers and arrangements real, through the APIs."""

    def __init__(self, cloud: test_cloud.Cloud) -> None:
        self.cloud = cloud
        self.admin = people.Person(cloud, 'admin')
        self._placement = cast(Any, self.admin.connection.placement)
        self._aggregates: dict[int, tuple[str, ...]] = {}
        self._images: dict[str, str] = {}
        self._flavors: dict[str, str] = {}
        self._now = cases.LEVEL

    def build(self) -> None:
        """Make what all servers need, and the level arrangement."""
        for trait in cases.TRAITS:
            if trait.startswith('CUSTOM_'):
                self.place('put', f'/traits/{trait}')
        self.place('put', f'/resource_classes/{cases.GPU}')
        for zone, hosts in cases.ZONES.items():
            self._add_aggregate(zone, {'availability_zone': zone}, hosts)
        # Zones are no part of an arrangement: they stay.
        self._aggregates.clear()
        for name, flavor in cases.FLAVORS.items():
            self._flavors[name] = self._add_flavor(name, flavor)
        for name, properties in cases.IMAGES.items():
            self._images[name] = self._add_image(name, properties)
        self.arrange(cases.LEVEL)

    # Servers.

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

    # Hosts.

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
        service = self._services[host]
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
        self._replace(f'{path}/inventories', body)
        found = self.place('get', f'{path}/traits')['traits']
        ours = {*cases.TRAITS, cases.DISABLED}
        traits = (set(found) - ours) | wanted.traits[host]
        if host in wanted.disabled:
            traits.add(cases.DISABLED)
        self._replace(f'{path}/traits', {'traits': sorted(traits)})

    def _replace(self, path: str, body: dict[str, Any]) -> None:
        """Put it, beginning anew when Nova changed the provider meanwhile."""
        for _time in range(5):
            generation = self.place('get', path)
            body['resource_provider_generation'] = generation[
                'resource_provider_generation'
            ]
            response = self._placement.put(
                path, json=body, microversion=PLACEMENT
            )
            if response.status_code != 409:
                break
        assert response.ok, response.text

    # Requests.

    def compute(self, method: str, path: str, body: object = None) -> Any:
        return _asked(self.admin.compute, COMPUTE, method, path, body)

    def place(self, method: str, path: str, body: object = None) -> Any:
        return _asked(self._placement, PLACEMENT, method, path, body)

    def question(self, method: str, path: str) -> Any:
        """Ask what the API of Nova does not answer."""
        root = self.cloud.endpoints['compute'].removesuffix('/v2.1')
        request = urllib.request.Request(
            f'{root}/questions/{path}', method=method
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request) as response:
            return json.load(response)

    @functools.cached_property
    def providers(self) -> Mapping[str, str]:
        """The resource provider of each host."""
        found = self.place('get', '/resource_providers')
        return {p['name']: p['uuid'] for p in found['resource_providers']}

    @functools.cached_property
    def _services(self) -> Mapping[str, str]:
        found = self.compute('get', '/os-services?binary=nova-compute')
        return {s['host']: s['id'] for s in found['services']}

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
        made = _asked(image, None, 'post', '/images', body)
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


def _asked(
    proxy: Any, microversion: str | None, method: str, path: str, body: object
) -> Any:
    settings: dict[str, Any] = {}
    if microversion:
        settings['microversion'] = microversion
    if body is not None:
        settings['json'] = body
    response = getattr(proxy, method)(path, **settings)
    if not response.ok:
        raise AssertionError(f'{method} {path}: {response.text}')
    return response.json() if response.content else None
