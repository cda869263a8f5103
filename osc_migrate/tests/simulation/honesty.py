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


"""Whether what a run said is so, and what it did was allowed."""

from collections.abc import Iterator
import dataclasses

from osc_migrate.engine import move as moves
from osc_migrate.engine import outcomes
from osc_migrate.tests.simulation.chances import Fate
from osc_migrate.tests.simulation import conditions
from osc_migrate.tests.simulation import nova as novas
from osc_migrate.tests.simulation import population
from osc_migrate.tests.simulation import schedule as schedules
from osc_migrate.tests.simulation.schedule import SERVER
from osc_migrate.tests.simulation.schedule import Wish
from osc_migrate.tests.simulation import stage
from osc_migrate.tests.simulation import steps

#: Seconds that a run may need after its time limit: the second look of a
#: verdict, which takes up to 5 s, and once more where it is another one then.
LATE = 15.0
#: The same where requests go wrong: each explanation is tried for 30 s.
LATE_IN_TROUBLE = 80.0
#: Seconds within which the steps of an action are shown, so that Nova's words
#: can be given.
SEEN_WITHIN = 3.0
#: What puts a server into ERROR after it was at rest.
LATE_FATES = frozenset({Fate.LATE_ERROR, Fate.CONFIRM_FAILED_LATE})
#: Requests for a move, as they are counted.
STARTS = frozenset({'migrate', 'live-migrate'})
#: Seconds that --on-timeout adds.
EXTRA = 60.0


def wrong(played: stage.Played) -> list[str]:
    """What is not as it should be, a sentence each."""
    return [
        *_of_outcome(played), *_of_time(played), *_of_requests(played),
        *_of_words(played), *_of_resuming(played),
    ]  # fmt: skip


def _course(played: stage.Played) -> steps.Course | None:
    courses = played.nova.api.courses.get(SERVER, [])
    result = played.result
    if result is not None and not played.nova.unanswered.isdisjoint(STARTS):
        # A limit: nothing tells one that another run of the same user asked
        # for from one whose answer did not come back.
        uuid = result.migration_id
        taken_for_ours = next(
            (c for c in courses if c.record_uuid == uuid
             and c.user == novas.ME and c.type == str(c.kind)),
            None,
        )  # fmt: skip
        if taken_for_ours is not None:
            return taken_for_ours
    begun = {sent.taken.request_id for sent in played.sent}
    for course in courses:
        if course.began in begun:
            return course
    if played.schedule.attached and result is not None:
        uuid = result.migration_id
        return next((c for c in courses if c.record_uuid == uuid), None)
    if played.schedule.start is schedules.Start.REPEATABLE and result:
        uuid = result.migration_id
        return next((c for c in courses if c.record_uuid == uuid), None)
    return None


def _of_outcome(played: stage.Played) -> Iterator[str]:
    if played.result is None:
        if any(s.taken.name in moves.MOVING_ACTIONS for s in played.sent):
            yield f'It was begun, and the run says: {played.refusal}'
        return
    outcome = str(played.result.outcome)
    course = _course(played)
    if outcome == 'not-on-source':
        server = played.at_end
        if played.sent or server is None or server.host == population.FIRST:
            yield f'{outcome}: {server}, {played.sent}'
        return
    uuid = course.record_uuid if course else ''
    record = next((r for r in played.records if r.uuid == uuid), None)
    view = conditions.View(played, played.at_end, record, course)
    check = {**conditions.CHECKS, **conditions.MOMENTARY}.get(outcome)
    if check is None or not check(view):
        yield f'{outcome} at the verdict: {_told(played, view)}'
        return
    unseen = 0.5 + played.schedule.lag.longest
    disturbed = any(
        taken.at >= played.nova.server_at - unseen
        and all(sent.taken is not taken for sent in played.sent)
        for taken in played.nova.api.taken
    )
    if outcome in conditions.MOMENTARY or disturbed:
        return
    if _is_hidden(played, course):
        return
    played.nova.settle()
    server = played.nova.world.servers.get(SERVER)
    if server is None and played.was_over:
        # It was told just how it ended, and the record is gone since.
        return
    record = played.nova.world.records.get(uuid)
    view = conditions.View(played, server, record, course)
    if not conditions.CHECKS[outcome](view):
        yield f'{outcome} in the end: {_told(played, view)}'


