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

"""What decides before a confirm: a program, a callable, or a person.

A program is a process that the driver looks at now and then, so that the
check of one server holds up no other.
"""

from collections.abc import Callable, Sequence
import dataclasses
import enum
import os
import shlex
import shutil
from typing import Protocol

from osc_migrate import child
from osc_migrate import clock as clocks
from osc_migrate.engine import decisions
from osc_migrate.engine import facts
from osc_migrate.engine import text
from osc_migrate import exceptions
from osc_migrate.i18n import _

#: Seconds that a check has to end by itself after SIGTERM: at its time
#: limit, and where nobody waits for its answer any more.
GRACE = 2.0
GRACE_AT_CLOSE = 0.5


class Answer(enum.StrEnum):
    """What to do with a server that has arrived."""

    CONFIRM = 'confirm'
    REVERT = 'revert'
    LEAVE = 'leave'


@dataclasses.dataclass(frozen=True, slots=True)
class Answered:
    """An answer. ``because`` is a sentence where a check failed."""

    answer: Answer
    because: str | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Arrival:
    """What is to be judged: a server as it is in its new place.

    Hosts are None where the caller may not see them.
    """

    server: facts.Server
    source_host: str | None = None
    destination_host: str | None = None
    addresses: tuple[str, ...] = ()


class Gate(Protocol):
    """Answers whether to confirm, once for one arrival."""

    @property
    def phase(self) -> decisions.Phase:
        """What the progress says while there is no answer."""

    @property
    def after_live(self) -> bool:
        """Whether a server that was moved live is judged as well."""

    def wait(self, arrival: Arrival, seconds: float) -> Answered | None:
        """Begin if that was not done, and wait for the answer.

        :param seconds: How long at the most.
        :returns: None where there is no answer yet; once there is one, that
            one for ever.
        """

    def close(self) -> None:
        """End what is under way; the answer does not matter any more."""


def program(command: str) -> tuple[str, ...]:
    """The words of a command, split like a shell would.

    :raises: :class:`~osc_migrate.exceptions.UsageError` where they cannot
        be told, :class:`~osc_migrate.exceptions.Refused` where the first is
        no program.
    """
    try:
        words = tuple(shlex.split(command))
    except ValueError as error:
        raise exceptions.UsageError(
            _('--check cannot be split into words: %s') % error
        ) from error
    if not words:
        raise exceptions.UsageError(_('--check is empty'))
    if shutil.which(words[0]) is None:
        raise _no_program(words[0])
    return words


def _no_program(name: str) -> exceptions.Refused:
    if os.path.dirname(name):
        if os.path.isdir(name):
            return exceptions.Refused(_('The check %s is a folder.') % name)
        if os.path.isfile(name):
            return exceptions.Refused(
                _('The check %s is not executable.') % name
            )
        return exceptions.Refused(_('The check %s does not exist.') % name)
    here = os.path.join(os.curdir, name)
    return exceptions.Refused(
        _('No program named %s for the check is in PATH.') % name,
        hint=_('A file of this directory is named %s') % here
        if os.path.isfile(here)
        else None,
    )


class CheckProgram:
    """Runs a command without a shell; exit code 0 confirms, all else reverts.

    :param command: The program and its arguments.
    :param timeout: Seconds after which the check has failed.
    :param output: Where it writes, None for nowhere.
    """

    phase = decisions.Phase.CHECKING
    after_live = True

    def __init__(
        self,
        command: Sequence[str],
        timeout: float,
        output: child.Output | None,
        clock: clocks.Clock | None = None,
    ) -> None:
        self._child = child.Child(tuple(command), output)
        self._timeout = timeout
        self._clock = clock or clocks.SystemClock()
        self._until = 0.0
        self._answered: Answered | None = None
        self._closed = False

    def wait(self, arrival: Arrival, seconds: float) -> Answered | None:
        if self._answered is None and not self._closed:
            self._answered = self._wait(arrival, seconds)
        return self._answered

    def close(self) -> None:
        self._closed = True
        self._child.end(GRACE_AT_CLOSE)

    def _wait(self, arrival: Arrival, seconds: float) -> Answered | None:
        if not self._child.started:
            self._until = self._clock.now() + self._timeout
            try:
                self._child.start(_variables(arrival))
            except (OSError, ValueError) as error:
                why = getattr(error, 'strerror', None) or error
                return _failed(_('The check could not be started: %s.') % why)
        left = self._until - self._clock.now()
        # Whoever asks late hears how it ended, not that it is late.
        code = self._child.wait(max(0.0, min(seconds, left)))
        if code is not None:
            return _judged(code)
        if self._clock.now() < self._until:
            return None
        self._child.end(GRACE)
        return _failed(
            _('The check did not end within %s s.') % f'{self._timeout:.12g}'
        )


class CallableCheck:
    """Calls a function; what is true confirms, all else reverts."""

    phase = decisions.Phase.CHECKING
    after_live = True

    def __init__(self, check: Callable[[Arrival], object]) -> None:
        self._check = check
        self._answered: Answered | None = None

    def wait(self, arrival: Arrival, seconds: float) -> Answered | None:
        if self._answered is None:
            self._answered = self._call(arrival)
        return self._answered

    def close(self) -> None:
        pass

    def _call(self, arrival: Arrival) -> Answered:
        try:
            passed = bool(self._check(arrival))
        except Exception as error:
            kind, said = type(error).__name__, text.printable(str(error))
            raised = f'{kind}: {said}' if said else f'{kind}.'
            return _failed(_('The check raised %s') % raised)
        if passed:
            return Answered(Answer.CONFIRM)
        return _failed(_('The check was not passed.'))


def _failed(because: str) -> Answered:
    return Answered(Answer.REVERT, because)


def _judged(code: int) -> Answered:
    """The answer of an exit code, negative for a signal (as Popen's)."""
    if code == 0:
        return Answered(Answer.CONFIRM)
    if code > 0:
        return _failed(_('The check exited with code %s.') % code)
    name = child.signal_name(code)
    return _failed(_('The check was ended by signal %s.') % name)


def _variables(arrival: Arrival) -> dict[str, str]:
    """What a program is told; a host that may not be seen is empty."""
    return {
        'OS_MIGRATE_SERVER_ID': arrival.server.id,
        'OS_MIGRATE_SERVER_NAME': arrival.server.name,
        'OS_MIGRATE_SOURCE_HOST': arrival.source_host or '',
        'OS_MIGRATE_DESTINATION_HOST': arrival.destination_host or '',
        'OS_MIGRATE_ADDRESSES': ' '.join(arrival.addresses),
    }
