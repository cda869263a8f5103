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

"""The commands that are added to the client."""

from importlib import metadata

import testtools

OURS = 'osc-migrate'


def commands(ours: bool) -> dict[str, metadata.EntryPoint]:
    """Every command of the client's groups, by its words."""
    return {
        entry.name.replace('_', ' '): entry
        for distribution in metadata.distributions()
        if (distribution.name.replace('_', '-') == OURS) is ours
        for entry in distribution.entry_points
        if entry.group.startswith('openstack.')
    }


class EntryPointsTestCase(testtools.TestCase):
    def test_the_command_of_the_contract_is_there(self) -> None:
        self.assertIn('server migrate-and-wait', commands(ours=True))

    def test_no_command_of_the_client_is_taken_away(self) -> None:
        others = commands(ours=False)
        self.assertIn('server migrate', others)
        self.assertIn('server show', others)
        self.assertEqual(set(), set(commands(ours=True)) & set(others))

    def test_ours_are_in_the_group_of_the_compute_api(self) -> None:
        self.assertEqual(
            {'openstack.compute.v2'},
            {entry.group for entry in commands(ours=True).values()},
        )

    def test_each_of_ours_loads_and_describes_itself(self) -> None:
        for words, entry in commands(ours=True).items():
            command = entry.load()(None, None)
            parser = command.get_parser(f'openstack {words}')
            self.assertIn(words, parser.format_usage())
            self.assertTrue(command.get_description())
