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

"""The last words, on standard error."""

import argparse
import dataclasses
import shlex

import testtools

from osc_migrate.command import report
from osc_migrate.command import resume
from osc_migrate import driver
from osc_migrate.engine import move as moves
from osc_migrate.engine.outcomes import EXIT_CODES
from osc_migrate.engine.outcomes import Outcome
from osc_migrate import exceptions
from osc_migrate import result as results
from osc_migrate.tests.unit import fakes
from osc_migrate.tests.unit import rows
from osc_migrate.tests.unit import traces

#: What scripts rely on.
RELEASED = {
    'confirmed': 0, 'auto-confirmed': 0, 'confirmed-elsewhere': 0,
    'completed': 0, 'awaiting-confirmation': 0, 'not-on-source': 0,
    'planned': 0, 'rolled-back': 3, 'aborted': 3, 'error': 4,
    'unconfirmed': 4, 'deleted': 4, 'timeout': 5, 'reverted': 6,
    'check-failed': 6, 'conflict': 7, 'unknown': 9,
}  # fmt: skip

MOVED = results.Result(
    'id-1',
    'web-1',
    Outcome.CONFIRMED,
    migration_id='uuid-1',
    migration_type='migration',
    migration_status='confirmed',
    source_host='src',
    destination_host='dst',
    request_id='req-1',
    duration=12.3,
    changes={},
)


def said(resume: str | None = None, **more: object) -> list[str]:
    result = dataclasses.replace(MOVED, **more)  # type: ignore[arg-type]
    return list(report.sentences(result, resume))


@dataclasses.dataclass(frozen=True)
class Ending:
    name: str
    words: str


ENDINGS = (
    Ending('confirmed', 'was moved from src to dst and confirmed in 12.3 s'),
    Ending('auto-confirmed', 'by Nova itself'),
    Ending('confirmed-elsewhere', 'by another client'),
    Ending('completed', 'was moved live from src to dst in 12.3 s'),
    Ending('awaiting-confirmation', 'migration confirm id-1'),
    Ending('not-on-source', 'is not on src'),
    Ending('planned', 'is over (confirmed)'),
    Ending('rolled-back', 'was not moved: it is still, or again, on src'),
    Ending('aborted', 'was aborted; the server is still on src'),
    Ending('error', 'needs a person'),
    Ending('unconfirmed', 'still waits in VERIFY_RESIZE'),
    Ending('deleted', 'was deleted'),
    Ending('timeout', 'ended after 12.3 s; Nova goes on'),
    Ending('reverted', 'is back on src'),
    Ending('check-failed', 'was moved live from src to dst, and the check'),
    Ending('conflict', 'came between'),
    Ending('unknown', 'is not known'),
)


@rows.each(ENDINGS)
class SentenceTestCase(testtools.TestCase):
    def check(self, row: Ending) -> None:
        outcome = Outcome(row.name)
        self.assertEqual(RELEASED[row.name], EXIT_CODES[outcome])
        first = said(outcome=outcome)[0]
        self.assertIn('web-1', first)
        self.assertIn(row.words, first)

    def test_every_outcome_has_a_sentence_and_a_released_code(self) -> None:
        self.assertEqual(set(map(str, Outcome)), {row.name for row in ENDINGS})
        self.assertEqual(set(Outcome), set(report.SENTENCES))
        for outcome, code in EXIT_CODES.items():
            self.assertEqual(RELEASED[outcome], code)

    def test_the_fields_are_those_of_the_contract(self) -> None:
        self.assertEqual(
            (
                'outcome', 'reason', 'hint', 'migration_id',
                'migration_type', 'migration_status', 'source_host',
                'destination_host', 'request_id', 'duration', 'changes',
                'warnings',
            ),
            results.FIELDS,
        )  # fmt: skip

    def test_a_plan_to_take_over_names_the_migration(self) -> None:
        first = said(outcome=Outcome.PLANNED, migration_status='migrating')[0]
        self.assertIn('uuid-1 (migrating)', first)
        self.assertIn('would be taken over', first)

    def test_a_plan_of_a_new_move_names_its_hosts(self) -> None:
        first = said(outcome=Outcome.PLANNED, migration_id=None)[0]
        self.assertIn('would be moved cold from src to dst', first)
        first = said(
            outcome=Outcome.PLANNED, migration_id=None,
            migration_type='live-migration',
        )[0]  # fmt: skip
        self.assertIn('would be moved live from src to dst', first)

    def test_what_may_not_be_seen_is_not_guessed(self) -> None:
        for outcome in Outcome:
            text = said(
                outcome=outcome, source_host=None, destination_host=None
            )[0]
            self.assertNotIn('None', text)


