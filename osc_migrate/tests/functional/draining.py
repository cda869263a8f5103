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

"""Compute hosts that are emptied and filled, and what Nova says of them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
import contextlib
import dataclasses
import json
import pathlib
import stat
import sys
import tempfile
from typing import Any, cast

import testtools

from osc_migrate.engine import plan_file
from osc_migrate.tests.functional import base
from osc_migrate.tests.functional import people
from osc_migrate.tests.functional import program
from osc_migrate.tests.functional import truths

DRAIN = ('compute', 'host', 'drain')
RESTORE = ('compute', 'host', 'restore')


@dataclasses.dataclass(frozen=True)
class Wanted:
    """A server as it is to be booted.

    :ivar steps: what it does at each step of a move
    """

    stopped: bool = False
    steps: Mapping[str, str] = dataclasses.field(default_factory=dict)


ACTIVE = Wanted()
STOPPED = Wanted(stopped=True)


def stopped(**steps: str) -> Wanted:
    """Return what a stopped server is that does this in a move."""
    return Wanted(stopped=True, steps=steps)


def active(**steps: str) -> Wanted:
    return Wanted(steps=steps)


def ask_for(
    person: people.Person, wanted: Iterable[Wanted], zone: str, host: str
) -> list[people.Server]:
    """Ask for servers on a host, which are called web1, web2 and so on."""
    compute = person.compute
    image = person.image.find_image('cirros').id
    flavor = compute.find_flavor('m1.tiny').id
    network = person.network.find_network('private').id
    servers = []
    for number, one in enumerate(wanted, 1):
        name = f'web{number}'
        server = compute.create_server(
            name=name,
            image_id=image,
            flavor_id=flavor,
            networks=[{'uuid': network}],
            metadata=people.metadata(one.steps),
            availability_zone=f'{zone}:{host}',
        )
        servers.append(people.Server(server.id, name, host))
    return servers


def await_all(
    person: people.Person,
    servers: Sequence[people.Server],
    wanted: Sequence[Wanted],
) -> None:
    """Return once the servers that were asked for are there as wanted."""
    stopped = []
    for server, one in zip(servers, wanted, strict=True):
        seen = person.await_status(server.id, 'ACTIVE', 'ERROR')
        assert (seen.status, seen.host) == ('ACTIVE', server.host), str(seen)
        if one.stopped:
            person.compute.stop_server(server.id)
            stopped.append(server)
    for server in stopped:
        person.await_status(server.id, 'SHUTOFF')


def somebody_else(person: people.Person) -> Any:
    """Return the compute API as another admin than this one sees it."""
    identity = cast(Any, person.connection.identity)
    name = 'somebody-else'
    user = identity.find_user(name)
    if user is None:
        user = identity.create_user(name=name, password=name)
        identity.assign_project_role_to_user(
            person.connection.current_project_id,
            user,
            identity.find_role('admin'),
        )
    other = person.connection.connect_as(username=name, password=name)
    return other.compute


def by_name(result: program.Result) -> dict[str, dict[str, Any]]:
    """Return the rows of a run with ``-f json`` by the server's name."""
    rows = json.loads(result.stdout)
    found = {row['Name']: row for row in rows}
    assert len(found) == len(rows), str(result)
    return found


def outcomes(result: program.Result) -> dict[str, str]:
    return {name: row['Outcome'] for name, row in by_name(result).items()}


def assert_readable(file: pathlib.Path) -> None:
    """The plan is whole, and for its owner alone."""
    found = file.stat(follow_symlinks=False)
    assert stat.S_IMODE(found.st_mode) == 0o600, oct(found.st_mode)
    assert stat.S_ISREG(found.st_mode), oct(found.st_mode)
    plan_file.decode(file.read_text(), file.name)


class Wrong:
    """Collects what is wrong with cases that are checked in turn."""

    def __init__(self) -> None:
        self._found: list[Any] = []

    @contextlib.contextmanager
    def noted(self, name: str) -> Iterator[None]:
        try:
            yield
        except AssertionError as error:
            error.add_note(f'in the case {name}')
            self._found.append(sys.exc_info())

    def tell(self) -> None:
        """Fail if anything was wrong."""
        if self._found:
            raise testtools.MultipleExceptions(*self._found)


class TestCase(base.TestCase):
    """Drains the first host, which is enabled again after the test.

    :ivar file: of the plan; there is none yet
    """

    def setUp(self) -> None:
        super().setUp()
        self.host, *self.others = self.cloud.compute_hosts
        directory = tempfile.mkdtemp(dir=self.cloud.directory)
        self.file = pathlib.Path(directory, 'plan.json')
        self.addCleanup(self.admin.enable, self.host)

    def boot_all(self, *wanted: Wanted) -> list[people.Server]:
        """Boot servers on the host, called web1, web2 and so on."""
        servers = ask_for(self.admin, wanted, 'nova', self.host)
        for server in servers:
            self.addCleanup(self._remove, server.id)
        await_all(self.admin, servers, wanted)
        return servers

    def boot_one(self, wanted: Wanted = ACTIVE) -> people.Server:
        (server,) = self.boot_all(wanted)
        return server

    def start_drain(
        self,
        *options: str,
        host: str | None = None,
        file: pathlib.Path | None = None,
    ) -> program.Running:
        """Start a drain that needs no terminal, with the plan in the file."""
        return self._start(DRAIN, options, host, file or self.file)

    def drain(
        self,
        *options: str,
        host: str | None = None,
        file: pathlib.Path | None = None,
    ) -> program.Result:
        return self.start_drain(*options, host=host, file=file).wait()

    def start_restore(
        self, *options: str, file: pathlib.Path | None = None
    ) -> program.Running:
        return self._start(RESTORE, options, None, file or self.file)

    def restore(
        self, *options: str, file: pathlib.Path | None = None
    ) -> program.Result:
        return self.start_restore(*options, file=file).wait()

    def start_without_file(self, *options: str) -> program.Running:
        """Start a drain that keeps no plan."""
        return self._start(DRAIN, options, None, None)

    def _start(
        self,
        command: tuple[str, ...],
        options: tuple[str, ...],
        host: str | None,
        file: pathlib.Path | None,
    ) -> program.Running:
        words = [*command, '-f', 'json', '--yes', *options]
        if file is not None:
            words += ['--plan', str(file)]
        return self.start(*words, host or self.host)

    def assert_truth(
        self, expected: truths.Truth, *servers: people.Server
    ) -> None:
        for server in servers:
            found = truths.truth(self.admin, server)
            self.assertEqual(expected, found, server.name)

    def assert_enabled(self, host: str | None = None) -> None:
        self.assertEqual(
            ('enabled', None), truths.service(self.admin, host or self.host)
        )

    def assert_disabled(self) -> None:
        self.assertEqual('disabled', truths.service(self.admin, self.host)[0])

    def assert_one_sentence(
        self, result: program.Result, sentence: str, hint: str | None = None
    ) -> None:
        """Refused, and standard error says no more than that."""
        self.assert_refused(result, sentence, hint)
        said = result.stderr.splitlines()
        told = [line for line in said if not line.startswith('Hint: ')]
        self.assertEqual(1, len(told), result.stderr)

    def assert_outcomes(
        self, expected: dict[str, str], result: program.Result
    ) -> None:
        self.assertEqual(expected, outcomes(result), str(result))
