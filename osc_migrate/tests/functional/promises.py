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

"""What is promised of every run, whatever happens on the wire.

Each check raises AssertionError. What Nova says is asked past the wire.
"""

from collections.abc import Callable, Sequence
import dataclasses
import itertools
import json

from osc_migrate.tests.functional import people
from osc_migrate.tests.functional import program
from osc_migrate.tests.functional import truths
from osc_migrate.tests import wire
from osc_migrate.tests.wire import faults

#: Steps that have Nova do something.
CHANGES = ('request', 'confirm', 'revert', 'abort', 'force-complete')
#: Faults that say when to come again.
TELL_WHEN = frozenset({'503-retry-after', '429-seconds', '429-date'})
#: Where that is not heard: keystoneauth keeps to itself what the API said to
#: its discovery, and it is asked once more at once to hear it; the image and
#: the flavor of a shown server are the installed client's own affair.
UNHEARD = frozenset({'discovery', 'identity', 'show more'})
#: Faults that say that nothing was done.
NOT_TAKEN = TELL_WHEN | {'503', '401-once', 'NO_TOKEN_401'}
#: The contract's exit codes.
EXITS = {
    'confirmed': 0, 'auto-confirmed': 0, 'confirmed-elsewhere': 0,
    'completed': 0, 'awaiting-confirmation': 0, 'rolled-back': 3,
    'aborted': 3, 'error': 4, 'unconfirmed': 4, 'deleted': 4, 'timeout': 5,
    'reverted': 6, 'check-failed': 6, 'conflict': 7, 'unknown': 9,
}  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Mark:
    """A server before a run: what was asked of it earlier does not count."""

    server: people.Server
    actions: int
    records: int


def mark(person: people.Person, server: people.Server) -> Mark:
    """Return the server where it is now, with a line under its history."""
    seen = person.look_at(server.id)
    assert seen.host is not None
    return Mark(
        dataclasses.replace(server, host=seen.host),
        len(person.actions(server.id)),
        len(person.records(server.id)),
    )


@dataclasses.dataclass(frozen=True)
class Since(truths.Truth):
    """What became of a server since the mark.

    :ivar reverts: how many reverts Nova took
    """

    reverts: int = 0


def since(person: people.Person, marked: Mark) -> Since:
    """Ask Nova for everything about a server since the mark."""
    server = marked.server
    seen = person.look_at(server.id)
    actions = person.actions(server.id)
    actions = actions[: len(actions) - marked.actions]
    records = person.records(server.id)
    records = records[: len(records) - marked.records]
    return Since(
        seen.status,
        seen.host != server.host,
        sum(action in truths.MOVES for action in actions),
        actions.count('confirmResize'),
        tuple(record.status for record in records),
        seen.task_state,
        actions.count('revertResize'),
    )


def assert_output(result: program.Result) -> None:
    """Nothing or one document, no traceback, and the exit code fits."""
    assert 'Traceback' not in result.stderr, 'a traceback'
    if not result.stdout:
        assert result.exit_code in (1, 2), 'no document'
        assert result.stderr.strip(), 'not a word'
        return
    outcome = json.loads(result.stdout)['outcome']
    assert EXITS[outcome] == result.exit_code, 'another exit code'


#: What a verdict says of the server; what is not here says nothing.
TRUE_OF: dict[str, Callable[[Since], bool]] = {
    'confirmed': lambda t: t.left and t.records[:1] == ('confirmed',),
    'completed': lambda t: t.left and t.records[:1] == ('completed',),
    'reverted': lambda t: not t.left and t.records[:1] == ('reverted',),
    'aborted': lambda t: not t.left and t.records[:1] == ('cancelled',),
    'rolled-back': lambda t: not t.left and t.moves == 1,
    'unconfirmed': lambda t: t.left and t.status == 'VERIFY_RESIZE',
    'awaiting-confirmation': lambda t: t.status == 'VERIFY_RESIZE',
    'timeout': lambda t: t.moves == 1,
    'unknown': lambda t: True,
}


def assert_true(outcome: str, truth: Since) -> None:
    """The verdict is what Nova says, or that it is not known."""
    assert outcome in TRUE_OF, f'{outcome}: {truth}'
    assert TRUE_OF[outcome](truth), f'{outcome} is not true: {truth}'


def assert_once(truth: Since) -> None:
    """Nothing was done twice."""
    assert truth.moves <= 1, f'moved twice: {truth}'
    assert len(truth.records) <= 1, f'two records: {truth}'
    assert truth.confirms <= 1, f'confirmed twice: {truth}'
    assert truth.reverts <= 1, f'reverted twice: {truth}'
    assert not (truth.confirms and truth.reverts), f'both: {truth}'


def assert_untouched(marked: Mark, truth: Since) -> None:
    """Nothing at all was asked of Nova."""
    assert not truth.left, f'it was moved: {truth}'
    assert (truth.moves, truth.confirms, truth.reverts) == (0, 0, 0), truth
    assert not truth.records, f'a record: {truth}'


def is_lost(passed: wire.Passed) -> bool:
    """Whether the client cannot know if the service did it."""
    return bool(passed.fault) and passed.fault not in NOT_TAKEN


def assert_looks_first(passed: Sequence[wire.Passed]) -> None:
    """A request without an answer is looked for, and sent once more at most.

    :param passed: everything that passed in a run
    """
    for step in CHANGES:
        sent = [p for p in passed if p.step == step]
        taken = [p for p in sent if 200 <= p.taken < 300]
        assert len(taken) <= 1, f'{step}: Nova took it twice'
        lost = [p for p in sent if is_lost(p)]
        assert len(lost) <= 2, f'{step}: sent {len(lost)} times unanswered'
        for one, again in itertools.pairwise(sent):
            answered = 200 <= one.status < 300 and not one.fault
            assert not answered, f'{step}: sent again though taken'
            if is_lost(one):
                assert any(
                    p.method == 'GET' and p.taken == 200
                    for p in passed
                    if one.ended <= p.time <= again.time
                ), f'{step}: sent again without a look'


def assert_waits_as_told(passed: Sequence[wire.Passed]) -> None:
    """What was to come again later does, and not before."""
    for step in {p.step for p in passed} - UNHEARD:
        same = [p for p in passed if p.step == step]
        for one, again in itertools.pairwise(same):
            if one.fault in TELL_WHEN:
                waited = again.time - one.ended
                assert waited >= faults.RETRY_AFTER - 0.05, (
                    f'{step}: again after {waited:.1f} s'
                )


def assert_few(passed: Sequence[wire.Passed]) -> None:
    """What fails again and again is asked for ever less often."""
    for step in {p.step for p in passed}:
        failed = [p for p in passed if p.step == step and p.fault]
        if len(failed) < 2:
            continue
        seconds = failed[-1].time - failed[0].time
        # 0.5 s to 30 s, each twice the last, of which half may be jitter.
        allowed = 8 + seconds / 15
        if step == 'token':
            # Two requests may come after one pause: the look whether the
            # server is as it was, and what is asked of it.
            allowed *= 2
        elif step in ('discovery', 'show more'):
            # keystoneauth keeps to itself what was said: asked once more.
            # The client discovers the image API by itself.
            allowed *= 2
        assert len(failed) <= allowed, (
            f'{step}: {len(failed)} requests in {seconds:.0f} s'
        )
