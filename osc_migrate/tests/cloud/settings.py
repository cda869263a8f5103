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

"""The configuration files of the services.

Why each setting is what it is: NOTES.rst.
"""

import collections.abc
import json

from osc_migrate.tests.cloud import layout as layout_module
from osc_migrate.tests.cloud import releases
from osc_migrate.tests.cloud import sqlite
from osc_migrate.tests.cloud import wishes

#: oslo.config sections: section -> option -> value.
Sections = dict[str, dict[str, object]]


def write(layout: layout_module.Layout) -> None:
    """Write all configuration files of a cloud."""
    for service, build in BUILDERS.items():
        sections = build(layout)
        if service == 'nova':
            for name, options in wishes.load(layout.wishes).nova.items():
                sections.setdefault(name, {}).update(options)
        layout.config(service).write_text(_render(sections))
    clouds = json.dumps(_clouds(layout), indent=2)  # JSON is YAML, too
    layout_module.replace(layout.clouds_yaml, clouds + '\n')


def _render(sections: Sections) -> str:
    lines = []
    for section, options in sections.items():
        lines.append(f'[{section}]')
        lines.extend(f'{key} = {value}' for key, value in options.items())
        lines.append('')
    return '\n'.join(lines)


def _clouds(layout: layout_module.Layout) -> dict[str, object]:
    return {
        'clouds': {
            user: {
                'auth': {
                    'auth_url': layout.url('keystone') + '/v3',
                    'username': user,
                    'password': layout_module.PASSWORD,
                    'project_name': project,
                    'user_domain_name': 'Default',
                    'project_domain_name': 'Default',
                },
                'region_name': layout_module.REGION,
                'interface': 'public',
                'identity_api_version': '3',
            }
            for user, (project, _role) in layout_module.USERS.items()
        }
    }


def database_url(layout: layout_module.Layout, name: str) -> str:
    """Return the SQLAlchemy URL of a database; waits of up to 60 s."""
    path = layout.database(name)
    return f'sqlite:///{path}?timeout=60&plugin={sqlite.PLUGIN}'


def _user(layout: layout_module.Layout, service: str) -> dict[str, object]:
    return {
        'auth_type': 'password',
        'auth_url': layout.url('keystone') + '/v3',
        'username': service,
        'password': layout_module.PASSWORD,
        'project_name': 'service',
        'user_domain_name': 'Default',
        'project_domain_name': 'Default',
        'region_name': layout_module.REGION,
    }


def _authtoken(
    layout: layout_module.Layout, service: str
) -> dict[str, object]:
    return {
        **_user(layout, service),
        'www_authenticate_uri': layout.url('keystone'),
        'interface': 'public',
        'service_token_roles_required': True,
        'token_cache_time': 3600,
    }


def _client(layout: layout_module.Layout, service: str) -> dict[str, object]:
    return {**_user(layout, service), 'valid_interfaces': 'public'}


def _common(**options: object) -> dict[str, object]:
    return {'use_stderr': True, 'debug': False, **options}


def _keystone(layout: layout_module.Layout) -> Sections:
    keys = layout.directory / 'state' / 'keystone'
    return {
        'DEFAULT': _common(public_endpoint=layout.url('keystone')),
        'database': {'connection': database_url(layout, 'keystone')},
        'token': {'provider': 'fernet', 'expiration': 86400},
        'fernet_tokens': {'key_repository': keys / 'fernet'},
        'fernet_receipts': {'key_repository': keys / 'fernet'},
        'credential': {'key_repository': keys / 'credential'},
        'identity': {'password_hash_rounds': 4, 'max_password_length': 72},
        'cache': {'enabled': True, 'backend': 'oslo_cache.dict'},
    }


def _placement(layout: layout_module.Layout) -> Sections:
    return {
        'DEFAULT': _common(),
        'placement_database': {
            'connection': database_url(layout, 'placement'),
        },
        'api': {'auth_strategy': 'keystone'},
        'keystone_authtoken': _authtoken(layout, 'placement'),
    }


