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

"""The token that the shell gets before a command is at work."""

from typing import Any
from unittest import mock

from cliff import command as cliff_command
from keystoneauth1 import exceptions as ksa_exceptions
import requests
import testtools

from osc_migrate import clock as clocks
from osc_migrate.command import bounded
from osc_migrate.command import server
from osc_migrate.tests.unit import fakes


class Manager:
    """The client's, as far as the shell asks it for a token.

    :param answers: of keystone, one after the other; the last for ever
    """

    def __init__(self, *answers: Exception | str) -> None:
        self.session: Any = mock.Mock(timeout=None)
        self.asked = 0
        self._answers = list(answers)

    @property
    def auth_ref(self) -> str:
        answer = self._answers[0]
        if isinstance(answer, str):
            return answer
        self.asked += 1
        if len(self._answers) > 1:
            del self._answers[0]
        raise answer


class FirstTokenTestCase(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.clock = fakes.FakeClock()
        patched = mock.patch.object(clocks, 'SystemClock', lambda: self.clock)
        patched.start()
        self.addCleanup(patched.stop)

    def read(self, manager: Manager) -> bool:
        command = bounded.Bounded()
        command.app = mock.Mock(client_manager=manager)
        return command.required_scope

    def test_a_fault_that_passes_is_waited_for(self) -> None:
        manager = Manager(
            ksa_exceptions.ServiceUnavailable('busy'),
            ksa_exceptions.ConnectFailure('reset'),
            ksa_exceptions.InvalidResponse(requests.Response()),
            'a token',
        )
        self.assertIs(False, self.read(manager))
        self.assertEqual((3, 3), (manager.asked, len(self.clock.slept)))
        self.assertEqual(30.0, manager.session.timeout)

    def test_a_fault_that_stays_is_told_as_the_shell_tells_it(self) -> None:
        manager = Manager(ksa_exceptions.ServiceUnavailable('busy'))
        self.assertRaises(
            ksa_exceptions.ServiceUnavailable, self.read, manager
        )
        self.assertGreater(manager.asked, 3)
        self.assertAlmostEqual(30.0, sum(self.clock.slept))

    def test_a_password_is_tried_once(self) -> None:
        manager = Manager(ksa_exceptions.Unauthorized('no'))
        self.assertRaises(ksa_exceptions.Unauthorized, self.read, manager)
        self.assertEqual((1, []), (manager.asked, self.clock.slept))

    def test_a_time_limit_that_was_set_is_kept(self) -> None:
        manager = Manager('a token')
        manager.session.timeout = 5
        self.read(manager)
        self.assertEqual(5, manager.session.timeout)


class HelpTestCase(testtools.TestCase):
    def test_no_list_of_files_is_read_to_say_who_provides_it(self) -> None:
        # What cliff has read before, it does not read again.
        forgetful = mock.patch.object(
            cliff_command, '_dists_by_mods', None, create=True
        )
        reading = mock.patch.object(
            cliff_command, 'packages_distributions', create=True
        )
        command = server.MigrateAndWait(mock.Mock(), None)
        with forgetful, reading as read:
            parser = command.get_parser('openstack')
        read.assert_not_called()
        self.assertIn('provided by the osc-migrate plugin', str(parser.epilog))
