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

"""A cloud that is away, and who asks whether it is back."""

import testtools

from osc_migrate import exceptions
from osc_migrate import outage
from osc_migrate import pace
from osc_migrate.tests.unit import fakes

AWAY = exceptions.TransientError('HTTP 502')
BUSY = exceptions.TransientError('HTTP 429', accepted=False, retry_after=30.0)
NO = exceptions.ApiError('No.', status=404)


class Api:
    """Answers, or raises what it is told.

    :ivar asked: how often
    """

    user_id = 'user'

    def __init__(self) -> None:
        self.asked = 0
        self.error: exceptions.MigrateError | None = None

    def hurry(self, seconds: float) -> None:
        self.seconds = seconds

    def look(self, answer: str) -> str:
        self.asked += 1
        if self.error is not None:
            raise self.error
        return answer


class OutageTestCase(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.clock = fakes.FakeClock()
        self.api = Api()
        self.outage = outage.Outage(self.clock)
        self.door = outage.Shelter(self.api, self.outage)

    def fails(self, error: exceptions.MigrateError) -> exceptions.MigrateError:
        self.api.error = error
        return self.assertRaises(type(error), self.door.look, 'yes')

    def test_what_asks_nothing_neither_fails_nor_ends_an_outage(self) -> None:
        self.fails(AWAY)
        self.fails(AWAY)
        self.door.hurry(3.0)
        self.assertEqual(3.0, self.api.seconds)
        asked = self.api.asked
        self.fails(exceptions.Away(''))
        self.assertEqual(asked, self.api.asked)

    def test_what_is_asked_is_passed_on(self) -> None:
        self.assertEqual('yes', self.door.look('yes'))
        self.assertEqual('user', self.door.user_id)

    def test_one_fault_is_nobody_elses(self) -> None:
        self.assertIs(AWAY, self.fails(AWAY))
        self.api.error = None
        self.assertEqual('yes', self.door.look('yes'))

    def test_after_two_nothing_is_asked(self) -> None:
        self.fails(AWAY)
        for _time in range(5):
            error = self.fails(AWAY)
            assert isinstance(error, exceptions.Away)
            self.assertEqual('HTTP 502', error.message)
        self.assertEqual(2, self.api.asked)

    def test_a_request_that_was_not_sent_was_not_taken(self) -> None:
        self.api.error = AWAY
        found = []
        for _time in range(3):
            try:
                self.door.look('yes')
            except exceptions.TransientError as error:
                found.append(error.accepted)
        self.assertEqual([None, None, False], found)

    def test_one_finds_out_for_all_when_it_is_back(self) -> None:
        self.fails(AWAY)
        error = self.fails(AWAY)
        self.api.error = None
        assert isinstance(error, exceptions.Away) and error.retry_after
        self.clock.sleep(error.retry_after)
        self.assertEqual('yes', self.door.look('yes'))
        self.assertIs(AWAY, self.fails(AWAY))

    def test_what_the_api_asked_for_is_kept(self) -> None:
        self.fails(BUSY)
        error = self.fails(BUSY)
        assert isinstance(error, exceptions.Away)
        self.assertEqual(30.0, error.retry_after)

    def test_a_no_is_an_answer(self) -> None:
        for _time in range(5):
            self.fails(AWAY)
            self.assertIs(NO, self.fails(NO))
        self.assertEqual(10, self.api.asked)

    def test_in_an_hour_it_is_asked_every_ten_seconds(self) -> None:
        for _second in range(3600):
            self.fails(AWAY)
            self.clock.sleep(1.0)
        self.assertLess(self.api.asked, 3600 / outage.LONGEST_PAUSE * 2.2)

    def test_a_watch_waits_until_then(self) -> None:
        paces = pace.Pace(5.0, 0.0)
        away = exceptions.Away('HTTP 502', retry_after=7.0)
        self.assertEqual(
            [7.0] * 20, [paces.after_fault(away) for _time in range(20)]
        )
