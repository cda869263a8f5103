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

"""A live migration that takes time, as libvirt's driver does it.

What is written at which moment follows nova/virt/libvirt/driver.py
(_live_migration_monitor) and nova/virt/libvirt/migration.py (save_stats); the
figures follow what a real guest showed.
"""

import collections.abc
import dataclasses
import time
import typing

from osc_migrate.tests.cloud import moment as moment_module

#: Bytes of a guest beside its memory: a guest of 192 MiB showed a total of
#: 201859072.
EXTRA_BYTES = 532480

#: Progress in percent of a busy guest, one figure for each save. The last
#: seven repeat: 100 is not nearly done.
BUSY = (24, 45, 67, 78, 100, 87, 75, 96, 84, 72, 93)
REPEATED = 7

#: Copies under way by server.
copies: dict[str, 'Copy'] = {}

Moment = moment_module.Moment


class Ended(Exception):
    """The copy ended without the guest having moved.

    :ivar status: of the migration record, as nova sets it on this end
    """

    def __init__(self, status: str, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclasses.dataclass
class Copy:
    """One copy under way, and how it is to go.

    :ivar every: seconds between two saves of the progress; libvirt's driver
        takes 5
    :ivar forced_after: seconds from the request to force the end to the end
    :ivar raises: whether an end without a move becomes an error after the
        rollback: nova 33 and 34; up to 32 the rollback is all
    :ivar pretends: seconds for which that end looks like one of nova 32
    :ivar lingers: seconds between the error of the record and the server's
    :ivar saves: how often the progress was saved
    """

    instance: typing.Any
    migration: typing.Any
    every: float = 0.5
    forced_after: float = 1
    raises: bool = True
    pretends: float = 0
    lingers: float = 0.5
    aborted: bool = False
    forced: bool = False
    saves: int = 0

    def cut(self) -> bool:
        """Return whether it is forced to its end.

        :raises Ended: when it is aborted
        """
        if self.aborted:
            raise Ended(
                'cancelled',
                'operation aborted: migration out job: canceled by client',
            )
        return self.forced

    def run(
        self,
        seconds: float,
        shape: collections.abc.Callable[[int, float], tuple[float, int]],
    ) -> None:
        """Copy for that time, or until it is forced or aborted.

        :param shape: share of the memory that was sent, and percentage that
            needs no more sending, by number of the save and share of the time
        """
        start = time.monotonic()
        # Nova's own monitor first sees a job that has not begun.
        due = start + self.every
        while not self.cut() and (now := time.monotonic()) < start + seconds:
            if now >= due:
                self._save(*shape(self.saves, (now - start) / seconds))
                due += self.every
            time.sleep(moment_module.INTERVAL)
        limit = time.monotonic() + self.forced_after
        while self.forced and time.monotonic() < limit:
            time.sleep(moment_module.INTERVAL)

    def _save(self, sent: float, done: int) -> None:
        total = self.instance.flavor.memory_mb * 2**20 + EXTRA_BYTES
        if self.saves == 0:
            # The job has begun and nothing is known of it.
            total = done = 0
        self.migration.memory_total = total
        self.migration.memory_processed = int(total * sent)
        self.migration.memory_remaining = total * (100 - done) // 100
        self.migration.disk_total = 0
        self.migration.disk_processed = 0
        self.migration.disk_remaining = 0
        self.migration.save()
        self.instance.progress = done
        self.instance.save()
        self.saves += 1

    def fail(self, ended: Ended) -> None:
        """Do what comes after the rollback of a copy that ended.

        :raises Ended: the same, which has nova put the server in ERROR
        """
        if not self.raises:
            return
        time.sleep(self.pretends)
        # Nova does so as soon as it sees the exception, and puts the server
        # in ERROR then. What lies between is made longer.
        self.migration.status = 'error'
        self.migration.save()
        time.sleep(self.lingers)
        raise ended


def _converging(number: int, elapsed: float) -> tuple[float, int]:
    # A guest goes on to write: every third look finds more to do.
    lost = 15 if number % 3 == 2 else 0
    return elapsed * 0.85, max(0, int(elapsed * 100) - lost)


def _busy(number: int, _elapsed: float) -> tuple[float, int]:
    position = max(0, number - 1)
    if position >= len(BUSY):
        position = len(BUSY) - REPEATED + (position - len(BUSY)) % REPEATED
    return number * 0.21, BUSY[position]


def _current(moment: Moment) -> Copy:
    return copies[moment.instance.uuid]


def copy(value: str, moment: Moment) -> None:
    """Copy for some seconds, and be done."""
    _current(moment).run(float(value), _converging)


def never_converges(value: str, moment: Moment) -> None:
    """Copy what the guest overwrites meanwhile, until it is ended."""
    seconds = float(value or moment_module.HOLD_LIMIT)
    _current(moment).run(seconds, _busy)


def post_copy(value: str, moment: Moment) -> None:
    """Run on the destination, with memory that is still on the source."""
    current = _current(moment)
    current.migration.status = 'running (post-copy)'
    current.migration.save()
    current.run(float(value), _converging)


def every(value: str, moment: Moment) -> None:
    """Save the progress each so many seconds."""
    _current(moment).every = float(value)


def forced_after(value: str, moment: Moment) -> None:
    """Take that many seconds to be forced to the end."""
    _current(moment).forced_after = float(value)


def pretend(value: str, moment: Moment) -> None:
    """Look like a good rollback for some seconds before the error."""
    _current(moment).pretends = float(value)


def linger(value: str, moment: Moment) -> None:
    """Leave some seconds between the record's error and the server's."""
    _current(moment).lingers = float(value)


def roll_back(_value: str, moment: Moment) -> None:
    """End a copy as nova up to 32 does: after the rollback all is well."""
    _current(moment).raises = False
