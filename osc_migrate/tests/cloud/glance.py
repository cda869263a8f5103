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

"""Glance with a file store."""

import os
import typing

from osc_migrate.tests.cloud import layout as layout_module
from osc_migrate.tests.cloud import rules
from osc_migrate.tests.cloud import serve
from osc_migrate.tests.cloud import sqlite


def application(layout: layout_module.Layout) -> serve.Application:
    """Return the image API."""
    sqlite.register()
    rules.lock_loading()
    etc = layout.directory / 'etc' / 'glance'
    etc.mkdir()
    # Glance looks for this name in a directory it is told.
    (etc / 'glance-api.conf').symlink_to(layout.config('glance'))
    os.environ['OS_GLANCE_CONFIG_DIR'] = str(etc)
    for name in ('images', 'staging', 'tasks'):
        (layout.directory / 'state' / 'glance' / name).mkdir(parents=True)
    from glance.wsgi import api

    sqlite.prepare(layout.database('glance'), _create_schema)
    return typing.cast(serve.Application, api.application)


def _create_schema() -> None:
    from alembic import command

    from glance.db.sqlalchemy import alembic_migrations
    from glance.db.sqlalchemy import api
    from glance.db.sqlalchemy import models

    engine = api.get_engine()
    models.register_models(engine)
    command.stamp(alembic_migrations.get_alembic_config(engine), 'heads')
