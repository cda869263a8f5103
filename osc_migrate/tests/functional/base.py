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

"""Tests that run the real program against a real Nova."""

import atexit
from collections.abc import Callable, Iterable
import functools
import json
import pathlib
import shlex
import shutil
import tempfile
from typing import Any, Protocol, TypeVar

import testtools

from osc_migrate.tests import cloud as test_cloud
from osc_migrate.tests.functional import history
from osc_migrate.tests.functional import people
from osc_migrate.tests.functional import program

#: The fields of the contract, in its order.
FIELDS = (
    'outcome', 'reason', 'hint', 'migration_id', 'migration_type',
    'migration_status', 'source_host', 'destination_host', 'request_id',
    'duration', 'changes', 'warnings',
)  # fmt: skip
COMMAND = ('server', 'migrate-and-wait')
#: Nobody listens there: port 9 is that of the discard protocol.
CLOSED = 'http://127.0.0.1:9/v2.1'


@functools.cache
def the_cloud() -> test_cloud.Cloud:
    """Return the cloud of this process, started at the first call."""
    return started(atexit.register)


def started(
    clean_up: Callable[..., object],
    computes: int = 3,
    wishes: test_cloud.Wishes | None = None,
) -> test_cloud.Cloud:
    """Return a cloud that lasts until the cleanups, as do its files.

    :param clean_up: takes what is to be called then, the last one first:
        ``addCleanup`` or ``addClassCleanup`` of a test
    """
    directory = tempfile.mkdtemp(prefix='osc-migrate-functional-')
    clean_up(shutil.rmtree, directory, ignore_errors=True)
    cloud = test_cloud.Cloud.start(
        pathlib.Path(directory), computes=computes, wishes=wishes
    )
    clean_up(cloud.stop)
    return cloud


@functools.cache
def person(user: str) -> people.Person:
    return people.Person(the_cloud(), user)


class Row(Protocol):
    """A row of a table of tests."""

    @property
    def name(self) -> str:
        """What follows ``test_``."""


class Worded(Row, Protocol):
    """A row of which the words of the command are checked.

    ``reason`` and ``hint`` are patterns, '' where the field is null.
    ``words_since`` is what they need; without it, any words do.
    """

    @property
    def exit_code(self) -> int: ...

    @property
    def reason(self) -> str: ...

    @property
    def hint(self) -> str: ...

    @property
    def words_since(self) -> history.Since | None: ...


C = TypeVar('C', bound='type[Any]')


def each(rows: Iterable[Row]) -> Any:
    """Make a test of every row: the class's method ``check`` gets it.

    A row's ``since``, if it has one that is not None, marks its test.
    """

    def add(cls: C) -> C:
        for row in rows:
            name = f'test_{row.name}'
            assert not hasattr(cls, name), name

            def test(self: Any, row: Row = row) -> None:
                self.check(row)

            test.__name__ = name
            test.__qualname__ = f'{cls.__qualname__}.{name}'
            if needed := getattr(row, 'since', None):
                needed(test)
            setattr(cls, name, test)
        return cls

    return add


