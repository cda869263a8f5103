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

"""A port in front of every service, and what happens to whom."""

import collections
from collections.abc import Callable, Mapping
import math
import threading
import time
import urllib.parse

from osc_migrate.tests.wire import exchange
from osc_migrate.tests.wire import faults
from osc_migrate.tests.wire import hold
from osc_migrate.tests.wire import listener
from osc_migrate.tests.wire import messages
from osc_migrate.tests.wire import names
from osc_migrate.tests.wire import schedule
from osc_migrate.tests.wire import steps
from osc_migrate.tests.wire import upstream

#: Seconds between two looks at what is under way.
INTERVAL = 0.02


class Proxy:
    """Lets everything through, but for what it is told.

    :param endpoints: the URL of every service by its type in the catalog
    :param name: whether the cloud's name resolves is its affair
    """

    def __init__(
        self, endpoints: Mapping[str, str], name: names.Names
    ) -> None:
        self._name = name
        self._lock = threading.Lock()
        self._world = faults.World.SOUND
        self._rules: list[tuple[schedule.Rule, float]] = []
        self._held: list[hold.Held] = []
        self._counts: collections.Counter[str] = collections.Counter()
        self._passed: list[messages.Passed] = []
        self._under_way = 0
        self._timers: list[threading.Timer] = []
        self._listeners = {
            service: listener.Listener(service, self._serve)
            for service in endpoints
        }
        self._paths = {s: _parts(url).path for s, url in endpoints.items()}
        self._upstream = upstream.Upstream(
            {s: _root(url) for s, url in endpoints.items()},
            {s: self._front(s) for s in endpoints},
        )

    def _front(self, service: str) -> str:
        return f'http://{names.CLOUD}:{self._listeners[service].port}'

    def url(self, service: str) -> str:
        """Return what stands for the URL of a service."""
        return self._front(service) + self._paths[service]

    def fail(
        self,
        step: str,
        fault: str,
        when: schedule.When = schedule.When(),
        lasts: float = math.inf,
    ) -> None:
        """Have requests of a step meet a fault.

        Of two faults for one request the one that was named first counts.

        :param lasts: seconds after which a lasting fault is over; without,
            it is once :meth:`restore` says so
        """
        if fault not in faults.FAULTS:
            raise ValueError(f'no fault is named {fault}')
        with self._lock:
            self._rules.append((schedule.Rule(step, fault, when), lasts))

    def hold(self, step: str, where: str, number: int = 1) -> hold.Held:
        """Have a request wait, the first of its step from now on or a later.

        What is held :data:`.hold.BEFORE` goes to the service once it is
        released, also if its client is gone by then.
        """
        held = hold.Held(step, where, number)
        with self._lock:
            self._held.append(held)
        return held

    def restore(self) -> None:
        """End every fault, and forget those that were still to come."""
        with self._lock:
            self._rules.clear()
        self._enter(faults.World.SOUND)

    def passed(self, *wanted: str) -> list[messages.Passed]:
        """Return what passed so far, of these steps or of all."""
        with self._lock:
            return [p for p in self._passed if not wanted or p.step in wanted]

    def settle(self) -> None:
        """Return once nothing is under way.

        :raises AssertionError: when that does not come
        """
        deadline = time.monotonic() + hold.LIMIT
        while self._under_way:
            if time.monotonic() > deadline:
                raise AssertionError('Something is still under way')
            time.sleep(INTERVAL)

    def close(self) -> None:
        """Let go of everything."""
        for timer in self._timers:
            timer.cancel()
        for held in self._held:
            held.release()
        for one in self._listeners.values():
            one.close()

    def _serve(
        self, request: messages.Request, client: listener.Client
    ) -> None:
        step = steps.name(request)
        with self._lock:
            self._under_way += 1
            self._counts[step] += 1
            number = self._counts[step]
            fault, lasts = self._fault(step)
            held = [h for h in self._held if h.meets(step)]
            world = self._world
        try:
            exchange.Exchange(
                request,
                client,
                step=step,
                number=number,
                held=held,
                ask=self._upstream.ask,
                enter=self._entering(lasts),
                note=self._note,
            ).run(fault, world)
        finally:
            with self._lock:
                self._under_way -= 1

    def _fault(self, step: str) -> tuple[faults.Fault | None, float]:
        """Return what a request meets, every rule having counted it."""
        now = time.monotonic()
        found = [
            (faults.FAULTS[rule.fault], lasts)
            for rule, lasts in self._rules
            if rule.strikes(step, now)
        ]
        return found[0] if found else (None, math.inf)

    def _note(self, passed: messages.Passed) -> None:
        with self._lock:
            self._passed.append(passed)

    def _entering(self, lasts: float) -> Callable[[faults.World], None]:
        def enter(world: faults.World) -> None:
            self._enter(world)
            if lasts < math.inf:
                timer = threading.Timer(
                    lasts, self._enter, [faults.World.SOUND]
                )
                timer.daemon = True
                self._timers.append(timer)
                timer.start()

        return enter

    def _enter(self, world: faults.World) -> None:
        """Change how it stands with the whole cloud."""
        with self._lock:
            before, self._world = self._world, world
        self._name.resolve(world is not faults.World.NAMELESS)
        for one in self._listeners.values():
            if world is faults.World.REFUSING:
                one.refuse()
            elif before is faults.World.REFUSING:
                one.listen()
            if world in (faults.World.REFUSING, faults.World.NAMELESS):
                # A connection that is there would outlive the fault.
                one.cut()
        if before is faults.World.SILENT:
            for one in self._listeners.values():
                one.cut()


def _parts(url: str) -> urllib.parse.SplitResult:
    return urllib.parse.urlsplit(url)


def _root(url: str) -> str:
    return f'{_parts(url).scheme}://{_parts(url).netloc}'
