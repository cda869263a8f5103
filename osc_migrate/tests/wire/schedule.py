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

"""Which requests of a step meet a fault."""

import dataclasses
import math

from osc_migrate.tests.wire import steps


@dataclasses.dataclass(frozen=True)
class When:
    """Some of the requests of a step; without arguments the first alone.

    :ivar first: the number of the first of them, from 1 on
    :ivar count: how many from there on
    :ivar seconds: for how long from the first of them on
    """

    first: int = 1
    count: float = 1
    seconds: float = math.inf


ALWAYS = When(count=math.inf)


class Rule:
    """A fault, and the requests that meet it.

    :param step: the name of a step, or :data:`.steps.ANY`
    :param fault: the name of a fault
    """

    def __init__(self, step: str, fault: str, when: When) -> None:
        if step not in (*steps.NAMES, steps.ANY):
            raise ValueError(f'no step is named {step}')
        self.fault = fault
        self._step = step
        self._when = when
        self._seen = 0
        self._began: float | None = None

    def strikes(self, step: str, now: float) -> bool:
        """Count a request; return whether it meets the fault.

        :param now: seconds on the monotonic clock
        """
        if self._step not in (step, steps.ANY):
            return False
        self._seen += 1
        when = self._when
        if not when.first <= self._seen < when.first + when.count:
            return False
        if self._began is None:
            self._began = now
        return now - self._began < when.seconds