class TestCase(testtools.TestCase):
    """Has a cloud of three compute hosts; its servers go with the test."""

    maxDiff = None

    def setUp(self) -> None:
        super().setUp()
        self.cloud = the_cloud()
        self.admin = person('admin')
        for marked in (self, getattr(self, self._testMethodName)):
            needed: history.Since | None = getattr(marked, 'since', None)
            if needed and (reason := self.lacks(needed)):
                self.skipTest(reason)

    def lacks(self, needed: history.Since) -> str:
        """Return why the cloud lacks it, or '' when it does not."""
        return needed.missing(self.cloud.nova_release, self.admin.microversion)

    def boot(
        self,
        name: str = 'web1',
        *,
        user: str = 'admin',
        host: str | None = None,
        stopped: bool = False,
        **steps: str,
    ) -> people.Server:
        """Boot a server that does at each step of a move what is said."""
        server_id = person(user).boot(name, people.metadata(steps), host)
        self.addCleanup(self._remove, server_id)
        seen = self.admin.await_status(server_id, 'ACTIVE', 'ERROR')
        self.assertEqual('ACTIVE', seen.status)
        if stopped:
            self.admin.compute.stop_server(server_id)
            self.admin.await_status(server_id, 'SHUTOFF')
        assert seen.host is not None
        return people.Server(server_id, name, seen.host)

    def _remove(self, server_id: str) -> None:
        # Steps which are still held wait for a release each.
        for _step in range(3):
            self.cloud.release(server_id)
        self.admin.compute.delete_server(server_id, ignore_missing=True)
        people.eventually(
            lambda: self.admin.look_at(server_id),
            lambda seen: not seen.status,
        )

    def other_hosts(self, server: people.Server) -> list[str]:
        return [h for h in self.cloud.compute_hosts if h != server.host]

    def disable(self, *hosts: str) -> None:
        """Disable compute hosts until the end of the test."""
        for host in hosts:
            self.addCleanup(self.admin.enable, host)
            self.admin.disable(host)

    def force_down(self, host: str) -> None:
        """Take a compute host for dead until the end of the test."""
        self.addCleanup(self.admin.force_down, host, False)
        self.admin.force_down(host)

    def start(
        self,
        *words: str,
        user: str = 'admin',
        environment: dict[str, str] | None = None,
    ) -> program.Running:
        """Start `openstack` with these words."""
        running = program.Running(
            {**self.cloud.environment(user), **(environment or {})}, *words
        )
        self.addCleanup(running.close)
        return running

    def another_clouds_yaml(
        self, user: str = 'admin', **settings: Any
    ) -> dict[str, str]:
        """Return an environment in which the user's cloud is set otherwise.

        :param settings: what is other; a mapping is merged into what is
            there, and its None takes away
        """
        entry = json.loads(self.cloud.clouds_yaml.read_text())['clouds'][user]
        for name, value in settings.items():
            if isinstance(value, dict):
                merged = {**entry.get(name, {}), **value}
                value = {k: v for k, v in merged.items() if v is not None}
            entry[name] = value
        directory = tempfile.mkdtemp(dir=self.cloud.directory)
        path = pathlib.Path(directory, 'clouds.yaml')
        path.write_text(json.dumps({'clouds': {user: entry}}))
        return {'OS_CLIENT_CONFIG_FILE': str(path)}

    def start_migrate(
        self,
        server: people.Server | str,
        *options: str,
        user: str = 'admin',
        environment: dict[str, str] | None = None,
    ) -> program.Running:
        name = server if isinstance(server, str) else server.id
        words = (*COMMAND, '-f', 'json', *options, name)
        return self.start(*words, user=user, environment=environment)

    def migrate(
        self, server: people.Server | str, *options: str, user: str = 'admin'
    ) -> program.Result:
        return self.start_migrate(server, *options, user=user).wait()

    def follow(self, command: str) -> program.Result:
        """Run a command that the program told its user to run."""
        name, *words = shlex.split(command)
        self.assertEqual('openstack', name)
        return self.start(*words).wait()

    def assert_exit(self, exit_code: int, result: program.Result) -> None:
        self.assertEqual(exit_code, result.exit_code, str(result))
        self.assertNotIn('Traceback', result.stderr)

    def assert_outcome(
        self, outcome: str, exit_code: int, result: program.Result
    ) -> None:
        self.assert_exit(exit_code, result)
        self.assertEqual(outcome, result.fields['outcome'], str(result))

    def assert_words(self, row: Worded, result: program.Result) -> None:
        """The same words as fields and on standard error."""
        for field in ('reason', 'hint'):
            pattern = getattr(row, field)
            value = result.fields[field]
            if not pattern:
                self.assertIsNone(value)
                continue
            if row.words_since and self.lacks(row.words_since):
                pattern = '.'
            self.assertRegex(value or '', pattern)
            one_line = ' '.join(value.split())
            self.assertIn(f'{field.capitalize()}: {one_line}\n', result.stderr)
        request = f'Request ID: {result.fields["request_id"]}'
        self.assertRegex(result.fields['request_id'], '^req-')
        self.assertEqual(bool(row.exit_code), request in result.stderr)

    def assert_refused(
        self, result: program.Result, reason: str, hint: str | None = None
    ) -> None:
        """Exit 1, nothing on standard output, and one clear sentence."""
        self.assert_exit(1, result)
        self.assertEqual('', result.stdout)
        self.assertRegex(result.stderr, reason)
        if hint is not None:
            self.assertRegex(result.stderr, f'(?m)^Hint: .*({hint})')

    def assert_nova_says(
        self,
        server: people.Server,
        status: str,
        host: str | None,
        *records: str,
    ) -> None:
        """The server rests there, and its records have these statuses."""
        seen = self.admin.look_at(server.id)
        self.assertEqual(
            (status, None, host), (seen.status, seen.task_state, seen.host)
        )
        found = [r.status for r in self.admin.records(server.id)]
        self.assertEqual(list(records), found)

    def assert_untouched(self, server: people.Server) -> None:
        """Nothing but the boot was ever asked of the server."""
        self.assert_nova_says(server, 'ACTIVE', server.host)
        self.assertEqual(['create'], self.admin.actions(server.id))
