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

"""A server of a plan: what was written of it, what is shown, what it means.

Servers are noted as in :mod:`osc_migrate.tests.unit.traces`: status,
task_state and host. Records are listed newest first, ``whose=status``:
``ours`` and ``again`` are of the user who drains, ``bobs`` of another;
``old`` and ``stale`` were there before Nova was asked.
"""

import dataclasses
import datetime

from osc_migrate.engine.eligibility import Selection
from osc_migrate.engine import facts
from osc_migrate.engine import move as moves
from osc_migrate.engine.outcomes import Outcome
from osc_migrate.engine import placing
from osc_migrate.engine import plan_file
from osc_migrate.engine import rows as told_rows
from osc_migrate.engine.rows import Fate
from osc_migrate.tests.unit import fakes
from osc_migrate.tests.unit import traces

SECONDS = datetime.timedelta(seconds=1)
COLD, LIVE = moves.Kind.COLD, moves.Kind.LIVE
#: Before the request.
KNOWN = {'uuid-old': 'confirmed', 'uuid-stale': 'pre-migrating'}
#: What was written: before the request, after its answer, at its verdict.
SENT = plan_file.Trace(COLD, fakes.NOON, KNOWN, traces.ME)
ANSWERED = dataclasses.replace(SENT, request_id=traces.REQUEST)
SEEN = dataclasses.replace(ANSWERED, migration_id='uuid-ours')
SENT_LIVE = dataclasses.replace(SENT, kind=LIVE)
#: As another process would find them, whatever was answered.
TRACES = {'sent': SENT, 'answered': ANSWERED, 'seen': SEEN}
#: The way back from dst to src.
HOME = 'src'
ALL = Selection()
WITHOUT_IT = Selection(excluded=frozenset({traces.SERVER_ID}))


@dataclasses.dataclass(frozen=True)
class Case:
    """A server of a plan at the beginning of a run.

    :ivar means: The word for the finding.
    :ivar was: What the plan says of it.
    :ivar server: Status, task_state and host; empty: Nova has none.
    :ivar says: Words of the reason.
    :ivar own: Which record is the plan's own.
    :ivar made: Seconds from the request to the new records.
    """

    name: str
    means: str
    server: str = 'ACTIVE src'
    records: str = ''
    trace: plan_file.Trace | None = None
    was: Outcome | Fate = Outcome.PLANNED
    says: str = ''
    own: str = ''
    home: str | None = None
    made: float = 1.0
    kind: moves.Kind = COLD
    selection: Selection = ALL

    @property
    def entry(self) -> plan_file.Entry:
        source = 'src' if self.home is None else 'dst'
        row = told_rows.of(traces.server('ACTIVE'), source, self.home)
        row = dataclasses.replace(row, outcome=self.was)
        return plan_file.Entry(row, self.trace)

    @property
    def now(self) -> facts.Server | None:
        if not self.server:
            return None
        what, host = self.server.split()
        server = traces.server(what, host)
        if host == '-':
            return dataclasses.replace(server, host=None, host_id=None)
        if what.startswith('RESIZE') and host == 'dst':
            return dataclasses.replace(server, vm_state='active')
        return server

    @property
    def listed(self) -> tuple[facts.MigrationRecord, ...]:
        return tuple(self._record(word) for word in self.records.split())

    def _record(self, word: str) -> facts.MigrationRecord:
        whose, _equals, status = word.partition('=')
        whose, _slash, kind = whose.partition('/')
        made = fakes.NOON + self.made * SECONDS
        if whose in ('old', 'stale'):
            made -= 3600 * SECONDS
        back = self.home is not None
        return facts.MigrationRecord(
            f'uuid-{whose}',
            kind or str(self.kind),
            status,
            'dst' if back else 'src',
            'src' if back else 'dst',
            'user-bob' if whose == 'bobs' else traces.ME,
            made.replace(tzinfo=None).isoformat(),
        )

    @property
    def placed(self) -> placing.Placed:
        return placing.place(
            self.entry, self.now, self.listed, self.selection, self.home
        )


