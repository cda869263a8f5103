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

"""The same for programs: through keystoneauth to a wire that is made up."""

import dataclasses
import pathlib
import signal
from typing import Any, get_type_hints
from unittest import mock

import testtools

import osc_migrate
from osc_migrate import clock as clocks
from osc_migrate.engine import move as moves
from osc_migrate.tests.unit import fake_api
from osc_migrate.tests.unit import fakes
from osc_migrate.tests.unit import played_wire
from osc_migrate.tests.unit import rows_gate
from osc_migrate.tests.unit import rows_live
from osc_migrate.tests.unit import rows_moved
from osc_migrate.tests.unit import traces

LIVE = moves.Kind.LIVE
HANDLED = (
    signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE,
    signal.SIGCHLD, signal.SIGALRM,
)  # fmt: skip
Played = tuple[fakes.FakeClock, fakes.ScriptedNova, played_wire.PlayedWire]


class ApiTestCase(testtools.TestCase):
    def run_it(self, played: Played, **options: Any) -> osc_migrate.Result:
        clock, _nova, wire = played
        connection = fake_api.connection_to(wire)
        with (
            mock.patch.object(clocks, 'SystemClock', return_value=clock),
            mock.patch('random.uniform', max),
        ):
            return osc_migrate.migrate_and_wait(
                connection, traces.SERVER_ID, **options
            )

    def cold(self, **more: Any) -> Played:
        return played_wire.play(rows_moved.ARRIVED, rows_moved.DONE, **more)

    def live(self, **more: Any) -> Played:
        return played_wire.play(rows_live.MOVED, kind=LIVE, **more)


class RefusedTestCase(ApiTestCase):
    def test_novas_no_is_raised_with_what_helps(self) -> None:
        played = self.cold(migrates=(fakes.LOCKED,))
        refused = self.assertRaises(osc_migrate.Refused, self.run_it, played)
        self.assertEqual('Instance X is locked', refused.message)
        self.assertIn('openstack server unlock', str(refused.hint))
        self.assertIsInstance(refused, osc_migrate.MigrateError)

    def test_a_server_that_is_not_there(self) -> None:
        wire = fake_api.Wire()
        wire.on('GET /v2.1/servers/detail', fake_api.reply(
            200, {'servers': []},
        ))  # fmt: skip
        self.assertRaises(
            osc_migrate.Refused,
            osc_migrate.migrate_and_wait, fake_api.connection_to(wire), 'web',
        )  # fmt: skip

    def test_nothing_to_attach_to(self) -> None:
        played = self.cold()
        self.assertRaises(
            osc_migrate.Refused, self.run_it, played, attach=True
        )
        self.assertEqual({}, played[1].changes)

    def test_a_dry_run_that_would_be_refused(self) -> None:
        played = self.cold(before='0 PAUSED src -')
        refused = self.assertRaises(
            osc_migrate.Refused, self.run_it, played, dry_run=True
        )
        self.assertIn('paused', refused.message)
        self.assertEqual({}, played[1].changes)

    def test_an_api_that_is_away_is_told_after_half_a_minute(self) -> None:
        wire = fake_api.Wire()
        wire.on('GET /v2.1/servers/detail', fake_api.reply(502, 'Bad'))
        clock = fakes.FakeClock()
        with mock.patch.object(clocks, 'SystemClock', return_value=clock):
            self.assertRaises(
                osc_migrate.TransientError,
                osc_migrate.migrate_and_wait,
                fake_api.connection_to(wire), 'web-1',
            )  # fmt: skip
        self.assertLessEqual(clock.now() - 1000.0, 30.0)

    def test_a_failure_of_the_move_is_no_exception(self) -> None:
        played = played_wire.play('0.4 ACTIVE src error failed')
        result = self.run_it(played)
        self.assertEqual(
            ('rolled-back', 3), (result.outcome, result.exit_code)
        )


