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

"""Neutron with ML2 and one Open vSwitch agent record per compute host."""

import datetime
import json
import os
import sqlite3
import typing
import uuid

from osc_migrate.tests.cloud import layout as layout_module
from osc_migrate.tests.cloud import rules
from osc_migrate.tests.cloud import serve
from osc_migrate.tests.cloud import sqlite

AGENT_TYPE = 'Open vSwitch agent'
AGENT_BINARY = 'neutron-openvswitch-agent'


def application(layout: layout_module.Layout) -> serve.Application:
    """Return the network API."""
    sqlite.register()
    rules.lock_loading()
    os.environ['OS_NEUTRON_CONFIG_FILES'] = str(layout.config('neutron'))
    (layout.directory / 'state' / 'neutron' / 'locks').mkdir(parents=True)
    sqlite.prepare(layout.database('neutron'), lambda: _create_schema(layout))
    _create_agents(layout)
    from neutron import policy
    from neutron.wsgi import api

    # Otherwise done by the first request, see rules.py.
    policy.init()
    return typing.cast(serve.Application, api.application)


def _create_schema(layout: layout_module.Layout) -> None:
    """Create the tables from the models.

    Neutron's migrations alter constraints, which SQLite cannot.
    """
    from neutron.db.migration.models import head  # noqa: F401
    from neutron_lib.db import model_base
    import sqlalchemy

    engine = sqlalchemy.create_engine(
        f'sqlite:///{layout.database("neutron")}'
    )
    model_base.BASEV2.metadata.create_all(engine)
    engine.dispose()


def _create_agents(layout: layout_module.Layout) -> None:
    """Say that an agent lives on each compute, so that ports get bound."""
    now = datetime.datetime.now(datetime.UTC)
    stamp = now.strftime('%Y-%m-%d %H:%M:%S.%f')
    rows = [
        {
            'id': str(uuid.uuid4()),
            'agent_type': AGENT_TYPE,
            'binary': AGENT_BINARY,
            'topic': 'N/A',
            'host': host,
            'admin_state_up': True,
            'created_at': stamp,
            'started_at': stamp,
            'heartbeat_timestamp': stamp,
            'configurations': json.dumps(_configuration()),
            'load': 0,
        }
        for host in layout.compute_hosts
    ]
    columns = ', '.join(rows[0])
    places = ', '.join(f':{name}' for name in rows[0])
    with sqlite3.connect(layout.database('neutron')) as connection:
        connection.executemany(
            f'INSERT INTO agents ({columns}) VALUES ({places})', rows
        )
    connection.close()


def _configuration() -> dict[str, object]:
    return {
        'bridge_mappings': {},
        'datapath_type': 'system',
        'devices': 0,
        'integration_bridge': 'br-int',
        'ovs_capabilities': {
            'datapath_types': ['system'],
            'iface_types': ['internal', 'patch', 'tap'],
        },
        'ovs_hybrid_plug': False,
        'tunnel_types': [],
        'tunneling_ip': '127.0.0.1',
        'vhostuser_socket_dir': '/run/openvswitch',
    }