def _is_hidden(played: stage.Played, course: steps.Course | None) -> bool:
    """Whether an old row of the server may hide that it comes into ERROR.

    A limit: it rests before, and such a row is what is seen a second time.
    """
    late = played.schedule.lag.server > 0
    return late and course is not None and course.fate in LATE_FATES


def _told(played: stage.Played, view: conditions.View) -> str:
    assert played.result is not None
    return f'{played.result.reason} {view.server} {view.record}'


def _of_time(played: stage.Played) -> Iterator[str]:
    schedule = played.schedule
    late = LATE_IN_TROUBLE if played.nova.faults else LATE
    if schedule.on_timeout != 'leave':
        late += EXTRA
    if schedule.timeout and played.elapsed > schedule.timeout + late:
        yield f'It took {played.elapsed:.1f} s.'
    if played.result is None:
        return
    early = played.elapsed < schedule.timeout
    if played.result.outcome is outcomes.Outcome.TIMEOUT and early:
        yield f'A time limit after {played.elapsed:.1f} s.'


def _of_requests(played: stage.Played) -> Iterator[str]:
    begun = [s for s in played.sent if s.taken.name in moves.MOVING_ACTIONS]
    if len(begun) > 1:
        yield f'It was moved {len(begun)} times.'
    for sent in played.sent:
        name = sent.taken.name
        if name in moves.MOVING_ACTIONS:
            continue
        course = _course(played)
        ours = course.record_uuid if course else None
        hit = sent.taken.record_uuid
        # Between the look and the request Nova leaves a window open.
        if hit != ours and sent.seen.get(hit) in ('finished', 'running'):
            yield f'{name} hit {hit}, which is not {ours}.'
        if name == 'confirmResize' and played.schedule.wish is Wish.LEAVE:
            yield 'It was confirmed, and was to be left.'
        gated = played.schedule.wish in stage.ANSWERS
        because = sent.answer.because if sent.answer else None
        if name == 'confirmResize' and gated and (
            sent.answer is None or because is not None
        ):  # fmt: skip
            yield f'It was confirmed after {sent.answer}.'
        if name == 'revertResize' and (
            because is None or sent.source_up is not True
        ):
            yield f'It was reverted: {sent}'


def in_the_window(played: stage.Played) -> int:
    """How many requests hit what came between the look and the request."""
    course = _course(played)
    ours = course.record_uuid if course else None
    return sum(
        sent.taken.name not in moves.MOVING_ACTIONS
        and sent.taken.record_uuid != ours
        for sent in played.sent
    )


def _of_words(played: stage.Played) -> Iterator[str]:
    result = played.result
    if result is None:
        if not str(played.refusal):
            yield 'A refusal without a word.'
        return
    if result.exit_code and not result.reason:
        yield f'{result.outcome} without a reason.'
    if result.exit_code and not result.hint:
        yield f'{result.outcome} without a hint.'
    if not result.exit_code and (result.reason or result.hint):
        yield f'{result.outcome} with a reason.'
    too_late = played.schedule.lag.actions > SEEN_WITHIN
    if result.outcome != 'rolled-back' or played.nova.faults or too_late:
        return
    course = _course(played)
    if _is_hidden(played, course):
        return
    began = course.began if course else ''
    said = {
        event.details
        for event in played.nova.world.events_of(began)
        if event.details and event.result == 'Error'
    }  # fmt: skip
    if said and not any(words in (result.reason or '') for words in said):
        yield f'{result.reason!r} does not say {sorted(map(str, said))}.'


def _of_resuming(played: stage.Played) -> Iterator[str]:
    """What a wait that is taken up again comes to."""
    result = played.result
    if result is None or result.outcome not in ('timeout', 'unknown'):
        return
    if result.migration_id is None or played.was_over:
        return
    nova = played.nova
    nova.others.revive()
    schedule = dataclasses.replace(
        played.schedule, start=schedules.Start.NAMED, timeout=1000.0,
        on_timeout='leave', acts=(), troubles=(),
    )  # fmt: skip
    again = stage.again(schedule, nova, result.migration_id)
    if again.result is None:
        shown = nova.records_seen
        late = all(r.uuid != result.migration_id for r in shown)
        if SERVER in nova.world.servers and not late:
            yield f'Taken up again: {again.refusal}'
        return
    if again.result.outcome != 'timeout':
        yield from (f'Taken up again: {w}' for w in _of_outcome(again))
