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

"""What decides before a confirm: the check or the question of an option."""

import argparse
from collections.abc import Callable

from osc_lib.command import command

from osc_migrate import clock as clocks
from osc_migrate.command import options
from osc_migrate.command import prompt
from osc_migrate.command import shown
from osc_migrate.command import streams
from osc_migrate import gate as gates


def gate(
    asking: command.Command,
    arguments: argparse.Namespace,
    clock: clocks.Clock,
    stderr: streams.Tolerant,
    server_id: Callable[[], str],
) -> gates.Gate | None:
    """The gate that was asked for, or None.

    :param server_id: Tells the server, once it was found.
    :raises: :class:`~osc_migrate.exceptions.MigrateError` where the check
        cannot be run.
    """
    if arguments.check is not None:
        return gates.CheckProgram(
            gates.program(arguments.check),
            arguments.check_timeout,
            stderr,
            clock,
        )
    if options.prompts(arguments):
        return prompt.Prompt(
            asking.app.stdin,
            stderr,
            lambda: shown.server(asking, server_id()),
            clock,
        )
    return None
