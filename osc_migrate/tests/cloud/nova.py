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

"""Nova: API, scheduler, conductor and all computes in one process.

One process, because the transport `fake:/` carries RPC within a process and
needs no broker.
"""

import logging
import os
import shutil
import sys
import typing

from osc_migrate.tests.cloud import layout as layout_module
from osc_migrate.tests.cloud import releases
from osc_migrate.tests.cloud import rules
from osc_migrate.tests.cloud import serve
from osc_migrate.tests.cloud import sqlite
from osc_migrate.tests.cloud import wishes

#: Name, vCPUs, memory in MiB, disk in GiB. Nova refuses to make a disk
#: smaller: disks of one size allow resizes in both directions.
FLAVORS = (('m1.tiny', 1, 64, 1), ('m1.small', 2, 256, 1))


def application(layout: layout_module.Layout) -> serve.Application:
    """Return the compute API, with all other services of nova running."""
    sqlite.register()
    rules.lock_loading()
    for name in ('locks', 'instances'):
        (layout.directory / 'state' / 'nova' / name).mkdir(parents=True)
    _configure(layout)
    _prepare_databases(layout)
    _map_cells(layout)
    _create_flavors()
    _fake_volumes()
    releases.correct_computes()
    _start_services(layout)
    layout_module.replace(layout.nova_release, releases.version('nova'))
    from nova.api import wsgi

    from osc_migrate.tests.cloud import questions

    return questions.beside(
        typing.cast(serve.Application, wsgi.Loader().load_app('osapi_compute'))
    )


def _configure(layout: layout_module.Layout) -> None:
    from oslo_log import log

    import nova.conf
    from nova import config
    from nova import objects

    config.parse_args(
        ['nova'],
        default_config_files=[str(layout.config('nova'))],
    )
    log.setup(nova.conf.CONF, 'nova')
    # At each call it would warn that it will be gone one day.
    logging.getLogger('neutronclient').setLevel(logging.ERROR)
    objects.register_all()
    releases.configure(nova.conf.CONF)


def _prepare_databases(layout: layout_module.Layout) -> None:
    from nova.db import migration

    sqlite.prepare(
        layout.database('nova_api'),
        lambda: migration.db_sync(database='api'),
    )
    cell1 = layout.database('nova_cell1')
    sqlite.prepare(cell1, lambda: migration.db_sync(database='main'))
    _copy(cell1, layout.database('nova_cell0'))


def _copy(source: os.PathLike[str], target: os.PathLike[str]) -> None:
    import sqlite3

    with sqlite3.connect(source) as connection:
        connection.execute('PRAGMA wal_checkpoint(TRUNCATE)')
    connection.close()
    shutil.copyfile(source, target)


def _map_cells(layout: layout_module.Layout) -> None:
    from nova import context as nova_context
    from nova import objects
    from nova.objects import cell_mapping
    from oslo_utils import uuidutils

    from osc_migrate.tests.cloud import settings

    cells = (
        ('cell0', cell_mapping.CellMapping.CELL0_UUID, 'none:///'),
        ('cell1', uuidutils.generate_uuid(), 'fake:/'),
    )
    for name, uuid, transport in cells:
        objects.CellMapping(
            nova_context.get_admin_context(),
            uuid=uuid,
            name=name,
            transport_url=transport,
            database_connection=settings.database_url(layout, f'nova_{name}'),
            disabled=False,
        ).create()


def _create_flavors() -> None:
    from nova import context as nova_context
    from nova import objects

    for number, (name, vcpus, memory, disk) in enumerate(FLAVORS, 1):
        objects.Flavor(
            nova_context.get_admin_context(),
            name=name,
            flavorid=str(number),
            vcpus=vcpus,
            memory_mb=memory,
            root_gb=disk,
            ephemeral_gb=0,
            swap=0,
            rxtx_factor=1.0,
            vcpu_weight=0,
            disabled=False,
            is_public=True,
            projects=[],
            extra_specs={},
        ).create()


def _fake_volumes() -> None:
    """Let nova believe in cinder: any volume id exists, with 1 GiB.

    Nova's own stand-in comes with nova's tests, which need testtools and
    wsgi-intercept. Without these packages there are no volumes.
    """
    try:
        releases.fake_volumes()
    except ImportError as error:
        logging.getLogger(__name__).warning('No volumes: %s', error)


def _start_services(layout: layout_module.Layout) -> None:
    from nova.compute import rpcapi as compute_rpcapi
    from nova.conductor import rpcapi as conductor_rpcapi
    from nova.conf import CONF
    from nova import context as nova_context
    from nova.objects import host_mapping
    from nova.scheduler import rpcapi as scheduler_rpcapi
    from nova import service

    from osc_migrate.tests.cloud import moment
    from osc_migrate.tests.cloud import services
    from osc_migrate.tests.cloud import steered_driver

    # Nova takes drivers from below nova.virt only.
    sys.modules['nova.virt.steered'] = steered_driver
    steered_driver.install()
    services.install()
    moment.releases = layout.releases
    moment.databases = layout.directory / 'databases'
    moment.hypervisors = wishes.load(layout.wishes).hypervisors
    for name, topic in (
        ('conductor', conductor_rpcapi.RPC_TOPIC),
        ('scheduler', scheduler_rpcapi.RPC_TOPIC),
    ):
        one = service.Service.create(
            host='control', binary=f'nova-{name}', topic=topic
        )
        one.start()
        if name == 'scheduler':
            moment.scheduler = one.manager
    for host in layout.compute_hosts:
        # Managers and drivers read it while they are made.
        CONF.set_override('host', host)
        compute = service.Service.create(
            host=host,
            binary='nova-compute',
            **releases.topics(compute_rpcapi),
        )
        compute.start()
        moment.managers[host] = compute.manager
    CONF.set_override('host', 'control')
    host_mapping.discover_hosts(nova_context.get_admin_context())
