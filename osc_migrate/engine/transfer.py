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

"""Rate and estimate of the copy of a live migration."""

import collections
import dataclasses

from osc_migrate.engine import facts

#: Seconds of the past that rate and estimate are taken from: four reports of
#: Nova's libvirt driver.
WINDOW = 20.0


@dataclasses.dataclass(frozen=True, slots=True)
class Estimate:
    """How fast the copy is, and how long it may take.

    :ivar rate: Bytes per second, None before two reports were seen.
    :ivar seconds: Until nothing is left at the pace at which what is left
        became less; None where it does not become less.
    """

    rate: float | None = None
    seconds: float | None = None


class Estimator:
    """Remembers the last reports, which only count where they are new."""

    def __init__(self) -> None:
        self._seen: collections.deque[tuple[float, facts.Transfer]] = (
            collections.deque()
        )

    def add(self, transfer: facts.Transfer | None, now: float) -> Estimate:
        """The estimate after one more look.

        :param now: Seconds, on any clock that only goes forward.
        """
        if transfer is None or not transfer.total:
            # What the driver writes before its first report is none.
            self._seen.clear()
            return Estimate()
        if not self._seen or self._seen[-1][1] != transfer:
            self._seen.append((now, transfer))
        while len(self._seen) > 2 and now - self._seen[0][0] > WINDOW:
            self._seen.popleft()
        return self._estimate()

    def _estimate(self) -> Estimate:
        (began, first), (ended, last) = self._seen[0], self._seen[-1]
        passed = ended - began
        if passed <= 0:
            return Estimate()
        rate = max(0.0, (last.processed - first.processed) / passed)
        less = (first.remaining - last.remaining) / passed
        seconds = last.remaining / less if less > 0 else None
        return Estimate(rate, seconds)
