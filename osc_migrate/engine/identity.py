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

"""What a migration must not change about a server."""

from collections.abc import Mapping

from osc_migrate.i18n import _

#: power_state as numbers (nova's ``objects/fields.py``, InstancePowerState).
POWER_STATES = {
    0: 'NOSTATE', 1: 'Running', 3: 'Paused', 4: 'Shutdown', 6: 'Crashed',
    7: 'Suspended',
}  # fmt: skip


def changes(
    before: Mapping[str, object], after: Mapping[str, object]
) -> dict[str, list[object]]:
    """Field to [before, after] of what differs; a value not seen is None.

    Only fields that were seen both times are compared: what a caller may
    not see is no difference.
    """
    return {
        field: [before[field], after[field]]
        for field in before
        if field in after and before[field] != after[field]
    }


def addresses(identity: Mapping[str, object]) -> tuple[str, ...]:
    """The addresses of a server in all its networks."""
    networks = identity.get('addresses')
    if not isinstance(networks, Mapping):
        return ()
    return tuple(a for network in networks.values() for a in network)


def power_warning(changed: Mapping[str, list[object]]) -> str | None:
    """A sentence where the server is not as powered as it was."""
    if 'power_state' not in changed:
        return None
    before, after = changed['power_state']
    return _('The power state was %(before)s and is %(after)s now.') % {
        'before': before,
        'after': after,
    }
