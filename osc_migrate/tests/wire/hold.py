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

"""A request that waits until a test lets it go."""

import threading

#: Where a request is held: before the service gets it ...
BEFORE = 'before'
#: ... or once the service is done, and before the client gets the answer.
AFTER = 'after'
#: Seconds after which whoever waits gives up.
LIMIT = 120.0


class Held:
    """One request of a step, by its number.

    :param number: 1 for the first request of the step from now on
    """

    def __init__(self, step: str, where: str, number: int) -> None:
        self._step = step
        self._where = where
        self._left = number
        self._reached = threading.Event()
        self._released = threading.Event()

    @property
    def is_reached(self) -> bool:
        return self._reached.is_set()

    def reached(self) -> None:
        """Return once the request is there.

        :raises AssertionError: when it does not come
        """
        if not self._reached.wait(LIMIT):
            raise AssertionError(f'No request came to: {self._step}')

    def release(self) -> None:
        """Let the request go on, also one that has not come yet."""
        self._released.set()

    def meets(self, step: str) -> bool:
        """Count a request; return whether it is the one."""
        if step != self._step or not self._left:
            return False
        self._left -= 1
        return not self._left

    def stop(self, where: str) -> None:
        """Keep a request that met this here until it may go on."""
        if where == self._where:
            self._reached.set()
            self._released.wait()