class OptionsTestCase(ApiTestCase):
    def test_a_check_sees_the_server_in_its_new_place(self) -> None:
        seen: list[osc_migrate.Arrival] = []

        def check(arrival: osc_migrate.Arrival) -> bool:
            seen.append(arrival)
            return True

        result = self.run_it(self.cold(), check=check)
        self.assertEqual('confirmed', result.outcome)
        (arrival,) = seen
        self.assertEqual(
            ('web-1', 'VERIFY_RESIZE', 'src', 'dst', ('192.0.2.10',)),
            (
                arrival.server.name, arrival.server.status,
                arrival.source_host, arrival.destination_host,
                arrival.addresses,
            ),
        )  # fmt: skip

    def test_a_check_that_is_not_passed_reverts(self) -> None:
        def raising(arrival: osc_migrate.Arrival) -> None:
            raise ValueError('Boom')

        for check, because in (
            (lambda arrival: 0, 'The check was not passed.'),
            (raising, 'The check raised ValueError: Boom'),
        ):
            played = self.cold(reverted=rows_gate.REVERTED)
            result = self.run_it(played, check=check)
            self.assertEqual(
                ('reverted', 6, because),
                (result.outcome, result.exit_code, result.reason),
            )
            self.assertEqual({'migrate': 1, 'revert': 1}, played[1].changes)

    def test_a_check_of_a_live_migration(self) -> None:
        played = self.live()
        result = self.run_it(
            played, live_migration=True, check=lambda arrival: None
        )
        self.assertEqual('check-failed', result.outcome)
        self.assertEqual({'live-migrate': 1}, played[1].changes)

    def test_an_interrupt_in_a_check_passes_through(self) -> None:
        def check(arrival: osc_migrate.Arrival) -> bool:
            raise KeyboardInterrupt

        played = self.cold()
        self.assertRaises(KeyboardInterrupt, self.run_it, played, check=check)
        self.assertEqual({'migrate': 1}, played[1].changes)

    def test_no_confirm(self) -> None:
        played = self.cold()
        result = self.run_it(played, confirm=False)
        self.assertEqual('awaiting-confirmation', result.outcome)
        self.assertEqual({'migrate': 1}, played[1].changes)

    def test_auto_is_told_to_the_observer(self) -> None:
        observer = fakes.Observer(transfers=True)
        result = self.run_it(self.live(), auto=True, observer=observer)
        self.assertEqual('completed', result.outcome)
        self.assertEqual(
            ['Server web-1 is ACTIVE: it is moved live.'], observer.said
        )
        self.assertIn(
            ('copying memory', 'src', 'dst'),
            [
                (told.phase, told.source_host, told.destination_host)
                for told in observer.told
            ],
        )

    def test_an_id_of_a_migration_may_be_typed_in_capitals(self) -> None:
        played = played_wire.play('0 ACTIVE dst completed', kind=LIVE)
        played[1].begin()
        result = self.run_it(
            played, attach=True, migration=traces.OURS.upper()
        )
        self.assertEqual('completed', result.outcome)

    def test_a_dry_run_changes_nothing(self) -> None:
        played = self.cold()
        result = self.run_it(played, auto=True, dry_run=True)
        self.assertEqual(
            ('planned', 'live-migration', {}),
            (result.outcome, result.migration_type, played[1].changes),
        )


class ProcessTestCase(ApiTestCase):
    def test_no_signal_handler_is_changed(self) -> None:
        before = [signal.getsignal(number) for number in HANDLED]
        during: list[list[object]] = []

        def check(arrival: osc_migrate.Arrival) -> bool:
            during.append([signal.getsignal(number) for number in HANDLED])
            return True

        with mock.patch.object(
            signal, 'signal', side_effect=AssertionError('a handler is set')
        ):
            self.run_it(self.cold(), check=check)
        self.assertEqual([before], during)
        self.assertEqual(
            before, [signal.getsignal(number) for number in HANDLED]
        )

    def test_a_session_without_a_time_limit_gets_one(self) -> None:
        played = self.cold()
        self.run_it(played)
        self.assertNotIn(None, played[2].timeouts[1:])


class ResultTestCase(testtools.TestCase):
    def test_a_result_cannot_be_changed(self) -> None:
        result = osc_migrate.Result(
            'id-1', 'web-1', osc_migrate.Outcome.CONFIRMED
        )
        self.assertRaises(
            dataclasses.FrozenInstanceError,
            setattr, result, 'outcome', osc_migrate.Outcome.ERROR,
        )  # fmt: skip

    def test_a_result_is_typed(self) -> None:
        hints = get_type_hints(osc_migrate.Result)
        self.assertIs(osc_migrate.Outcome, hints['outcome'])
        hints = get_type_hints(osc_migrate.migrate_and_wait)
        self.assertIs(osc_migrate.Result, hints['return'])
        folder = pathlib.Path(osc_migrate.__file__).parent
        self.assertTrue((folder / 'py.typed').is_file())

    def test_what_is_offered_is_there_and_nothing_else(self) -> None:
        for name in osc_migrate.__all__:
            self.assertIsNotNone(getattr(osc_migrate, name))
        missing: Any = osc_migrate
        self.assertRaises(AttributeError, lambda: missing.confirm)
