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

"""The disk is full at any moment of a drain or a restore."""

from collections.abc import Callable, Iterable
import os
from typing import Any
from unittest import mock

from osc_migrate.engine import rows as told_rows
from osc_migrate import exceptions
from osc_migrate import journal
from osc_migrate.tests.unit import fake_host


ALWAYS = float('inf')


class Disk:
    """Says that it is full from one call of ``os.fsync`` on.

    :param first: the number of that call
    :param count: how many calls fail
    :ivar was: the plan at the first that failed, None before
    :ivar stays_full: whether nothing can be written any more
    """

    def __init__(
        self, first: int, count: float, read: Callable[[], str]
    ) -> None:
        self.was: str | None = None
        self._calls = 0
        self._failing = (first, first + count)
        self._read = read
        self.stays_full = count == ALWAYS

    def __call__(self, descriptor: int) -> None:
        self._calls += 1
        first, last = self._failing
        if not first <= self._calls < last:
            return
        if self.was is None:
            self.was = self._read()
        raise fake_host.FULL


class FullDiskTestCase(fake_host.HostTestCase):
    """What was begun is waited for, and the next run ends all of it."""

    def test_from_one_moment_of_a_drain_on(self) -> None:
        self.sweep(ALWAYS, self.drained)

    def test_for_one_moment_of_a_drain(self) -> None:
        self.sweep(1, self.drained)

    def test_from_one_moment_of_a_restore_on(self) -> None:
        self.sweep(ALWAYS, self.restored, self.drained)

    def test_for_one_moment_of_a_restore(self) -> None:
        self.sweep(1, self.restored, self.drained)

    def sweep(
        self, count: float, run: Callable[[], Any], *before: Callable[[], Any]
    ) -> None:
        """Meet it at every write."""
        for shutoff in (1.0, 0.0):
            number, was_met = 0, True
            while was_met:
                number += 1
                self.path.unlink(missing_ok=True)
                self.board = fake_host.Board()
                self.cloud(3, shutoff=shutoff)
                for earlier in before:
                    earlier()
                # What was begun and confirmed is counted from here on.
                self.nova.api.begun.clear()
                self.nova.api.confirmed.clear()
                was_met = self.meet(Disk(number, count, self.text), run)
            # At least what is planned, asked for, and told of each.
            self.assertGreater(number, 6)

    def text(self) -> str:
        return self.path.read_text() if self.path.exists() else ''

    def meet(self, disk: Disk, run: Callable[[], Any]) -> bool:
        """Returns whether the disk was full in this run."""
        asked_before = len(self.nova.changes)
        self.board = fake_host.Board()
        with mock.patch.object(os, 'fsync', disk):
            try:
                said = run()
            except exceptions.MigrateError as error:
                said = error
        if disk.was is None:
            self.assertEqual(0, said.exit_code)
            return False
        whole = {disk.was}
        if isinstance(said, exceptions.MigrateError):
            self.check_refused(said, self.nova.changes[asked_before:])
            # A plan of which nothing came is taken away again.
            whole.add('')
        else:
            self.check_told(said)
        if disk.stays_full:
            self.assertIn(self.text(), whole)
        self.carry_on(run)
        return True

    def check_refused(
        self, error: exceptions.MigrateError, changes: list[str]
    ) -> None:
        """Before anything was moved: all is as it was."""
        self.assertIn('No space left', error.message)
        self.assertLessEqual(set(changes), {'disable', 'enable'})
        self.assertEqual(changes.count('disable'), changes.count('enable'))

    def check_told(self, report: Any) -> None:
        """It is told as soon as it is known, and the verdicts are true."""
        refusals = [
            str(row.reason)
            for row in report.rows
            if row.outcome is told_rows.Fate.REFUSED
        ]
        if not refusals:
            self.assertIn(journal.NOT_WRITTEN, self.board.said)
        told = ' '.join((*self.board.said, *refusals))
        self.assertIn('No space left', told)
        left = [r for r in report.rows if r.outcome not in told_rows.ARRIVED]
        self.assertEqual(8 if left else 0, report.exit_code)
        for row in left:
            self.assertIn(str(row.outcome), ('refused', 'not-started'))
        self.check_truth(report.rows)

    def check_truth(self, rows: Iterable[told_rows.Row]) -> None:
        """Whatever was begun is over, was begun once, and is told."""
        api = self.nova.api
        self.nova.settle()
        for row in rows:
            server = self.world.servers[row.server_id]
            arrived = row.outcome in told_rows.ARRIVED
            begun, confirmed = (
                count[row.server_id] for count in (api.begun, api.confirmed)
            )
            self.assertEqual(arrived, begun == 1, str(row))
            self.assertLessEqual(confirmed, begun, str(row))
            self.assertEqual(
                (row.destination_host if arrived else row.source_host, None),
                (server.host, server.task_state),
            )

    def carry_on(self, run: Callable[[], Any]) -> None:
        """There is room again: the same command does what is left."""
        try:
            self.assertEqual(0, run().exit_code)
        except exceptions.Refused as error:
            # The last word was written, and is only not known to last.
            self.assertRegex(error.message, 'is finished|are back since')
        self.nova.settle()
        self.assertEqual({1}, set(self.nova.api.begun.values()))
        self.assertLessEqual(set(self.nova.api.confirmed.values()), {1})
        away = [
            name for name, h in self.where().items() if h != fake_host.HOST
        ]
        self.assertEqual(
            [] if run == self.restored else list(self.where()), away
        )
        written = self.written
        self.assertIsNotNone(
            written.restored if run == self.restored else written.finished
        )
