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

"""Nova is asked once: never twice in doubt, never once too little."""

import dataclasses
from unittest import mock

import testtools

from osc_migrate.engine import facts
from osc_migrate.engine import move as moves
from osc_migrate import exceptions
from osc_migrate import start
from osc_migrate.tests.unit import fakes
from osc_migrate.tests.unit import rows
from osc_migrate.tests.unit import traces

AT_WORK = '0 RESIZE/resize_prep src pre-migrating'
CONFLICT = exceptions.ApiError('vm_state paused', status=409)


@dataclasses.dataclass(frozen=True)
class Asked:
    """Nova's answers, how often it was asked, what we know then.

    ``request_id`` is what the caller gets, or the error that it gets.
    """

    name: str
    answers: tuple[fakes.Answer, ...]
    sent: int
    request_id: str | type[exceptions.MigrateError] | None
    trace: str = AT_WORK
    before: str = '0 ACTIVE src -'
    view: traces.View = traces.ADMIN
    seconds: float = 30.0


ROWS = (
    Asked('accepted', (fakes.TAKEN,), 1, traces.REQUEST, seconds=0.1),
    Asked(
        '503 and 429 were not taken: asked again',
        (
            fakes.BUSY,
            fakes.Answer(exceptions.TransientError('429', accepted=False)),
            fakes.TAKEN,
        ),
        3, traces.REQUEST, seconds=4.0,
    ),
    Asked(
        'busy for more than 30 s: a last try at the end of them',
        (fakes.BUSY,), 7, exceptions.TransientError, seconds=31.0,
    ),
    Asked(
        'told to come back in an hour',
        (
            fakes.Answer(
                exceptions.TransientError(
                    '429', accepted=False, retry_after=3600
                )
            ),
        ),
        1, exceptions.TransientError, seconds=0.1,
    ),
    Asked(
        'refused: not asked again',
        (fakes.Answer(CONFLICT),), 1, exceptions.Refused, seconds=0.1,
    ),
    Asked(
        'lost and a trace is found: not asked again',
        (fakes.LOST_TAKEN,), 1, None, seconds=1.0,
    ),
    Asked(
        'lost and no record yet, but the action is listed',
        (fakes.LOST_TAKEN,), 1, None,
        trace='0 RESIZE/resize_prep src -', seconds=1.0,
    ),
    Asked(
        'lost and 10 s without a trace: asked once more',
        (fakes.LOST, fakes.TAKEN), 2, traces.REQUEST, seconds=12.0,
    ),
    Asked(
        'lost twice: never asked a third time',
        (fakes.LOST,), 2, None, seconds=30.0,
    ),
    Asked(
        'lost and nothing can be read: not asked again',
        (fakes.LOST_TAKEN,), 1, None, trace='0 fault', seconds=35.0,
    ),
    Asked(
        'lost, and it cannot be read for longer than a trace takes to show',
        (fakes.LOST, fakes.TAKEN), 2, traces.REQUEST,
        trace='0 fault\n12 ACTIVE src -', seconds=17.0,
    ),
    Asked(
        'lost though taken, and it cannot be read for a while',
        (fakes.LOST_TAKEN, fakes.TAKEN), 1, None,
        trace='0 fault\n12 RESIZE/resize_prep src pre-migrating',
        seconds=17.0,
    ),
    Asked(
        'lost, then refused with what our own request does',
        (fakes.LOST, fakes.AT_WORK), 2, None, seconds=12.0,
    ),
    Asked(
        'lost, then refused for something else',
        (fakes.LOST, fakes.FORBIDDEN), 2, exceptions.Refused, seconds=12.0,
    ),
    Asked(
        'lost, then busy for more than 30 s: perhaps taken',
        (fakes.LOST, fakes.BUSY), 7, None, seconds=42.0,
    ),
    Asked(
        'busy, then lost, then busy again',
        (fakes.BUSY, fakes.LOST, fakes.BUSY, fakes.TAKEN), 4,
        traces.REQUEST, seconds=16.0,
    ),
    Asked(
        'busy, and somebody else moves the server meanwhile',
        (fakes.BUSY, fakes.TAKEN), 1, exceptions.Refused,
        before='0 ACTIVE src -\n1 RESIZE/resize_prep src -', seconds=3.0,
    ),
    Asked(
        'busy, and somebody else has moved the server meanwhile',
        (fakes.BUSY, fakes.TAKEN), 1, exceptions.Refused,
        before='0 ACTIVE src -\n1 ACTIVE dst -', seconds=3.0,
    ),
    Asked(
        'busy, and somebody else has moved it where hosts are hidden',
        (fakes.BUSY, fakes.TAKEN), 1, exceptions.Refused,
        before='0 ACTIVE src -\n1 ACTIVE dst -', seconds=3.0,
        view=traces.MANAGER,
    ),
    Asked(
        'busy, and the server awaits a decision of somebody meanwhile',
        (fakes.BUSY, fakes.TAKEN), 1, exceptions.Refused,
        before='0 ACTIVE src -\n1 VERIFY_RESIZE dst -', seconds=3.0,
    ),
    Asked(
        'busy, and the server is stopped meanwhile',
        (fakes.BUSY, fakes.TAKEN), 1, exceptions.Refused,
        before='0 ACTIVE src -\n1 SHUTOFF src -', seconds=3.0,
    ),
    Asked(
        'busy, and the server is deleted meanwhile',
        (fakes.BUSY, fakes.TAKEN), 1, exceptions.Refused,
        before='0 ACTIVE src -\n1 404', seconds=3.0,
    ),
    Asked(
        'busy, and cannot be read meanwhile',
        (fakes.BUSY, fakes.TAKEN), 2, traces.REQUEST,
        before='0 ACTIVE src -\n1 fault', seconds=3.0,
    ),
    Asked(
        'busy, and may not be read meanwhile',
        (fakes.BUSY, fakes.TAKEN), 1, exceptions.ApiError,
        before='0 ACTIVE src -\n1 401', seconds=3.0,
    ),
)  # fmt: skip


