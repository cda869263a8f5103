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

"""What differs between the releases of Nova that this cloud can run.

Nova may be installed in a Python environment of its own, since an old one
and the newest keystone, placement, glance and neutron want other versions
of the same packages. NOTES.rst says which releases were tried.
"""

import importlib.metadata
import os
import pathlib
import sys
import time
import typing

#: Environment variable with the Python program that has the Nova to run;
#: without it, Nova runs like all other services in the environment of this
#: process.
VARIABLE = 'OSC_MIGRATE_NOVA_PYTHON'

#: The first release whose nova-compute is run with real threads here.
THREADS_SINCE = 34


def python(service: str) -> str:
    """Return the Python program that runs a service."""
    if service == 'nova':
        return os.environ.get(VARIABLE) or sys.executable
    return sys.executable


def data_file(distribution: str, name: str) -> pathlib.Path:
    """Return a data file which a package put below its Python prefix.

    :raises FileNotFoundError: when it did not
    """
    program = python(distribution)
    if program != sys.executable:
        # A virtual environment, where the prefix is above bin/python.
        return pathlib.Path(program).absolute().parents[1] / name
    for path in importlib.metadata.files(distribution) or ():
        if path.as_posix().endswith(name):
            return pathlib.Path(str(path.locate())).resolve()
    raise FileNotFoundError(f'{distribution} has installed no {name}')


def version(distribution: str) -> str:
    """Return the version of a package in this process, '' without it."""
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return ''


def nova() -> int:
    """Return the first number of the version of this process's Nova."""
    return int(version('nova').partition('.')[0])


def choose_concurrency(service: str) -> None:
    """Choose between real threads and eventlet, before any other import.

    Nova's own choice: eventlet up to release 33, where the parts of a
    compute that work in the background know nothing else.
    """
    if service != 'nova':
        return
    if nova() >= THREADS_SINCE:
        os.environ['OS_NOVA_DISABLE_EVENTLET_PATCHING'] = 'true'
        from nova import monkey_patch

        monkey_patch.patch(backend='threading')
        return
    os.environ.pop('OS_NOVA_DISABLE_EVENTLET_PATCHING', None)
    # Up to release 31 the import does it.
    from nova import monkey_patch

    getattr(monkey_patch, 'patch', lambda: None)()
    from eventlet import hubs

    # Releases up to 21 insist on this clock, and compare by identity. The
    # eventlet of today takes a copy of the module `time`, which in Python
    # 3.10 and newer has functions of its own.
    hubs.get_hub().clock = time.monotonic


def configure(config: object) -> None:
    """Do for the libraries what Nova's programs do, where they want it."""
    import os_brick
    import os_vif

    # Nova uses it, and up to release 23 may find it not imported.
    import webob.dec  # noqa: F401

    if hasattr(os_brick, 'setup'):  # os-brick 5.1
        os_brick.setup(config)
    os_vif.initialize()


def topics(rpcapi: typing.Any) -> dict[str, str]:
    """Return the arguments of Service.create for a compute's topics."""
    found = {'topic': rpcapi.RPC_TOPIC}
    if hasattr(rpcapi, 'RPC_TOPIC_ALT'):  # release 33
        found['topic_alt'] = rpcapi.RPC_TOPIC_ALT
    return found


def correct_computes() -> None:
    """Mend what release 20 and older get wrong in a cloud like this one."""
    if nova() > 20:
        return
    _name_the_destination()
    _let_guests_arrive()


def _name_the_destination() -> None:
    """Let a live migration's destination know its own name.

    It asks for the compute node of CONF.host, which is one for all hosts in
    this process.
    """
    from nova.compute import manager
    from nova.conf import CONF

    original = manager.ComputeManager._get_compute_info

    def get(self: typing.Any, context: object, host: str) -> typing.Any:
        own = self.host if host == CONF.host else host
        return original(self, context, own)

    manager.ComputeManager._get_compute_info = get


def _let_guests_arrive() -> None:
    """Let the fake hypervisor have a guest after its live migration."""
    from nova.virt import fake

    def arrive(
        self: typing.Any, context: object, instance: object,
        *args: object, **kwargs: object,
    ) -> None:  # fmt: skip
        self.spawn(context, instance, None, None, None, None)

    fake.FakeDriver.post_live_migration_at_destination = arrive


def fake_volumes() -> None:
    """Let nova's own stand-in for cinder, from its tests, take its place.

    :raises ImportError: without the packages that nova's tests need
    """
    from nova.tests import fixtures

    # In release 19 the name that stayed is for an older cinder.
    fixture = getattr(
        fixtures, 'CinderFixtureNewAttachFlow', fixtures.CinderFixture
    )
    fixture(_Test()).setUp()


class _Test:
    """What nova's fixtures use of the test that they are for."""

    def stub_out(self, name: str, stub: object) -> None:
        """Replace something by its dotted name."""
        import fixtures

        fixtures.MonkeyPatch(name, stub).setUp()


def execute(connection: typing.Any, statement: str) -> None:
    """Run a statement; SQLAlchemy has two methods, and none was always."""
    # The newer one came with 1.4; the older one takes no text since 2.0.
    run = getattr(connection, 'exec_driver_sql', connection.execute)
    run(statement)
