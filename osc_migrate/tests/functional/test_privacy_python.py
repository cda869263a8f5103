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

"""A program that prints or logs all it gets from us prints no secret."""

from collections.abc import Iterator, Mapping
import contextlib
import dataclasses
import logging
import traceback
from typing import Any

import openstack

import osc_migrate
from osc_migrate.tests.functional import draining
from osc_migrate.tests.functional import forwarding
from osc_migrate.tests.functional import keeping
from osc_migrate.tests.functional import people
from osc_migrate.tests.functional import test_long_sessions


class Stop(BaseException):
    """Ends a check, and the wait with it."""


def _of(value: object) -> Iterator[str]:
    """Return the forms in which a program would print a value."""
    yield repr(value)
    yield str(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        yield repr(dataclasses.asdict(value))


def _of_error(error: BaseException) -> Iterator[str]:
    """The same of an error, with its traceback as error reporters send it.

    The variables of the frames that are this package's own are among them.
    """
    yield from _of(error)
    yield repr(error.args)
    yield repr(vars(error))
    yield from traceback.format_exception(error)
    chained: BaseException | None = error
    while chained is not None:
        for frame, _line in traceback.walk_tb(chained.__traceback__):
            module = frame.f_globals.get('__name__', '')
            if module.startswith('osc_migrate.') and '.tests.' not in module:
                yield repr(frame.f_locals)
        chained = chained.__cause__ or chained.__context__


class Log(logging.Handler):
    """Keeps what is logged, down to the lowest level."""

    def __init__(self) -> None:
        super().__init__(1)
        self.lines: list[str] = []
        self.setFormatter(logging.Formatter('%(message)s %(args)s'))

    def emit(self, record: logging.LogRecord) -> None:
        self.lines += [self.format(record), *_of(record.__dict__)]

    @contextlib.contextmanager
    def of(self, name: str) -> Iterator[None]:
        """Listen to a logger and those below it."""
        logger = logging.getLogger(name)
        level = logger.level
        logger.setLevel(1)
        logger.addHandler(self)
        try:
            yield
        finally:
            logger.removeHandler(self)
            logger.setLevel(level)


class Watching:
    """An observer that prints all that it is told.

    :ivar phases: those in which it saw the move
    """

    transfers = True

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.phases: list[str] = []

    def say(self, sentence: str) -> None:
        self.lines += _of(sentence)

    def progress(self, progress: osc_migrate.Progress) -> None:
        self.phases.append(progress.phase)
        self.lines += _of(progress)


class TestPython(keeping.TestCase):
    """Whatever it ends with: a result, an error, or one that passes."""

    def setUp(self) -> None:
        super().setUp()
        self.server = self.boot_one_with_secrets(
            migrate_disk_and_power_off='fail=ssh'
        )
        self.printed: list[str] = []

    def connect(self, **auth: str) -> Any:
        """Return a connection of the person whose secrets are known."""
        entry = self._entry()
        entry['auth'] |= {
            'username': keeping.NAME, 'password': keeping.PASSWORD, **auth,
        }  # fmt: skip
        environment: Mapping[str, str] = self._cloud(entry)
        config = openstack.config.OpenStackConfig(
            config_files=[environment['OS_CLIENT_CONFIG_FILE']],
            load_envvars=False,
        )
        return openstack.connection.Connection(
            config=config.get_one(keeping.NAME)
        )

    def move(
        self, connection: Any = None, **options: Any
    ) -> osc_migrate.Result | BaseException:
        """Move the server; print all that comes of it; return its end."""
        log, observer = Log(), Watching()
        end: osc_migrate.Result | BaseException
        with log.of('osc_migrate'):
            try:
                end = osc_migrate.migrate_and_wait(
                    connection or self.connect(), self.server.id,
                    observer=observer, **options,
                )  # fmt: skip
                self.printed += _of(end)
            except (osc_migrate.MigrateError, Stop) as error:
                end = error
                self.printed += _of_error(error)
        self.printed += [*log.lines, *observer.lines]
        return end

    def assert_kept(self, end: object) -> None:
        """No secret is in what was printed, and what ended it is."""
        printed = '\n'.join(self.printed)
        self.assertIn(str(end), printed)
        self.assertEqual(frozenset(), self.secrets.found_in(printed))
        self.printed.clear()

    def assert_ends(self, outcome: osc_migrate.Outcome, end: object) -> None:
        assert isinstance(end, osc_migrate.Result), repr(end)
        self.assertIs(outcome, end.outcome, repr(end))
        self.assert_kept(end)

    def assert_raises(
        self, kind: type[BaseException], words: str, end: object
    ) -> None:
        self.assertIsInstance(end, kind)
        self.assertIn(words, str(end))
        self.assert_kept(end)

    def test_what_is_searched_for_can_be_found(self) -> None:
        connection = self.connect()
        token = connection.session.get_token()
        shown = connection.compute.get(
            f'/servers/{self.server.id}', microversion=people.MICROVERSION
        ).text
        found = self.secrets.found_in(
            f'{vars(connection.session.auth)} {token} {shown}'
        )
        self.assertLessEqual(
            {'the password', 'a token', 'the user data'}, found
        )

    def test_however_it_ends(self) -> None:
        wrong = draining.Wrong()
        for name, end in (
            ('failed', self._fails),
            ('refused', self._is_refused),
            ('not let in', self._is_not_let_in),
            ('given up', self._takes_too_long),
            ('left by its check', self._is_left),
            ('unknown', self._loses_its_token),
        ):
            with wrong.noted(name):
                end()
        wrong.tell()

    def _fails(self) -> None:
        self.assert_ends(osc_migrate.Outcome.ROLLED_BACK, self.move())

    def _is_refused(self) -> None:
        for options, kind, words in (
            ({'host': 'nowhere'}, osc_migrate.Refused, 'nowhere'),
            ({'on_timeout': 'abort'}, osc_migrate.UsageError, 'live'),
        ):
            self.assert_raises(kind, words, self.move(**options))

    def _is_not_let_in(self) -> None:
        connection = self.connect(password=keeping.WRONG)
        self.assert_raises(
            osc_migrate.MigrateError, '401', self.move(connection)
        )

    def _takes_too_long(self) -> None:
        self.admin.steer(self.server, migrate_disk_and_power_off='hold')
        end = self.move(timeout=2)
        self.assert_ends(osc_migrate.Outcome.TIMEOUT, end)
        self.cloud.release(self.server.id)
        self.admin.await_status(self.server.id, 'VERIFY_RESIZE')

    def _is_left(self) -> None:
        """What it is told of the server is printed as well."""

        def check(arrival: osc_migrate.Arrival) -> None:
            self.printed += _of(arrival)
            raise Stop(arrival.server.name)

        end = self.move(attach=True, check=check)
        self.assert_raises(Stop, 'web1', end)
        end = self.move(attach=True)
        self.assert_ends(osc_migrate.Outcome.CONFIRMED, end)

    def _loses_its_token(self) -> None:
        """In mid-flight it expires, and the password is not taken again."""
        root = self.cloud.endpoints['identity'].removesuffix('/v3')
        keystone = forwarding.ShortTokens(root, test_long_sessions.LIFETIME)
        with keystone.forwarding.at_work():
            url = f'{keystone.forwarding.url}/v3'
            connection = self.connect(auth_url=url)
            connection.session.get_token()
            keystone.most = len(keystone.given)
            end = self.move(connection)
        self.cloud.release(self.server.id)
        self.assert_ends(osc_migrate.Outcome.UNKNOWN, end)
