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

"""How the watch asks: how often, and what it says on the way."""

import dataclasses
from unittest import mock

import testtools

from osc_migrate import door as doors
from osc_migrate import driver
from osc_migrate.engine.decisions import Phase
from osc_migrate.engine import facts
from osc_migrate.engine import move as moves
from osc_migrate.engine.outcomes import Cause
from osc_migrate import exceptions
from osc_migrate import gate as gates
from osc_migrate.tests.unit import fakes
from osc_migrate.tests.unit import rows
from osc_migrate.tests.unit import rows_gate
from osc_migrate.tests.unit import rows_limit
from osc_migrate.tests.unit import rows_live
from osc_migrate.tests.unit import rows_live_failed
from osc_migrate.tests.unit import rows_moved
from osc_migrate.tests.unit import rows_stayed
from osc_migrate.tests.unit import test_judge_table
from osc_migrate.tests.unit import traces

SUCCESS = rows_moved.ROWS[0]
HOUR = dataclasses.replace(
    SUCCESS,
    trace="""
    0.2 RESIZE/resize_prep src pre-migrating
    0.7 RESIZE/resize_migrating src migrating
    3600 RESIZE/resize_migrated dst post-migrating
    3601 RESIZE/resize_finish dst post-migrating
    3607 VERIFY_RESIZE dst finished
    """,
    timeout=7200.0,
)
#: Phases that are over before they must have been seen.
SHORT = (Phase.REQUESTED, Phase.SWITCHING, Phase.ARRIVED)


LIVE = rows_live.ROWS[0]
#: An hour of memory, with a report of its bytes in every look.
LONG_LIVE = dataclasses.replace(
    LIVE,
    trace="""
    0.2 MIGRATING/migrating src accepted
    1.6 MIGRATING/migrating src preparing progress=1/99
    2.6 MIGRATING/migrating src running
    7.0 MIGRATING/migrating src running progress=40/60
    1800 MIGRATING/migrating src running progress=90/20
    3600 ACTIVE dst running progress=99/1
    3601 ACTIVE dst completed
    """,
    timeout=7200.0,
)
CHECKED = rows_gate.ROWS[0]


def play(row: rows.Row, *, transfers: bool = False) -> test_judge_table.Played:
    return test_judge_table.Played(row, transfers=transfers)


class LateTestCase(testtools.TestCase):
    def test_an_answer_after_the_time_limit_decides_nothing(self) -> None:
        def blocks(
            gate: fakes.Gate, arrival: gates.Arrival, seconds: float
        ) -> gates.Answered:
            gate._clock.pass_by(100.0)
            return gates.Answered(gates.Answer.CONFIRM)

        with mock.patch.object(fakes.Gate, 'wait', blocks):
            played = play(dataclasses.replace(CHECKED, timeout=60.0))
        self.assertEqual(
            ('timeout', Cause.UNDECIDED, 0),
            (
                played.ending.verdict.outcome,
                played.ending.verdict.cause,
                played.nova.requests['confirm'],
            ),
        )


class SlowNovaTestCase(testtools.TestCase):
    def test_a_slow_look_is_not_two(self) -> None:
        with mock.patch.object(fakes, 'LATENCY', 2.5):
            played = play(rows_stayed.ROWS[0])
        self.assertEqual('rolled-back', played.ending.verdict.outcome)
        self.assertGreaterEqual(played.nova.requests['server'], 2)


