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

"""Signals end the wait, and cost no answer."""

import os
import signal

import testtools

from osc_migrate.command import signals
from osc_migrate.tests.unit import fakes

NUMBERS = (
    (signal.SIGINT, 130),
    (signal.SIGTERM, 143),
    (signal.SIGHUP, 129),
)


def send(number: signal.Signals) -> None:
    os.kill(os.getpid(), number)


class SignalsTestCase(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        # Whoever runs the tests may have chosen to ignore some.
        for number, _code in NUMBERS:
            before = signal.signal(number, signal.SIG_DFL)
            self.addCleanup(signal.signal, number, before)
        self.clock = fakes.FakeClock()
        self.signals = signals.Signals(clock=self.clock)

    def interrupt(self, number: signal.Signals) -> signals.Interrupted:
        self.signals = signals.Signals(clock=self.clock)
        try:
            with self.signals.installed():
                send(number)
                self.fail('the signal did nothing')
        except signals.Interrupted as interrupt:
            return interrupt

    def test_each_ends_with_its_exit_code(self) -> None:
        for number, code in NUMBERS:
            self.assertEqual(code, self.interrupt(number).exit_code)

    def test_no_handler_of_ours_is_left(self) -> None:
        self.interrupt(signal.SIGTERM)
        for number, _code in NUMBERS:
            self.assertIs(signal.SIG_DFL, signal.getsignal(number))

    def test_what_was_ignored_stays_ignored(self) -> None:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        with self.signals.installed():
            send(signal.SIGHUP)
            self.assertIs(signal.SIG_IGN, signal.getsignal(signal.SIGHUP))

    def test_nothing_takes_it_for_a_fault(self) -> None:
        def guarded() -> None:
            with self.signals.installed():
                try:
                    send(signal.SIGINT)
                except Exception:
                    self.fail('taken for a fault')

        self.assertRaises(signals.Interrupted, guarded)

    def test_a_shield_keeps_it_until_the_answer_is_there(self) -> None:
        done = []
        try:
            with self.signals.installed():
                with self.signals.shield():
                    send(signal.SIGTERM)
                    done.append('answered')
                done.append('noted')
                self.signals.deliver()
                done.append('went on')
        except signals.Interrupted as interrupt:
            self.assertEqual(143, interrupt.exit_code)
        self.assertEqual(['answered', 'noted'], done)

    def test_shields_nest(self) -> None:
        done = []
        try:
            with self.signals.installed():
                with self.signals.shield():
                    with self.signals.shield():
                        send(signal.SIGINT)
                    self.signals.deliver()
                    done.append('outer')
                self.signals.deliver()
                done.append('went on')
        except signals.Interrupted:
            done.append('interrupted')
        self.assertEqual(['outer', 'interrupted'], done)

    def test_a_second_one_gets_through_the_shield(self) -> None:
        done = []
        try:
            with self.signals.installed(), self.signals.shield():
                send(signal.SIGINT)
                done.append('first')
                send(signal.SIGTERM)
                done.append('second')
        except signals.Interrupted as interrupt:
            self.assertEqual(143, interrupt.exit_code)
        self.assertEqual(['first'], done)

    def test_one_that_was_lost_is_raised_again(self) -> None:
        # Python drops what is raised while it collects garbage.
        with self.signals.installed():
            self.assertRaises(signals.Interrupted, send, signal.SIGINT)
            interrupt = self.assertRaises(
                signals.Interrupted, self.signals.deliver
            )
            self.assertEqual(130, interrupt.exit_code)
            self.signals.take()
            self.signals.deliver()

    def test_a_second_one_does_not_cut_off_the_way_out(self) -> None:
        with self.signals.installed():
            self.assertRaises(signals.Interrupted, send, signal.SIGHUP)
            send(signal.SIGHUP)
            send(signal.SIGINT)
            # Unless that takes too long.
            self.clock.pass_by(signals.LEAVING)
            interrupt = self.assertRaises(
                signals.Interrupted, send, signal.SIGINT
            )
            self.assertEqual(130, interrupt.exit_code)

    def test_none_changes_a_verdict(self) -> None:
        with self.signals.installed():
            with self.signals.shield():
                send(signal.SIGTERM)
            self.signals.finish()
            send(signal.SIGTERM)

    def test_what_comes_while_the_process_ends_is_ignored(self) -> None:
        signal.signal(signal.SIGHUP, signal.default_int_handler)
        with self.signals.installed(to_the_end=True):
            self.signals.finish()
        for number, _code in NUMBERS:
            send(number)

    def test_the_first_one_may_end_nothing(self) -> None:
        told: list[int] = []

        is_at_work: list[bool] = []

        def first(number: int) -> bool:
            told.append(number)
            return bool(is_at_work)

        self.signals = signals.Signals(first, self.clock)
        with self.signals.installed():
            # There was nothing to wait for: it ends the command.
            with self.signals.shield():
                send(signal.SIGINT)
            self.assertRaises(signals.Interrupted, self.signals.deliver)
            self.signals.take()
            self.clock.pass_by(signals.LEAVING)
            is_at_work.append(True)
            send(signal.SIGINT)
            self.assertRaises(signals.Interrupted, send, signal.SIGTERM)
        self.assertEqual([signal.SIGINT] * 3, told)

    def test_one_that_was_kept_back_may_end_nothing_either(self) -> None:
        told: list[int] = []
        is_at_work: list[bool] = []

        def first(number: int) -> bool:
            told.append(number)
            return bool(is_at_work)

        self.signals = signals.Signals(first, self.clock)
        with self.signals.installed():
            with self.signals.shield():
                send(signal.SIGTERM)
            is_at_work.append(True)
            self.signals.deliver()
            self.signals.deliver()
            self.assertRaises(signals.Interrupted, send, signal.SIGTERM)
        self.assertEqual([signal.SIGTERM] * 2, told)

    def test_one_that_was_lost_ends_it_whoever_could_deal_with_it(
        self,
    ) -> None:
        is_at_work: list[bool] = []
        self.signals = signals.Signals(
            lambda _number: bool(is_at_work), self.clock
        )
        with self.signals.installed():
            self.assertRaises(signals.Interrupted, send, signal.SIGINT)
            is_at_work.append(True)
            self.assertRaises(signals.Interrupted, self.signals.deliver)

    def test_a_shield_without_a_signal_does_nothing(self) -> None:
        with self.signals.installed(), self.signals.shield():
            pass
        with self.signals.shield():
            pass

    def test_an_error_behind_the_shield_is_not_lost(self) -> None:
        def fail() -> None:
            with self.signals.shield():
                raise KeyError('answer')

        self.assertRaises(KeyError, fail)
