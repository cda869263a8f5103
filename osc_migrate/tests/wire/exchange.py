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

"""One request on its way, and its answer."""

from collections.abc import Callable
import time

from osc_migrate.tests.wire import faults
from osc_migrate.tests.wire import hold
from osc_migrate.tests.wire import listener
from osc_migrate.tests.wire import messages

#: What keystone says of a token where no token counts.
REFUSALS = {
    faults.World.NO_TOKEN_401: faults.EXPIRED,
    faults.World.NO_TOKEN_503: faults.OVERLOADED,
}


class Exchange:
    """What a fault is played on, see :class:`.faults.Exchange`.

    :param ask: has the service carry out a request
    :param enter: changes how it stands with the whole cloud
    :param note: is told what became of the request, before the client is
    """

    def __init__(
        self,
        request: messages.Request,
        client: listener.Client,
        *,
        step: str,
        number: int,
        held: list[hold.Held],
        ask: Callable[[messages.Request], messages.Answer],
        enter: Callable[[faults.World], None],
        note: Callable[[messages.Passed], None],
    ) -> None:
        self._request = request
        self._client = client
        self._step = step
        self._number = number
        self._held = held
        self._ask = ask
        self._enter = enter
        self._note = note
        self._arrived = time.monotonic()
        self._fault = ''
        self._taken = 0

    def run(self, fault: faults.Fault | None, world: faults.World) -> None:
        """Let happen what is to happen, and no more than one thing."""
        for held in self._held:
            held.stop(hold.BEFORE)
        if world is not faults.World.SOUND:
            self._fault = world.name
            self._under(world)
        elif fault is not None:
            self._fault = fault.name
            fault.act(self)
        else:
            self.answer(self.pass_on())

    def pass_on(self) -> messages.Answer:
        answer = self._ask(self._request)
        self._taken = answer.status
        for held in self._held:
            held.stop(hold.AFTER)
        return answer

    def answer(self, answer: messages.Answer) -> None:
        self._tell(answer.status)
        self._client.send(answer, answer.body)

    def answer_in_part(self, answer: messages.Answer) -> None:
        """Of an answer without a body there is nothing to be cut."""
        if not answer.body:
            self.reset()
            return
        self._tell(answer.status)
        self._client.send(answer, answer.body[: len(answer.body) // 2])
        self._client.close_connection = True

    def reset(self) -> None:
        self._tell(0)
        self._client.cut()

    def say_nothing(self) -> None:
        self._tell(0)
        self._client.await_end()

    def lose(self, world: faults.World) -> None:
        self._enter(world)
        self._under(world)

    def _under(self, world: faults.World) -> None:
        """Answer as long as the whole cloud is as it is."""
        if world is faults.World.SILENT:
            self.say_nothing()
        elif world in (faults.World.REFUSING, faults.World.NAMELESS):
            self.reset()
        elif self._request.service != 'identity':
            self.answer(faults.EXPIRED)
        elif self._step != 'token':
            self.answer(self.pass_on())
        elif world in REFUSALS:
            self.answer(REFUSALS[world])
        else:
            self.reset()

    def _tell(self, status: int) -> None:
        """Write it down before the client can know."""
        self._note(
            messages.Passed(
                time=self._arrived,
                ended=time.monotonic(),
                step=self._step,
                number=self._number,
                service=self._request.service,
                method=self._request.method,
                path=self._request.path,
                fault=self._fault,
                taken=self._taken,
                status=status,
            )
        )