class MigrationTestCase(testtools.TestCase):
    kind: moves.Kind
    sent: str

    def check(self, row: Asked) -> None:
        clock = fakes.FakeClock()
        nova = fakes.ScriptedNova(
            clock,
            row.trace,
            migrates=row.answers,
            before=row.before,
            kind=self.kind,
            view=row.view,
        )
        before = traces.server('ACTIVE', view=row.view)
        request_id: object
        try:
            with mock.patch('random.uniform', max):
                request_id = start.migration(
                    nova,
                    clock,
                    moves.Move(
                        before,
                        kind=self.kind,
                        source_host=before.host,
                        user_id=traces.ME,
                    ),
                    None,
                ).request_id
        except exceptions.MigrateError as error:
            request_id = type(error)
        self.assertEqual(
            ({self.sent: row.sent}, row.request_id), (nova.changes, request_id)
        )
        self.assertLessEqual(clock.now() - 1000.0, row.seconds)


@rows.each(ROWS)
class ColdMigration(MigrationTestCase):
    kind = moves.Kind.COLD
    sent = 'migrate'


@rows.each(ROWS)
class LiveMigration(MigrationTestCase):
    kind = moves.Kind.LIVE
    sent = 'live-migrate'


class PatientlyTestCase(testtools.TestCase):
    def test_a_fault_that_passes_is_waited_for(self) -> None:
        clock = fakes.FakeClock()
        answers: list[Exception | int] = [
            exceptions.TransientError('HTTP 502'),
            exceptions.TransientError('HTTP 502'),
            42,
        ]
        call = mock.Mock(side_effect=answers)
        self.assertEqual(42, start.patiently(clock, call))
        self.assertEqual(2, len(clock.slept))

    def test_a_fault_that_stays_is_told_after_half_a_minute(self) -> None:
        clock = fakes.FakeClock()
        call = mock.Mock(side_effect=exceptions.TransientError('HTTP 502'))
        self.assertRaises(
            exceptions.TransientError, start.patiently, clock, call
        )
        self.assertAlmostEqual(start.PATIENCE, sum(clock.slept))

    def test_a_no_is_told_at_once(self) -> None:
        clock = fakes.FakeClock()
        call = mock.Mock(side_effect=CONFLICT)
        self.assertRaises(exceptions.ApiError, start.patiently, clock, call)
        self.assertEqual([], clock.slept)


