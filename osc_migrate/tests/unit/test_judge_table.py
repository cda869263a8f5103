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

"""What is seen of a cold migration, and what is said of it."""

from unittest import mock

import testtools

from osc_migrate import driver
from osc_migrate.engine import decisions
from osc_migrate.engine import diagnosis
from osc_migrate.engine import facts
from osc_migrate.engine import judge
from osc_migrate.engine import move as moves
from osc_migrate.engine import outcomes
from osc_migrate import intervention
from osc_migrate.tests.unit import fakes
from osc_migrate.tests.unit import rows
from osc_migrate.tests.unit import rows_moved
from osc_migrate.tests.unit import rows_others
from osc_migrate.tests.unit import rows_stayed
from osc_migrate.tests.unit import traces


#: The steps of a move that came to a compute host.
TRIED = (
    facts.ActionEvent('conductor_migrate_server', 'Success'),
    facts.ActionEvent('compute_prep_resize', 'Error', 'It failed.'),
)


class Played:
    """One row, played to its end."""

    def __init__(self, row: rows.Row, *, transfers: bool = False) -> None:
        self.clock = fakes.FakeClock()
        self.observer = fakes.Observer(transfers=transfers)
        self.nova = fakes.ScriptedNova(
            self.clock,
            row.trace,
            row.after,
            confirms=row.answers,
            reverted=row.reverted,
            reverts=row.answers,
            stopped=row.stopped,
            stops=row.answers,
            kind=row.kind,
            view=row.view,
            record=row.record,
            services=row.services,
            events={traces.REQUEST: TRIED} if row.tried else None,
        )
        self.nova.begin()
        self.gate = row.gate.played(self.clock) if row.gate else None
        watch = driver.Watch(
            self.nova,
            self.clock,
            self.observer,
            _asked(row),
            timeout=row.timeout,
            poll_interval=5.0,
            on_timeout=intervention.OnTimeout(row.on_timeout),
            gate=self.gate,
        )
        # The longest that jitter allows, and the same in every run.
        with mock.patch('random.uniform', max):
            self.ending = watch.run()


def _asked(row: rows.Row) -> moves.Move:
    """The move as it is known when Nova has answered 202."""
    before = traces.server(row.was, view=row.view)
    wish = moves.Wish.CONFIRM if row.confirm else moves.Wish.LEAVE
    return moves.Move(
        before,
        kind=row.kind,
        source_host=before.host,
        source_host_id=before.host_id,
        request_id=traces.REQUEST,
        known=dict(row.known),
        user_id=traces.ME,
        wish=moves.Wish.ASK if row.gate else wish,
    )


class WatchTestCase(testtools.TestCase):
    def check(self, row: rows.Row) -> None:
        played = Played(row)
        verdict = played.ending.verdict
        self.assertEqual(
            (row.outcome, row.cause, row.exit, row.changes),
            (
                verdict.outcome,
                verdict.cause,
                outcomes.EXIT_CODES[verdict.outcome],
                played.nova.changes,
            ),
        )
        self.assertGreaterEqual(played.nova.lag, 0, 'before it was over')
        self.assertLessEqual(played.nova.lag, row.within, 'noticed late')
        self.assertLessEqual(played.clock.now() - 1000.0, latest(row))
        if played.gate is not None and row.gate is not None:
            self.assertEqual(row.gate.begins, bool(played.gate.arrivals))
            self.assertTrue(played.gate.closed)
        said = played.ending.trouble
        reason = diagnosis.reason(
            verdict,
            played.ending.look.server,
            diagnosis.Evidence(said=said.message if said else None),
        )
        self.assertIn(row.says, reason or '')


def latest(row: rows.Row) -> float:
    """Seconds after which there has to be a verdict, whatever it is."""
    if not row.timeout:
        return fakes.FOR_EVER
    extra = intervention.EXTRA if row.on_timeout != 'leave' else 0.0
    settling = decisions.SETTLE_FAILURE
    if row.kind is moves.Kind.LIVE:
        settling = decisions.SETTLE_LIVE_FAILURE
    return row.timeout + extra + settling + 0.5


@rows.each(rows_moved.ROWS)
class TheServerMoved(WatchTestCase):
    pass


@rows.each(rows_stayed.ROWS)
class TheMoveFailed(WatchTestCase):
    pass


@rows.each(rows_others.ROWS)
class OthersWereAtWork(WatchTestCase):
    pass


class NotFoundTestCase(testtools.TestCase):
    def test_a_server_whose_record_is_listed_is_not_deleted(self) -> None:
        ours = facts.MigrationRecord('uuid-1', 'migration', 'finished')
        move = moves.Move(traces.server('ACTIVE'), record_uuid='uuid-1')
        self.assertIsInstance(
            judge.judge(move, facts.Snapshot(None)), decisions.LookCloser
        )
        self.assertIsInstance(
            judge.judge(move, facts.Snapshot(None, (ours,))), decisions.Wait
        )
        gone = judge.judge(move, facts.Snapshot(None, ()))
        assert isinstance(gone, decisions.Hold)
        self.assertEqual(outcomes.Outcome.DELETED, gone.verdict.outcome)
