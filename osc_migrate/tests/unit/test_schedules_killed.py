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

"""Drains and restores that are killed at random, and begun again."""

from collections.abc import Callable, Mapping
import dataclasses
import random

from hypothesis import strategies

from osc_migrate import drain as drains
from osc_migrate.engine import rows as told_rows
from osc_migrate.engine import turns
from osc_migrate import exceptions
from osc_migrate import restore as restores
from osc_migrate.tests.simulation import chances
from osc_migrate.tests.simulation.chances import Fate
from osc_migrate.tests.simulation import truth
from osc_migrate.tests.unit import fake_host
from osc_migrate.tests.unit import test_schedules_random

#: How many schedules of one server there are for each host.
SHARE = 20
#: Exit code 0: nothing is left to be done.
DONE = 'done'


@dataclasses.dataclass(frozen=True)
class Kill:
    """The end of a run that could do nothing about it.

    :ivar request: The one at which it comes, counted from 1.
    :ivar taken: Only requests to change something are counted, and Nova has
        carried this one out.
    :ivar pause: Seconds until somebody begins again.
    """

    request: int
    taken: bool = False
    pause: float = 0.0


@dataclasses.dataclass(frozen=True)
class Story:
    """A host that is emptied and filled again.

    :ivar fates: What becomes of a move, and how often; good otherwise.
    :ivar away: Ends of drains, one after the other.
    :ivar back: Ends of restores.
    """

    seed: int = 0
    servers: int = 2
    shutoff: float = 0.5
    parallel: int = 2
    fates: Mapping[Fate, float] = dataclasses.field(default_factory=dict)
    away: tuple[Kill, ...] = ()
    back: tuple[Kill, ...] = ()

    @property
    def killed(self) -> int:
        return len(self.away) + len(self.back)


PAUSES = strategies.sampled_from((0.0, 0.5, 2.0, 5.0, 20.0, 90.0))
KILLS = strategies.builds(
    Kill, strategies.integers(1, 60), strategies.just(False), PAUSES
) | strategies.builds(
    Kill, strategies.integers(1, 14), strategies.just(True), PAUSES
)  # fmt: skip
STORIES = strategies.builds(
    Story,
    seed=strategies.integers(0, 2**16),
    servers=strategies.integers(1, 6),
    shutoff=strategies.sampled_from((0.0, 0.5, 1.0)),
    parallel=strategies.integers(1, 4),
    fates=strategies.just({}) | strategies.dictionaries(
        strategies.sampled_from(sorted(chances.MIXED)),
        strategies.floats(0.0, 0.3), max_size=3,
    ),
    away=strategies.lists(KILLS, max_size=4).map(tuple),
    back=strategies.lists(KILLS, max_size=4).map(tuple),
)  # fmt: skip


class KilledTestCase(fake_host.HostTestCase):
    def play(self, story: Story) -> str:
        """Drain and restore a host; returns how far that came."""
        random.seed(story.seed)
        self.path.unlink(missing_ok=True)
        self.cloud(
            story.servers, story.fates, shutoff=story.shutoff, seed=story.seed
        )
        self.limits = turns.Limits(story.parallel, 0)
        drained = self.begin_again(story.away, self.drain)
        self.check(self.told(), list(self.world.servers))
        if not drained:
            return 'not drained'
        assert not self.service.enabled
        if any(row.outcome not in told_rows.ARRIVED for row in self.told()):
            return 'not drained'
        assert not self.world.servers_on(fake_host.HOST)
        self.nova.api.courses.clear()
        self.nova.api.confirmed.clear()
        if not self.begin_again(story.back, self.restore):
            self.check(self.told_back(), [])
            return 'not restored'
        self.check(self.told_back(), list(self.world.servers))
        assert self.service.enabled
        return DONE

    def drain(self) -> drains.Report:
        return self.drained(limits=self.limits)

    def restore(self) -> restores.Report:
        return self.restored(limits=self.limits)

    def begin_again(
        self,
        kills: tuple[Kill, ...],
        run: Callable[[], drains.Report | restores.Report],
    ) -> bool:
        """Runs that are killed, and one that is not.

        :returns: Whether it is finished.
        """
        for kill in kills:
            hook = self.nova.after if kill.taken else self.nova.before
            hook['*'] = fake_host.nth(kill.request, fake_host.Killed())
            try:
                if not run().exit_code:
                    break
            except fake_host.Killed:
                pass
            except exceptions.Refused:
                # The run before had written that it is finished.
                break
            finally:
                hook.clear()
            self.clock.pass_by(kill.pause)
        try:
            report = run()
        except exceptions.Refused:
            plan = self.written
            assert plan.finished or plan.restored
            return True
        finally:
            self.nova.settle()
        return not report.exit_code

    def told(self) -> list[told_rows.Row]:
        return [entry.row for entry in self.written.away.values()]

    def told_back(self) -> list[told_rows.Row]:
        return [entry.row for entry in self.written.back.values()]

    def check(self, told: list[told_rows.Row], expected: list[str]) -> None:
        wrong = truth.contradictions(self.nova, told, expected, again=True)
        assert not wrong, wrong

    def test_nothing_is_moved_twice_or_lost_and_what_is_told_is_so(
        self,
    ) -> None:
        met = dict.fromkeys((DONE, 'not drained', 'not restored'), 0)
        killed = 0

        def check(story: Story) -> None:
            nonlocal killed
            met[self.play(story)] += 1
            killed += story.killed

        test_schedules_random.campaign(STORIES, check, SHARE)
        self.assertTrue(met[DONE] and met['not drained'], str(met))
        self.assertGreater(killed, 0)
