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

"""What can go wrong with one request, and what with all that follow."""

from collections.abc import Callable
import dataclasses
import email.utils
import enum
import functools
import json
import time
from typing import Protocol

from osc_migrate.tests.wire import messages

#: Seconds that are asked for with Retry-After.
RETRY_AFTER = 3
#: Seconds between the moment when the client gives up and the one when the
#: service gets its request after all.
LATE = 1.0
PAGE = b'<html><head><title>Sorry</title></head><body>Sorry.</body></html>'
HTML = (('Content-Type', 'text/html'),)
JSON = (('Content-Type', 'application/json'),)


class Exchange(Protocol):
    """One request, and what can be done with it."""

    def pass_on(self) -> messages.Answer:
        """Have the service carry it out."""

    def answer(self, answer: messages.Answer) -> None:
        """Give the client an answer, whoever made it."""

    def answer_in_part(self, answer: messages.Answer) -> None:
        """Give the client the head and half of the body, and hang up."""

    def reset(self) -> None:
        """Break the client's connection."""

    def say_nothing(self) -> None:
        """Return when the client has given up."""

    def lose(self, world: 'World') -> None:
        """Have all go wrong from now on, this request included."""


class World(enum.Enum):
    """How it stands with the whole cloud, as far as the client can see."""

    SOUND = 'as it is'
    REFUSING = 'every connection is refused'
    SILENT = 'every request is kept, and none is answered'
    NAMELESS = 'the name of the cloud does not resolve'
    #: The rest of the words: what keystone says to a request for a token.
    NO_TOKEN_401 = 'no token counts, and keystone refuses another'
    NO_TOKEN_503 = 'no token counts, and keystone is overloaded'
    NO_TOKEN_RESET = 'no token counts, and keystone breaks off'


class Kind(enum.Enum):
    """What has become of a request that met a fault."""

    NOT_DONE = 'the service did not get it'
    DONE = 'the service carried it out'
    DONE_LATE = 'the service carries it out when the client has given up'


Act = Callable[[Exchange], None]


@dataclasses.dataclass(frozen=True)
class Fault:
    """One way to go wrong.

    :ivar lasting: it also meets all that comes later, until it is told to end
    :ivar slow: the client has to run into its time limit for an answer
    """

    name: str
    act: Act
    kind: Kind = Kind.NOT_DONE
    lasting: bool = False
    slow: bool = False


def _says(
    status: int,
    reason: str,
    *headers: tuple[str, str],
    body: bytes = PAGE,
    done: bool = False,
) -> Act:
    def act(exchange: Exchange) -> None:
        if done:
            exchange.pass_on()
        exchange.answer(messages.Answer(status, reason, headers, body))

    return act


def _as_nova(status: int, kind: str, message: str) -> bytes:
    return json.dumps({kind: {'code': status, 'message': message}}).encode()


def _says_when(
    status: int, reason: str, retry_after: Callable[[], str]
) -> Act:
    def act(exchange: Exchange) -> None:
        headers = (*HTML, ('Retry-After', retry_after()))
        exchange.answer(messages.Answer(status, reason, headers, PAGE))

    return act


def _seconds() -> str:
    return str(RETRY_AFTER)


def _date() -> str:
    # Dates are of whole seconds: never earlier than asked for.
    return email.utils.formatdate(time.time() + RETRY_AFTER + 1, usegmt=True)


def _truncated(exchange: Exchange) -> None:
    exchange.answer_in_part(exchange.pass_on())


def _reset_before(exchange: Exchange) -> None:
    exchange.reset()


def _reset_after(exchange: Exchange) -> None:
    exchange.pass_on()
    exchange.reset()


def _silent_never(exchange: Exchange) -> None:
    exchange.say_nothing()


def _silent_taken(exchange: Exchange) -> None:
    exchange.pass_on()
    exchange.say_nothing()


def _silent_late(exchange: Exchange) -> None:
    exchange.say_nothing()
    time.sleep(LATE)
    exchange.pass_on()


def _lost(world: World) -> Act:
    def act(exchange: Exchange) -> None:
        exchange.lose(world)

    return act


FAULT_500 = _as_nova(500, 'computeFault', 'Unexpected API Error.')
UNAUTHORIZED = json.dumps(
    {'error': {'code': 401, 'title': 'Unauthorized', 'message': 'No.'}}
).encode()
EXPIRED = messages.Answer(401, 'Unauthorized', JSON, UNAUTHORIZED)
OVERLOADED = messages.Answer(503, 'Service Unavailable', HTML, PAGE)
unavailable = functools.partial(_says, 503, 'Service Unavailable')

FAULTS = {
    fault.name: fault
    for fault in (
        Fault('500', _says(500, 'Internal Server Error', *JSON,
                           body=FAULT_500)),
        Fault('500-after', _says(500, 'Internal Server Error', *JSON,
                                 body=FAULT_500, done=True), Kind.DONE),
        Fault('502', _says(502, 'Bad Gateway', *HTML)),
        Fault('502-after', _says(502, 'Bad Gateway', *HTML, done=True),
              Kind.DONE),
        Fault('503', unavailable(*HTML)),
        Fault('503-retry-after',
              _says_when(503, 'Service Unavailable', _seconds)),
        Fault('504', _says(504, 'Gateway Timeout', *HTML)),
        Fault('504-after', _says(504, 'Gateway Timeout', *HTML, done=True),
              Kind.DONE),
        Fault('429-seconds', _says_when(429, 'Too Many Requests', _seconds)),
        Fault('429-date', _says_when(429, 'Too Many Requests', _date)),
        Fault('html-200', _says(200, 'OK', *HTML)),
        Fault('html-404', _says(404, 'Not Found', *HTML)),
        Fault('truncated', _truncated, Kind.DONE),
        Fault('reset-before', _reset_before),
        Fault('reset-after', _reset_after, Kind.DONE),
        Fault('silent-never', _silent_never, slow=True),
        Fault('silent-taken', _silent_taken, Kind.DONE, slow=True),
        Fault('silent-late', _silent_late, Kind.DONE_LATE, slow=True),
        Fault('401-once', _says(401, 'Unauthorized', *JSON,
                                body=UNAUTHORIZED)),
        Fault('no-token-401', _lost(World.NO_TOKEN_401), lasting=True),
        Fault('no-token-503', _lost(World.NO_TOKEN_503), lasting=True),
        Fault('no-token-reset', _lost(World.NO_TOKEN_RESET), lasting=True),
        Fault('no-name', _lost(World.NAMELESS), lasting=True),
        Fault('away-refusing', _lost(World.REFUSING), lasting=True),
        Fault('away-silent', _lost(World.SILENT), lasting=True, slow=True),
    )
}  # fmt: skip
