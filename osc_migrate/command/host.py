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

"""``openstack compute host drain`` and ``openstack compute host restore``."""

from typing import TYPE_CHECKING

from osc_migrate.command import host_command
from osc_migrate.command import host_options
from osc_migrate.command import work
from osc_migrate.i18n import _

if TYPE_CHECKING:
    from osc_migrate import convoy as convoys
    from osc_migrate.engine import drain as plans
    from osc_migrate import storage


class DrainHost(host_command.HostCommand):
    _description = _(
        """Empty a compute host: move every server away and wait for all.

The compute service is disabled first. Each server is moved, waited for and
confirmed as by server migrate-and-wait. At the end the host is looked at
once more.

Exit codes: 0 the host is empty or holds only what was excluded, 1 refused
before anything was moved, 2 usage, 8 servers remain or need a person, 9 it
could not be found out; 129, 130 and 143 when hung up, interrupted or
terminated: nothing new is begun, and what is in flight is waited for until a
second signal."""
    )
    words = ('compute', 'host', 'drain')
    add_options = staticmethod(host_options.add_drain)

    def make(
        self,
        request: 'plans.Request',
        means: 'convoys.Means',
        file: 'storage.PlanFile | None',
    ) -> work.Work:
        from osc_migrate import drain

        return drain.Drain(request, means, file)


class RestoreHost(host_command.HostCommand):
    _description = _(
        """Bring the servers of a drained compute host back.

The compute service is enabled if the plan of compute host drain disabled it.
Servers that are still where the plan put them are moved back; one that
somebody moved since is left and reported.

Exit codes: 0 every server that was chosen is back, 1 refused before anything
was moved, 2 usage, 8 not every server could be moved back, 9 it could not be
found out; 129, 130 and 143 as compute host drain."""
    )
    words = ('compute', 'host', 'restore')
    add_options = staticmethod(host_options.add_restore)

    def make(
        self,
        request: 'plans.Request',
        means: 'convoys.Means',
        file: 'storage.PlanFile | None',
    ) -> work.Work:
        from osc_migrate import restore

        assert file is not None  # noqa: S101 - the option is required
        return restore.Restore(request, means, file)
