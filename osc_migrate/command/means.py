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

"""What a drain works with, made of what the client has at hand."""

import argparse
from typing import Any

from openstackclient.identity import common as identity

from osc_migrate import clock as clocks
from osc_migrate.cloud import hosts
from osc_migrate.cloud import nova
from osc_migrate.cloud import room
from osc_migrate.cloud import surroundings
from osc_migrate.command import signals as signal_handling
from osc_migrate.command import streams
from osc_migrate import convoy as convoys
from osc_migrate import door as doors
from osc_migrate import gate as gates
from osc_migrate import start


def project_id(app: Any, arguments: argparse.Namespace) -> str | None:
    """The ID of the project of ``--project``."""
    if arguments.project is None:
        return None
    found = identity.find_project(
        app.client_manager.identity,
        arguments.project,
        arguments.project_domain,
    )
    return str(found.id)


def means(
    app: Any,
    arguments: argparse.Namespace,
    clock: clocks.Clock,
    board: doors.Board,
    stream: streams.Tolerant,
    signals: signal_handling.Signals,
) -> convoys.Means:
    """Doors to the cloud of this run.

    :raises: :class:`~osc_migrate.exceptions.MigrateError` where the cloud
        cannot be reached, or the program of ``--check`` does not exist.
    """
    check = None
    if arguments.check is not None:
        check = gates.program(arguments.check)

    def gate() -> gates.Gate | None:
        if check is None:
            return None
        return gates.CheckProgram(
            check, arguments.check_timeout, stream, clock
        )

    connection = app.client_manager.sdk_connection
    door = start.patiently(
        clock, lambda: nova.Nova(connection, signals.shield)
    )
    around = surroundings.Surroundings(
        connection, clock, project_id=door.project_id, roles=door.roles
    )
    return convoys.Means(
        door,
        hosts.Hosts(door.api),
        clock,
        board,
        gate,
        around,
        room.Room(connection, door.api, clock),
    )
