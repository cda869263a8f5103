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

"""What decides where a server could go: bodies of Nova's answers as facts."""

from collections.abc import Mapping
from typing import Any

from osc_migrate.cloud import shapes
from osc_migrate.engine.candidates import facts

#: Image properties (2.98), the pinned zone (2.96) and hints (2.100).
NEWEST = (2, 100)

Body = Mapping[str, Any]
Missing = facts.Missing


def server(body: Body) -> facts.Server:
    """A server of microversion 2.59 to 2.100, its group left out."""
    image = body.get('image') or {}
    properties: facts.Properties | Missing = Missing.HIDDEN
    if 'properties' in image:
        properties = _texts(image['properties'])
    hints: Mapping[str, object] | Missing = Missing.HIDDEN
    if 'scheduler_hints' in body:
        hints = dict(body['scheduler_hints'] or {})
    return facts.Server(
        id=body['id'],
        name=body.get('name') or body['id'],
        project_id=body.get('tenant_id'),
        host=body.get('OS-EXT-SRV-ATTR:host'),
        node=body.get('OS-EXT-SRV-ATTR:hypervisor_hostname'),
        flavor=_flavor(body['flavor']),
        image=properties,
        image_traits=Missing.HIDDEN,
        from_volume=not image,
        has_volumes=bool(body.get('os-extended-volumes:volumes_attached')),
        zone=body.get('OS-EXT-AZ:availability_zone') or None,
        pinned_zone=body.get('pinned_availability_zone', Missing.HIDDEN),
        hints=hints,
    )


def _flavor(body: Body) -> facts.Flavor:
    specs: facts.Properties | Missing = Missing.HIDDEN
    if 'extra_specs' in body:
        specs = _texts(body['extra_specs'])
    return facts.Flavor(
        body['original_name'],
        int(body['vcpus']),
        int(body['ram']),
        int(body['disk']),
        int(body.get('ephemeral') or 0),
        int(body.get('swap') or 0),
        specs,
    )


def _texts(body: Body) -> dict[str, str]:
    return {str(key): str(value) for key, value in body.items()}


def host(body: Body, node: facts.Node | None) -> facts.Host:
    """A row of ``GET /os-services``."""
    service = shapes.service(body)
    return facts.Host(
        service.host,
        body.get('zone') or None,
        service.up,
        service.enabled,
        service.disabled_reason,
        node,
    )


def node(body: Body) -> tuple[str, facts.Node]:
    """A row of ``GET /os-hypervisors/detail``, 2.53 to 2.87; its host."""
    processor = body.get('cpu_info')
    return body['service']['host'], facts.Node(
        str(body['id']),
        body['hypervisor_hostname'],
        body.get('hypervisor_type'),
        body.get('hypervisor_version'),
        processor.get('arch') if isinstance(processor, dict) else None,
        body.get('running_vms'),
    )


def aggregate(body: Body) -> facts.Aggregate:
    """A row of ``GET /os-aggregates``; its UUID from 2.41 on."""
    return facts.Aggregate(
        body.get('uuid'),
        body['name'],
        frozenset(body['hosts']),
        _texts(body.get('metadata') or {}),
    )


def group(
    body: Body, hosts: Mapping[str, str | None] | Missing
) -> facts.Group:
    """A server group; the policy is a list below microversion 2.64."""
    policies = [body['policy']] if 'policy' in body else body['policies']
    rules = body.get('rules') or {}
    return facts.Group(
        body.get('name') or body['id'],
        ' '.join(policies),
        hosts,
        int(rules.get('max_server_per_host') or 1),
        body['id'],
    )
