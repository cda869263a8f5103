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

"""What is asked of a drain, and what is known of its host at the end."""

from collections.abc import Iterable
import dataclasses
from typing import Any

from osc_migrate.engine import facts
from osc_migrate.engine import outcomes
from osc_migrate.engine.request import Method
from osc_migrate.engine import rows
from osc_migrate.engine import turns
from osc_migrate import exceptions
from osc_migrate.i18n import _


@dataclasses.dataclass(frozen=True, slots=True)
class Request:
    """The options of ``compute host drain``; times are seconds.

    :ivar servers: Names or IDs, empty for all.
    :ivar disable: Disable the compute service first.
    """

    host: str
    method: Method = Method.AUTO
    destination: str | None = None
    block_migration: bool | None = None
    servers: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    project_id: str | None = None
    include_locked: bool = False
    disable: bool = True
    disable_reason: str | None = None
    limits: turns.Limits = dataclasses.field(default_factory=turns.Limits)
    timeout: float = 3600.0
    poll_interval: float = 5.0
    dry_run: bool = False

    @property
    def choice(self) -> dict[str, Any]:
        """What has to be the same when a plan is carried on, as JSON."""
        return {
            'method': str(self.method),
            'destination': self.destination,
            'block_migration': self.block_migration,
            'servers': sorted(self.servers),
            'excluded': sorted(self.excluded),
            'project_id': self.project_id,
            'include_locked': self.include_locked,
        }

    def leaves(self, server: facts.Server) -> bool:
        """Whether a server that came since is none of those that are meant."""
        if self.servers or not {server.id, server.name}.isdisjoint(
            self.excluded
        ):
            return True
        return self.project_id not in (None, server.project_id)


@dataclasses.dataclass(frozen=True, slots=True)
class Emptiness:
    """What a last look at the host showed.

    :ivar remaining: Servers that are on it and were not excluded.
    :ivar pending: Servers whose migration from it is not decided.
    :ivar unseen: A cell that is down keeps something from being seen.
    :ivar excluded: How many servers are on it that were excluded.
    :ivar unread: Why Nova could not be asked, None where it could.
    """

    remaining: tuple[facts.Server, ...] = ()
    pending: tuple[facts.Server, ...] = ()
    unseen: bool = False
    excluded: int = 0
    unread: str | None = None

    @property
    def exit_code(self) -> int:
        if self.remaining or self.pending:
            return outcomes.EXIT_REMAIN
        is_known = not self.unseen and self.unread is None
        return 0 if is_known else outcomes.EXIT_UNKNOWN


def told(host: str, emptiness: Emptiness) -> str:
    """What the last look at the host showed, in one sentence."""
    said = {
        'host': host,
        'remaining': rows.named([s.name for s in emptiness.remaining]),
        'pending': rows.named([s.name for s in emptiness.pending]),
    }
    found = []
    if emptiness.remaining:
        found.append(_('on it: %(remaining)s') % said)
    if emptiness.pending:
        found.append(
            _('migrations from it that are not over: %(pending)s') % said
        )
    if emptiness.unseen:
        found.append(_('its cell does not answer'))
    if emptiness.unread is not None:
        found.append(emptiness.unread.rstrip('.'))
    if not found:
        if emptiness.excluded:
            return _(
                'Compute host %s is empty but for what was excluded.'
            ) % host  # fmt: skip
        return _('Compute host %s is empty.') % host
    if emptiness.exit_code == outcomes.EXIT_UNKNOWN:
        sentence = _('Whether compute host %(host)s is empty is not known: '
                     '%(found)s.')  # fmt: skip
    else:
        sentence = _('Compute host %(host)s is not empty; %(found)s.')
    return sentence % {'host': host, 'found': '; '.join(found)}


def identify(
    names: Iterable[str], servers: Iterable[facts.Server]
) -> tuple[frozenset[str], tuple[str, ...]]:
    """The IDs of the servers that are meant, and the names that none has.

    :raises: :class:`~osc_migrate.exceptions.Refused` for a name that more
        than one of them has.
    """
    servers = tuple(servers)
    found = set()
    missing = []
    for name in names:
        ids = [s.id for s in servers if s.id == name.lower()]
        ids = ids or [s.id for s in servers if s.name == name]
        if len(ids) > 1:
            raise exceptions.Refused(
                _('More than one server of this host is named \'%(name)s\': '
                  '%(ids)s') % {'name': name, 'ids': ', '.join(ids)},
                hint=_('Give the ID instead of the name.'),
            )  # fmt: skip
        found.update(ids)
        if not ids:
            missing.append(name)
    return frozenset(found), tuple(missing)
