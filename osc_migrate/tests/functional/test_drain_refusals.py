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


"""What is no compute host that can be drained, or no way to ask for it."""

import dataclasses

from osc_migrate.tests.functional import drain_base

Wanted = drain_base.Wanted


@dataclasses.dataclass(frozen=True)
class Refusal:
    """What is typed instead of a host that can be drained.

    :ivar words: '{host}' is one that can
    """

    words: tuple[str, ...]
    exit_code: int
    said: str
    user: str = 'admin'


REFUSALS = (
    Refusal(('--yes', 'host99'), 1, 'host99'),
    Refusal(('--yes', 'HOST1'), 1, 'HOST1'),
    Refusal(('--yes', '{host}'), 1, 'admin', user='manager'),
    Refusal(('--yes', '{host}'), 1, 'admin', user='member'),
    Refusal(('{host}',), 2, '--yes'),
    Refusal(('--yes', '--auto', '--cold', '{host}'), 2, 'not allowed with'),
    Refusal(('--yes', '--parallel', '0', '{host}'), 2, '--parallel'),
    Refusal(('--yes', '--max-failures', '-1', '{host}'), 2, '--max-failures'),
    Refusal(('--yes', '--check', 'no-such-program', '{host}'), 1,
            'no-such-program'),
    Refusal(('--yes', '--cold', '--shared-migration', '{host}'), 2,
            '--shared-migration'),
    Refusal(('--yes', '--host', '{host}', '{host}'), 2, '{host}|--host'),
)  # fmt: skip


class TestRefusals(drain_base.Case):
    def test_nothing_is_changed(self) -> None:
        servers = self.fill(self.host, Wanted('web1'))
        for refusal in REFUSALS:
            words = [word.format(host=self.host) for word in refusal.words]
            run = self.start(*drain_base.COMMAND, *words, user=refusal.user)
            result = run.wait()
            self.assert_exit(refusal.exit_code, result)
            self.assertEqual('', result.stdout)
            said = refusal.said.format(host=self.host)
            self.assertRegex(result.stderr, said)
        self.assert_untouched(servers['web1'])
        self._assert_enabled()

        self.force_down(self.host)
        for options in ((), ('--dry-run',)):
            result = self.drain(self.host, *options)
            self.assert_refused(result, 'down')
            self.assertIn('server evacuate', result.stderr)
        self._assert_enabled()

    def test_unknown_destination(self) -> None:
        """It is wrong for every server: none is asked for."""
        servers = self.fill(self.host, Wanted('web1'))
        for options in (('--dry-run',), ()):
            result = self.drain(self.host, '--host', 'host99', *options)
            self.assert_refused(result, 'host99', 'compute service list')
        self.assert_untouched(servers['web1'])
        self._assert_enabled()

    def _assert_enabled(self) -> None:
        service = self.service(self.host)
        self.assertEqual(
            ('enabled', None), (service.status, service.disabled_reason)
        )

    def test_reason_names_the_command(self) -> None:
        result = self.drain(self.host)
        self.assert_exit(0, result)
        self.assertEqual('[]', ''.join(result.stdout.split()))
        service = self.service(self.host)
        self.assertEqual('disabled', service.status)
        self.assertIn('compute host drain', service.disabled_reason)
        self.assertIn(self.host, result.stderr)
