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

"""The command that takes up a wait again, as it was asked for."""

import argparse
from collections.abc import Iterable, Mapping

from osc_migrate.engine import text

#: The options of the client that tell one cloud, one user and one project
#: from others, by their names in its namespace.
CLIENT = (
    'cloud', 'auth_type', 'auth_url', 'username', 'user_id',
    'user_domain_name', 'user_domain_id', 'project_name', 'project_id',
    'project_domain_name', 'project_domain_id', 'system_scope', 'trust_id',
    'region_name', 'interface', 'cacert', 'os_compute_api_version',
)  # fmt: skip
#: The options that say what is wished, but for the default.
WISHES = {'leave': '--no-confirm', 'prompt': '--prompt'}


def command(
    server_id: str,
    migration_id: str | None,
    client: Iterable[str],
    options: Iterable[str],
) -> str:
    """The command line that takes up the wait, with no secret in it.

    :param client: Options of the client itself.
    """
    words = ['openstack', *client, 'server', 'migrate-and-wait', '--attach']
    if migration_id:
        words += ['--migration', migration_id]
    return text.command_line([*words, *options, server_id])


def line(words: Iterable[str]) -> str:
    """A command line of the client, to be pasted."""
    return text.command_line(['openstack', *words])


def of_client(
    options: argparse.Namespace, environment: Mapping[str, str]
) -> list[str]:
    """The client's own options that say which cloud, and no secret.

    What an environment variable says is still there when the command is
    typed; the cloud is named all the same.
    """
    words: list[str] = []
    for name in CLIENT:
        value = getattr(options, name, None)
        variable = f'OS_{name.removeprefix("os_").upper()}'
        if not value or (
            name != 'cloud' and environment.get(variable) == value
        ):
            continue
        option = name.removeprefix('os_').replace('_', '-')
        words += option_with(f'--os-{option}', str(value))
    if getattr(options, 'insecure', None):
        words.append('--insecure')
    return words


def given(arguments: argparse.Namespace) -> list[str]:
    """The options that a command must repeat to carry on as it was asked."""
    words: list[str] = []
    if arguments.check is not None:
        words += option_with('--check', arguments.check)
    elif arguments.wish in WISHES:
        words.append(WISHES[arguments.wish])
    if arguments.check_timeout != 60.0:
        words += ['--check-timeout', f'{arguments.check_timeout:.12g}']
    if arguments.on_timeout != 'leave':
        words += ['--on-timeout', arguments.on_timeout]
    if arguments.timeout != 3600.0:
        words += ['--timeout', f'{arguments.timeout:.12g}']
    if arguments.poll_interval != 5.0:
        words += ['--poll-interval', f'{arguments.poll_interval:.12g}']
    return [*words, *of_output(arguments)]


def of_output(arguments: argparse.Namespace) -> list[str]:
    """The options that choose what is printed, and how."""
    words: list[str] = []
    if arguments.formatter != 'table':
        words += ['-f', arguments.formatter]
    for column in arguments.columns:
        words += (
            [f'--column={column}'] if column[:1] == '-' else ['-c', column]
        )
    return words


def option_with(option: str, value: str) -> list[str]:
    """An option with its value, also where that looks like an option."""
    return [f'{option}={value}'] if value[:1] == '-' else [option, value]
