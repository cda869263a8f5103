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


"""What the command says of each host, beside what Nova says to it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
import contextlib
import dataclasses
import io
import json
import os
from typing import Any
from unittest import mock

from openstackclient import shell

from osc_migrate.tests import cloud as test_cloud
from osc_migrate.tests.functional import base
from osc_migrate.tests.functional import people
from osc_migrate.tests.functional import scheduler_cases as cases
from osc_migrate.tests.functional import scheduler_stage

COMMAND = ('server', 'migrate-candidates', '-f', 'json')
#: How a server is to be moved: the question to the scheduler, and what tells
#: the command of it.
KINDS: Mapping[str, tuple[str, ...]] = {
    'cold': (), 'live': ('--live-migration',),
}  # fmt: skip
#: How the command may end: some host fits, or none does.
ENDS = {0: True, 3: False}
#: Refuse for what no API shows and what is no fact of the host: the command
#: may call a host fit that one of them refuses.
NOT_SEEN: Mapping[str, str] = {
    'IsolatedHostsFilter': 'hosts and images are named in nova.conf',
}
#: Who refuses before the scheduler is asked.
API = 'API'


@dataclasses.dataclass(frozen=True)
class Verdict:
    """One host as the destination of one server.

    :ivar fits: what the command says
    :ivar reason: and why
    :ivar refused_by: who refuses in Nova, '' when it is accepted
    :ivar candidate: whether placement offers it, None for the server's own
    """

    arrangement: str
    server: str
    kind: str
    host: str
    fits: bool | None
    reason: str
    refused_by: str
    candidate: bool | None

    @property
    def wrong(self) -> str:
        """What is wrong about it, '' when nothing is."""
        if not self.refused_by and self.fits is False:
            return 'ruled out, and Nova accepts it'
        if not self.fits or self.refused_by in NOT_SEEN:
            return ''
        if self.refused_by:
            return 'called fit, and Nova refuses it'
        if self.candidate is False:
            return 'called fit, and placement does not offer it'
        return ''

    def __str__(self) -> str:
        return (
            f'{self.arrangement}, {self.server}, {self.kind}, {self.host}: '
            f'{self.wrong or "as it should be"}. Fits {self.fits}: '
            f'{self.reason or "no reason"}. '
            f'Refused by: {self.refused_by or "nobody"}; '
            f'offered by placement: {self.candidate}'
        )


Tell = Callable[[list[Verdict]], None]


class Play:
    """A cloud on which cases are played, in the configuration of its Nova."""

    def __init__(
        self, cloud: test_cloud.Cloud, servers: Iterable[cases.Server]
    ) -> None:
        self.stage = scheduler_stage.Stage(cloud)
        self.stage.build()
        self.servers = self.stage.boot(servers)
        self.stage.leave_unconfirmed()
        self.stage.age()

    def all(
        self, arrangement: cases.Arrangement, first: int, tell: Tell
    ) -> list[Verdict]:
        """Ask about every server in one arrangement.

        :param first: which kind of move comes first; they take turns
        """
        found: list[Verdict] = []
        self.stage.arrange(arrangement)
        kinds = tuple(KINDS)
        for number, server in enumerate(self.servers.values(), first):
            kind = kinds[number % len(kinds)]
            one = self.one(arrangement.name, server, kind)
            found.extend(one)
            tell(one)
        return found

    def one(
        self, arrangement: str, server: people.Server, kind: str
    ) -> list[Verdict]:
        """Ask about one server; the three answers come one after another."""
        said = self.said(server, kind)
        asked = self.stage.question('GET', f'scheduler/{server.id}/{kind}')
        offered = self.stage.place(
            'get', f'/allocation_candidates?{asked["query"]}'
        )['provider_summaries']
        assert set(said) == set(cases.HOSTS), said
        return [
            Verdict(
                arrangement,
                server.name,
                kind,
                host,
                said[host]['Fits'],
                said[host]['Reason'] or '',
                asked['refused'][host],
                None
                if host == server.host
                else self.stage.providers[host] in offered,
            )
            for host in cases.HOSTS
        ]

    def said(self, server: people.Server, kind: str) -> dict[str, Any]:
        """Return the rows of the command, by host."""
        words = (*COMMAND, *KINDS[kind], server.id)
        code, output, errors = self.command(*words)
        assert code in ENDS, f'exit code {code}: {errors}'
        rows = {row['Host']: row for row in json.loads(output)}
        fits_none = all(row['Fits'] is False for row in rows.values())
        assert fits_none == (not ENDS[code]), f'exit code {code}: {output}'
        return rows

    def command(self, *words: str) -> tuple[int, str, str]:
        """Run ``openstack``; return its exit code and what it wrote.

        It is run in this process: starting one takes as long as everything
        else together.
        """
        with _environment(self.stage.cloud):
            return _run(*words)


def _run(*words: str) -> tuple[int, str, str]:
    output, errors = io.StringIO(), io.StringIO()
    with (
        contextlib.redirect_stdout(output),
        contextlib.redirect_stderr(errors),
    ):
        code = shell.OpenStackShell().run(list(words))
    return code, output.getvalue(), errors.getvalue()


@contextlib.contextmanager
def _environment(cloud: test_cloud.Cloud) -> Iterator[None]:
    with mock.patch.dict(os.environ, cloud.environment('admin'), clear=True):
        yield


@contextlib.contextmanager
def started(
    configuration: str, servers: Iterable[cases.Server]
) -> Iterator[Play]:
    """Start a cloud with this configuration, and boot servers in it."""
    with contextlib.ExitStack() as closing:
        cloud = base.started(
            closing.callback,
            computes=len(cases.HOSTS),
            wishes=cases.CONFIGURATIONS[configuration],
        )
        yield Play(cloud, servers)
