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

"""A real OpenStack cloud for functional tests and demonstrations.

Keystone, placement, glance, neutron and nova (API, scheduler, conductor and
several computes with a steered fake hypervisor) on loopback ports, without
root, a message broker or a database server. Only the standard library is
imported here: the services live in processes of their own.
"""

from osc_migrate.tests.cloud.access_log import Request
from osc_migrate.tests.cloud.cloud import Cloud
from osc_migrate.tests.cloud.cloud import CloudError
from osc_migrate.tests.cloud.wishes import Wishes

__all__ = ('Cloud', 'CloudError', 'Request', 'Wishes')
