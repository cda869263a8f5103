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

"""What of a server must be the same after the move."""

import testtools

from osc_migrate.engine import identity

BEFORE = {
    'name': 'web-1',
    'metadata': {'tier': 'front'},
    'addresses': {'private': ['10.0.0.4']},
    'volumes': ['vol-1', 'vol-2'],
    'power_state': 'Running',
}


class ChangesTestCase(testtools.TestCase):
    def test_nothing_differs(self) -> None:
        self.assertEqual({}, identity.changes(BEFORE, dict(BEFORE)))

    def test_what_differs_is_told_with_both_values(self) -> None:
        after = {**BEFORE, 'volumes': ['vol-1'], 'name': 'web-2'}
        self.assertEqual(
            {
                'name': ['web-1', 'web-2'],
                'volumes': [['vol-1', 'vol-2'], ['vol-1']],
            },
            identity.changes(BEFORE, after),
        )

    def test_what_is_not_shown_any_more_is_no_difference(self) -> None:
        self.assertEqual({}, identity.changes(BEFORE, {'name': 'web-1'}))
        self.assertEqual({}, identity.changes(BEFORE, {}))

    def test_what_was_not_shown_before_is_no_difference(self) -> None:
        self.assertEqual({}, identity.changes({}, BEFORE))

    def test_an_address_that_is_gone_is_told(self) -> None:
        after = {**BEFORE, 'addresses': {}}
        self.assertEqual(
            {'addresses': [{'private': ['10.0.0.4']}, {}]},
            identity.changes(BEFORE, after),
        )


class PowerWarningTestCase(testtools.TestCase):
    def test_a_guest_that_stopped_is_worth_a_warning(self) -> None:
        changed = identity.changes(
            BEFORE, {**BEFORE, 'power_state': 'Shutdown'}
        )
        self.assertEqual(
            'The power state was Running and is Shutdown now.',
            identity.power_warning(changed),
        )

    def test_a_guest_that_runs_on_is_not(self) -> None:
        self.assertIsNone(identity.power_warning({'name': ['a', 'b']}))
