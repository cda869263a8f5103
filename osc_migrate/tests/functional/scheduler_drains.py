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

"""What the plan of a drain says of servers, beside what Nova says to each."""

from collections.abc import Iterable, Iterator
import dataclasses
import json
from typing import Any

from osc_migrate.tests.functional import scheduler_cases as cases
from osc_migrate.tests.functional import scheduler_playing as playing

COMMAND = ('compute', 'host', 'drain', '--dry-run', '-f', 'json')
KINDS = {'cold': '--cold', 'live': '--live-migration'}
NOWHERE = 'No other host can take it as it is now'
#: How the command may end: everything is planned, the host is down, or a
#: server is refused.
ENDS = (0, 1, 8)


@dataclasses.dataclass(frozen=True)
class Told:
    """One server in the plan of a drain of its host.

    :ivar nowhere: whether the plan says that no other host can take it
    :ivar verdicts: of the other hosts, as the command for one server and
        Nova see them
    """

    name: str
    nowhere: bool
    reason: str
    verdicts: tuple[playing.Verdict, ...]

    @property
    def wrong(self) -> str:
        """What is wrong about it, '' when nothing is."""
        if self.nowhere and any(not v.refused_by for v in self.verdicts):
            return 'said to fit nowhere, and Nova accepts a host'
        if not self.nowhere and all(v.fits is False for v in self.verdicts):
            return 'each host is ruled out, and the plan does not say so'
        return ''

    def __str__(self) -> str:
        said = '\n'.join(map(str, self.verdicts))
        return f'{self.name}: {self.wrong}: {self.reason}\n{said}'


def told(
    play: playing.Play, verdicts: Iterable[playing.Verdict]
) -> Iterator[Told]:
    """Compare, for all servers that were asked about in one arrangement."""
    others: dict[tuple[str, str], list[playing.Verdict]] = {}
    for one in verdicts:
        if one.host != play.servers[one.server].host:
            others.setdefault((one.server, one.kind), []).append(one)
    names = {server.id: name for name, server in play.servers.items()}
    for host in cases.HOSTS:
        for kind, option in KINDS.items():
            for row in _plan(play, host, option):
                name = names.get(row['Server ID'])
                if row['Outcome'] != 'planned' or (name, kind) not in others:
                    continue
                reason = row['Reason'] or ''
                yield Told(
                    f'{name}, {kind}',
                    reason.startswith(NOWHERE),
                    reason,
                    tuple(others[str(name), kind]),
                )


def _plan(play: playing.Play, host: str, option: str) -> list[dict[str, Any]]:
    code, output, errors = play.command(*COMMAND, option, host)
    assert code in ENDS, f'exit code {code}: {errors}'
    assert 'was not looked at' not in errors, errors
    return [] if code == 1 else json.loads(output)
