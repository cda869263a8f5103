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

"""Schedules that were judged wrongly once, and some that everybody meets."""

import dataclasses

from osc_migrate.engine.request import Method
from osc_migrate.tests.simulation.chances import Fate
from osc_migrate.tests.simulation.others import Deed
from osc_migrate.tests.simulation.schedule import Act
from osc_migrate.tests.simulation.schedule import Fault
from osc_migrate.tests.simulation.schedule import Lag
from osc_migrate.tests.simulation.schedule import Schedule
from osc_migrate.tests.simulation.schedule import Slow
from osc_migrate.tests.simulation.schedule import Start
from osc_migrate.tests.simulation.schedule import Trouble
from osc_migrate.tests.simulation.schedule import Wish


@dataclasses.dataclass(frozen=True)
class Row:
    """A schedule, and what has to be said of it.

    :ivar says: Words of the reason.
    :ivar within: Seconds of the simulated clock.
    """

    name: str
    schedule: Schedule
    outcome: str
    says: str = ''
    within: float = 1000.0


PLAIN = (
    Row('all goes well', Schedule(), 'confirmed', within=25.0),
    Row('all goes well live', Schedule(method=Method.LIVE), 'completed',
        within=25.0),
    Row('the first host refuses', Schedule(fate=Fate.RESCHEDULED),
        'confirmed', within=25.0),
    Row('the first host refuses a live one',
        Schedule(method=Method.LIVE, fate=Fate.RESCHEDULED), 'completed',
        within=25.0),
    Row('the answer to the request is lost',
        Schedule(troubles=(Trouble(3, Fault.UNANSWERED),)), 'confirmed'),
    Row('the request is lost',
        Schedule(troubles=(Trouble(3, Fault.LOST),)), 'confirmed'),
    Row('somebody deletes it under way',
        Schedule(acts=(Act(Deed.DELETE, at=3.0),)), 'deleted'),
    Row('somebody resets the state under way',
        Schedule(acts=(Act(Deed.RESET, at=3.0),)), 'error', 'was reset'),
    Row('the confirm window is shorter than the check',
        Schedule(wish=Wish.SLOW_BAD, acts=(Act(Deed.WINDOW, at=20.0),)),
        'auto-confirmed'),
    Row('somebody confirms while it is checked',
        Schedule(wish=Wish.SLOW, acts=(Act(Deed.CONFIRM, at=20.0),)),
        'confirmed-elsewhere'),
    Row('somebody reverts while it is checked',
        Schedule(wish=Wish.SLOW, acts=(Act(Deed.REVERT, at=20.0),)),
        'reverted', 'user-other'),
    Row('somebody confirms and resizes while it is checked',
        Schedule(wish=Wish.SLOW, acts=(
            Act(Deed.CONFIRM, at=16.0), Act(Deed.RESIZE, at=19.0))),
        'conflict', 'resize'),
    Row('the source is known to be dead when the check has failed',
        Schedule(wish=Wish.SLOW_BAD, timeout=60.0, acts=(
            Act(Deed.SOURCE_DIES, at=20.0), Act(Deed.NOTICED, at=21.0))),
        'unconfirmed', 'is down'),
    Row('the source is dead, and nobody knows it, at the confirm',
        Schedule(wish=Wish.SLOW, acts=(
            Act(Deed.SOURCE_DIES, at=20.0), Act(Deed.BACK, at=70.0))),
        'confirmed'),
    Row('the destination is dead for a minute',
        Schedule(acts=(
            Act(Deed.DESTINATION_DIES, at=1.3), Act(Deed.BACK, at=70.0))),
        'confirmed'),
    Row('somebody resets the state while it is checked',
        Schedule(wish=Wish.SLOW, acts=(Act(Deed.RESET, at=20.0),)),
        'error', 'was reset'),
    Row('every host fails, and the server seems well before',
        Schedule(fate=Fate.LATE_ERROR), 'error'),
    Row('a live copy fails, and the server seems well before',
        Schedule(method=Method.LIVE, fate=Fate.LATE_ERROR), 'error'),
)  # fmt: skip
COUNTEREXAMPLES = (
    Row('a record that an earlier move of another user left is taken up',
        Schedule(stale='pre-migrating'), 'confirmed', within=25.0),
    Row('one who moves it back while the API is away takes up an old record',
        Schedule(method=Method.LIVE, seed=501, stale='pre-migrating',
                 acts=(Act(Deed.MIGRATE, at=40.0),),
                 troubles=(Trouble(17, Fault.BUSY, 20),)),
        'conflict', 'migrate that is not ours'),
    Row('a live migration rests between two reads of one look',
        Schedule(method=Method.LIVE, timeout=3.0, was='paused',
                 fate=Fate.ROLLED_BACK, seed=210),
        'rolled-back', within=9.0),
    Row('the source dies before it says why its confirm failed',
        Schedule(fate=Fate.CONFIRM_FAILED, seed=1,
                 acts=(Act(Deed.SOURCE_DIES, request=30),)),
        'error', 'The confirm failed'),
    Row('somebody resets the state while the source takes it back',
        Schedule(wish=Wish.BAD, acts=(Act(Deed.RESET, at=12.4),)),
        'error', 'was reset'),
    Row('somebody moves it on and takes up an old record',
        Schedule(method=Method.LIVE, seed=182, stale='pre-migrating',
                 acts=(Act(Deed.MIGRATE, at=4.8),)),
        'conflict', 'migrate that is not ours'),
    Row('ours is lost, and the server was being moved when it was found',
        Schedule(method=Method.LIVE, acts=(Act(Deed.LIVE),),
                 troubles=(Trouble(1, Fault.LOST, 5), Trouble(8))),
        'unknown'),
    Row('the actions do not show yet that the confirm window is over',
        Schedule(start=Start.ATTACH, seed=1, later=6.5,
                 acts=(Act(Deed.WINDOW),), lag=Lag(actions=3.0)),
        'auto-confirmed'),
    # What is wrong is what the wait that is taken up again comes to.
    Row('a dead source is back after the time limit, and errs over its task',
        Schedule(method=Method.LIVE, fate=Fate.ROLLED_BACK,
                 acts=(Act(Deed.SOURCE_DIES, request=4),),
                 slow=(Slow(7, 10.0),)),
        'timeout'),
    Row('a dead source is back within it, and errs over its task',
        Schedule(method=Method.LIVE, fate=Fate.ROLLED_BACK,
                 acts=(Act(Deed.SOURCE_DIES, request=4),
                       Act(Deed.BACK, at=70.0)),
                 slow=(Slow(7, 10.0),)),
        'error', within=100.0),
    Row('a dead source is back after an abort, and errs over its task',
        Schedule(method=Method.LIVE, on_timeout='abort',
                 acts=(Act(Deed.SOURCE_DIES, request=15),),
                 slow=(Slow(9, 10.0),)),
        'timeout'),
    Row('how it ended is told of a server that is being deleted',
        Schedule(method=Method.LIVE, start=Start.NAMED, later=13.4,
                 acts=(Act(Deed.RESIZE), Act(Deed.DELETE))),
        'completed'),
    Row('it had ended when the run could first read it, and is moved on',
        Schedule(method=Method.LIVE, start=Start.NAMED, later=1.9,
                 wish=Wish.SLOW, acts=(Act(Deed.TWIN_MIGRATES, at=25.0),),
                 troubles=(Trouble(1, Fault.LOST, 5),)),
        'completed'),
)  # fmt: skip
#: The same user's other run, and reads that come late.
TWINS = (
    Row('another run of the same user was first',
        Schedule(start=Start.REPEATABLE,
                 acts=(Act(Deed.TWIN_MIGRATES, request=4),)),
        'confirmed'),
    Row('another run of the same user confirms',
        Schedule(wish=Wish.SLOW, acts=(Act(Deed.TWIN_CONFIRMS, at=20.0),)),
        'confirmed-elsewhere'),
    Row('another run of the same user reverts',
        Schedule(wish=Wish.SLOW, acts=(Act(Deed.TWIN_REVERTS, at=20.0),)),
        'reverted', 'user-me'),
    Row('another run of the same user confirms and moves it on',
        Schedule(wish=Wish.SLOW,
                 troubles=(Trouble(3, Fault.UNANSWERED),),
                 acts=(Act(Deed.TWIN_CONFIRMS, at=20.0),
                       Act(Deed.TWIN_MIGRATES, at=22.5))),
        'conflict', 'is newer than ours'),
)  # fmt: skip
THREE = Lag(server=3.0, records=3.0, actions=3.0)
LATE = (
    Row('all that is read is three seconds old', Schedule(lag=THREE),
        'confirmed', within=30.0),
    Row('the same, live', Schedule(method=Method.LIVE, lag=THREE),
        'completed', within=30.0),
    Row('the server is three seconds older than its records',
        Schedule(fate=Fate.LATE_ERROR, lag=Lag(server=3.0)), 'error'),
    Row('each read is as late as it likes',
        Schedule(fate=Fate.LATE_ERROR, method=Method.LIVE,
                 lag=dataclasses.replace(THREE, jumps=True)),
        'error'),
    Row('no host is found, and the records come late',
        Schedule(fate=Fate.NO_VALID_HOST, lag=Lag(records=3.0)),
        'rolled-back', 'No valid host'),
)  # fmt: skip
ROWS = (*PLAIN, *COUNTEREXAMPLES, *TWINS, *LATE)


