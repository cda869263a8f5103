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

"""What nova's scheduler says to a compute host as a server's destination.

Conductor's own tasks build the request and the scheduler's own manager
answers it; the one thing that is left out is the claim in placement, so that
asking changes nothing.
"""

import collections.abc
import contextlib
import dataclasses
import threading
import typing

from nova.conductor.tasks import live_migrate
from nova.conductor.tasks import migrate
from nova import context as nova_context
from nova import exception
from nova.network import neutron
from nova import objects
from nova.scheduler.client import report
from nova.scheduler import filters
from nova import servicegroup
import oslo_messaging

from osc_migrate.tests.cloud import moment

#: Who refuses what the scheduler is not asked about.
API, CONDUCTOR, PLACEMENT = 'API', 'conductor', 'placement'

_lock = threading.Lock()


@dataclasses.dataclass
class _Heard:
    """What the scheduler did for one answer.

    :ivar query: what it asked of placement, as the query of a URL
    :ivar candidates: how many placement found
    :ivar refused_by: the filter that refused; no other is asked after it
    """

    query: str = ''
    candidates: int = 0
    refused_by: str = ''


_heard = threading.local()


class _Answered(Exception):
    """The scheduler has accepted the host; conductor would go on."""


class _Scheduler:
    """Stands where conductor has its client of the scheduler."""

    def select_destinations(
        self, context: typing.Any, request_spec: typing.Any, *_args: object,
        **_kwargs: object,
    ) -> typing.NoReturn:  # fmt: skip
        """Have the scheduler choose; without servers it claims nothing."""
        try:
            moment.scheduler.select_destinations(
                context, spec_obj=request_spec, instance_uuids=None,
                return_objects=True,
            )  # fmt: skip
        except oslo_messaging.ExpectedException as error:
            raise error.exc_info[1] from None
        raise _Answered


class _ColdMigration(migrate.MigrationTask):
    """Asks the scheduler without a migration record."""

    def _preallocate_migration(self) -> None:
        return None


def ask(server_id: str, kind: str) -> dict[str, typing.Any]:
    """Return what becomes of a migration to each compute host.

    ``refused`` has by host who refuses it, '' where it is accepted; ``query``
    is what the scheduler asks of placement for no host in particular, ''
    where it was not asked.

    :param kind: ``cold`` or ``live``
    """
    with _lock, _listening():
        admin = nova_context.get_admin_context()
        mapping = objects.InstanceMapping.get_by_instance_uuid(
            admin, server_id
        )
        with nova_context.target_cell(admin, mapping.cell_mapping) as context:
            instance = moment.fresh(server_id)
            instance._context = context
            refused, query = {}, ''
            for node in objects.ComputeNodeList.get_all(context):
                heard = _heard.now = _Heard()
                refused[node.host] = _refusing(
                    KINDS[kind], context, instance, node, heard
                )
                query = heard.query or query
            return {'refused': refused, 'query': query}


def _refusing(
    play: collections.abc.Callable[..., None],
    context: typing.Any, instance: typing.Any, node: typing.Any,
    heard: _Heard,
) -> str:  # fmt: skip
    """Return who refuses, '' when the host is accepted."""
    if node.host == instance.host:
        return API
    try:
        play(context, instance, node)
    except _Answered:
        return ''
    except exception.NoValidHost:
        if heard.refused_by:
            return heard.refused_by
        if not heard.candidates:
            return PLACEMENT
        raise
    except exception.NovaException as error:
        return f'{CONDUCTOR} ({type(error).__name__})'
    raise RuntimeError('Conductor did not ask the scheduler.')


def _spec(
    context: typing.Any, instance: typing.Any, node: typing.Any
) -> typing.Any:
    """Return the server's request, with a destination as the API puts it."""
    spec = objects.RequestSpec.get_by_instance_uuid(context, instance.uuid)
    spec.requested_destination = objects.Destination(
        host=node.host,
        node=node.hypervisor_hostname,
        allow_cross_cell_move=False,
    )
    return spec


def _cold(context: typing.Any, instance: typing.Any, node: typing.Any) -> None:
    spec = _spec(context, instance, node)
    spec.ignore_hosts = [instance.host]
    spec.flavor = instance.flavor
    _ColdMigration(
        context, instance, instance.flavor, spec, True, None, _Scheduler(),
        report.report_client_singleton(), None, neutron.API(),
    )._execute()  # fmt: skip


def _live(context: typing.Any, instance: typing.Any, node: typing.Any) -> None:
    task = live_migrate.LiveMigrationTask(
        context, instance, None, False, False, None, None,
        servicegroup.API(), _Scheduler(), report.report_client_singleton(),
        _spec(context, instance, node),
    )  # fmt: skip
    try:
        task._find_destination()
    except _Answered:
        # The next thing that conductor does with a host it was given.
        task._check_compatible_with_source_hypervisor(node.host)
        raise


KINDS = {'cold': _cold, 'live': _live}


@contextlib.contextmanager
def _listening() -> collections.abc.Iterator[None]:
    """Hear what this thread asks of placement and of the filters."""
    candidates = report.SchedulerReportClient.get_allocation_candidates
    passes = filters.BaseHostFilter._filter_one

    def get_allocation_candidates(
        self: object, context: object, resources: typing.Any
    ) -> typing.Any:
        found = candidates(self, context, resources)
        if heard := getattr(_heard, 'now', None):
            query = resources.to_querystring()
            heard.query = '&'.join(
                part
                for part in query.split('&')
                if not part.startswith(('in_tree=', 'limit='))
            )
            heard.candidates += len(found[0] or [])
        return found

    def filter_one(self: object, host: object, spec: object) -> bool:
        passed = bool(passes(self, host, spec))
        heard = getattr(_heard, 'now', None)
        if heard and not passed:
            heard.refused_by = type(self).__name__
        return passed

    report.SchedulerReportClient.get_allocation_candidates = (
        get_allocation_candidates
    )
    filters.BaseHostFilter._filter_one = filter_one
    try:
        yield
    finally:
        report.SchedulerReportClient.get_allocation_candidates = candidates
        filters.BaseHostFilter._filter_one = passes
        _heard.now = None