def _glance(layout: layout_module.Layout) -> Sections:
    state = layout.directory / 'state' / 'glance'
    paste = releases.data_file('glance', 'etc/glance/glance-api-paste.ini')
    return {
        'DEFAULT': _common(enabled_backends='file:file'),
        'database': {'connection': database_url(layout, 'glance')},
        'keystone_authtoken': _authtoken(layout, 'glance'),
        'paste_deploy': {'flavor': 'keystone', 'config_file': paste},
        'glance_store': {'default_backend': 'file'},
        'file': {'filesystem_store_datadir': state / 'images'},
        'os_glance_staging_store': {
            'filesystem_store_datadir': state / 'staging',
        },
        'os_glance_tasks_store': {
            'filesystem_store_datadir': state / 'tasks',
        },
    }


def _neutron(layout: layout_module.Layout) -> Sections:
    state = layout.directory / 'state' / 'neutron'
    quotas = ('network', 'subnet', 'port', 'security_group',
              'security_group_rule')  # fmt: skip
    return {
        'DEFAULT': _common(
            api_paste_config=releases.data_file(
                'neutron', 'etc/neutron/api-paste.ini'
            ),
            auth_strategy='keystone',
            core_plugin='ml2',
            service_plugins='',
            transport_url='fake:/',
            state_path=state,
            agent_down_time=2000000,
            dhcp_agent_notification=False,
            notify_nova_on_port_status_changes=False,
            notify_nova_on_port_data_changes=False,
            rpc_workers=0,
        ),
        'database': {'connection': database_url(layout, 'neutron')},
        'keystone_authtoken': _authtoken(layout, 'neutron'),
        'oslo_concurrency': {'lock_path': state / 'locks'},
        'ml2': {
            'type_drivers': 'local',
            'project_network_types': 'local',
            'mechanism_drivers': 'openvswitch',
        },
        'quotas': {f'quota_{name}': -1 for name in quotas},
    }


def _nova(layout: layout_module.Layout) -> Sections:
    state = layout.directory / 'state' / 'nova'
    return {
        'DEFAULT': _common(
            transport_url='fake:/',
            state_path=state,
            instances_path=state / 'instances',
            my_ip='127.0.0.1',
            compute_driver='steered.SteeredDriver',
            report_interval=10,
            service_down_time=120,
            resize_confirm_window=0,
            vif_plugging_is_fatal=False,
            vif_plugging_timeout=0,
            periodic_fuzzy_delay=0,
            sync_power_state_interval=-1,
            heal_instance_info_cache_interval=-1,
            instance_usage_audit=False,
            rpc_response_timeout=60,
            cell_worker_thread_pool_size=20,
            default_thread_pool_size=20,
        ),
        'api': {'auth_strategy': 'keystone'},
        'api_database': {'connection': database_url(layout, 'nova_api')},
        'database': {'connection': database_url(layout, 'nova_cell1')},
        'keystone_authtoken': _authtoken(layout, 'nova'),
        'service_user': {
            'send_service_user_token': True,
            **_user(layout, 'nova'),
        },
        'placement': _client(layout, 'nova'),
        'neutron': _client(layout, 'nova'),
        'glance': _client(layout, 'nova'),
        'oslo_concurrency': {'lock_path': state / 'locks'},
        'wsgi': {
            'api_paste_config': releases.data_file(
                'nova', 'etc/nova/api-paste.ini'
            ),
        },
        'quota': {'instances': -1, 'cores': -1, 'ram': -1,
                  'server_groups': -1, 'server_group_members': -1,
                  'metadata_items': -1},
        'filter_scheduler': {
            'track_instance_changes': False,
            'build_failure_weight_multiplier': 0,
        },
        'libvirt': {'images_type': 'qcow2'},
        'upgrade_levels': {'compute': 'auto'},
    }  # fmt: skip


BUILDERS: dict[
    str, collections.abc.Callable[[layout_module.Layout], Sections]
] = {
    'keystone': _keystone,
    'placement': _placement,
    'glance': _glance,
    'neutron': _neutron,
    'nova': _nova,
}
