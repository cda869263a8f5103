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
from osc_migrate.engine.decisions import Phase
from osc_migrate.tests.unit import fakes
from osc_migrate.tests.unit import rows
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


def play(row: rows.Row) -> test_judge_table.Played:
    return test_judge_table.Played(row)


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

    def test_no_valid_host_is_told_within_3_s_for_ten_requests(self) -> None:
        played = play(rows_stayed.ROWS[0])
        self.assertLessEqual(played.clock.now() - 1000.0, 3.0)
        self.assertLessEqual(played.nova.total, 10)

    def test_a_busy_api_is_not_pressed_to_confirm(self) -> None:
        played = play(
            dataclasses.replace(
                SUCCESS, answers=(fakes.PRESSED,), timeout=70.0
            )
        )
        self.assertLessEqual(played.nova.requests['confirm'], 12)

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
