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


"""Destinations that Nova is really asked for, to see whether it takes them.

Cold, because that can be reverted whatever the other hosts are like.
"""

from collections.abc import Iterable
import dataclasses

from osc_migrate.tests.functional import people
from osc_migrate.tests.functional import scheduler_asking
from osc_migrate.tests.functional import scheduler_playing as playing
from osc_migrate.tests.functional import scheduler_stage

#: Statuses of a migration record that Nova leaves as it is.
ENDED = ('error', 'finished')


@dataclasses.dataclass(frozen=True)
class Tried:
    """A destination that a server was really to be moved to."""

    verdict: playing.Verdict
    taken: bool

    @property
    def wrong(self) -> str:
        """What is wrong about it, '' when nothing is."""
        if self.taken == (not self.verdict.refused_by):
            return ''
        return 'it was taken' if self.taken else 'it was not taken'

    def __str__(self) -> str:
        return f'{self.verdict}; tried: taken is {self.taken}'


class Sample:
    """Tries a few destinations of every kind, until there are enough."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.tried: list[Tried] = []

    def choose(
        self, verdicts: Iterable[playing.Verdict]
    ) -> list[playing.Verdict]:
        """One for everybody who refuses, then accepted ones.

        No server twice at a time.
        """
        cold = [one for one in verdicts if one.kind == 'cold']
        seen = {one.verdict.refused_by for one in self.tried}
        servers: set[str] = set()
        chosen = []
        for refused in (True, False):
            for one in cold:
                if one.server in servers or refused != bool(one.refused_by):
                    continue
                if refused and one.refused_by in seen:
                    continue
                seen.add(one.refused_by)
                servers.add(one.server)
                chosen.append(one)
        return chosen

    def take(
        self,
        stage: scheduler_stage.Stage,
        servers: dict[str, people.Server],
        verdicts: Iterable[playing.Verdict],
        at_most: int,
    ) -> None:
        """Try some of these verdicts, and bring the servers back."""
        chosen = self.choose(verdicts)
        # What was accepted is at the end, and shall have its share.
        half = at_most // 2
        chosen = [*chosen[: at_most - half], *chosen[at_most - half :][-half:]]
        for one in chosen[:at_most]:
            taken = _try(stage, servers[one.server], one.host)
            self.tried.append(Tried(one, taken))


def _try(
    stage: scheduler_stage.Stage, server: people.Server, host: str
) -> bool:
    """Move a server, and revert that; return whether Nova took the host."""
    before = len(stage.admin.records(server.id))
    answer = stage.admin.compute.post(
        f'/servers/{server.id}/action',
        json={'migrate': {'host': host}},
        microversion=scheduler_asking.COMPUTE,
    )
    if not answer.ok:
        return False
    people.eventually(
        lambda: [r.status for r in stage.admin.records(server.id)],
        lambda found: len(found) > before and found[0] in ENDED,
    )
    seen = stage.admin.await_status(server.id, 'ACTIVE', 'VERIFY_RESIZE')
    if seen.status == 'ACTIVE':
        assert seen.host == server.host, seen
        return False
    assert seen.host == host, seen
    stage.admin.revert(server)
    stage.admin.await_status(server.id, 'ACTIVE')
    return True
