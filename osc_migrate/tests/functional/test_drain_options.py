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


"""Which servers of a compute host, how, and where to."""

import dataclasses

from osc_migrate.tests.functional import base
from osc_migrate.tests.functional import drain_base
from osc_migrate.tests.functional import people
from osc_migrate.tests.functional import program

Fate = drain_base.Fate
Wanted = drain_base.Wanted

ON_THE_HOST = ('web1', 'web2', 'twin', 'twin2')


@dataclasses.dataclass(frozen=True)
class Choice:
    """Options, and the servers that are moved by them.

    A word in braces stands for the ID of that server or project.
    """

    options: tuple[str, ...]
    chosen: frozenset[str]


CHOICES = (
    Choice(('--server', 'web1', '--server', '{web2}'),
           frozenset({'web1', 'web2'})),
    Choice(('--exclude', 'web1', '--exclude', '{theirs}',
            '--exclude', '{twin}', '--exclude', '{twin2}'),
           frozenset({'web2'})),
    Choice(('--project', 'demo'), frozenset({'theirs'})),
    Choice(('--project', '{demo}'), frozenset({'theirs'})),
    Choice(('--project', 'admin', '--exclude', '{twin}', '--server', 'web2'),
           frozenset({'web2'})),
)  # fmt: skip
#: Options that name nothing that is there, or too much; and what is said.
MISTAKEN: tuple[tuple[tuple[str, ...], str], ...] = (
    (('--server', 'twin'), '{twin}'),
    (('--exclude', 'nobody'), 'nobody'),
    (('--server', 'nobody'), 'nobody'),
    (('--project', 'nowhere'), 'nowhere'),
)


class TestChoice(drain_base.Case):
    def test_which_servers(self) -> None:
        theirs = self.boot('theirs', user='member')
        self.host = theirs.host
        servers = self.fill(self.host, *map(Wanted, ON_THE_HOST))
        servers['theirs'] = theirs
        self.admin.compute.update_server(servers['twin2'].id, name='twin')
        before = self.everything()
        for choice in CHOICES:
            result = self._rehearse(choice.options, servers)
            self.assert_exit(0, result)
            moved = {
                row['Server ID']
                for row in self.table(result)
                if row['Outcome'] == 'planned'
            }
            wanted = {servers[name].id for name in choice.chosen}
            self.assertEqual(wanted, moved, str(result))
        for options, said in MISTAKEN:
            result = self._rehearse(options, servers)
            self.assert_refused(result, self._meant(said, servers))
        self.assertEqual(before, self.everything())

        options = ('--project', 'demo', '--disable-reason', 'new kernel')
        result = self.drain(self.host, *options)
        self.assert_exit(0, result)
        self.assertEqual(
            {'completed', 'skipped'},
            {row['Outcome'] for row in self.table(result)},
        )
        self.assertNotEqual(self.host, self.admin.look_at(theirs.id).host)
        for name in ON_THE_HOST:
            self.assert_untouched(servers[name])

    def _meant(self, word: str, servers: dict[str, people.Server]) -> str:
        ids = {name: server.id for name, server in servers.items()}
        return word.format(demo=self._demo(), **ids)

    def _demo(self) -> str:
        project_id = base.person('member').connection.current_project_id
        assert isinstance(project_id, str)
        return project_id

    def _rehearse(
        self, options: tuple[str, ...], servers: dict[str, people.Server]
    ) -> program.Result:
        words = [self._meant(word, servers) for word in options]
        return self.drain(self.host, '--dry-run', *words)


class TestMethods(drain_base.Case):
    def test_how_and_where_to_and_the_reason_of_the_first(self) -> None:
        host, second, third = self.cloud.compute_hosts[:3]
        servers = self.fill(
            host,
            Wanted('active'),
            Wanted('stopped', 'SHUTOFF'),
            Wanted('paused', 'PAUSED'),
            Wanted('later', 'SHUTOFF'),
        )
        asked = len(self.cloud.requests())
        result = self.drain(
            host, '--cold', '--host', second, '--exclude', 'later',
            '--disable-reason', 'new kernel',
        )  # fmt: skip
        self.assert_exit(8, result)
        rows = self.assert_fates(
            {
                'active': drain_base.ARRIVES_COLD,
                'stopped': drain_base.ARRIVES_COLD,
                'paused': Fate('refused', reason='--auto|--live-migration'),
                'later': Fate('skipped', reason='exclude'),
            },
            result,
        )
        for name in ('active', 'stopped'):
            self.assert_moved(servers[name], rows[name])
            self.assertEqual(second, rows[name]['Destination Host'])
        self._assert_disabled_before_the_list(asked)
        self._assert_service('disabled', 'new kernel')

        result = self.drain(
            host, '--live-migration', '--host', third,
            '--disable-reason', 'another one',
        )  # fmt: skip
        self.assert_exit(8, result)
        rows = self.assert_fates(
            {
                'later': Fate('refused', reason='--auto|--cold'),
                'paused': drain_base.ARRIVES_LIVE,
            },
            result,
        )
        self.assert_moved(servers['paused'], rows['paused'])
        self.assertEqual(third, rows['paused']['Destination Host'])
        self._assert_service('disabled', 'new kernel')
        self.assertIn('new kernel', result.stderr)

        result = self.drain(host)
        self.assert_exit(0, result)
        self.assert_fates({'later': drain_base.ARRIVES_COLD}, result)
        self._assert_service('disabled', 'new kernel')

    def _assert_disabled_before_the_list(self, asked: int) -> None:
        asked_for = [
            'disable' if request.method == 'PUT' else 'list'
            for request in self.requests_of(asked)
            if request.method == 'PUT' or '/servers/detail' in request.path
        ]
        self.assertEqual(['disable', 'list'], asked_for[:2])

    def _assert_service(self, status: str, reason: str | None) -> None:
        service = self.service(self.host)
        self.assertEqual(
            (status, reason), (service.status, service.disabled_reason)
        )
