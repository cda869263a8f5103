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

"""The document: the installed client's own ``server show``, and our fields."""

import logging
from typing import Any

from osc_lib.cli import format_columns
from osc_lib.command import command

from osc_migrate import clock as clocks
from osc_migrate.cloud import faults
from osc_migrate.engine import outcomes
from osc_migrate import result as results
from osc_migrate import start

#: Seconds for a show after an API that could not be read to the end.
LAST_TRY = 5.0

LOG = logging.getLogger(__name__)


def document(
    asking: command.Command, result: results.Result
) -> tuple[tuple[str, ...], tuple[Any, ...]]:
    """Columns and values.

    If the server can no longer be shown, its ID and name stand for it: the
    verdict does not depend on the show.
    """
    try:
        if result.outcome is outcomes.Outcome.UNKNOWN:
            # It was waited for long enough: once more, and not for long.
            session = asking.app.client_manager.sdk_connection.session
            session.timeout = LAST_TRY
            columns, values = server(asking, result.server_id)
        else:
            columns, values = start.patiently(
                clocks.SystemClock(), lambda: server(asking, result.server_id)
            )
    except Exception:
        # Whatever keeps the client from showing it, the move is over.
        LOG.debug('The server cannot be shown', exc_info=True)
        columns = ('id', 'name')
        values = (result.server_id, result.server_name)
    ours = {name: getattr(result, name) for name in results.FIELDS}
    ours['outcome'] = str(result.outcome)
    ours['warnings'] = format_columns.ListColumn(list(result.warnings))
    if result.changes is not None:
        ours['changes'] = format_columns.DictColumn(dict(result.changes))
    return (*columns, *ours), (*values, *ours.values())


def server(
    asking: command.Command, server_id: str
) -> tuple[tuple[str, ...], tuple[Any, ...]]:
    """What ``openstack server show`` of this client prints, by its code."""
    manager = asking.app.command_manager
    factory, name, _rest = manager.find_command(['server', 'show'])
    show = factory(asking.app, asking.app_args, cmd_name=name)
    arguments = show.get_parser(name).parse_args([server_id])
    try:
        columns, values = show.take_action(arguments)
    except faults.CALL_ERRORS as error:
        raise faults.translate(error) from error
    return tuple(columns), tuple(values)