#: Every status of a record, and where the server is then.
COLD_STEPS = (
    ('pre-migrating', 'RESIZE/resize_prep src'),
    ('migrating', 'RESIZE/resize_migrating src'),
    ('post-migrating', 'RESIZE/resize_migrated dst'),
    ('post-migrating', 'RESIZE/resize_finish dst'),
    ('finished', 'RESIZE/resize_finish dst'),
    ('finished', 'VERIFY_RESIZE dst'),
    ('confirming', 'VERIFY_RESIZE dst'),
    ('confirmed', 'VERIFY_RESIZE dst'),
    ('confirmed', 'ACTIVE dst'),
    ('reverting', 'REVERT_RESIZE/resize_reverting dst'),
    ('reverted', 'REVERT_RESIZE/resize_reverting dst'),
    ('reverted', 'ACTIVE src'),
    ('error', 'ACTIVE src'),
    ('error', 'ERROR src'),
    ('error', 'ERROR dst'),
)
LIVE_STEPS = (
    ('accepted', 'MIGRATING/migrating src'),
    ('queued', 'MIGRATING/migrating src'),
    ('preparing', 'MIGRATING/migrating src'),
    ('running', 'MIGRATING/migrating src'),
    ('running', 'ACTIVE dst'),
    ('completed', 'ACTIVE dst'),
    ('failed', 'ACTIVE src'),
    ('cancelled', 'ACTIVE src'),
    ('error', 'ACTIVE src'),
    ('error', 'ERROR dst'),
)
OURS = 'await and confirm'
KILLED = (
    *(
        Case(f'killed after the request was {when}: {status}, {server}',
             OURS, server, f'ours={status}', trace, own='ours')
        for when, trace in TRACES.items()
        for status, server in COLD_STEPS
    ),
    *(
        Case(f'killed after a live one was {when}: {status}, {server}',
             OURS, server, f'ours={status}',
             dataclasses.replace(trace, kind=LIVE), own='ours', kind=LIVE)
        for when, trace in TRACES.items()
        for status, server in LIVE_STEPS
    ),
    Case('killed before Nova was asked', 'move', trace=SENT),
    Case('killed before Nova was asked, and it has a past', 'move',
         records='old=confirmed stale=pre-migrating', trace=SENT),
    Case('killed after Nova refused', 'move', trace=ANSWERED),
    Case('killed after the answer, before there is a record', 'unknown',
         'RESIZE/resize_prep src', trace=ANSWERED, says='shows no migration'),
    Case('killed before the answer, before there is a record', 'unknown',
         'RESIZE/resize_prep src', 'old=confirmed', SENT,
         says='shows no migration'),
    Case('killed after a live one was asked for, before there is a record',
         'unknown', 'MIGRATING/migrating src', trace=SENT_LIVE,
         says='shows no migration'),
    Case('no record yet, and something else is at work', 'refused',
         'ACTIVE/powering-off src', trace=SENT, says='powering-off'),
    Case('no record yet, and another\'s is there', 'await',
         'RESIZE/resize_prep src', 'bobs=pre-migrating', SENT),
    Case('a record of before is taken up again', OURS,
         'RESIZE/resize_migrating src', 'stale=migrating old=confirmed',
         ANSWERED, own='stale'),
    Case('a record of before is taken up again, and is not changed yet',
         OURS, 'RESIZE/resize_prep src', 'stale=pre-migrating', ANSWERED,
         own='stale'),
    Case('a record of before was taken up again, and it failed', OURS,
         records='stale=error', trace=ANSWERED, own='stale'),
    Case('a record of before was left open', 'move',
         records='stale=pre-migrating', trace=SENT),
    Case('ours was done, and somebody brought the server back', 'move',
         'ACTIVE src', 'ours=confirmed', SEEN),
    Case('ours was done, and somebody is bringing it back', 'refused',
         'VERIFY_RESIZE src', 'ours=confirmed', SEEN,
         says='awaits a decision'),
    Case('what was asked for was another kind', 'await',
         'MIGRATING/migrating src', 'ours/live-migration=running', SENT),
)  # fmt: skip
#: The plan's request was not answered, and somebody else moved the server.
OTHERS = (
    Case('somebody else moves it', 'await', 'RESIZE/resize_migrating src',
         'bobs=migrating', SENT),
    Case('somebody else moved it, and decides', 'refused',
         'VERIFY_RESIZE dst', 'bobs=finished', SENT,
         says='awaits a decision'),
    Case('somebody else moved it', 'not-on-source', 'ACTIVE dst',
         'bobs=confirmed', SENT, says='on dst; nothing was done'),
    Case('ours failed, and somebody else moved it since', OURS,
         'VERIFY_RESIZE dst', 'bobs=finished ours=error', SENT, own='ours'),
    Case('ours failed, and the same user moved it by hand since', OURS,
         'VERIFY_RESIZE dst', 'again=finished ours=error', SENT,
         own='ours'),
    Case('ours is known, and the same user moved it by hand since', OURS,
         'VERIFY_RESIZE dst', 'again=finished ours=error', SEEN,
         own='ours'),
    Case('never asked, and the same user moved it by hand long since',
         'refused', 'VERIFY_RESIZE dst', 'again=finished', SENT,
         says='awaits a decision', made=600.0),
    Case('never asked, and it was moved by hand long before', 'refused',
         'VERIFY_RESIZE dst', 'again=finished', SENT,
         says='awaits a decision', made=-600.0),
    Case('the clocks are a minute apart', OURS, 'VERIFY_RESIZE dst',
         'ours=finished', SENT, own='ours', made=-60.0),
    Case('answered: the conductor may take its time', OURS,
         'VERIFY_RESIZE dst', 'ours=finished', ANSWERED, own='ours',
         made=600.0),
)  # fmt: skip
#: Verdicts of an earlier run after which the move is looked for again.
UNDECIDED = (
    *(
        Case(f'the verdict was {was}: {status}, {server}', OURS, server,
             f'ours={status}', SEEN, was, own='ours')
        for was in (Outcome.TIMEOUT, Outcome.UNKNOWN, Outcome.UNCONFIRMED)
        for status, server in COLD_STEPS
    ),
    Case('unknown, as no record was shown, and none is', 'move',
         was=Outcome.UNKNOWN, trace=ANSWERED),
)  # fmt: skip
#: Verdicts after which nothing of the move is awaited.
DECIDED = (
    *(
        Case(f'{was} earlier, and it is there still', 'move',
             records='ours=error', trace=SEEN, was=was)
        for was in (
            Outcome.ROLLED_BACK, Outcome.ABORTED, Outcome.REVERTED,
            Outcome.CONFLICT, Outcome.ERROR, Outcome.DELETED,
            Outcome.NOT_ON_SOURCE, Outcome.AWAITING_CONFIRMATION,
            Fate.REFUSED, Fate.NOT_STARTED,
        )
    ),
    Case('rolled back earlier, and somebody moves it', 'await',
         'RESIZE/resize_prep src', 'bobs=pre-migrating ours=error', SEEN,
         Outcome.ROLLED_BACK),
    Case('rolled back earlier, and the same user moves it by hand', 'await',
         'RESIZE/resize_prep src', 'again=pre-migrating ours=error', SEEN,
         Outcome.ROLLED_BACK),
    Case('rolled back earlier, and the same user has moved it by hand',
         'refused', 'VERIFY_RESIZE dst', 'again=finished ours=error', SEEN,
         Outcome.ROLLED_BACK, says='awaits a decision'),
    Case('reverted earlier, and gone since', 'not-on-source', 'ACTIVE dst',
         'bobs=confirmed ours=reverted', SEEN, Outcome.REVERTED,
         says='on dst'),
    Case('in ERROR, and it is there still', 'refused', 'ERROR src',
         'ours=error', SEEN, Outcome.ERROR, 'in ERROR'),
    Case('in ERROR on the destination', 'refused', 'ERROR dst',
         'ours=error', SEEN, Outcome.ERROR, 'in ERROR on dst'),
    Case('was in ERROR on the destination, and was mended', 'not-on-source',
         'ACTIVE dst', 'ours=error', SEEN, Outcome.ERROR, 'on dst'),
    Case('awaits the decision of somebody', 'refused', 'VERIFY_RESIZE dst',
         'bobs=finished', None, Outcome.AWAITING_CONFIRMATION,
         'awaits a decision'),
)  # fmt: skip
#: Nothing was asked for by the plan.
UNTOUCHED = (
    Case('planned', 'move'),
    Case('planned, and its record of before is none of ours', 'move',
         records='old=confirmed'),
    Case('moved by somebody', 'not-on-source', 'ACTIVE other',
         says='on other; nothing was done'),
    Case('moved by somebody and moved on', 'not-on-source',
         'RESIZE/resize_prep other', 'bobs=confirmed', says='on other'),
    Case('moved by somebody, and something is at work', 'not-on-source',
         'ACTIVE/powering-off other', says='on other'),
    Case('being moved by somebody', 'await', 'RESIZE/resize_finish dst',
         'bobs=post-migrating'),
    Case('being reverted by somebody', 'await',
         'REVERT_RESIZE/resize_reverting dst', 'bobs=reverting'),
    Case('a flavor resize', 'refused', 'RESIZE/resize_migrating src',
         'bobs/resize=migrating', says='flavor resize'),
    Case('in ERROR elsewhere', 'refused', 'ERROR other', says='ERROR on'),
    Case('deleted', 'deleted', '', says='deleted'),
    Case('deleted while it was moved', 'deleted', '', 'ours=migrating', SEEN,
         says='deleted'),
    Case('deleted after its verdict', 'deleted', '', 'ours=error', SEEN,
         Outcome.ROLLED_BACK, 'deleted'),
    Case('being deleted', 'refused', 'ACTIVE/deleting src',
         says='being deleted'),
    Case('of a cell that is down', 'refused', 'UNKNOWN -',
         says='cell of the server is down'),
    Case('on no host', 'not-on-source', 'SHELVED_OFFLOADED -',
         says='on no host (SHELVED_OFFLOADED)'),
    Case('not chosen', 'skipped', says='Excluded', selection=WITHOUT_IT),
    Case('not chosen, and elsewhere', 'skipped', 'ACTIVE other',
         says='Excluded', selection=WITHOUT_IT),
)  # fmt: skip
BACK = (
    Case('back: still where the plan put it', 'move', 'ACTIVE dst',
         home=HOME),
    Case('back: moved by somebody since', 'refused', 'ACTIVE other',
         home=HOME, says='moved the server to other since'),
    Case('back: moved by somebody, and moved on', 'refused',
         'RESIZE/resize_prep other', home=HOME, says='to other since'),
    Case('back: brought back by somebody', 'not-on-source', 'ACTIVE src',
         home=HOME, says='on src'),
    Case('back: being moved by somebody', 'await',
         'RESIZE/resize_migrating dst', 'bobs=migrating', home=HOME),
    Case('back: somebody decides', 'refused', 'VERIFY_RESIZE src',
         'bobs=finished', home=HOME, says='awaits a decision'),
    Case('back: in ERROR', 'refused', 'ERROR dst', home=HOME,
         says='in ERROR'),
    Case('back: in ERROR elsewhere', 'refused', 'ERROR other', home=HOME,
         says='in ERROR on other'),
    Case('back: on no host', 'refused', 'SHELVED_OFFLOADED -', home=HOME,
         says='on no host'),
    Case('back: deleted', 'deleted', '', home=HOME, says='deleted'),
    Case('back: killed before Nova was asked', 'move', 'ACTIVE dst',
         trace=SENT, home=HOME),
    Case('back: killed under way', OURS, 'RESIZE/resize_migrating dst',
         'ours=migrating', ANSWERED, home=HOME, own='ours'),
    Case('back: killed when it had arrived', OURS, 'VERIFY_RESIZE src',
         'ours=finished', SENT, home=HOME, own='ours'),
    Case('back: killed when all was done', OURS, 'ACTIVE src',
         'ours=confirmed', ANSWERED, home=HOME, own='ours'),
    Case('back: no record yet', 'unknown', 'RESIZE/resize_prep dst',
         trace=ANSWERED, home=HOME, says='shows no migration'),
    Case('back: rolled back earlier', 'move', 'ACTIVE dst', 'ours=error',
         SEEN, Outcome.ROLLED_BACK, home=HOME),
)  # fmt: skip
CASES = (*KILLED, *OTHERS, *UNDECIDED, *DECIDED, *UNTOUCHED, *BACK)
