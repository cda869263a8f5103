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

"""Options of the Python interface that cannot be meant together."""

import dataclasses
from typing import Any
from unittest import mock

import testtools

import osc_migrate
from osc_migrate import clock as clocks
from osc_migrate.tests.unit import fake_api
from osc_migrate.tests.unit import rows


@dataclasses.dataclass(frozen=True)
class Contradiction:
    name: str
    options: dict[str, object]
    words: str


NAN = float('nan')
CONTRADICTIONS = (
    Contradiction(
        'live and auto', {'live_migration': True, 'auto': True}, 'auto',
    ),
    Contradiction(
        'copied and shared',
        {'auto': True, 'block_migration': True, 'shared_migration': True},
        'shared_migration',
    ),
    Contradiction(
        'a check of what is not confirmed', {'confirm': False, 'check': bool},
        'check',
    ),
    Contradiction('disks of a cold one', {'block_migration': True}, 'block'),
    Contradiction('shared, cold', {'shared_migration': True}, 'shared'),
    Contradiction('abort a cold one', {'on_timeout': 'abort'}, 'cold'),
    Contradiction(
        'an odd end', {'auto': True, 'on_timeout': 'revert'}, 'revert',
    ),
    Contradiction('one, and no attach', {'migration': 'u'}, 'attach'),
    Contradiction(
        'attach and a host', {'attach': True, 'host': 'h'}, 'host',
    ),
    Contradiction(
        'attach and a source', {'attach': True, 'source_host': 'h'},
        'exclude each other',
    ),
    Contradiction(
        'attach and disks',
        {'attach': True, 'auto': True, 'block_migration': True}, 'block',
    ),
    Contradiction('no host', {'host': ''}, 'empty'),
    Contradiction('no source', {'source_host': ''}, 'empty'),
    Contradiction('none', {'attach': True, 'migration': ''}, 'empty'),
    Contradiction('before', {'timeout': -1.0}, 'timeout'),
    Contradiction('at no time', {'timeout': NAN}, 'timeout'),
    Contradiction('no pause', {'poll_interval': 0.0}, 'poll_interval'),
    Contradiction('a time in words', {'timeout': '5'}, 'timeout'),
    Contradiction('a pause of None', {'poll_interval': None}, 'poll'),
    Contradiction('a check in words', {'check': 'true'}, 'callable'),
    Contradiction('a deaf observer', {'observer': object()}, 'observer'),
    Contradiction('a pause of nothing', {'poll_interval': NAN}, 'poll'),
)  # fmt: skip


@rows.each(CONTRADICTIONS)
class UsageTestCase(testtools.TestCase):
    def check(self, row: Contradiction) -> None:
        wire = fake_api.Wire()
        connection = fake_api.connection_to(wire)
        options: Any = row.options
        # A wait that nothing would end is given up at once.
        clock = mock.Mock(side_effect=AssertionError('nothing was refused'))
        with mock.patch.object(clocks, 'SystemClock', clock):
            wrong = self.assertRaises(
                osc_migrate.UsageError,
                osc_migrate.migrate_and_wait, connection, 'web-1', **options,
            )  # fmt: skip
        self.assertIn(row.words, wrong.message)
        self.assertEqual([], wire.asked)
