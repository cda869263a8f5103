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

"""The answer to who disables or enables a compute service is lost."""

from osc_migrate.tests.unit import fake_host


class LostTestCase(fake_host.HostTestCase):
    def lost(self, name: str, then: str = '') -> None:
        """The answer to a request is lost, and all requests after it.

        :param then: the request which is lost as well
        """
        self.nova.after[name] = fake_host.raising(fake_host.AWAY)
        if then:
            self.nova.after[name] = lambda: self._lost_for_good(then)

    def _lost_for_good(self, then: str) -> None:
        for name in ('disable', 'enable', then):
            self.nova.before[name] = fake_host.raising(fake_host.AWAY)
        raise fake_host.AWAY


class DisableTestCase(LostTestCase):
    """What is said of the compute service is true."""

    def test_it_was_disabled_and_that_was_not_heard(self) -> None:
        self.lost('disable')
        self.assertEqual(0, self.drained().exit_code)
        self.assertFalse(self.service.enabled)

    def test_it_is_enabled_again_if_nothing_comes_of_it(self) -> None:
        self.lost('disable')
        self.nova.before['servers_on'] = fake_host.raising(fake_host.AWAY)
        self.refused_drain()
        self.assertTrue(self.service.enabled)
        self.assertFalse(self.path.exists())

    def test_it_shows_late_that_it_was_disabled(self) -> None:
        """A gateway keeps the request for longer than it is waited for."""

        self.nova.before['disable'] = fake_host.raising(fake_host.AWAY)
        reason = 'openstack compute host drain'
        self.clock.after(
            33.0, lambda: self.serve(enabled=False, disabled_reason=reason)
        )
        self.refused_drain()
        self.clock.sleep(60.0)
        self.assertTrue(self.service.enabled)

    def test_nobody_can_say_whether_it_was_disabled(self) -> None:
        self.lost('disable', 'service')
        self.assertEqual(fake_host.AWAY.message, self.refused_drain())
        self.assertIn('is left disabled is not known', self.board.said[-1])
        self.assertTrue(self.written.disabled)
        self.nova.before.clear()
        self.nova.after.clear()
        self.assertEqual(0, self.drained().exit_code)
        self.assertTrue(self.written.disabled)

    def test_what_somebody_else_disabled_meanwhile_stays_so(self) -> None:
        self.nova.before['disable'] = fake_host.raising(fake_host.AWAY)
        self.clock.after(
            10.0,
            lambda: self.serve(enabled=False, disabled_reason='broken fan'),
        )
        self.refused_drain()
        self.assertEqual('broken fan', self.service.disabled_reason)


class EnableTestCase(LostTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.assertEqual(0, self.drained().exit_code)

    def test_it_was_enabled_and_that_was_not_heard(self) -> None:
        self.lost('enable')
        self.assertEqual(0, self.restored().exit_code)
        self.assertTrue(self.service.enabled)
        self.assertFalse(self.written.disabled)

    def test_nobody_can_say_whether_it_was_enabled(self) -> None:
        self.lost('enable', 'service')
        said = self.refusal(self.restored)
        self.assertIn('host1 is enabled is not known: HTTP 502', said)
        self.nova.before.clear()
        self.nova.after.clear()
        self.assertEqual(0, self.restored().exit_code)
