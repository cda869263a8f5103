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

"""From the bodies of Nova's answers to facts."""

from collections.abc import Mapping
from typing import Any

from osc_migrate.engine import facts
from osc_migrate.engine import identity
from osc_migrate.engine import turns

Body = Mapping[str, Any]


def server(body: Body) -> facts.Server:
    """A server of microversion 2.59 to 2.84.

    A cell that is down leaves an entry with few fields and the status
    UNKNOWN (microversion 2.69).
    """
    return facts.Server(
        id=body['id'],
        name=body.get('name') or body['id'],
        project_id=body.get('tenant_id'),
        status=body['status'],
        vm_state=body.get('OS-EXT-STS:vm_state'),
        task_state=body.get('OS-EXT-STS:task_state'),
        host=body.get('OS-EXT-SRV-ATTR:host'),
        host_id=body.get('hostId') or None,
        node=body.get('OS-EXT-SRV-ATTR:hypervisor_hostname'),
        locked=bool(body.get('locked')),
        fault=_fault(body.get('fault')),
        identity=_identity(body),
    )


def _fault(body: Body | None) -> facts.Fault | None:
    if not body:
        return None
    return facts.Fault(
        str(body.get('message') or ''),
        body.get('details'),
        body.get('created'),
    )


def _identity(body: Body) -> dict[str, object]:
    """The fields that were sent, in an order that does not depend on Nova."""
    shown: dict[str, object] = {}
    for field in ('name', 'metadata', 'key_name'):
        if field in body:
            shown[field] = body[field]
    if 'tags' in body:
        shown['tags'] = sorted(body['tags'])
    if 'addresses' in body:
        shown['addresses'] = {
            network: sorted(address['addr'] for address in addresses)
            for network, addresses in body['addresses'].items()
        }
    if 'flavor' in body:
        flavor = dict(body['flavor'])
        flavor.pop('links', None)
        shown['flavor'] = flavor
    if 'security_groups' in body:
        shown['security_groups'] = sorted(
            group['name'] for group in body['security_groups']
        )
    if 'os-extended-volumes:volumes_attached' in body:
        shown['volumes'] = sorted(
            volume['id']
            for volume in body['os-extended-volumes:volumes_attached']
        )
    if 'OS-EXT-STS:power_state' in body:
        state = body['OS-EXT-STS:power_state']
        shown['power_state'] = identity.POWER_STATES.get(state, state)
    return shown


def record(body: Body) -> facts.MigrationRecord:
    return facts.MigrationRecord(
        uuid=body.get('uuid'),
        type=body.get('migration_type') or 'migration',
        status=body['status'],
        id=body.get('id'),
        source_host=body.get('source_compute'),
        destination_host=body.get('dest_compute'),
        user_id=body.get('user_id'),
        created_at=body.get('created_at'),
        source_node=body.get('source_node'),
    )


def transfer(body: Body) -> facts.Transfer | None:
    """Bytes of memory and disk together; None before the first report."""
    sums = []
    for what in ('total', 'processed', 'remaining'):
        memory = body.get(f'memory_{what}_bytes')
        if memory is None:
            return None
        sums.append(int(memory) + int(body.get(f'disk_{what}_bytes') or 0))
    return facts.Transfer(*sums)


def action(body: Body) -> facts.InstanceAction:
    return facts.InstanceAction(
        request_id=body['request_id'],
        action=body['action'],
        user_id=body.get('user_id'),
        start_time=body.get('start_time'),
        message=body.get('message'),
    )


def event(body: Body) -> facts.ActionEvent:
    return facts.ActionEvent(
        name=body['event'],
        result=body.get('result'),
        details=body.get('details'),
        host=body.get('host'),
    )


def service(body: Body) -> facts.ComputeService:
    return facts.ComputeService(
        host=body['host'],
        up=body.get('state') == 'up' and not body.get('forced_down'),
        enabled=body.get('status') == 'enabled',
        disabled_reason=body.get('disabled_reason'),
        id=body.get('id'),
    )


def server_group(body: Body) -> turns.ServerGroup:
    """A server group; the policy is a list below microversion 2.64."""
    policies = [body['policy']] if 'policy' in body else body['policies']
    rules = body.get('rules') or {}
    return turns.ServerGroup(
        body['id'],
        ' '.join(policies),
        frozenset(body['members']),
        body.get('name') or '',
        int(rules.get('max_server_per_host') or 1),
    )
