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

"""All rules, in the order in which they are told: a new one is one row."""

from osc_migrate.engine.candidates import configured_rules as configured
from osc_migrate.engine.candidates import findings
from osc_migrate.engine.candidates import offer_rules
from osc_migrate.engine.candidates import place_rules
from osc_migrate.engine.candidates import resource_rules
from osc_migrate.engine.candidates import service_rules
from osc_migrate.engine.candidates import unseen_rules

#: Those that may rule a host out.
DECIDING: tuple[findings.Rule, ...] = (
    service_rules.own_host,
    service_rules.other_destination,
    service_rules.service_down,
    service_rules.service_disabled,
    place_rules.pinned_zone,
    place_rules.affinity,
    place_rules.anti_affinity,
    service_rules.hypervisor_type,
    service_rules.image_hypervisor,
    resource_rules.status_trait,
    resource_rules.traits,
    resource_rules.resources,
    offer_rules.no_room,
)
RULES: tuple[findings.Rule, ...] = (
    *DECIDING,
    service_rules.no_hypervisor,
    place_rules.group_not_shown,
    service_rules.image_machine,
    offer_rules.not_offered,
    offer_rules.room_not_seen,
    offer_rules.needs_not_shown,
    unseen_rules.cells,
    unseen_rules.devices,
    unseen_rules.translated,
    unseen_rules.suffixed_groups,
    unseen_rules.capabilities,
    configured.tenant_isolation,
    configured.tenant_aggregates,
    configured.isolated_aggregates,
    configured.flavor_in_aggregates,
    configured.image_in_aggregates,
    configured.flavor_name_in_aggregates,
    configured.many_servers,
    configured.busy,
    configured.hints,
    configured.image_traits,
    place_rules.soft_policy,
)
