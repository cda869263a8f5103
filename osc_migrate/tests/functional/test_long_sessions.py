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

"""Waits that outlast tokens and connections."""

import itertools

from osc_migrate.tests.functional import base
from osc_migrate.tests.functional import draining
from osc_migrate.tests.functional import forwarding
from osc_migrate.tests.functional import people

#: Seconds for which the client uses a token.
LIFETIME = 3.0
#: The tokens that a wait has to outlast.
TOKENS = 4


class Case(draining.TestCase):
    def short_tokens(self) -> forwarding.ShortTokens:
        root = self.cloud.endpoints['identity'].removesuffix('/v3')
        keystone = forwarding.ShortTokens(root, LIFETIME)
        serving = keystone.forwarding.at_work()
        serving.__enter__()
        self.addCleanup(serving.__exit__, None, None, None)
        return keystone

    def await_tokens(
        self, keystone: forwarding.ShortTokens, count: int
    ) -> None:
        people.eventually(
            lambda: len(keystone.given), lambda given: given >= count
        )

    def assert_renewed_as_needed(
        self, keystone: forwarding.ShortTokens
    ) -> None:
        """No token was thrown away that was good still."""
        given = keystone.given
        self.assertGreaterEqual(len(given), TOKENS)
        gaps = [b - a for a, b in itertools.pairwise(given)]
        self.assertGreaterEqual(min(gaps), LIFETIME - 0.1)


class TestRenewed(Case):
    """A token is renewed as often as it has to be, and no more."""

    def environment(self, keystone: forwarding.ShortTokens) -> dict[str, str]:
        url = keystone.forwarding.url
        return self.another_clouds_yaml(auth={'auth_url': f'{url}/v3'})

    def test_one_server(self) -> None:
        server = self.boot(migrate_disk_and_power_off='hold')
        keystone = self.short_tokens()
        run = self.start_migrate(
            server, environment=self.environment(keystone)
        )
        self.await_tokens(keystone, TOKENS)
        self.cloud.release(server.id)
        result = run.wait()
        self.assert_outcome('confirmed', 0, result)
        self.assertEqual([], result.fields['warnings'])
        self.assertNotIn('401', result.stderr)
        self.assertEqual('ACTIVE', result.fields['status'])
        self.assert_renewed_as_needed(keystone)

    def test_a_drain(self) -> None:
        server = self.boot_one(draining.active(live_migration='hold'))
        keystone = self.short_tokens()
        run = self.start(
            *draining.DRAIN, '-f', 'json', '--yes', self.host,
            environment=self.environment(keystone),
        )  # fmt: skip
        self.await_tokens(keystone, TOKENS)
        self.cloud.release(server.id)
        result = run.wait()
        self.assert_exit(0, result)
        self.assert_outcomes({'web1': 'completed'}, result)
        self.assertNotIn('401', result.stderr)
        self.assert_renewed_as_needed(keystone)


class TestGiven(Case):
    """A token that was given cannot be renewed once it has expired."""

    def environment(self, keystone: forwarding.ShortTokens) -> dict[str, str]:
        url = keystone.forwarding.url
        return self.another_clouds_yaml(
            auth_type='v3token',
            auth={
                'auth_url': f'{url}/v3',
                'token': self.admin.connection.session.get_token(),
                'username': None,
                'password': None,
                'user_domain_name': None,
            },
        )

    def test_one_server(self) -> None:
        server = self.boot(migrate_disk_and_power_off='hold')
        keystone = self.short_tokens()
        run = self.start_migrate(
            server, environment=self.environment(keystone)
        )
        run.until_it_says('stopping and copying')
        keystone.most = 0
        result = run.wait()
        self.assert_outcome('unknown', 9, result)
        self.assertIn('401', result.fields['reason'])
        self.assertIn('a token that was given', result.fields['hint'])
        self.cloud.release(server.id)
        # With what the person has now, it goes on.
        again = self.follow(result.resume)
        self.assertEqual(0, again.exit_code, str(again))
        self.assertIn('was moved', again.stderr)

    def test_a_drain(self) -> None:
        server = self.boot_one(draining.active(live_migration='hold'))
        keystone = self.short_tokens()
        run = self.start(
            *draining.DRAIN, '-f', 'json', '--yes', '--plan', str(self.file),
            self.host, environment=self.environment(keystone),
        )  # fmt: skip
        run.until_it_says('copying memory')
        keystone.most = 0
        result = run.wait()
        self.assert_exit(9, result)
        self.assert_outcomes({'web1': 'unknown'}, result)
        self.assertIn('a token that was given', result.stderr)
        self.cloud.release(server.id)
        again = self.drain()
        self.assert_exit(0, again)
        self.assert_outcomes({'web1': 'completed'}, again)


class TestConnections(base.TestCase):
    """Connections that were closed meanwhile cost no request."""

    def test_closed_between_two_looks(self) -> None:
        server = self.boot(migrate_disk_and_power_off='hold')
        url = self.cloud.endpoints['compute']
        root = url.removesuffix('/v2.1')
        nova = forwarding.Forwarding(root, idle=0.5)
        with nova.at_work():
            run = self.start_migrate(
                server,
                environment=self.another_clouds_yaml(
                    compute_endpoint_override=f'{nova.url}/v2.1'
                ),
            )
            # Later looks are more than the idle time apart.
            people.eventually(
                lambda: nova.connections, lambda count: count >= 5
            )
            self.cloud.release(server.id)
            result = run.wait()
        self.assert_outcome('confirmed', 0, result)
        self.assertNotIn('cannot be read', result.stderr)
        self.assert_nova_says(
            server, 'ACTIVE', result.fields['destination_host'], 'confirmed'
        )
        self.assertEqual(
            ['confirmResize', 'migrate', 'create'],
            self.admin.actions(server.id),
        )
