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


"""What tests of the scheduler ask of a cloud, as an admin."""

from collections.abc import Mapping
import functools
import json
from typing import Any, cast
import urllib.request

from osc_migrate.tests import cloud as test_cloud
from osc_migrate.tests.functional import people

#: Microversions of what is asked.
COMPUTE, PLACEMENT = '2.80', '1.36'


class Asking:
    """Asks Nova, placement, and what the API of Nova does not answer."""

    def __init__(self, cloud: test_cloud.Cloud) -> None:
        self.cloud = cloud
        self.admin = people.Person(cloud, 'admin')
        self._placement = cast(Any, self.admin.connection.placement)

    def compute(self, method: str, path: str, body: object = None) -> Any:
        return asked(self.admin.compute, COMPUTE, method, path, body)

    def place(self, method: str, path: str, body: object = None) -> Any:
        return asked(self._placement, PLACEMENT, method, path, body)

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
    def services(self) -> Mapping[str, str]:
        found = self.compute('get', '/os-services?binary=nova-compute')
        return {s['host']: s['id'] for s in found['services']}

    def replace(self, path: str, body: dict[str, Any]) -> None:
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


def asked(
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
