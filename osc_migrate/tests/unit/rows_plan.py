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

"""What was asked for, what is found, and what that means."""

import dataclasses

from osc_migrate.engine import move as moves
from osc_migrate.engine import plan as plans
from osc_migrate.engine.request import Method
from osc_migrate import exceptions
from osc_migrate.tests.unit import traces


@dataclasses.dataclass(frozen=True)
class Plan:
    """What was asked, what was found, and what that means.

    ``means`` is the class of the plan, or words of the refusal.

    :ivar kind: How the server is moved by it.
    :ivar of: The kind of the record that is found.
    """

    name: str
    found: str
    means: type | str
    attach: bool = False
    migration: str | None = None
    source_host: str | None = None
    host: str | None = None
    view: traces.View = traces.ADMIN
    method: Method = Method.COLD
    on_timeout: str = 'leave'
    kind: moves.Kind | None = None
    of: moves.Kind = moves.Kind.COLD
    refuses: type[exceptions.MigrateError] = exceptions.Refused


START, TAKE_OVER = plans.Start, plans.TakeOver
COLD, LIVE = moves.Kind.COLD, moves.Kind.LIVE
PLANS = (
    Plan('nothing said: move it', 'ACTIVE src -', START),
    Plan(
        'nothing said: Nova refuses what is at work',
        'VERIFY_RESIZE dst finished', START,
    ),
    Plan(
        'attach to what is in flight',
        'RESIZE/resize_migrating src migrating', TAKE_OVER, attach=True,
    ),
    Plan(
        'attach to what awaits confirmation',
        'VERIFY_RESIZE dst finished', TAKE_OVER, attach=True,
    ),
    Plan(
        'attach and nothing is open',
        'ACTIVE dst confirmed', 'No migration of the server', attach=True,
    ),
    Plan(
        'attach and nothing was ever moved',
        'ACTIVE src -', 'No migration of the server', attach=True,
    ),
    Plan(
        'attach by name to what is over',
        'ACTIVE dst confirmed', TAKE_OVER,
        attach=True, migration=traces.OURS,
    ),
    Plan(
        'attach by name to what is not there',
        'ACTIVE dst confirmed', 'no migration uuid-else',
        attach=True, migration='uuid-else',
    ),
    Plan(
        'attach to a flavor resize',
        'VERIFY_RESIZE dst - newer:resize=finished', 'a flavor resize',
        attach=True,
    ),
    Plan(
        'attach by name to a flavor resize',
        'VERIFY_RESIZE dst - newer:resize=finished', 'a flavor resize',
        attach=True, migration='uuid-newer-resize',
    ),
    Plan(
        'attach to an evacuation',
        'ACTIVE dst - newer:evacuation=pre-migrating', 'an evacuation',
        attach=True,
    ),
    Plan(
        'attach where records are hidden',
        'VERIFY_RESIZE dst finished', 'may not be read by this user',
        attach=True, view=traces.MEMBER,
    ),
    Plan(
        'attach as a manager',
        'VERIFY_RESIZE dst finished', TAKE_OVER,
        attach=True, view=traces.MANAGER,
    ),
    Plan(
        'attach to what an admin started, as a manager',
        'VERIFY_RESIZE dst -', 'no migration of it is shown',
        attach=True, view=traces.MANAGER,
    ),
    Plan('on the source', 'ACTIVE src -', START, source_host='src'),
    Plan(
        'on the source with a record that was left open',
        'ACTIVE src migrating', START, source_host='src',
    ),
    Plan(
        'elsewhere and nothing open',
        'ACTIVE dst confirmed', plans.NothingToDo, source_host='src',
    ),
    Plan(
        'a move away from the source is open',
        'VERIFY_RESIZE dst finished', TAKE_OVER, source_host='src',
    ),
    Plan(
        'a move away from elsewhere is open',
        'VERIFY_RESIZE dst finished', 'is open', source_host='other',
    ),
    Plan(
        'a flavor resize is open away from the source',
        'VERIFY_RESIZE dst - newer:resize=finished', 'is open',
        source_host='src',
    ),
    Plan(
        'hosts are hidden',
        'ACTIVE src -', 'may not see hosts',
        source_host='src', view=traces.MANAGER,
    ),
)  # fmt: skip
#: How the server is moved.
KINDS = (
    Plan('cold if nothing is said', 'ACTIVE src -', START, kind=COLD),
    Plan('live as asked', 'ACTIVE src -', START, method=Method.LIVE,
         kind=LIVE),
    Plan('live as asked, whatever Nova says to it', 'SHUTOFF src -', START,
         method=Method.LIVE, kind=LIVE),
    *(
        Plan(f'automatically, {status}', f'{status} src -', START,
             method=Method.AUTO, kind=kind)
        for status, kind in (
            ('ACTIVE', LIVE), ('PAUSED', LIVE), ('SHUTOFF', COLD),
            ('SUSPENDED', COLD), ('ERROR', COLD), ('VERIFY_RESIZE', COLD),
        )
    ),
    Plan(
        'automatically, on the source', 'PAUSED src -', START,
        source_host='src', method=Method.AUTO, kind=LIVE,
    ),
    Plan(
        'attach to a live one without saying so',
        'MIGRATING/migrating src running', TAKE_OVER, attach=True,
        of=LIVE, kind=LIVE,
    ),
    Plan(
        'attach to a live one in every status',
        'MIGRATING/migrating src post-copy', TAKE_OVER, attach=True,
        of=LIVE, method=Method.LIVE, kind=LIVE,
    ),
    Plan(
        'attach to what a live one left to write',
        'ACTIVE dst running', TAKE_OVER, attach=True, of=LIVE, kind=LIVE,
    ),
    Plan(
        'attach to a live one as a manager',
        'MIGRATING/migrating src queued', TAKE_OVER, attach=True,
        of=LIVE, kind=LIVE, view=traces.MANAGER,
    ),
    Plan(
        'attach by name to a live one that is over',
        'ACTIVE src cancelled', TAKE_OVER, attach=True,
        migration=traces.OURS, of=LIVE, kind=LIVE,
    ),
    Plan(
        'attach to a live one that is over', 'ACTIVE dst completed',
        'No migration of the server', attach=True, of=LIVE,
    ),
    Plan(
        'attach to a cold one that is asked for as live',
        'VERIFY_RESIZE dst finished', 'is a cold one', attach=True,
        method=Method.LIVE,
    ),
    Plan(
        'attach automatically to a cold one of a server that runs',
        'VERIFY_RESIZE dst finished', TAKE_OVER, attach=True,
        method=Method.AUTO, kind=COLD,
    ),
    Plan(
        'attach automatically to a live one',
        'MIGRATING/migrating src running', TAKE_OVER, attach=True,
        method=Method.AUTO, of=LIVE, kind=LIVE,
    ),
    Plan(
        'a live move away from the source is open',
        'MIGRATING/migrating src running', TAKE_OVER, source_host='src',
        of=LIVE, kind=LIVE,
    ),
    Plan(
        'a live move away from elsewhere is open',
        'MIGRATING/migrating src running', 'is open', source_host='other',
        of=LIVE,
    ),
    Plan(
        'the server has left the source and its record is not closed',
        'ACTIVE dst running', TAKE_OVER, source_host='src',
        of=LIVE, kind=LIVE,
    ),
    Plan(
        'the server has left the source and an old record was left open',
        'ACTIVE dst running newer:live-migration=completed',
        plans.NothingToDo, source_host='src', of=LIVE,
    ),
    Plan(
        'the server is elsewhere and a record from there was left open',
        'ACTIVE dst running', plans.NothingToDo, source_host='third',
        of=LIVE,
    ),
    Plan(
        'the server is on the source and a live record was left open',
        'ACTIVE src running', START, source_host='src', of=LIVE, kind=COLD,
    ),
    Plan(
        'a cold move away from the source is open, and live was asked for',
        'VERIFY_RESIZE dst finished', 'not what is asked for',
        source_host='src', method=Method.LIVE,
    ),
    Plan(
        'a move away from the source is open, to the host that is asked for',
        'VERIFY_RESIZE dst finished', TAKE_OVER, source_host='src',
        host='dst', kind=COLD,
    ),
    Plan(
        'a move away from the source is open, to no host yet',
        'RESIZE/resize_prep src pre-migrating', TAKE_OVER, source_host='src',
        host='dst', kind=COLD,
    ),
    Plan(
        'a move away from the source is open, to another host',
        'VERIFY_RESIZE dst finished', 'not what is asked for',
        source_host='src', host='other',
    ),
    Plan(
        'an evacuation away from the source is open',
        'ACTIVE/rebuilding src - newer:evacuation=accepted', 'is open',
        source_host='src',
    ),
    Plan(
        'step in on a live one', 'ACTIVE src -', START,
        method=Method.LIVE, on_timeout='abort', kind=LIVE,
    ),
    Plan(
        'step in on a live one that is taken over',
        'MIGRATING/migrating src running', TAKE_OVER, attach=True,
        on_timeout='force-complete', of=LIVE, kind=LIVE,
    ),
    Plan(
        'step in on what is moved cold', 'SHUTOFF src -', '--on-timeout abort',
        method=Method.AUTO, on_timeout='abort',
        refuses=exceptions.UsageError,
    ),
    Plan(
        'step in on a cold one that is taken over',
        'VERIFY_RESIZE dst finished', '--on-timeout force-complete',
        attach=True, on_timeout='force-complete',
        refuses=exceptions.UsageError,
    ),
    Plan(
        'step in, and nothing is to be done', 'ACTIVE dst confirmed',
        plans.NothingToDo, source_host='src', method=Method.AUTO,
        on_timeout='abort',
    ),
)  # fmt: skip
