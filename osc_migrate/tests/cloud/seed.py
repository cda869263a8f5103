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

"""What a cloud has from the start, made through the APIs."""

import http.client
import json
import typing
import urllib.request

from osc_migrate.tests.cloud import layout as layout_module

#: Seconds for one request while the machine is busy starting services.
TIMEOUT = 60

IMAGE_SIZE = 512


def create_image(layout: layout_module.Layout) -> None:
    """Upload the image `cirros`: right name, no operating system."""
    token = _token(layout)
    base = layout.url('glance') + '/v2/images'
    image = _json(base, token, {
        'name': 'cirros',
        'disk_format': 'raw',
        'container_format': 'bare',
        'visibility': 'public',
        'min_disk': 0,
        'min_ram': 0,
    })  # fmt: skip
    _send(
        f'{base}/{image["id"]}/file',
        token,
        bytes(IMAGE_SIZE),
        method='PUT',
        kind='application/octet-stream',
    )


def create_network(layout: layout_module.Layout) -> None:
    """Create the network `private`, which all projects may use."""
    token = _token(layout)
    base = layout.url('neutron') + '/v2.0'
    network = _json(
        f'{base}/networks',
        token,
        {'network': {'name': 'private', 'shared': True}},
    )['network']
    subnet = {
        'network_id': network['id'],
        'name': 'private-v4',
        'ip_version': 4,
        'cidr': '10.0.0.0/20',
        'enable_dhcp': False,
    }
    _json(f'{base}/subnets', token, {'subnet': subnet})


def _token(layout: layout_module.Layout) -> str:
    domain = {'id': 'default'}
    user = {
        'name': 'admin',
        'password': layout_module.PASSWORD,
        'domain': domain,
    }
    auth = {
        'identity': {'methods': ['password'], 'password': {'user': user}},
        'scope': {'project': {'name': 'admin', 'domain': domain}},
    }
    url = layout.url('keystone') + '/v3/auth/tokens'
    body = json.dumps({'auth': auth}).encode()
    headers, _body = _send(url, '', body)
    return headers['X-Subject-Token']


def _json(
    url: str, token: str, body: dict[str, typing.Any]
) -> dict[str, typing.Any]:
    _headers, answer = _send(url, token, json.dumps(body).encode())
    return typing.cast(dict[str, typing.Any], json.loads(answer))


def _send(
    url: str,
    token: str,
    body: bytes,
    method: str = 'POST',
    kind: str = 'application/json',
) -> tuple[http.client.HTTPMessage, bytes]:
    headers = {'Content-Type': kind, 'User-Agent': 'osc-migrate-cloud'}
    if token:
        headers['X-Auth-Token'] = token
    request = urllib.request.Request(url, body, headers, method=method)
    # Whatever proxy the environment names is not for loopback.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=TIMEOUT) as response:
        return response.headers, response.read()
