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

"""Which of Nova's words tell why."""

import dataclasses

import testtools

from osc_migrate.engine import diagnosis
from osc_migrate.engine import facts
from osc_migrate.engine import hints
from osc_migrate.engine import move as moves
from osc_migrate.engine import outcomes
from osc_migrate.engine.outcomes import Cause
from osc_migrate.engine.outcomes import Outcome
from osc_migrate.tests.unit import test_diagnosis
from osc_migrate.tests.unit import traces

IN_ERROR = traces.server('ERROR')
AT_REST = traces.server('ACTIVE')
FAILED = outcomes.Verdict(Outcome.ERROR, Cause.ERROR_ON_SOURCE)
BACK = outcomes.Verdict(Outcome.ROLLED_BACK, Cause.RECORD_ERROR)


def failing(name: str, details: str | None = None) -> facts.ActionEvent:
    return facts.ActionEvent(name, 'Error', details)


def evidence(*events: facts.ActionEvent) -> diagnosis.Evidence:
    return diagnosis.Evidence(events)


class ReasonTestCase(testtools.TestCase):
    def test_a_success_needs_no_reason_and_no_hint(self) -> None:
        for outcome in Outcome:
            verdict = outcomes.Verdict(outcome, Cause.ARRIVED)
            said = evidence(failing('compute_x', 'a retry'))
            reason = diagnosis.reason(verdict, AT_REST, said)
            hint = diagnosis.hint(verdict, test_diagnosis.MOVE, reason, said)
            if outcomes.EXIT_CODES[outcome] == 0:
                self.assertEqual((None, None), (reason, hint))

    def test_the_step_on_the_compute_host_tells_not_its_callers(self) -> None:
        said = evidence(
            facts.ActionEvent('conductor_migrate_server', 'Error', 'Nested'),
            facts.ActionEvent('compute_prep_resize', 'Success'),
            failing('compute_resize_instance', 'No space left'),
        )
        self.assertEqual(
            'No space left', diagnosis.reason(BACK, AT_REST, said)
        )

    def test_the_conductor_tells_where_no_compute_host_failed(self) -> None:
        said = evidence(
            failing('conductor_migrate_server', 'No valid host was found.')
        )
        self.assertEqual(
            'No valid host was found.',
            diagnosis.reason(BACK, AT_REST, said),
        )

    def test_steps_without_details_tell_nothing(self) -> None:
        said = evidence(
            failing('compute_resize_instance'),
            facts.ActionEvent('cold_migrate', None, 'unfinished'),
        )
        self.assertEqual(
            'The migration failed; Nova gives no reason.',
            diagnosis.reason(BACK, AT_REST, said),
        )

    def test_a_fault_tells_where_no_step_does(self) -> None:
        self.assertEqual(
            'from the fault', diagnosis.reason(FAILED, IN_ERROR, evidence())
        )

    def test_a_fault_of_an_earlier_move_tells_nothing(self) -> None:
        # Nova shows it also where a server came into ERROR without one.
        began = '2026-08-01T12:00:00.000000'
        for created, told in (
            ('2026-08-01T11:59:50Z', False),
            ('2026-08-01T12:00:00Z', True),
            (None, True),
        ):
            fault = facts.Fault('the fault', created=created)
            server = dataclasses.replace(IN_ERROR, fault=fault)
            because = diagnosis.reason(
                FAILED, server, diagnosis.Evidence(began=began)
            )
            self.assertEqual(told, because == 'the fault')

    def test_a_fault_of_a_server_not_in_error_is_an_old_one(self) -> None:
        server = dataclasses.replace(AT_REST, fault=facts.Fault('old'))
        self.assertNotEqual('old', diagnosis.reason(BACK, server, evidence()))

    def test_a_bare_class_name_gets_its_command(self) -> None:
        server = dataclasses.replace(
            IN_ERROR,
            fault=facts.Fault(
                'ProcessExecutionError',
                'Traceback\nCommand: scp -r a_resize/disk 10.0.0.2:/a/disk\n',
            ),
        )
        said = evidence(
            failing('compute_resize_instance', 'ProcessExecutionError')
        )
        reason = diagnosis.reason(FAILED, server, said)
        self.assertEqual(
            'ProcessExecutionError: Command: scp -r a_resize/disk '
            '10.0.0.2:/a/disk',
            reason,
        )
        hint = diagnosis.hint(FAILED, test_diagnosis.MOVE, reason, said)
        self.assertIn('powered off', str(hint))

    def test_words_of_novas_own_need_no_command(self) -> None:
        server = dataclasses.replace(
            IN_ERROR, fault=facts.Fault('No space left', 'Command: scp')
        )
        self.assertEqual(
            'No space left', diagnosis.reason(FAILED, server, evidence())
        )

    def test_text_that_nova_cut_in_a_letter_is_kept(self) -> None:
        words = 'é' * 127
        self.assertEqual(254, len(words.encode()))
        said = evidence(failing('compute_resize_instance', words))
        self.assertEqual(words, diagnosis.reason(BACK, AT_REST, said))

    def test_who_did_it_is_named(self) -> None:
        verdict = outcomes.Verdict(
            Outcome.REVERTED, Cause.REVERTED, by_user='user-bob'
        )
        self.assertEqual(
            'The migration was reverted, by user user-bob.',
            diagnosis.reason(verdict, AT_REST, evidence()),
        )

    def test_a_host_that_was_passed_over_tells_nothing_of_the_end(
        self,
    ) -> None:
        passed_over = failing(
            'compute_check_can_live_migrate_destination', 'Another CPU'
        )
        begun = facts.ActionEvent('compute_live_migration', 'Success')
        prepared = failing('compute_pre_live_migration', 'No space left')
        for steps, reason in (
            ((passed_over,), 'Another CPU'),
            ((passed_over, begun, prepared), 'No space left'),
            (
                (passed_over, begun),
                'The migration failed; Nova gives no reason.',
            ),
        ):
            self.assertEqual(
                reason, diagnosis.reason(BACK, AT_REST, evidence(*steps))
            )

    def test_what_nova_said_at_the_time_limit_is_told(self) -> None:
        late = outcomes.Verdict(Outcome.TIMEOUT, Cause.TIME_LIMIT)
        for said, reason in (
            (None, 'The time limit was reached while Nova was at work.'),
            ('Not in this state.',
             'The time limit was reached while Nova was at work. Stepping '
             'in did not help: Not in this state.'),
        ):  # fmt: skip
            self.assertEqual(
                reason,
                diagnosis.reason(late, AT_REST, diagnosis.Evidence(said=said)),
            )

    def test_a_revert_is_told_with_what_it_was_for(self) -> None:
        back = outcomes.Verdict(Outcome.REVERTED, Cause.REVERTED_BY_US)
        for because in (None, 'The check was not passed.'):
            verdict = dataclasses.replace(back, detail=because)
            self.assertEqual(
                because or 'It was reverted, as was asked for.',
                diagnosis.reason(verdict, AT_REST, evidence()),
            )

    def test_a_server_that_is_gone_has_a_reason_too(self) -> None:
        verdict = outcomes.Verdict(Outcome.DELETED, Cause.GONE)
        self.assertIn(
            'deleted', str(diagnosis.reason(verdict, None, evidence()))
        )


