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

"""The look at the other hosts, before any server of a host moves."""

from collections.abc import Iterable, Mapping

from osc_migrate import door as doors
from osc_migrate.engine import facts
from osc_migrate.engine import move as moves
from osc_migrate.engine import shortage
from osc_migrate.engine import text
from osc_migrate.engine import turns
from osc_migrate.i18n import _

#: Characters of the reason why nothing was seen.
REASON_LENGTH = 200


def look(
    room: doors.Room,
    host: str,
    destination: str | None,
    servers: Iterable[facts.Server],
    kinds: Mapping[str, moves.Kind],
    groups: Iterable[turns.ServerGroup],
) -> shortage.Told:
    """What is to be said of the other hosts; never an error.

    A shortage is a warning and no more: servers can go meanwhile, and who
    asks for the drain may know it. So is a look that failed.

    :param host: The host that is to be emptied.
    :param destination: The one host for all, None where Nova chooses.
    :param servers: Those that are still to be moved, all from that host.
    :param kinds: How each is to be moved, by its ID.
    :param groups: The server groups of all projects.
    """
    moving = tuple(servers)
    if not moving:
        return shortage.Told()
    try:
        seen = room.look(host, kinds, destination, groups)
        return shortage.told(moving, kinds, seen, destination)
    except Exception as error:
        reason = str(error).strip() or type(error).__name__
        sentence = _(
            'Whether there is room elsewhere was not looked at: %s'
        ) % text.shortened(text.printable(reason), REASON_LENGTH)
        return shortage.Told((sentence,))
