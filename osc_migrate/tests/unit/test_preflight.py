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

"""A dry run says all that Nova would refuse, at once."""

import dataclasses

import testtools

from osc_migrate.engine import facts
from osc_migrate.engine import move as moves
from osc_migrate.engine import preflight
from osc_migrate.tests.unit import rows
from osc_migrate.tests.unit import traces

ADMIN = frozenset({'admin', 'member'})
MANAGER = frozenset({'manager', 'member'})
MEMBER = frozenset({'member', 'reader'})
UP = facts.ComputeService('src', up=True, enabled=True)
DOWN = facts.ComputeService('src', up=False, enabled=True)
OTHER = facts.ComputeService('other', up=True, enabled=True)
LIVE = moves.Kind.LIVE
HIDDEN, UNKNOWN = facts.Missing.HIDDEN, facts.Missing.NOT_READ


@dataclasses.dataclass(frozen=True)
class Look:
    """A server and what is known around it; words of what must be said."""

    name: str
    state: str = 'ACTIVE'
    kind: moves.Kind = moves.Kind.COLD
    host: str | None = None
    source: preflight.Service = UP
    destination: preflight.Service = HIDDEN
    roles: frozenset[str] = ADMIN
    locked: bool = False
    refusals: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


ROWS = (
    Look('ACTIVE'),
    Look('SHUTOFF', state='SHUTOFF'),
    Look('to a host that is up', host='other', destination=OTHER),
    Look('the source cannot be seen', source=HIDDEN),
    Look('a source that is disabled only', source=dataclasses.replace(
        UP, enabled=False)),
    Look(
        'PAUSED', state='PAUSED',
        refusals=('vm_state paused',), hints=('server unpause',),
    ),
    Look(
        'in ERROR', state='ERROR',
        refusals=('vm_state error',), hints=('set --state active',),
    ),
    Look(
        'awaiting confirmation', state='VERIFY_RESIZE',
        refusals=('vm_state resized',), hints=('--attach',),
    ),
    Look(
        'at work', state='ACTIVE/rebooting',
        refusals=('task_state rebooting',), hints=('wait until',),
    ),
    Look(
        'locked, for an admin', locked=True, warnings=('is locked',),
    ),
    Look(
        'locked, for a manager', locked=True, roles=MANAGER,
        refusals=('is locked',), hints=('server unlock',),
    ),
    Look(
        'locked, for nobody knows whom', locked=True, roles=frozenset(),
        warnings=('is locked',),
    ),
    Look('a manager', roles=MANAGER),
    Look(
        'a member', roles=MEMBER, refusals=('admin or a manager',),
        hints=('policy',),
    ),
    Look(
        'the source is down', source=DOWN,
        refusals=('of src is down',), hints=('server evacuate',),
    ),
    Look(
        'to its own host', host='src', destination=UP,
        refusals=('where the server exists',), hints=('--host',),
    ),
    Look(
        'to a host that does not exist', host='other', destination=UNKNOWN,
        refusals=('other could not be found',), hints=('service list',),
    ),
    Look(
        'to a host that is down', host='other',
        destination=dataclasses.replace(OTHER, up=False),
        refusals=('of other is down',), hints=('service list',),
    ),
    Look(
        'to a host that is disabled', host='other',
        destination=dataclasses.replace(
            OTHER, enabled=False, disabled_reason='new disks'
        ),
        refusals=('disabled (new disks)',), hints=('set --enable other',),
    ),
    Look(
        'a manager who names a host', host='other', roles=MANAGER,
        refusals=('only an admin choose the host',), hints=('policy',),
    ),
    Look('live, ACTIVE', kind=LIVE),
    Look('live, PAUSED', kind=LIVE, state='PAUSED'),
    Look(
        'live, SHUTOFF', kind=LIVE, state='SHUTOFF',
        refusals=('vm_state stopped: no live migration',),
        hints=('moved cold: leave --live-migration out',),
    ),
    Look(
        'live, SUSPENDED', kind=LIVE, state='SUSPENDED',
        refusals=('vm_state suspended',), hints=('server resume',),
    ),
    Look(
        'live, at work', kind=LIVE, state='MIGRATING/migrating',
        refusals=('task_state migrating',), hints=('--attach',),
    ),
    Look(
        'live, locked, for a manager', kind=LIVE, locked=True, roles=MANAGER,
        refusals=('is locked',), hints=('server unlock',),
    ),
    Look(
        'live, the source is down', kind=LIVE, source=DOWN,
        refusals=('of src is down',), hints=('server evacuate',),
    ),
    Look(
        'live, to a host that is down', kind=LIVE, host='other',
        destination=dataclasses.replace(OTHER, up=False),
        refusals=('of other is down',), hints=('service list',),
    ),
    Look(
        'everything at once', state='SUSPENDED', host='other', source=DOWN,
        destination=UNKNOWN, roles=MEMBER, locked=True,
        refusals=(
            'admin or a manager', 'vm_state suspended', 'is locked',
            'of src is down', 'other could not be found',
        ),
        hints=(
            'policy', 'server resume', 'server unlock', 'server evacuate',
            'service list',
        ),
    ),
)  # fmt: skip


@rows.each(ROWS)
class CheckTestCase(testtools.TestCase):
    def check(self, row: Look) -> None:
        server = dataclasses.replace(
            traces.server(row.state), locked=row.locked
        )
        found = preflight.check(
            server,
            row.kind,
            row.host,
            row.source,
            row.destination,
            row.roles,
        )
        for words, said in (
            (row.refusals, found.refusals),
            (row.hints, found.hints),
            (row.warnings, found.warnings),
        ):
            self.assertEqual(len(words), len(said), str(said))
            for word, sentence in zip(words, said, strict=True):
                self.assertIn(word, sentence)

    def test_nova_takes_a_live_migration_from_a_host_that_is_down(
        self,
    ) -> None:
        # It answers 202, and fails a moment later.
        for kind, quoted in ((moves.Kind.COLD, True), (LIVE, False)):
            found = preflight.check(
                traces.server('ACTIVE'), kind, None, DOWN, HIDDEN, ADMIN
            )
            (sentence,) = found.refusals
            self.assertIs(quoted, 'Nova would say' in sentence, sentence)
