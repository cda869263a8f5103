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

"""The file of a plan: whole at any moment, read by one run at a time."""

import contextlib
import errno
import fcntl
import glob
import os
import pathlib
import secrets
import stat
import types
from typing import Self

from osc_migrate import exceptions
from osc_migrate.i18n import _

MODE = 0o600
#: The bits of a mode that let the group, or everybody, write.
OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
#: Bytes; a server takes less than a thousand of them.
LARGEST = 256 * 1024 * 1024
#: What file systems say in which a file has one name only.
NO_LINKS = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS})


class PlanFile:
    """Reads and replaces one file; it belongs to this run while it is open.

    The file is written to the side, synced, and renamed: whoever reads it,
    also after a loss of power, finds one state or the next. A symbolic link
    is not followed, and a file of another run is not replaced.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._path = pathlib.Path(name)
        self._lock: int | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: types.TracebackType | None,
    ) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def read(self) -> str | None:
        """What the file holds, None where there is none.

        :raises: :class:`~osc_migrate.exceptions.Refused` where it cannot be
            read, or another run has it.
        """
        try:
            descriptor = self._locked()
            if descriptor is None:
                return None
            self._sweep()
            with os.fdopen(os.dup(descriptor), encoding='utf-8') as file:
                file.seek(0)
                return file.read()
        except UnicodeDecodeError:
            raise exceptions.Refused(
                _('%s is not a plan of compute host drain.') % self.name
            ) from None
        except OSError as error:
            raise self._refused(error) from error

    def _locked(self) -> int | None:
        """Open the file as the only one, also if it is replaced meanwhile."""
        while True:
            try:
                descriptor = os.open(
                    self._path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
                )
            except FileNotFoundError:
                return None
            try:
                self._check(os.fstat(descriptor))
                self._hold(descriptor)
                if self._is_named(descriptor):
                    self._take(descriptor)
                    return descriptor
            except BaseException:
                os.close(descriptor)
                raise
            os.close(descriptor)

    def _check(self, found: os.stat_result) -> None:
        """Refuse what is no file of the caller's.

        What a plan says is ours is confirmed: nobody else may say it.
        """
        if not stat.S_ISREG(found.st_mode):
            raise exceptions.Refused(_('%s is no regular file.') % self.name)
        if found.st_uid != os.geteuid():
            raise exceptions.Refused(
                _('The plan %s belongs to another user.') % self.name,
                hint=_('Work as that user, or look at the file and make it '
                       'your own (chown).'),
            )  # fmt: skip
        if found.st_mode & OTHERS_WRITE:
            raise exceptions.Refused(
                _('The plan %s may have been written by other users.')
                % self.name,
                hint=_('Look at the file and make it your own (chmod 600).'),
            )
        if found.st_size > LARGEST:
            raise exceptions.Refused(
                _('%s is larger than any plan of compute host drain.')
                % self.name
            )

    def _is_named(self, descriptor: int | None) -> bool:
        """Whether an open file is the one that has the name."""
        if descriptor is None:
            return False
        try:
            found = os.stat(self._path, follow_symlinks=False)
        except FileNotFoundError:
            return False
        return os.path.samestat(found, os.fstat(descriptor))

    def _sweep(self) -> None:
        """Remove what runs left that were killed while they wrote.

        Nobody else writes while this run holds the file.
        """
        for left in self._path.parent.glob(
            f'.{glob.escape(self._path.name)}.' + '[0-9a-f]' * 8
        ):
            with contextlib.suppress(OSError):
                left.unlink()

    def _hold(self, descriptor: int) -> None:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise exceptions.Refused(
                _('Another run is at work with the plan %s.') % self.name
            ) from None

    def _take(self, descriptor: int) -> None:
        if self._lock is not None:
            os.close(self._lock)
        self._lock = descriptor

    def write(self, text: str) -> None:
        """Replace what the file holds.

        :raises: :class:`~osc_migrate.exceptions.Refused` where that fails,
            or somebody else's file is there; the file is then as it was.
        """
        beside = self._path.with_name(
            f'.{self._path.name}.{secrets.token_hex(4)}'
        )
        try:
            descriptor = os.open(
                beside, os.O_RDWR | os.O_CREAT | os.O_EXCL, MODE
            )
            try:
                # Of a file system without owners nothing could be read.
                self._check(os.fstat(descriptor))
                # Whatever the umask is.
                os.fchmod(descriptor, MODE)
                with os.fdopen(os.dup(descriptor), 'w') as file:
                    file.write(text)
                    file.flush()
                    os.fsync(file.fileno())
                # Held before it has its name: nobody gets in between.
                self._hold(descriptor)
                self._give_name(beside)
            except BaseException:
                os.close(descriptor)
                with contextlib.suppress(FileNotFoundError):
                    beside.unlink()
                raise
            self._take(descriptor)
            self._sync_directory()
        except OSError as error:
            raise self._refused(error) from error

    def _give_name(self, beside: pathlib.Path) -> None:
        if self._is_named(self._lock):
            os.rename(beside, self._path)
            return
        try:
            # Unlike a rename it replaces nothing.
            os.link(beside, self._path)
            beside.unlink()
        except FileExistsError:
            raise exceptions.Refused(
                _('The plan %s was replaced meanwhile: another run may be at '
                  'work with it.') % self.name
            ) from None  # fmt: skip
        except OSError as error:
            if error.errno not in NO_LINKS:
                raise
            os.rename(beside, self._path)

    def _sync_directory(self) -> None:
        """Make the new name last; some file systems cannot be asked for it."""
        directory = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(directory)
        except OSError as error:
            if error.errno != errno.EINVAL:
                raise
        finally:
            os.close(directory)

    def remove(self) -> None:
        """Take the file away again, if it is this run's."""
        with contextlib.suppress(OSError):
            if self._is_named(self._lock):
                self._path.unlink()

    def _refused(self, error: OSError) -> exceptions.Refused:
        if error.errno == errno.ELOOP:
            return exceptions.Refused(
                _('%s is a symbolic link, which is not followed.') % self.name
            )
        return exceptions.Refused(
            _('The plan %(name)s cannot be read or written: %(why)s.')
            % {'name': self.name, 'why': os.strerror(error.errno or 0)}
        )
