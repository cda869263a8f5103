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

"""What a successful move leaves behind, if a server says so."""

import sqlite3

from nova import context as nova_context
from nova import objects

from osc_migrate.tests.cloud import moment as moment_module

Moment = moment_module.Moment


def skip(_value: str, _moment: Moment) -> None:
    """Leave the step undone."""
    raise moment_module.Skipped


def port(value: str, moment: Moment) -> None:
    """Spoil the bindings of the server's ports, in neutron's own database.

    There is no request that does: neutron's API binds what it is told to.
    """
    if value == 'failed':
        _change(moment, "vif_type = 'binding_failed'")
    elif value == 'source':
        _change(moment, 'host = :source', source=_source(moment))
    else:
        raise ValueError(f'port={value}: failed or source')


def _source(moment: Moment) -> str:
    migrations = objects.MigrationList.get_by_filters(
        nova_context.get_admin_context(),
        {'instance_uuid': moment.instance.uuid},
    )
    return str(max(migrations, key=lambda m: m.id).source_compute)


def _change(moment: Moment, change: str, **values: str) -> None:
    ports = 'SELECT id FROM ports WHERE device_id = :server'
    where = f"WHERE port_id IN ({ports}) AND status = 'ACTIVE'"
    values['server'] = moment.instance.uuid
    path = moment_module.databases / 'neutron.sqlite'
    with sqlite3.connect(path, timeout=60) as connection:
        connection.execute('BEGIN IMMEDIATE')
        connection.execute(
            f"DELETE FROM ml2_port_bindings WHERE port_id IN ({ports}) "
            f"AND status = 'INACTIVE'",
            values,
        )
        connection.execute(
            f'UPDATE ml2_port_bindings SET {change} {where}', values
        )
    connection.close()