class RequestsTestCase(testtools.TestCase):
    def test_a_plain_success_of_ten_seconds_takes_fifty_requests(self) -> None:
        played = play(SUCCESS)
        self.assertLessEqual(played.nova.total, 50)
        self.assertLessEqual(played.nova.requests['server'], 8)
        self.assertEqual(1, played.nova.requests['confirm'])
        self.assertLessEqual(played.nova.requests['actions'], 2)

    def test_an_hour_of_copying_takes_less_than_one_request_in_3_s(
        self,
    ) -> None:
        played = play(HOUR)
        self.assertEqual('confirmed', played.ending.verdict.outcome)
        self.assertLessEqual(played.nova.total, 1000)
        # The dear ones: Nova asks neutron for each.
        self.assertLessEqual(played.nova.requests['server'], 260)

    def test_the_end_of_an_hour_of_copying_is_noticed_within_5_s(self) -> None:
        played = play(HOUR)
        # 3607 s of Nova's, then 0.7 s until the source is clean.
        self.assertLessEqual(played.clock.now() - 1000.0, 3607.7 + 5.0)
        self.assertLessEqual(max(played.clock.slept), 5.0)

    def test_no_valid_host_is_told_within_3_s_for_11_requests(self) -> None:
        played = play(rows_stayed.ROWS[0])
        self.assertLessEqual(played.clock.now() - 1000.0, 3.0)
        self.assertLessEqual(played.nova.total, 11)

    def test_a_busy_api_is_not_pressed_to_confirm(self) -> None:
        played = play(
            dataclasses.replace(
                SUCCESS, answers=(fakes.PRESSED,), timeout=70.0
            )
        )
        self.assertLessEqual(played.nova.requests['confirm'], 12)

    def test_half_a_minute_of_memory_takes_eighty_requests(self) -> None:
        played = play(LIVE)
        self.assertLessEqual(played.nova.total, 80)
        self.assertLessEqual(played.nova.requests['server'], 8)
        self.assertEqual(0, played.nova.requests['transfer'])

    def test_an_hour_of_memory_takes_less_than_one_request_in_3_s(
        self,
    ) -> None:
        played = play(LONG_LIVE)
        self.assertEqual('completed', played.ending.verdict.outcome)
        self.assertLessEqual(played.nova.total, 1100)
        self.assertLessEqual(played.nova.requests['server'], 260)

    def test_bytes_are_asked_for_where_somebody_looks_at_them(self) -> None:
        asked = play(LONG_LIVE, transfers=True).nova.requests
        # Nova's driver writes them every 5 s.
        self.assertGreaterEqual(asked['transfer'], 400)
        self.assertLessEqual(asked['transfer'], 1500)
        self.assertEqual(0, play(LONG_LIVE).nova.requests['transfer'])
        self.assertEqual(
            0, play(HOUR, transfers=True).nova.requests['transfer']
        )

    def test_a_check_of_an_hour_takes_less_than_one_request_in_a_second(
        self,
    ) -> None:
        gate = rows.Gated(gates.Answer.CONFIRM, 3600.0)
        played = play(dataclasses.replace(CHECKED, gate=gate, timeout=7200.0))
        self.assertEqual('confirmed', played.ending.verdict.outcome)
        self.assertLessEqual(played.nova.total, 3600)

    def test_a_server_that_is_deleted_is_not_confirmed(self) -> None:
        played = play(dataclasses.replace(SUCCESS, trace='0.2 404'))
        self.assertEqual(0, played.nova.requests['confirm'])


