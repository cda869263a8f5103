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

"""Keystone with users, projects, roles and the service catalog."""

import base64
import os
import typing
import unittest.mock
import uuid

from osc_migrate.tests.cloud import layout as layout_module
from osc_migrate.tests.cloud import rules
from osc_migrate.tests.cloud import serve
from osc_migrate.tests.cloud import sqlite

SERVICE_USERS = ('placement', 'glance', 'neutron', 'nova')

#: Project -> user -> roles. Role admin implies manager, member and reader,
#: manager implies member, member implies reader: keystone's own bootstrap
#: says so. Role `service` is what makes a service token one.
Grants = dict[str, dict[str, tuple[str, ...]]]


def application(layout: layout_module.Layout) -> serve.Application:
    """Return the identity API, with all users in place."""
    sqlite.register()
    rules.lock_loading()
    _make_keys(layout)
    os.environ['OS_KEYSTONE_CONFIG_FILES'] = str(layout.config('keystone'))
    from keystone.wsgi import api

    sqlite.prepare(layout.database('keystone'), _create_schema)
    roles = _bootstrap(layout)
    _create_users(roles)
    _create_catalog(layout)
    _load_policy()
    return typing.cast(serve.Application, api.application)


def _make_keys(layout: layout_module.Layout) -> None:
    for name in ('fernet', 'credential'):
        directory = layout.directory / 'state' / 'keystone' / name
        directory.mkdir(parents=True, mode=0o700)
        for index in ('0', '1'):
            key = base64.urlsafe_b64encode(os.urandom(32))
            (directory / index).write_bytes(key)


def _create_schema() -> None:
    from keystone.common.sql import upgrades

    upgrades.offline_sync_database_to_version()


def _bootstrap(layout: layout_module.Layout) -> dict[str, str]:
    """Do what keystone-manage bootstrap does.

    :returns: id of each role by name
    """
    from keystone.cmd import bootstrap

    # The application has loaded the backends, which can be done only once.
    with unittest.mock.patch.object(bootstrap.backends, 'load_backends'):
        strapper = bootstrap.Bootstrapper()
    strapper.admin_username = 'admin'
    strapper.admin_password = layout_module.PASSWORD
    strapper.admin_role_name = 'admin'
    strapper.project_name = 'admin'
    strapper.immutable_roles = True
    strapper.region_id = layout_module.REGION
    strapper.service_name = 'keystone'
    strapper.public_url = layout.endpoints['identity']
    strapper.bootstrap()
    return {
        'admin': strapper.admin_role_id,
        'manager': strapper.manager_role_id,
        'member': strapper.member_role_id,
        'reader': strapper.reader_role_id,
        'service': strapper.service_role_id,
    }


def _load_policy() -> None:
    """Load the rules before the first request, see rules.py."""
    from keystone.common.rbac_enforcer import enforcer

    enforcer.RBACEnforcer()._enforcer.load_rules()


def _grants() -> Grants:
    grants: Grants = {
        'service': {user: ('admin', 'service') for user in SERVICE_USERS}
    }
    for user, (project, role) in layout_module.USERS.items():
        if user != 'admin':  # made by the bootstrap
            grants.setdefault(project, {})[user] = (role,)
    return grants


def _create_users(roles: dict[str, str]) -> None:
    from keystone.common import provider_api

    providers = provider_api.ProviderAPIs
    common = {'domain_id': 'default', 'enabled': True}
    for project, users in _grants().items():
        project_id = uuid.uuid4().hex
        providers.resource_api.create_project(
            project_id, {'id': project_id, 'name': project, **common}
        )
        for name, names in users.items():
            user = providers.identity_api.create_user(
                {'name': name, 'password': layout_module.PASSWORD, **common}
            )
            for role in names:
                providers.assignment_api.add_role_to_user_and_project(
                    user_id=user['id'],
                    project_id=project_id,
                    role_id=roles[role],
                )


def _create_catalog(layout: layout_module.Layout) -> None:
    from keystone.common import provider_api

    catalog = provider_api.ProviderAPIs.catalog_api
    for service, (kind, _path) in layout_module.CATALOG.items():
        if service == 'keystone':  # made by the bootstrap
            continue
        service_id, endpoint_id = uuid.uuid4().hex, uuid.uuid4().hex
        catalog.create_service(
            service_id,
            {'id': service_id, 'name': service, 'type': kind,
             'enabled': True},
        )  # fmt: skip
        catalog.create_endpoint(
            endpoint_id,
            {'id': endpoint_id, 'interface': 'public',
             'url': layout.endpoints[kind], 'service_id': service_id,
             'region_id': layout_module.REGION, 'enabled': True},
        )  # fmt: skip
