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

"""Computes that seem down, and one queue of live migrations for each."""

import threading
import time
import typing

import futurist
from nova.conf import CONF
from nova import context as nova_context
from nova import objects
from nova.servicegroup.drivers import db

from osc_migrate.tests.cloud import moment as moment_module

#: Hosts whose compute service sends no more signs of life.
_silent: set[str] = set()

#: Executors of the live migrations by host.
_executors: dict[str, typing.Any] = {}

_lock = threading.Lock()

#: The host whose manager was asked for a live migration in this thread.
_asked = threading.local()

#: Seconds between two looks whether a migration is still queued.
LOOK = 0.2

Moment = moment_module.Moment


def install() -> None:
    """Have nova look at what the words say."""
    _steer_life()
    _steer_queues()


def _steer_life() -> None:
    original = db.DbDriver.is_up

    def is_up(self: object, service: typing.Any) -> bool:
        if service['host'] in _silent and service['binary'] == 'nova-compute':
            return False
        return bool(original(self, service))

    db.DbDriver.is_up = is_up


def _steer_queues() -> None:
    """Give each host a queue of its own.

    Up to 33 each manager has one. Since 34 a process has one, and all our
    computes are in one process.
    """
    try:
        from nova import thread_pool_factory
    except ImportError:
        return
    original = thread_pool_factory.get_executor

    def get_executor(kind: typing.Any) -> typing.Any:
        if kind == thread_pool_factory.ExecutorType.LIVE_MIGRATION:
            return queue(_asked.host)
        return original(kind)

    thread_pool_factory.get_executor = get_executor


def queue(host: str) -> typing.Any:
    """Return the executor of the live migrations that leave a host."""
    manager = moment_module.managers[host]
    with _lock:
        if host not in _executors:
            _executors[host] = getattr(
                manager, '_live_migration_executor', None
            ) or futurist.ThreadPoolExecutor(
                CONF.max_concurrent_live_migrations
            )
        return _executors[host]


def asked(host: str) -> None:
    """Have what this thread queues from now on go to the queue of a host."""
    _asked.host = host


def while_queued(migration: typing.Any) -> typing.Any:
    """Return a function that tells whether a migration left the queue."""
    looked = 0.0
    over = False

    def left() -> bool:
        nonlocal looked, over
        if time.monotonic() > looked + LOOK:
            looked = time.monotonic()
            now = objects.Migration.get_by_id(
                nova_context.get_admin_context(), migration.id
            )
            over = now.status not in ('accepted', 'queued')
        return over

    return left


def down(_value: str, moment: Moment) -> None:
    """Have nova see no more sign of life of the host's nova-compute."""
    silence(moment.host, True)


def up(_value: str, moment: Moment) -> None:
    """Have nova see them again."""
    silence(moment.host, False)


def silence(host: str, silent: bool) -> None:
    """Have nova see the signs of life of a host's nova-compute, or none."""
    if silent:
        _silent.add(host)
    else:
        _silent.discard(host)
