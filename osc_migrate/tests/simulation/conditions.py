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


"""What has to be so for each outcome of a single run to be true."""

from collections.abc import Callable
import dataclasses

from osc_migrate.engine import facts
from osc_migrate.engine import move as moves
from osc_migrate.tests.simulation import nova as novas
from osc_migrate.tests.simulation import population
from osc_migrate.tests.simulation import stage
from osc_migrate.tests.simulation import steps

#: Actions of others that make of a move somebody else's business.
FOREIGN = moves.MOVING_ACTIONS | moves.SPOILING_ACTIONS | {'delete'}
RESTING = frozenset({'ACTIVE', 'SHUTOFF', 'PAUSED'})


@dataclasses.dataclass(frozen=True)
class View:
    """A server and the record of the run's move, at one moment.

    :ivar course: The move, as the simulation knows it; None: there is none.
    """

    played: stage.Played
    server: facts.Server | None
    record: facts.MigrationRecord | None
    course: steps.Course | None

    @property
    def outcome(self) -> str:
        assert self.played.result is not None
        return str(self.played.result.outcome)

    def rests_on(self, host: str | None) -> bool:
        server = self.server
        return (
            server is not None
            and server.host == host
            and server.task_state is None
            and server.status in RESTING
        )

    @property
    def source(self) -> str:
        return self.course.source if self.course else population.FIRST

    @property
    def status(self) -> str:
        return self.record.status if self.record else ''

    @property
    def is_live(self) -> bool:
        return self.course is not None and self.course.kind is moves.Kind.LIVE

    def first(self, *names: str) -> str | None:
        """Who first asked Nova for something that hit this record."""
        for taken in self.played.nova.api.taken:
            if self.record and taken.record_uuid == self.record.uuid:
                if taken.name in names:
                    ours = any(s.taken is taken for s in self.played.sent)
                    return 'us' if ours else taken.user or 'nova'
        return None

    def asked(self, *names: str) -> bool:
        """Whether somebody else asked for something, at whatever time."""
        sent = {id(s.taken) for s in self.played.sent}
        return any(
            taken.name in names and id(taken) not in sent
            for taken in self.played.nova.api.taken
        )


Check = Callable[[View], bool]


def _arrived(*statuses: str) -> Check:
    def check(view: View) -> bool:
        if view.status not in statuses or view.record is None:
            return False
        if view.played.was_over:
            return True
        return view.rests_on(view.record.destination_host)

    return check


def _confirmed_by(who: Callable[[str | None], bool]) -> Check:
    arrived = _arrived('confirmed')
    return lambda view: arrived(view) and who(view.first('confirmResize'))


def _confirmed_by_us(view: View) -> bool:
    """Where no answer came, another run of the same user may have done it."""
    who = {'us'}
    if 'confirm' in view.played.nova.unanswered:
        who.add(novas.ME)
    return _confirmed_by(lambda first: first in who)(view)


def _back(*statuses: str) -> Check:
    def check(view: View) -> bool:
        return view.status in statuses and (
            view.played.was_over or view.rests_on(view.source)
        )

    return check


def _awaits(view: View) -> bool:
    server = view.server
    return (
        view.status == 'finished'
        and server is not None
        and server.status == 'VERIFY_RESIZE'
        and server.task_state is None
    )


def _stayed(view: View) -> bool:
    stays = view.played.was_over or view.rests_on(view.source)
    return stays and view.status not in (
        'finished', 'confirming', 'confirmed', 'reverting', 'reverted',
        'completed',
    )  # fmt: skip


def _in_error(view: View) -> bool:
    if view.server is None:
        # The one that was in error was being deleted already.
        return view.asked('delete')
    torn = view.server.host != view.source or view.status == 'finished'
    return (
        view.server.status == 'ERROR'
        or view.asked('resetState')
        or (view.status == 'error' and torn)
        or (view.status not in moves.TERMINAL and torn)
        # A task that is named for good, as its service died.
        or (view.status == 'error' and view.server.task_state is not None)
    )


def _undecided(view: View) -> bool:
    """Nova has something left to do, or somebody to decide."""
    server = view.server
    return (
        view.status not in moves.TERMINAL
        or server is None
        or server.task_state is not None
        or server.status not in {*RESTING, 'ERROR'}
        # A compute host may be at work on a roll-back of it.
        or (view.is_live and view.status == 'error')
    )


def _disturbed(view: View) -> bool:
    return view.asked(*FOREIGN)


def _lost(view: View) -> bool:
    """Something keeps from knowing, such as rows that nobody is shown yet."""
    played = view.played
    late = played.schedule.lag.longest > 0
    return played.nova.faults > 0 or played.was_over or late


def _anything(view: View) -> bool:
    return True


def _check_failed(view: View) -> bool:
    gate = view.played.gate
    passed = gate is not None and gate.answered is not None and (
        gate.answered.because is None
    )  # fmt: skip
    return _arrived('completed')(view) and not passed


#: What has to be so at the verdict, and once Nova has settled.
CHECKS: dict[str, Check] = {
    'confirmed': _confirmed_by_us,
    'auto-confirmed': _confirmed_by(lambda who: who == 'nova'),
    'confirmed-elsewhere': _confirmed_by(
        lambda who: who not in ('us', 'nova', None)
    ),
    'completed': _arrived('completed'),
    'check-failed': _check_failed,
    'awaiting-confirmation': _awaits,
    'unconfirmed': _awaits,
    'rolled-back': _stayed,
    'aborted': _back('cancelled', 'failed', 'error'),
    'reverted': _back('reverted'),
    'error': _in_error,
    'deleted': lambda view: view.server is None,
    'conflict': _disturbed,
    'unknown': _lost,
}
#: What has to be so when the run ends, and not for ever.
MOMENTARY: dict[str, Check] = {'timeout': _undecided}
