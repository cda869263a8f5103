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

"""What the record would say, for a caller who may not read records."""

from osc_migrate.engine import facts
from osc_migrate.engine import move as moves


def infer_record(
    move: moves.Move, server: facts.Server, actions: facts.Actions
) -> facts.MigrationRecord | None:
    """What the record would say, for a caller who may not read records.

    The actions of a server are open to every reader of the project, and
    ``hostId`` changes exactly when the host does: weaker than the record,
    and said so in the warnings. None where these prove nothing.
    """
    if isinstance(actions, facts.Missing):
        return None
    ours = moves.find_action(move, actions)
    if ours is None:
        return None
    since = moves.actions_since(move, actions)
    status = _infer_status(move, server, ours, since)
    if status is None:
        return None
    return facts.MigrationRecord(uuid=None, type=move.kind, status=status)


def _infer_status(
    move: moves.Move,
    server: facts.Server,
    ours: facts.InstanceAction,
    since: tuple[facts.InstanceAction, ...],
) -> str | None:
    asked = {action.action for action in since}
    on_source = move.on_source(server)
    if move.kind is moves.Kind.LIVE and on_source is False:
        return 'completed' if server.status != 'ERROR' else 'error'
    if move.kind is moves.Kind.LIVE and 'live_migration_cancel' in asked:
        return 'cancelled'
    if server.status == 'VERIFY_RESIZE':
        return 'confirming' if 'confirmResize' in asked else 'finished'
    if 'revertResize' in asked:
        return 'reverted' if on_source is not False else 'reverting'
    if 'confirmResize' in asked:
        return 'confirmed' if on_source is not True else None
    # Resting on the source alone may also be the moment before ERROR.
    return 'error' if ours.message is not None else None
