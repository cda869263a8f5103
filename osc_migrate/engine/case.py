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

"""One look laid beside what is known of the move: what every rule asks."""

import dataclasses

from osc_migrate.engine import decisions
from osc_migrate.engine import facts
from osc_migrate.engine import move as moves
from osc_migrate.engine import outcomes
from osc_migrate.i18n import _


@dataclasses.dataclass(frozen=True, slots=True)
class Case:
    """A move, one look at it, and the record that the move has there."""

    move: moves.Move
    look: facts.Snapshot
    server: facts.Server
    record: facts.MigrationRecord | None = None

    @property
    def since(self) -> tuple[facts.InstanceAction, ...]:
        """What was asked of the server after this move, newest first."""
        if isinstance(self.look.actions, facts.Missing):
            return ()
        return moves.actions_since(self.move, self.look.actions)

    def asked(self, name: str) -> facts.InstanceAction | None:
        """The first action of this name that came after the move."""
        named = (a for a in reversed(self.since) if a.action == name)
        return next(named, None)

    def at_destination(self) -> bool:
        """Whether the server is provably on the host that it went to."""
        if self.move.on_source(self.server):
            return False
        if self.record and self.record.destination_host and self.server.host:
            return self.record.destination_host == self.server.host
        return self.move.on_source(self.server) is False

    def at(self, host: str | None) -> bool:
        """Whether nothing speaks against the server being on a host."""
        return moves.agree(host, self.server.host)

    def foreign_move(self) -> outcomes.Verdict | None:
        """A migration, resize or evacuation that began after this move."""
        action = next(
            (a for a in self.since if a.action in moves.MOVING_ACTIONS), None
        )
        if action is not None:
            detail = _(
                'A %(action)s that is not ours was requested at %(time)s UTC '
                '(%(request)s) by %(user)s.'
            ) % {
                'action': action.action,
                'time': action.start_time,
                'request': action.request_id,
                'user': _user(action.user_id),
            }
            return _conflict(detail)
        if isinstance(self.look.records, facts.Missing):
            return None
        newer = moves.newer_records(
            self.move, self.look.records
        ) or moves.strangers(self.move, self.look.records)
        if not newer:
            return None
        detail = _(
            'The %(type)s %(uuid)s (%(status)s), asked for by %(user)s, is '
            'newer than ours.'
        ) % {
            'type': newer[0].type,
            'uuid': newer[0].uuid,
            'status': newer[0].status,
            'user': _user(newer[0].user_id),
        }
        return _conflict(detail)

    def hold(
        self,
        outcome: outcomes.Outcome,
        cause: outcomes.Cause,
        seconds: float,
        detail: str | None = None,
        by_user: str | None = None,
    ) -> decisions.Hold:
        """This verdict, if nothing changes for so many seconds."""
        verdict = outcomes.Verdict(outcome, cause, detail, by_user)
        return self.held(verdict, seconds)

    def held(
        self, verdict: outcomes.Verdict, seconds: float
    ) -> decisions.Hold:
        server, record = self.server, self.record
        seen = (
            server.status,
            server.vm_state,
            server.task_state,
            server.host,
            server.host_id,
            record and record.uuid,
            record and record.status,
        )
        return decisions.Hold(verdict, seconds, seen)


def _user(user_id: str | None) -> str:
    return _('user %s') % user_id if user_id else _('somebody')


def _conflict(detail: str) -> outcomes.Verdict:
    return outcomes.Verdict(
        outcomes.Outcome.CONFLICT, outcomes.Cause.FOREIGN_MOVE, detail
    )
