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

"""Plans that somebody had a hand in: nothing is moved or confirmed by them."""

from collections.abc import Callable
import dataclasses
import datetime
import json
import os
import pathlib
import tempfile
from typing import Any

from osc_migrate import storage
from osc_migrate.tests.functional import draining
from osc_migrate.tests.functional import harmless
from osc_migrate.tests.functional import people
from osc_migrate.tests.functional import program
from osc_migrate.tests.functional import truths

#: Nobody of this name has files: not root, who runs tests in a container.
NOBODY = 65534
Change = Callable[[pathlib.Path], object]


@dataclasses.dataclass(frozen=True)
class Tampered:
    """What was done to the file of a plan.

    :ivar says: a pattern of the one sentence that refuses it
    :ivar root: whether it takes root to do that
    :ivar inside: whether it is what the file holds: it is read by both
        commands in the same way, and one of them is asked
    """

    name: str
    change: Change
    says: str
    hint: str | None = None
    root: bool = False
    inside: bool = False


def rewritten(change: Callable[[dict[str, Any]], object]) -> Change:
    def rewrite(path: pathlib.Path) -> None:
        plan = json.loads(path.read_text())
        change(plan)
        path.write_text(json.dumps(plan))

    return rewrite


def in_row(name: str, value: object) -> Change:
    return rewritten(lambda plan: plan['away'][0].update({name: value}))


def renamed(plan: dict[str, Any]) -> None:
    """Have it name a host that steers a terminal."""
    plan['host'] = plan['away'][0]['source_host'] = harmless.HOSTILE


def linked(path: pathlib.Path) -> None:
    target = path.with_name('target.json')
    path.rename(target)
    path.symlink_to(target)


def cut_off(path: pathlib.Path) -> None:
    os.truncate(path, path.stat().st_size - 30)


DAMAGED, WRITTEN = 'is damaged', 'may have been written by other users'
TAMPERED = (
    Tampered('of another user', lambda path: os.chown(path, NOBODY, NOBODY),
             'belongs to another user', 'chown', root=True),
    Tampered('its group may write it', lambda path: path.chmod(0o660),
             WRITTEN, 'chmod 600'),
    Tampered('everybody may write it', lambda path: path.chmod(0o606),
             WRITTEN, 'chmod 600'),
    Tampered('a symbolic link to it', linked, 'is a symbolic link'),
    Tampered('cut off', cut_off, 'is not a plan'),
    Tampered('too large',
             lambda path: os.truncate(path, storage.LARGEST + 1),
             'is larger than any plan'),
    Tampered('a server of another host', in_row('source_host', 'host9'),
             DAMAGED, inside=True),
    Tampered('an ID that leads elsewhere',
             in_row('server_id', '../os-services'), DAMAGED, inside=True),
    Tampered('an ID with an escape sequence',
             in_row('server_id', harmless.HOSTILE), DAMAGED, inside=True),
    Tampered('a host with an escape sequence', rewritten(renamed),
             'is for compute host a', inside=True),
    Tampered('a version with an escape sequence',
             rewritten(lambda plan: plan.update(version=harmless.HOSTILE)),
             'is not a plan', inside=True),
)  # fmt: skip


class TestTampered(draining.TestCase):
    """Refused in one sentence, with no request that changes anything."""

    def test_each(self) -> None:
        server = self.boot_one()
        self.assert_exit(0, self.drain('--dry-run'))
        before = len(self.cloud.requests())
        wrong = draining.Wrong()
        for row in TAMPERED:
            if row.root and os.geteuid() != 0:
                continue
            runs = [self.start_drain(file=self._changed(row))]
            if not row.inside:
                runs.append(self.start_restore(file=self._changed(row)))
            for run in runs:
                with wrong.noted(row.name):
                    self._assert_refused(row, run.wait())
        wrong.tell()
        changes = [
            request
            for request in self.cloud.requests()[before:]
            if request.service == 'nova' and request.method != 'GET'
        ]
        self.assertEqual([], changes)
        self.assert_enabled()
        self.assert_untouched(server)

    def _changed(self, row: Tampered) -> pathlib.Path:
        """Return a copy of the plan to which that was done."""
        folder = tempfile.mkdtemp(dir=self.file.parent)
        path = pathlib.Path(folder, 'plan.json')
        path.write_bytes(self.file.read_bytes())
        path.chmod(storage.MODE)
        row.change(path)
        return path

    def _assert_refused(self, row: Tampered, result: program.Result) -> None:
        self.assert_one_sentence(result, row.says, row.hint)
        harmless.assert_text(result.stderr)


class TestRows(draining.TestCase):
    """Rows of a good plan that name what was never this plan's."""

    def test_migrations_and_servers_of_others(self) -> None:
        theirs, ours = self.boot_all(draining.STOPPED, draining.STOPPED)
        aside = self.boot('web3', host=self.others[0])
        self.assert_exit(0, self.drain('--dry-run'))
        draining.somebody_else(self.admin).migrate_server(theirs.id)
        self.admin.await_status(theirs.id, 'VERIFY_RESIZE')
        (record,) = self.admin.records(theirs.id)
        self._rewrite_away(ours, record.uuid, aside)

        result = self.drain()
        self.assert_exit(8, result)
        harmless.assert_text(result.stderr)
        rows = {row['Server ID']: row for row in json.loads(result.stdout)}
        self.assertEqual(
            {theirs.id: 'refused', ours.id: 'confirmed',
             aside.id: 'not-on-source'},
            {found: row['Outcome'] for found, row in rows.items()},
        )  # fmt: skip
        # Machines get the name as the plan has it.
        self.assertEqual(harmless.HOSTILE, rows[ours.id]['Name'])
        self.assert_truth(truths.NOT_CONFIRMED, theirs)
        self.assert_truth(truths.MOVED_COLD, ours)
        self.assert_untouched(aside)

        self._rewrite_destination(ours)
        result = self.restore()
        self.assert_exit(8, result)
        harmless.assert_text(result.stderr)
        self.assert_truth(truths.NOT_CONFIRMED, theirs)
        self.assert_truth(truths.MOVED_COLD, ours)
        self.assert_untouched(aside)

    def _rewrite_away(
        self, ours: people.Server, record: str, aside: people.Server
    ) -> None:
        """Say that the plan asked for a migration that is another server's.

        And that it has a server which is on another host.
        """
        plan = json.loads(self.file.read_text())
        (row,) = (r for r in plan['away'] if r['server_id'] == ours.id)
        plan['away'].append({**row, 'server_id': aside.id, 'name': 'web3'})
        asked_at = datetime.datetime.now(datetime.UTC)
        row['name'] = harmless.HOSTILE
        row['outcome'] = 'timeout'
        row['asked'] = {
            'kind': 'migration',
            'asked_at': asked_at.isoformat(),
            'known': {},
            'user_id': None,
            'request_id': None,
            'migration_id': record,
        }
        self.file.write_text(json.dumps(plan))

    def _rewrite_destination(self, server: people.Server) -> None:
        """Say that it went where it is not."""
        plan = json.loads(self.file.read_text())
        (row,) = (r for r in plan['away'] if r['server_id'] == server.id)
        (elsewhere,) = {*self.others} - {row['destination_host']}
        row['destination_host'] = elsewhere
        self.file.write_text(json.dumps(plan))