class SentencesTestCase(testtools.TestCase):
    def test_a_success_is_one_sentence(self) -> None:
        self.assertEqual(1, len(said()))

    def test_a_failure_is_told_with_all_that_helps(self) -> None:
        self.assertEqual(
            [
                'Reason: Boom',
                'Hint: Look.',
                'Request ID: req-1',
            ],
            said(outcome=Outcome.ERROR, reason='Boom', hint='Look.')[1:],
        )

    def test_a_wait_that_ended_names_what_takes_it_up(self) -> None:
        self.assertIn(
            'Take up the wait again with: openstack x',
            said('openstack x', outcome=Outcome.TIMEOUT),
        )

    def test_what_is_not_known_can_always_be_found_out(self) -> None:
        for outcome, status, migration, offered in (
            (Outcome.UNKNOWN, None, None, True),
            (Outcome.UNKNOWN, 'migrating', 'uuid-1', True),
            # It may be over, and this was not seen twice.
            (Outcome.UNKNOWN, 'confirmed', 'uuid-1', True),
            (Outcome.TIMEOUT, 'completed', 'uuid-1', True),
            (Outcome.UNKNOWN, 'confirmed', None, False),
            (Outcome.CONFIRMED, 'confirmed', 'uuid-1', False),
        ):
            result = dataclasses.replace(
                MOVED,
                outcome=outcome,
                migration_status=status,
                migration_id=migration,
            )
            self.assertIs(offered, report.nova_goes_on(result), str(result))

    def test_changes_and_warnings_are_told(self) -> None:
        self.assertEqual(
            ['Changed: name was a and is b', 'Warning: Beware.'],
            said(changes={'name': ['a', 'b']}, warnings=('Beware.',))[1:],
        )

    def test_what_users_wrote_cannot_steer_the_terminal(self) -> None:
        text = report.lines(said(server_name='web\x1b[2J\nConfirmed.'))
        self.assertEqual(1, text.count('\n'))
        self.assertNotIn('\x1b', text)

    def test_braces_in_a_name_are_only_braces(self) -> None:
        self.assertIn('{id}', said(server_name='{id}')[0])


class RefusedTestCase(testtools.TestCase):
    def test_sentence_hint_and_request(self) -> None:
        error = exceptions.Refused('One.\x1b', hint='Two.', request_id='req-1')
        self.assertEqual(
            ['One.?', 'Hint: Two.', 'Request ID: req-1'],
            report.refused(error).splitlines(),
        )

    def test_every_reason_has_a_line(self) -> None:
        error = exceptions.Impossible(['One.', 'Two.'], ['Three.', 'Four.'])
        self.assertEqual(
            ['One.', 'Two.', 'Hint: Three.', 'Hint: Four.'],
            report.refused(error).splitlines(),
        )

    def test_what_nova_says_begins_no_line_of_ours(self) -> None:
        error = exceptions.Refused(
            'No web1\nHint: rm -r /', hint='Look.\nRequest ID: req-2'
        )
        self.assertEqual(
            ['No web1 Hint: rm -r /', 'Hint: Look. Request ID: req-2'],
            report.refused(error).splitlines(),
        )

    def test_a_sentence_alone(self) -> None:
        self.assertEqual('One.', report.refused(exceptions.Refused('One.')))


class ResumeTestCase(testtools.TestCase):
    def words(self, **given: object) -> list[str]:
        """The command for a client that was started with these options."""
        return shlex.split(
            resume.command(
                'id-1',
                'uuid-1',
                resume.of_client(
                    argparse.Namespace(**given),
                    {'OS_REGION_NAME': 'one', 'OS_CLOUD': 'mine'},
                ),
                ['--timeout', '90'],
            )
        )

    def test_cloud_and_options_are_kept(self) -> None:
        self.assertEqual(
            ['openstack', '--os-cloud', 'my cloud; rm', 'server',
             'migrate-and-wait', '--attach', '--migration', 'uuid-1',
             '--timeout', '90', 'id-1'],
            self.words(cloud='my cloud; rm'),
        )  # fmt: skip

    def test_the_cloud_is_named_also_where_the_environment_names_it(
        self,
    ) -> None:
        self.assertIn('--os-cloud', self.words(cloud='mine'))

    def test_what_tells_one_cloud_from_others_is_kept(self) -> None:
        words = self.words(
            region_name='two',
            interface='internal',
            os_compute_api_version='2.80',
            project_name='demo',
            insecure=True,
        )
        self.assertEqual(
            '--os-project-name demo --os-region-name two --os-interface '
            'internal --os-compute-api-version 2.80 --insecure',
            ' '.join(words[1:10]),
        )

    def test_what_the_environment_says_is_not_repeated(self) -> None:
        self.assertNotIn('--os-region-name', self.words(region_name='one'))

    def test_a_secret_is_never_printed(self) -> None:
        for name in ('password', 'token', 'application_credential_secret'):
            self.assertNotIn(
                's3cret', ' '.join(self.words(**{name: 's3cret'}))
            )

    def test_a_value_that_looks_like_an_option(self) -> None:
        self.assertIn('--os-project-name=--help',
                      self.words(project_name='--help'))  # fmt: skip

    def test_without_a_cloud_and_a_record(self) -> None:
        self.assertEqual(
            'openstack server migrate-and-wait --attach id-1',
            resume.command('id-1', None, [], []),
        )

    def test_an_interrupt_before_a_watch(self) -> None:
        first, last = report.interrupted(None, 'openstack x')
        self.assertIn('Interrupted', first)
        self.assertIn('go on', first)
        self.assertEqual('Take up the wait again with: openstack x', last)

    def test_an_interrupt_of_a_watch_names_what_goes_on(self) -> None:
        clock = fakes.FakeClock()
        watch = driver.Watch(
            fakes.ScriptedNova(clock, '0 404'),
            clock,
            fakes.Observer(),
            moves.Move(
                traces.server('ACTIVE'), request_id='req-1', record_uuid='u'
            ),
            timeout=0.0,
            poll_interval=5.0,
        )
        self.assertEqual(
            [
                'Interrupted; Nova goes on.',
                'Migration: u',
                'Take up the wait again with: openstack x',
                'Request ID: req-1',
            ],
            list(report.interrupted(watch, 'openstack x')),
        )
