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

"""Hosts and callers that keep a server from being moved live."""

import dataclasses

from osc_migrate.tests.functional import base
from osc_migrate.tests.functional import history

LIVE = '--live-migration'


@dataclasses.dataclass(frozen=True)
class Obstacle:
    """Where the server shall go, and why it stays where it is.

    :ivar host: '--host', where 'own' is the one it is on
    :ivar disabled: which hosts are: '', 'chosen' or 'others'
    :ivar down: which is: '', 'chosen' or 'own'
    """

    name: str
    reason: str
    hint: str
    host: str = ''
    disabled: str = ''
    down: str = ''


OBSTACLES = (
    Obstacle('own_host', 'No valid host was found', 'Choose another --host',
             host='own'),
    Obstacle('source_down', 'is unavailable at this time',
             'The compute service that Nova names is down', down='own'),
    Obstacle('chosen_one_down', 'No valid host was found',
             'The compute service of host. is down', host='other',
             down='chosen'),
    Obstacle('chosen_one_disabled', 'No valid host was found',
             'compute service set --enable host', host='other',
             disabled='chosen'),
    Obstacle('all_others_disabled', 'No valid host was found',
             'No host passed the scheduler', disabled='others'),
)  # fmt: skip


@base.each(OBSTACLES)
class TestObstacles(base.TestCase):
    """Nova takes the request, and finds out later: the guest runs on."""

    def check(self, obstacle: Obstacle) -> None:
        server = self.boot()
        others = self.other_hosts(server)
        host = {'own': server.host, 'other': others[0]}.get(obstacle.host)
        hosts = {'chosen': [others[0]], 'others': others, 'own': [server.host]}
        self.disable(*hosts.get(obstacle.disabled, ()))
        for down in hosts.get(obstacle.down, ()):
            self.force_down(down)
        options = ('--host', host) if host else ()
        result = self.migrate(server, LIVE, *options)

        self.assert_outcome('rolled-back', 3, result)
        if not self.lacks(history.DETAILS):
            self.assertRegex(result.fields['reason'], obstacle.reason)
            self.assertRegex(result.fields['hint'], obstacle.hint)
        self.assertEqual(server.host, result.fields['source_host'])
        self.assertEqual({}, result.fields['changes'])
        self.assert_nova_says(server, 'ACTIVE', server.host, 'error')


class TestRefusals(base.TestCase):
    def test_stopped_server(self) -> None:
        server = self.boot(stopped=True)
        for options in ((), ('--dry-run',)):
            result = self.migrate(server, LIVE, *options)
            self.assert_refused(result, 'vm_state stopped', 'use --auto')
        self.assert_nova_says(server, 'SHUTOFF', server.host)
        self.assertEqual(['stop', 'create'], self.admin.actions(server.id))

    def test_unknown_host(self) -> None:
        server = self.boot()
        for options in ((), ('--dry-run',)):
            result = self.migrate(server, LIVE, '--host', 'host99', *options)
            self.assert_refused(
                result, 'host99 could not be found', 'compute service list'
            )
        self.assert_untouched(server)


@history.Since('32', 'a manager moves servers of the own project')
class TestCallers(base.TestCase):
    def test_manager_and_member(self) -> None:
        server = self.boot(user='member')
        result = self.migrate(server, LIVE, user='member')
        self.assert_refused(result, 'migrate_live', 'manager of the project')
        self.assert_untouched(server)

        result = self.migrate('web1', LIVE, user='manager')
        self.assert_outcome('completed', 0, result)
        for field in ('source_host', 'destination_host'):
            self.assertIsNone(result.fields[field])
        after = self.admin.look_at(server.id)
        self.assertNotEqual(server.host, after.host)
        self.assertEqual(after.host_id, result.fields['hostId'])
        self.assertEqual({}, result.fields['changes'])
        self.assert_nova_says(server, 'ACTIVE', after.host, 'completed')
        (record,) = self.admin.records(server.id)
        self.assertEqual(record.uuid, result.fields['migration_id'])

        self.admin.steer(server, pre_live_migration='fail=nova')
        result = self.migrate(server, LIVE, user='manager')
        self.assert_outcome('rolled-back', 3, result)
        self.assertIsNone(result.fields['source_host'])
        self.assert_nova_says(
            server, 'ACTIVE', after.host, 'failed', 'completed'
        )
