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

"""SQLite as the database server of several services at once."""

import collections.abc
import hashlib
import os
import pathlib
import shutil
import sqlite3
import sys
import tempfile
import typing

from oslo_db.sqlalchemy import enginefacade
from sqlalchemy import dialects
from sqlalchemy import engine
from sqlalchemy import event
from sqlalchemy import orm
from sqlalchemy import pool

from osc_migrate.tests.cloud import releases

#: Name of the engine plugin in database URLs.
PLUGIN = 'osc_migrate_cloud'

#: Execution option of connections for transactions which only read.
READER = 'osc_migrate_reader'

#: Whose versions decide what an empty database looks like.
PACKAGES = (
    'alembic', 'glance', 'keystone', 'neutron', 'neutron-lib', 'nova',
    'openstack-placement', 'oslo.db', 'sqlalchemy',
)  # fmt: skip


class Plugin(engine.CreateEnginePlugin):
    """Makes SQLAlchemy wait for SQLite's one writer instead of failing.

    oslo.db opens each transaction with BEGIN. SQLite refuses at once to
    make a writer of such a transaction when somebody else wrote meanwhile,
    whatever the timeout. For writers, BEGIN IMMEDIATE asks for the writer's
    place at a moment when waiting is possible.
    """

    def __init__(
        self, url: 'engine.URL', kwargs: dict[str, typing.Any]
    ) -> None:
        super().__init__(url, kwargs)
        # oslo.db's choice for files is a new connection for each session,
        # which parses the whole schema each time.
        kwargs['poolclass'] = pool.QueuePool
        kwargs['pool_size'] = 64
        kwargs['max_overflow'] = 64

    def update_url(self, url: 'engine.URL') -> 'engine.URL':
        """Leave the URL as it is."""
        return url

    def handle_dialect_kwargs(
        self, dialect_cls: type[typing.Any], dialect_args: dict[str, object]
    ) -> None:
        """Leave the dialect as it is."""

    def engine_created(self, engine: engine.Engine) -> None:
        """Listen before oslo.db does: listeners run in that order."""
        event.listen(engine, 'connect', _on_connect)
        event.listen(engine, 'checkout', _on_checkout)
        event.listen(engine, 'begin', _on_begin)


def _on_connect(connection: typing.Any, _record: object) -> None:
    connection.execute('PRAGMA journal_mode = WAL')
    # The files live as long as the processes: no disk need be awaited.
    connection.execute('PRAGMA synchronous = OFF')


def _on_checkout(
    _connection: object, record: typing.Any, _proxy: object
) -> None:
    # oslo.db's marker of an open transaction. A connection comes from the
    # pool without one, however its last user ended.
    record.info.pop('in_transaction', None)


def _on_begin(connection: typing.Any) -> None:
    if 'in_transaction' not in connection.info:
        reads = connection.get_execution_options().get(READER)
        releases.execute(connection, 'BEGIN' if reads else 'BEGIN IMMEDIATE')
        # Tells oslo.db's own listener that a transaction is open.
        connection.info['in_transaction'] = True


def register() -> None:
    """Make SQLAlchemy and oslo.db in this process use all of this."""
    dialects.plugins.register(PLUGIN, __name__, 'Plugin')
    original = enginefacade._TransactionFactory._start

    def start(factory: typing.Any, *args: object, **kwargs: object) -> None:
        original(factory, *args, **kwargs)
        _separate_readers(factory)

    enginefacade._TransactionFactory._start = start


def _separate_readers(factory: typing.Any) -> None:
    """Let a service's readers begin without asking for the writer's place.

    They need not wait for writers, and must not: placement reads in an
    independent transaction while it writes in another one.
    """
    writer = factory._writer_engine
    if factory._reader_engine is not writer:
        return
    reader = writer.execution_options(**{READER: True})
    options = dict(factory._writer_maker.kw, bind=reader)
    factory._reader_maker = orm.sessionmaker(
        class_=factory._writer_maker.class_, **options
    )
    factory._reader_engine = reader
    # To oslo.db this means: use the reader's engine for readers.
    factory.synchronous_reader = False


def prepare(
    path: pathlib.Path, create: collections.abc.Callable[[], None]
) -> None:
    """Put an empty database with its schema in place.

    :param path: the file; its name also names it in the cache
    :param create: creates the schema in that file, for when the cache has
        none for the installed versions
    """
    cached = _cache() / path.name
    if cached.exists():
        shutil.copyfile(cached, path)
        return
    create()
    try:
        _keep(path, cached)
    except OSError as error:
        print(f'{cached}: not kept for the next start: {error}')


def _keep(path: pathlib.Path, cached: pathlib.Path) -> None:
    """Copy a database into the cache, whole or not at all."""
    cached.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cached.parent) as directory:
        copy = pathlib.Path(directory) / path.name
        connection = sqlite3.connect(path, timeout=60)
        connection.execute('VACUUM INTO ?', (str(copy),))
        connection.close()
        os.replace(copy, cached)


def _cache() -> pathlib.Path:
    """Return the directory of the empty databases of these versions."""
    versions = [f'{p} {releases.version(p)}' for p in PACKAGES]
    key = '\n'.join([sys.prefix, pathlib.Path(__file__).read_text()])
    key = hashlib.sha256('\n'.join([key, *versions]).encode()).hexdigest()
    base = os.environ.get('XDG_CACHE_HOME') or '~/.cache'
    return pathlib.Path(os.path.expanduser(base), 'osc-migrate', key[:16])