class ProgressTestCase(testtools.TestCase):
    def phases(self, row: rows.Row) -> list[Phase]:
        told = [progress.phase for progress in play(row).observer.told]
        return [
            phase
            for index, phase in enumerate(told)
            if index == 0 or told[index - 1] is not phase
        ]

    def test_a_success_is_told_phase_by_phase(self) -> None:
        self.assertEqual(
            [
                Phase.SCHEDULING,
                Phase.COPYING,
                Phase.STARTING,
                Phase.CONFIRMING,
                Phase.SETTLING,
            ],
            [p for p in self.phases(SUCCESS) if p not in SHORT],
        )

    def test_a_live_success_is_told_phase_by_phase(self) -> None:
        self.assertEqual(
            [
                Phase.SCHEDULING,
                Phase.QUEUED,
                Phase.PREPARING,
                Phase.TRANSFERRING,
                Phase.SETTLING,
            ],
            [p for p in self.phases(LIVE) if p not in SHORT],
        )

    def test_memory_that_follows_is_told(self) -> None:
        row = dataclasses.replace(
            LIVE,
            trace="""
            0.2 MIGRATING/migrating src running
            5.0 MIGRATING/migrating src post-copy
            9.0 ACTIVE dst completed
            """,
        )
        self.assertIn(Phase.POST_COPY, self.phases(row))

    def test_a_check_is_told(self) -> None:
        told = [p for p in self.phases(CHECKED) if p not in SHORT]
        self.assertEqual(
            [Phase.CHECKING, Phase.CONFIRMING, Phase.SETTLING], told[-3:]
        )
        live = dataclasses.replace(LIVE, gate=rows_gate.PASSES)
        self.assertEqual(
            [Phase.SETTLING, Phase.CHECKING, Phase.SETTLING],
            self.phases(live)[-3:],
        )

    def test_a_revert_is_told_to_its_end(self) -> None:
        row = next(r for r in rows_gate.ROWS if r.was == 'SHUTOFF')
        told = self.phases(row)
        after = told[told.index(Phase.REVERTING):]  # fmt: skip
        self.assertEqual([Phase.REVERTING, Phase.SETTLING], after)

    def test_a_refused_revert_is_told_with_what_nova_says(self) -> None:
        row = next(r for r in rows_gate.ROWS if 'is locked' in r.says)
        told = play(row).observer.told
        refused = [p for p in told if p.phase is Phase.REVERT_REFUSED]
        self.assertEqual(
            {'Instance X is locked'}, {p.trouble for p in refused}
        )

    def test_stepping_in_is_told_with_what_nova_says(self) -> None:
        rows_by_name = {row.name: row for row in rows_limit.ROWS}
        told = play(rows_by_name['aborted']).observer.told
        self.assertIn(
            (Phase.ABORTING, None), [(p.phase, p.trouble) for p in told]
        )
        told = play(rows_by_name['Nova never forces it']).observer.told
        refused = [p for p in told if p.phase is Phase.FORCING]
        self.assertIn('Cannot force complete', str(refused[-1].trouble))

    def test_a_roll_back_is_not_told_as_a_request(self) -> None:
        row = dataclasses.replace(
            rows_live_failed.ROWS[0],
            trace=rows_live.COPYING
            + '9 MIGRATING/migrating src error\n30 ACTIVE src failed',
        )
        told = self.phases(row)
        self.assertNotIn(Phase.REQUESTED, told[1:])

    def test_bytes_are_told_as_nova_writes_them(self) -> None:
        told = play(LONG_LIVE, transfers=True).observer.told
        seen = [p.transfer for p in told]
        bytes_told = list(dict.fromkeys(seen))
        self.assertEqual(
            [
                None,
                facts.Transfer(100, 40, 60),
                facts.Transfer(100, 90, 20),
            ],
            bytes_told[:3],
        )
        for phase in (Phase.PREPARING, Phase.SETTLING):
            self.assertEqual(
                {None}, {p.transfer for p in told if p.phase is phase}, phase
            )

    def test_bytes_that_cannot_be_read_are_no_trouble(self) -> None:
        for failure in (
            exceptions.TransientError('HTTP 502'),
            exceptions.ApiError('Forbidden', status=403),
        ):
            with mock.patch.object(
                fakes.ScriptedNova, 'transfer', side_effect=failure
            ):
                played = play(LIVE, transfers=True)
            self.assertEqual('completed', played.ending.verdict.outcome)
            self.assertEqual({None}, {p.trouble for p in played.observer.told})

    def test_a_refused_confirm_is_told_with_what_nova_says(self) -> None:
        row = dataclasses.replace(
            SUCCESS, answers=(fakes.SOURCE_DOWN,), timeout=30.0
        )
        told = play(row).observer.told
        refused = [p for p in told if p.phase is Phase.REFUSED]
        self.assertEqual(
            {'Service is unavailable at this time.'},
            {progress.trouble for progress in refused},
        )

    def test_an_api_that_does_not_answer_is_told(self) -> None:
        row = dataclasses.replace(
            SUCCESS,
            trace='0 RESIZE/resize_prep src -\n1 fault\n9 404',
        )
        told = play(row).observer.told
        self.assertIn(
            (Phase.UNREADABLE, 'HTTP 502: Bad Gateway'),
            [(progress.phase, progress.trouble) for progress in told],
        )

    def test_hosts_and_time_are_told(self) -> None:
        told = play(SUCCESS).observer.told
        self.assertEqual(('src', None), hosts_of(told[0]))
        self.assertEqual(('src', 'dst'), hosts_of(told[-1]))
        times = [progress.elapsed for progress in told]
        self.assertEqual(sorted(times), times)

    def test_a_manager_is_told_no_host(self) -> None:
        row = dataclasses.replace(SUCCESS, view=traces.MANAGER)
        told = play(row).observer.told
        self.assertEqual({(None, None)}, {hosts_of(p) for p in told})


def hosts_of(progress: doors.Progress) -> tuple[str | None, str | None]:
    return progress.source_host, progress.destination_host


class IdentifiedTestCase(testtools.TestCase):
    """A wait that was interrupted before the first look."""

    def watch(self, trace: str) -> driver.Watch:
        clock = fakes.FakeClock()
        self.nova = fakes.ScriptedNova(clock, trace)
        self.nova.begin()
        move = moves.Move(
            traces.server('ACTIVE'),
            source_host='src',
            request_id=traces.REQUEST,
            user_id=traces.ME,
        )
        watch = driver.Watch(
            self.nova, clock, fakes.Observer(), move, timeout=60.0,
            poll_interval=5.0,
        )  # fmt: skip
        self.assertIsNone(watch.move.record_uuid)
        watch.identify()
        return watch

    def test_the_record_is_found_also_if_the_move_is_over(self) -> None:
        for trace in (
            '0 RESIZE/resize_prep src -\n'
            '0.3 RESIZE/resize_prep src pre-migrating',
            '0 ACTIVE dst confirmed',
        ):
            found = self.watch(trace).move.record_uuid
            self.assertEqual(traces.OURS, found, trace)

    def test_it_takes_no_long_search(self) -> None:
        for trace in ('0 RESIZE/resize_prep src -', '0 fault', '0 401'):
            self.assertIsNone(self.watch(trace).move.record_uuid, trace)
            self.assertLessEqual(self.nova.total, driver.LOOKS)
