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

"""The file of a plan: whole at any moment, and of one run at a time."""

from collections.abc import Callable, Iterator
import contextlib
import dataclasses
import errno
import fcntl
import os
import pathlib
import resource
import signal
import types
from unittest import mock

import fixtures
import testtools

from osc_migrate import exceptions
from osc_migrate import storage
from osc_migrate.tests.unit import rows

BEFORE, AFTER = 'what was written before\n', 'what is written now\n'


def failing(number: int) -> Callable[..., None]:
    def call(*_given: object, **_named: object) -> None:
        raise OSError(number, os.strerror(number))

    return call


class StorageTestCase(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.folder = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.path = self.folder / 'plan.json'

    def opened(self) -> storage.PlanFile:
        """A run's, which ends with the test."""
        file = storage.PlanFile(str(self.path))
        self.addCleanup(file.__exit__, None, None, None)
        return file

    def refusal(self, call: Callable[..., object], *given: object) -> str:
        error = self.assertRaises(exceptions.Refused, call, *given)
        # One sentence that names the file.
        self.assertIn(str(self.path), error.message)
        self.assertTrue(error.message.endswith('.'))
        self.assertNotIn('. ', error.message)
        return error.message

    @property
    def names(self) -> list[str]:
        return sorted(os.listdir(self.folder))


class PlanFileTestCase(StorageTestCase):
    def test_what_is_written_is_read(self) -> None:
        with storage.PlanFile(str(self.path)) as file:
            self.assertIsNone(file.read())
            for text in (BEFORE, AFTER, ''):
                file.write(text)
                self.assertEqual(text, self.path.read_text())
        self.assertEqual('', self.opened().read())
        self.assertEqual(['plan.json'], self.names)

    def test_a_name_in_the_current_folder(self) -> None:
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(self.folder)
        with storage.PlanFile('plan.json') as file:
            file.write(AFTER)
        self.assertEqual(AFTER, self.path.read_text())

    def test_nobody_else_may_read_it_whatever_the_umask(self) -> None:
        for umask in (0, 0o022, 0o077, 0o777):
            self.path.unlink(missing_ok=True)
            before = os.umask(umask)
            try:
                with storage.PlanFile(str(self.path)) as file:
                    file.write(BEFORE)
            finally:
                os.umask(before)
            self.assertEqual(0o600, self.path.stat().st_mode & 0o7777)

    def test_a_file_that_others_could_read_is_theirs_no_more(self) -> None:
        self.path.write_text(BEFORE)
        self.path.chmod(0o644)
        file = self.opened()
        file.read()
        file.write(AFTER)
        self.assertEqual(0o600, self.path.stat().st_mode & 0o7777)

    def test_it_is_taken_away_again(self) -> None:
        file = self.opened()
        file.remove()
        file.write(AFTER)
        file.remove()
        file.remove()
        self.assertEqual([], self.names)

    def test_what_killed_runs_left_is_swept_up(self) -> None:
        others = ['.plan.json.0123456z', '.plan.json.swp', 'plan.jsonx',
                  '.plan2.json.01234567', 'plan.json.01234567']  # fmt: skip
        for name in (*others, '.plan.json.01234567', 'plan.json'):
            (self.folder / name).write_text(BEFORE)
        self.assertEqual(BEFORE, self.opened().read())
        self.assertEqual(sorted([*others, 'plan.json']), self.names)

    def test_a_name_with_wildcards(self) -> None:
        self.path = self.folder / '[a]*'
        (self.folder / '.a.01234567').write_text(BEFORE)
        self.path.write_text(BEFORE)
        self.assertEqual(BEFORE, self.opened().read())
        self.assertEqual(['.a.01234567', '[a]*'], self.names)


@dataclasses.dataclass(frozen=True)
class Unfit:
    """What stands in place of a plan.

    :ivar says: Words of the refusal.
    :ivar reads: Whether it can be asked for at all.
    :ivar writes: Whether a run that read it would write it.
    """

    name: str
    make: Callable[[pathlib.Path], object]
    says: str
    reads: bool = True
    writes: bool = False


def elsewhere(path: pathlib.Path) -> pathlib.Path:
    return path.with_name('elsewhere')


def linked(path: pathlib.Path) -> None:
    elsewhere(path).write_text(BEFORE)
    path.symlink_to(elsewhere(path))


def looping(path: pathlib.Path) -> None:
    path.symlink_to(path)


def in_a_file(path: pathlib.Path) -> None:
    path.parent.rmdir()
    path.parent.write_text('')


def written_by(mode: int) -> Callable[[pathlib.Path], object]:
    """Have a file there with these rights."""

    def make(path: pathlib.Path) -> None:
        path.write_text(BEFORE)
        path.chmod(mode)

    return make


def too_large(path: pathlib.Path) -> None:
    path.touch(storage.MODE)
    os.truncate(path, storage.LARGEST + 1)


UNFIT = (
    Unfit('a symbolic link', linked, 'is a symbolic link'),
    Unfit('a symbolic link to nothing',
          lambda path: path.symlink_to(elsewhere(path)),
          'is a symbolic link'),
    Unfit('a symbolic link to itself', looping, 'is a symbolic link'),
    Unfit('a folder', pathlib.Path.mkdir, 'no regular file'),
    # Nothing waits for somebody who writes.
    Unfit('a pipe', os.mkfifo, 'no regular file'),
    Unfit('a file that the group may write', written_by(0o620),
          'written by other users', writes=True),
    Unfit('a file that everybody may write', written_by(0o602),
          'written by other users', writes=True),
    Unfit('more than a plan can be', too_large, 'larger than any plan',
          writes=True),
    Unfit('bytes', lambda path: path.write_bytes(b'\xff\xfe'),
          'is not a plan', writes=True),
    Unfit('a name in a folder that is a file', in_a_file, 'Not a directory'),
    Unfit('no folder', lambda path: path.parent.rmdir(),
          'No such file or directory', reads=False),
)  # fmt: skip


@rows.each(UNFIT)
class UnfitTestCase(StorageTestCase):
    def check(self, row: Unfit) -> None:
        self.folder /= 'folder'
        self.folder.mkdir()
        self.path = self.folder / 'plan.json'
        row.make(self.path)
        file = self.opened()
        if row.reads:
            self.assertIn(row.says, self.refusal(file.read))
        else:
            self.assertIsNone(file.read())
        if row.writes:
            return
        # Nor is it written, if it comes to that.
        self.refusal(file.write, AFTER)
        if elsewhere(self.path).exists():
            self.assertEqual(BEFORE, elsewhere(self.path).read_text())
            self.assertTrue(self.path.is_symlink())


class OwnerTestCase(StorageTestCase):
    """What a plan says is ours is confirmed: it has to be the caller's."""

    @contextlib.contextmanager
    def as_somebody_else(self) -> Iterator[None]:
        with mock.patch('os.geteuid', lambda: os.getuid() + 1):
            yield

    def test_a_plan_of_another_user_is_not_read(self) -> None:
        self.path.write_text(BEFORE)
        with self.as_somebody_else():
            said = self.refusal(self.opened().read)
        self.assertIn('belongs to another user', said)
        self.assertEqual(BEFORE, self.path.read_text())
        self.assertEqual(BEFORE, self.opened().read())

    def test_a_file_system_without_owners_is_told_before_it_counts(
        self,
    ) -> None:
        with self.as_somebody_else():
            said = self.refusal(self.opened().write, AFTER)
        self.assertIn('belongs to another user', said)
        self.assertEqual([], self.names)

    def test_a_second_name_of_a_file_keeps_what_it_holds(self) -> None:
        other = self.folder / 'other'
        other.write_text(BEFORE)
        os.link(other, self.path)
        file = self.opened()
        self.assertEqual(BEFORE, file.read())
        file.write(AFTER)
        self.assertEqual(BEFORE, other.read_text())
        self.assertEqual(AFTER, self.path.read_text())

    def test_a_device_is_no_plan(self) -> None:
        file = storage.PlanFile(os.devnull)
        error = self.assertRaises(exceptions.Refused, file.read)
        self.assertIn('no regular file', error.message)

    def test_what_was_prepared_for_the_file_beside_is_not_written(
        self,
    ) -> None:
        # In a folder that everybody may write to, with a name that was
        # guessed: neither what the link leads to nor the link is touched.
        other = self.folder / 'other'
        other.write_text(BEFORE)
        beside = self.folder / '.plan.json.01234567'
        beside.symlink_to(other)
        with mock.patch('secrets.token_hex', lambda _count: '01234567'):
            self.assertIn('exists', self.refusal(self.opened().write, AFTER))
        self.assertEqual(BEFORE, other.read_text())
        self.assertEqual(other, beside.readlink())
        self.assertFalse(self.path.exists())

    def test_a_link_that_comes_while_it_is_opened_is_not_followed(
        self,
    ) -> None:
        # Between the first look and the next: what is open is what counts.
        self.path.write_text(BEFORE)
        other = self.folder / 'other'
        other.write_text(AFTER)
        file = self.opened()
        held = file._hold

        def hold(descriptor: int) -> None:
            self.path.unlink()
            self.path.symlink_to(other)
            held(descriptor)

        with mock.patch.object(file, '_hold', hold):
            self.assertIn('symbolic link', self.refusal(file.read))
        self.assertEqual(AFTER, other.read_text())


@dataclasses.dataclass(frozen=True)
class Broken:
    """What fails while the file is written, and what is said of it.

    :ivar function: Which function fails.
    """

    name: str
    function: str
    number: int
    says: str


BROKEN = (
    Broken('the disk is full', 'os.fsync', errno.ENOSPC, 'No space left'),
    Broken('over the quota', 'os.fsync', errno.EDQUOT, 'quota'),
    Broken('the disk breaks', 'os.fsync', errno.EIO, 'Input/output'),
    Broken('no file may be made', 'os.open', errno.EACCES,
           'Permission denied'),
    Broken('it cannot be renamed', 'os.rename', errno.EROFS,
           'Read-only file system'),
    Broken('it cannot be locked', 'fcntl.flock', errno.ENOLCK, 'lock'),
)  # fmt: skip


@rows.each(BROKEN)
class BrokenTestCase(StorageTestCase):
    def check(self, row: Broken) -> None:
        file = self.opened()
        file.write(BEFORE)
        with mock.patch(row.function, failing(row.number)):
            self.assertIn(row.says, self.refusal(file.write, AFTER))
        # It is as it was, and nothing lies beside it.
        self.assertEqual(BEFORE, self.path.read_text())
        self.assertEqual(['plan.json'], self.names)
        # It is this run's still, which can try again.
        self.refused_to_another_run()
        file.write(AFTER)
        self.assertEqual(AFTER, self.path.read_text())
        self.refused_to_another_run()

    def refused_to_another_run(self) -> None:
        with storage.PlanFile(str(self.path)) as other:
            self.assertIn('Another run', self.refusal(other.read))


class FullTestCase(StorageTestCase):
    """No room in the middle of the text."""

    @contextlib.contextmanager
    def room_for(self, count: int) -> Iterator[None]:
        """No file gets longer than so many bytes."""
        ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (count, hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
            signal.signal(signal.SIGXFSZ, ignored)

    def test_half_a_plan_is_no_plan(self) -> None:
        file = self.opened()
        file.write(BEFORE)
        with self.room_for(100_000):
            said = self.refusal(file.write, AFTER * 20_000)
        self.assertIn('File too large', said)
        self.assertEqual(BEFORE, self.path.read_text())
        self.assertEqual(['plan.json'], self.names)


class KilledTestCase(StorageTestCase):
    """Between any two steps of a write the file is one or the other."""

    STEPS = (
        (os, 'open'), (os, 'fchmod'), (os, 'fsync'), (fcntl, 'flock'),
        (os, 'rename'), (os, 'link'),
    )  # fmt: skip

    def killed(
        self, module: types.ModuleType, step: str, text: str, *, late: bool
    ) -> None:
        """A run that comes to its end at one step, and tidies nothing up."""
        child = os.fork()
        if not child:
            function = getattr(module, step)

            def call(*given: object, **named: object) -> None:
                if late:
                    function(*given, **named)
                os._exit(0)

            file = storage.PlanFile(str(self.path))
            file.read()
            with mock.patch.object(module, step, call):
                file.write(text)
            os._exit(1)
        _child, self.status = os.waitpid(child, 0)

    def test_killed_at_any_step(self) -> None:
        for module, step in self.STEPS:
            for late in (False, True):
                self.path.unlink(missing_ok=True)
                with storage.PlanFile(str(self.path)) as file:
                    file.write(BEFORE)
                self.killed(module, step, AFTER, late=late)
                where = f'{step}, {"after" if late else "before"} it'
                self.assertEqual(step == 'link', self.status != 0, where)
                # A file that has the name is whole, and nobody's.
                expected = AFTER if self.status or (
                    step == 'rename' and late
                ) else BEFORE  # fmt: skip
                with storage.PlanFile(str(self.path)) as file:
                    self.assertEqual(expected, file.read(), where)
                    self.assertEqual(['plan.json'], self.names, where)
                    file.write(AFTER)

    def test_killed_at_any_step_of_the_first(self) -> None:
        for module, step in self.STEPS:
            for late in (False, True):
                self.path.unlink(missing_ok=True)
                self.killed(module, step, AFTER, late=late)
                where = f'{step}, {"after" if late else "before"} it'
                self.assertEqual(step == 'rename', self.status != 0, where)
                written = self.status or (step == 'link' and late)
                with storage.PlanFile(str(self.path)) as file:
                    self.assertEqual(
                        AFTER if written else None, file.read(), where
                    )
                    file.remove() if written else file.write(AFTER)


class TwoRunsTestCase(StorageTestCase):
    def test_the_second_is_refused_while_the_first_is_at_work(self) -> None:
        with storage.PlanFile(str(self.path)) as first:
            first.read()
            for text in (BEFORE, AFTER):
                first.write(text)
                second = self.opened()
                self.assertIn('Another run', self.refusal(second.read))
        self.assertEqual(AFTER, second.read())

    def test_a_reader_holds_it_as_well(self) -> None:
        self.path.write_text(BEFORE)
        self.opened().read()
        self.assertIn('Another run', self.refusal(self.opened().read))

    def test_begun_at_the_same_moment_one_wins(self) -> None:
        first, second = self.opened(), self.opened()
        self.assertEqual((None, None), (first.read(), second.read()))
        first.write(BEFORE)
        self.assertIn('another run', self.refusal(second.write, AFTER))
        # Nor does it take away what is not its own.
        second.remove()
        self.assertEqual(BEFORE, self.path.read_text())
        first.write(AFTER)
        self.assertEqual(['plan.json'], self.names)

    def test_somebody_puts_another_file_there(self) -> None:
        file = self.opened()
        file.write(BEFORE)
        other = self.folder / 'other'
        other.write_text('of somebody')
        other.rename(self.path)
        self.assertIn('replaced', self.refusal(file.write, AFTER))
        self.assertEqual('of somebody', self.path.read_text())

    def test_somebody_takes_the_file_away(self) -> None:
        file = self.opened()
        file.write(BEFORE)
        self.path.unlink()
        file.write(AFTER)
        self.assertEqual(AFTER, self.path.read_text())
        self.assertIn('Another run', self.refusal(self.opened().read))

    def test_replaced_while_it_is_opened(self) -> None:
        # The first is found, and another has its name when it is held.
        self.path.write_text(BEFORE)
        file = self.opened()
        held = file._hold
        calls: list[int] = []

        def hold(descriptor: int) -> None:
            if not calls:
                other = self.folder / 'other'
                other.write_text(AFTER)
                other.rename(self.path)
            calls.append(descriptor)
            held(descriptor)

        with mock.patch.object(file, '_hold', hold):
            self.assertEqual(AFTER, file.read())
        self.assertEqual(2, len(calls))

    def test_taken_away_while_it_is_opened(self) -> None:
        self.path.write_text(BEFORE)
        file = self.opened()
        with mock.patch.object(
            file, '_hold', lambda _file: self.path.unlink()
        ):
            self.assertIsNone(file.read())

    def test_a_file_system_without_second_names(self) -> None:
        file = self.opened()
        with mock.patch('os.link', failing(errno.EPERM)):
            file.write(BEFORE)
        file.write(AFTER)
        self.assertEqual(AFTER, self.path.read_text())
        self.assertEqual(['plan.json'], self.names)

    def test_no_program_that_is_started_has_the_file(self) -> None:
        file = self.opened()
        file.write(BEFORE)
        assert file._lock is not None
        self.assertFalse(os.get_inheritable(file._lock))


class LastingTestCase(StorageTestCase):
    def test_text_and_name_are_synced_before_it_comes_back(self) -> None:
        synced: list[str] = []
        sync = os.fsync

        def fsync(descriptor: int) -> None:
            found = os.readlink(f'/proc/self/fd/{descriptor}')
            named = self.path.exists()
            is_folder = os.path.isdir(found)
            synced.append(f'{"folder" if is_folder else "file"} {named}')
            sync(descriptor)

        with mock.patch('os.fsync', fsync):
            self.opened().write(BEFORE)
        self.assertEqual(['file False', 'folder True'], synced)

    def test_a_file_system_that_syncs_no_folders(self) -> None:
        sync = os.fsync

        def fsync(descriptor: int) -> None:
            if os.path.isdir(os.readlink(f'/proc/self/fd/{descriptor}')):
                failing(errno.EINVAL)()
            sync(descriptor)

        with mock.patch('os.fsync', fsync):
            self.opened().write(BEFORE)
        self.assertEqual(BEFORE, self.path.read_text())