class DestinationTestCase(testtools.TestCase):
    def hint(self, service: facts.ComputeService) -> str:
        said = diagnosis.Evidence((), service)
        return str(
            diagnosis.hint(
                BACK, test_diagnosis.MOVE, test_diagnosis.NO_HOST, said
            )
        )

    def test_one_that_is_down_is_named(self) -> None:
        self.assertEqual(
            hints.DESTINATION_DOWN.format(destination='dst'),
            self.hint(facts.ComputeService('dst', up=False, enabled=True)),
        )

    def test_one_that_is_disabled_is_named(self) -> None:
        self.assertEqual(
            hints.DESTINATION_DISABLED.format(destination='dst'),
            self.hint(facts.ComputeService('dst', up=True, enabled=False)),
        )

    def test_one_that_the_server_came_from_is_named(self) -> None:
        move = dataclasses.replace(test_diagnosis.MOVE, destination_host='src')
        for outcome, named in (
            (Outcome.ROLLED_BACK, True), (Outcome.ERROR, False),
        ):  # fmt: skip
            verdict = dataclasses.replace(BACK, outcome=outcome)
            hint = diagnosis.hint(verdict, move, 'Boom', evidence())
            same = hint == diagnosis.fill(hints.SAME_HOST, move)
            self.assertIs(named, same)

    def test_one_that_is_up_is_not_the_reason(self) -> None:
        self.assertIn(
            'nova-scheduler',
            self.hint(facts.ComputeService('dst', up=True, enabled=True)),
        )


class NamesTestCase(testtools.TestCase):
    def test_hosts_that_may_not_be_seen_are_not_guessed(self) -> None:
        move = moves.Move(AT_REST, request_id=traces.REQUEST)
        hint = diagnosis.hint(FAILED, move, 'Boom', evidence())
        self.assertIn('still on the source', str(hint))
        self.assertNotIn('None', str(hint))

    def test_what_a_person_asked_for_needs_no_hint(self) -> None:
        verdict = outcomes.Verdict(Outcome.REVERTED, Cause.REVERTED_BY_US)
        self.assertIsNone(
            diagnosis.hint(
                verdict,
                test_diagnosis.MOVE,
                'It was reverted, as was asked for.',
                evidence(),
            )
        )

    def test_a_name_with_braces_is_only_a_name(self) -> None:
        move = moves.Move(
            AT_REST, source_host='{request}', destination_host='{0}'
        )
        hint = diagnosis.hint(FAILED, move, 'Boom', evidence())
        self.assertIn('{request}', str(hint))
