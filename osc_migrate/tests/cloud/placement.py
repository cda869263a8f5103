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

"""Placement with an empty database."""

import os
import typing

from osc_migrate.tests.cloud import layout as layout_module
from osc_migrate.tests.cloud import rules
from osc_migrate.tests.cloud import serve
from osc_migrate.tests.cloud import sqlite


def application(layout: layout_module.Layout) -> serve.Application:
    """Return the placement API."""
    sqlite.register()
    rules.lock_loading()
    os.environ['OS_PLACEMENT_CONFIG_DIR'] = str(layout.directory / 'etc')
    sqlite.prepare(
        layout.database('placement'), lambda: _create_schema(layout)
    )
    from placement.wsgi import api

    return typing.cast(serve.Application, api.application)


def _create_schema(layout: layout_module.Layout) -> None:
    from oslo_config import cfg

    from placement import conf
    from placement.db.sqlalchemy import migration
    from placement import db_api

    config = cfg.ConfigOpts()
    conf.register_opts(config)
    config([], default_config_files=[str(layout.config('placement'))])
    db_api.configure(config)
    # From the models, as placement's own tests do: 0.1 s.
    migration.create_schema()
