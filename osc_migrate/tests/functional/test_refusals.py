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

"""What is refused before anything is asked of a compute host: exit 1."""

from collections.abc import Callable
import contextlib
import dataclasses

from osc_migrate.tests.functional import base
from osc_migrate.tests.functional import endpoints
from osc_migrate.tests.functional import history
from osc_migrate.tests.functional import people
from osc_migrate.tests.functional import program

Case = base.TestCase
Server = people.Server

#: Takes who asks out of the credentials.
NOBODY = {'username': None, 'password': None, 'user_domain_name': None}


def _pause(case: Case, server: Server) -> None:
    case.admin.compute.pause_server(server.id)


def _suspend(case: Case, server: Server) -> None:
    case.admin.compute.suspend_server(server.id)


def _shelve(case: Case, server: Server) -> None:
    case.admin.compute.shelve_server(server.id)


def _set_to_error(case: Case, server: Server) -> None:
    case.admin.reset_state(server, 'error')


def _resize(case: Case, server: Server) -> None:
    case.admin.resize(server)


def _take_its_host_down(case: Case, server: Server) -> None:
    case.force_down(server.host)


def _nothing(case: Case, server: Server) -> None:
    pass


@dataclasses.dataclass(frozen=True)
class Refusal:
    """A server in a state, and what then stands on standard error.

    :ivar status: what the server comes to, and stays in
    :ivar host: '--host', where 'own' is the one it is on
    """

    name: str
    prepare: Callable[[Case, Server], None]
    status: str
    reason: str
    hint: str
    host: str = ''
    since: history.Since | None = None


REFUSALS = (
    Refusal('paused', _pause, 'PAUSED', 'paused', 'openstack server unpause'),
    Refusal('suspended', _suspend, 'SUSPENDED', 'suspended',
            'openstack server resume'),
    Refusal('shelved', _shelve, 'SHELVED_OFFLOADED', 'shelved',
            'openstack server unshelve'),
    Refusal('in_error', _set_to_error, 'ERROR', 'vm_state error',
            'openstack server set --state active'),
    Refusal('pending_flavor_resize', _resize, 'VERIFY_RESIZE',
            'vm_state resized', 'awaits a decision'),
    Refusal('source_down', _take_its_host_down, 'ACTIVE',
            'Service is unavailable at this time',
            'openstack server evacuate',
            since=history.Since('20', 'minds whether the source is up')),
    Refusal('own_host', _nothing, 'ACTIVE', 'host where the server exists',
            'Choose another --host', host='own'),
    Refusal('unknown_host', _nothing, 'ACTIVE',
            'Compute host host99 could not be found',
            'openstack compute service list', host='host99'),
)  # fmt: skip


@base.each(REFUSALS)
class TestRefusals(base.TestCase):
    """Each refusal is one of the dry run's, too."""

    def check(self, refusal: Refusal) -> None:
        server = self.boot()
        refusal.prepare(self, server)
        self.admin.await_status(server.id, refusal.status)
        before = self.admin.actions(server.id)
        host = server.host if refusal.host == 'own' else refusal.host
        options = ('--host', host) if host else ()
        runs = [
            self.start_migrate(server, *options, *mode)
            for mode in ((), ('--dry-run',))
        ]
        for run in runs:
            result = run.wait()
            self.assert_refused(result, refusal.reason, refusal.hint)
            if not refusal.host:
                self.assertIn(server.id, result.stderr)
        self.assertEqual(before, self.admin.actions(server.id))
        self.assertEqual(refusal.status, self.admin.look_at(server.id).status)


class TestNames(base.TestCase):
    def test_none_has_it(self) -> None:
        for name in ('web9', 'web.', '00000000-0000-4000-8000-000000000000'):
            result = self.migrate(name)
            self.assert_refused(result, f"name or ID of '{name}' exists")

    def test_several_have_it(self) -> None:
        theirs = [self.boot(user='member'), self.boot(user='other')]
        result = self.migrate('web1')
        self.assert_refused(result, 'More than one server', 'the ID')
        for server in theirs:
            self.assertIn(server.id, result.stderr)

        own = self.boot(user='admin')
        result = self.migrate('web1')
        self.assert_outcome('confirmed', 0, result)
        self.assertEqual(own.id, result.fields['id'])
        for server in theirs:
            self.assert_untouched(server)


class TestOtherMoves(base.TestCase):
    def test_a_flavor_resize_is_never_taken_over(self) -> None:
        server = self.boot()
        self.admin.resize(server)
        seen = self.admin.await_status(server.id, 'VERIFY_RESIZE')
        (record,) = self.admin.records(server.id)
        for options in (
            ('--attach',),
            ('--attach', '--migration', record.uuid),
            ('--source-host', server.host),
        ):
            result = self.migrate(server, *options)
            self.assert_refused(result, 'flavor resize', 'migration list')
        self.assert_nova_says(server, 'VERIFY_RESIZE', seen.host, 'finished')
        self.assertEqual(['resize', 'create'], self.admin.actions(server.id))

    def test_a_migration_under_way_is_not_started_twice(self) -> None:
        server = self.boot(migrate_disk_and_power_off='hold')
        self.admin.migrate(server)
        self.admin.await_record(server.id, 'migrating')
        result = self.migrate(server)
        self.assert_refused(result, 'task_state', '--attach')
        self.assertEqual(1, len(self.admin.records(server.id)))


class TestCredentials(base.TestCase):
    def _refused(self, environment: dict[str, str]) -> program.Result:
        server = self.boot()
        result = self.start_migrate(server, environment=environment).wait()
        self.assert_exit(1, result)
        self.assertEqual('', result.stdout)
        self.assertNotIn('not-a-secret', result.stderr)
        self.assert_untouched(server)
        return result

    def test_wrong_password(self) -> None:
        result = self._refused(
            self.another_clouds_yaml(auth={'password': 'wrong'})
        )
        self.assertRegex(result.stderr, 'HTTP 401|requires authentication')

    def test_invalid_token(self) -> None:
        result = self._refused(
            self.another_clouds_yaml(
                auth_type='v3token',
                auth={'token': 'nothing', **NOBODY},
            )
        )
        self.assertRegex(result.stderr, 'HTTP 40[14]')

    def test_token_that_nova_rejects(self) -> None:
        result = self._refused(
            self.another_clouds_yaml(
                auth_type='admin_token',
                auth={
                    'endpoint': self.cloud.endpoints['compute'],
                    'token': 'nothing',
                    'auth_url': None,
                    'project_name': None,
                    'project_domain_name': None,
                    **NOBODY,
                },
            )
        )
        self.assertRegex(result.stderr, '401|requires authentication')


class TestBrokenEndpoint(base.TestCase):
    def test_it_is_tried_for_30_seconds(self) -> None:
        server = self.boot()
        with contextlib.ExitStack() as stack:
            page = stack.enter_context(endpoints.that_answers(200))
            fault = stack.enter_context(endpoints.that_answers(500))
            runs = [
                (reason, self._start_with(server, url))
                for url, reason in (
                    (base.CLOSED, 'Unable to establish connection'),
                    (page, 'answered something that is not its JSON'),
                    (fault, 'HTTP 500'),
                )
            ]
            for reason, run in runs:
                result = run.wait()
                self.assert_refused(result, 'the API does not answer')
                self.assertRegex(result.stderr.splitlines()[-1], reason)
                self.assertNotIn('<html>', result.stderr)
        self.assert_untouched(server)

    def _start_with(self, server: Server, url: str) -> program.Running:
        environment = self.another_clouds_yaml(compute_endpoint_override=url)
        return self.start_migrate(server, environment=environment)