@dataclasses.dataclass(frozen=True)
class Limit:
    """What is not promised, as it comes about.

    :ivar outcome: What is said.
    :ivar wrong: Words of what the simulation has against it.
    :ivar then: Status that the server comes to in the end; where neither is
        given, what was moved is another run's.
    """

    name: str
    schedule: Schedule
    outcome: str
    wrong: str = ''
    then: str = ''


LIMITS = (
    Limit('a server that is read eight seconds late seems not to have moved',
          Schedule(was='stopped', fate=Fate.ERROR_ON_SOURCE, seed=187,
                   slow=(Slow(18, 10.0),), lag=Lag(server=8.0)),
          'rolled-back', 'rolled-back in the end'),
    Limit('the source fails after the server rested, and an old row hides it',
          Schedule(fate=Fate.CONFIRM_FAILED_LATE, seed=1,
                   troubles=(Trouble(4, Fault.LOST, 2),),
                   lag=Lag(server=1.0, jumps=True)),
          'confirmed', then='ERROR'),
    Limit('a move that took less time than the reads are late is not seen',
          Schedule(method=Method.LIVE, start=Start.REPEATABLE,
                   troubles=(Trouble(1, Fault.LOST, 6),),
                   acts=(Act(Deed.TWIN_MIGRATES_LIVE, at=0.1),),
                   lag=Lag(server=25.0, records=25.0, actions=25.0)),
          'completed', 'completed at the verdict'),
    Limit('ours is lost, and another run of the same user asks meanwhile',
          Schedule(troubles=(Trouble(3, Fault.LOST),),
                   acts=(Act(Deed.TWIN_MIGRATES, request=4),)),
          'confirmed'),
    Limit('the same, live',
          Schedule(method=Method.LIVE,
                   troubles=(Trouble(3, Fault.LOST),),
                   acts=(Act(Deed.TWIN_MIGRATES_LIVE, request=4),)),
          'completed'),
)  # fmt: skip