class TraceTestCase(testtools.TestCase):
    def test_an_action_of_yesterday_is_no_trace(self) -> None:
        clock = fakes.FakeClock()
        nova = fakes.ScriptedNova(
            clock,
            AT_WORK,
            migrates=(fakes.LOST, fakes.TAKEN),
            before='0 ACTIVE src - migrate:me',
        )
        move = moves.Move(traces.server('ACTIVE'), user_id=traces.ME)
        asked = start.migration(nova, clock, move, None)
        self.assertEqual(2, nova.requests['migrate'])
        self.assertEqual(traces.REQUEST, asked.request_id)

    def test_a_known_record_is_no_trace(self) -> None:
        clock = fakes.FakeClock()
        nova = fakes.ScriptedNova(
            clock,
            AT_WORK,
            migrates=(fakes.LOST, fakes.TAKEN),
            before='0 ACTIVE src confirmed',
        )
        move = moves.Move(
            traces.server('ACTIVE'),
            known={traces.OURS: 'confirmed'},
            user_id=traces.ME,
        )
        start.migration(nova, clock, move, None)
        self.assertEqual(2, nova.requests['migrate'])

    def test_a_look_that_fails_comes_again_when_it_was_told_to(self) -> None:
        clock = fakes.FakeClock()
        looks: list[float] = []

        def records(server_id: str) -> facts.Records:
            looks.append(clock.now())
            raise exceptions.TransientError('HTTP 429', retry_after=4.0)

        nova = fakes.ScriptedNova(clock, AT_WORK, migrates=(fakes.LOST,))
        nova.records = records  # type: ignore[method-assign]
        move = moves.Move(traces.server('ACTIVE'), user_id=traces.ME)
        asked = start.migration(nova, clock, move, None)
        # Nothing was seen, and that is no proof.
        self.assertTrue(asked.doubtful)
        self.assertEqual(1, nova.requests['migrate'])
        self.assertEqual(
            [4.0 * number for number in range(8)],
            [at - looks[0] for at in looks],
        )

    def test_a_lost_request_stays_in_doubt_where_no_token_counts_then(
        self,
    ) -> None:
        def server(server_id: str) -> facts.Server:
            raise exceptions.ApiError('No.', status=401)

        clock = fakes.FakeClock()
        nova = fakes.ScriptedNova(
            clock, AT_WORK, migrates=(fakes.LOST, fakes.TAKEN)
        )
        nova.server = server  # type: ignore[method-assign]
        move = moves.Move(traces.server('ACTIVE'), user_id=traces.ME)
        asked = start.migration(nova, clock, move, None)
        self.assertTrue(asked.doubtful)
        self.assertEqual(1, nova.requests['migrate'])

    def test_hidden_records_leave_the_actions(self) -> None:
        clock = fakes.FakeClock()
        nova = fakes.ScriptedNova(
            clock, AT_WORK, migrates=(fakes.LOST_TAKEN,), view=traces.MEMBER
        )
        self.assertIs(facts.Missing.HIDDEN, nova.records(traces.SERVER_ID))
        move = moves.Move(traces.server('ACTIVE'), user_id=traces.ME)
        start.migration(nova, clock, move, None)
        self.assertEqual(1, nova.requests['migrate'])
