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

"""Start a cloud by hand: python -m osc_migrate.tests.cloud up | demo."""

import argparse
import collections.abc
import contextlib
import pathlib
import signal
import sys
import tempfile
import time
import types

from osc_migrate.tests.cloud import cloud as cloud_module
from osc_migrate.tests.cloud import demo

#: Seconds between two looks at a cloud that is up.
INTERVAL = 0.2


STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

#: Exit code of a command which the user broke off, as shells have it.
INTERRUPTED = 130


class Stop(Exception):
    """The user, or the system, wants this command to end."""


def main() -> int:
    """Run the command line and return its exit code."""
    arguments = _parser().parse_args()
    for number in STOP_SIGNALS:
        # A terminal that hangs up is no reason under nohup.
        if number == signal.SIGINT or (
            signal.getsignal(number) is not signal.SIG_IGN
        ):
            signal.signal(number, _raise_stop)
    try:
        if arguments.command == 'up':
            return _up(arguments)
        return _demo(arguments)
    except Stop:
        # The end of `up`, but of `demo` before it has an outcome.
        return 0 if arguments.command == 'up' else INTERRUPTED
    except cloud_module.CloudError as error:
        print(error, file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog='python -m osc_migrate.tests.cloud',
        description='Keystone, placement, glance, neutron and nova with '
        'several computes and a fake hypervisor, on loopback ports.',
    )
    commands = parser.add_subparsers(dest='command', required=True)
    up = commands.add_parser(
        'up', help='start a cloud and keep it until Ctrl-C'
    )
    demonstrate = commands.add_parser(
        'demo', help='start a cloud, move a server, take the cloud down'
    )
    demonstrate.add_argument(
        '--leave-up',
        action='store_true',
        help='keep the cloud until Ctrl-C',
    )
    for command in (up, demonstrate):
        command.add_argument(
            '--directory',
            type=pathlib.Path,
            help='empty directory for all files, which then stay (default: '
            'a temporary one)',
        )
        command.add_argument(
            '--computes',
            type=int,
            default=3,
            metavar='N',
            help='number of compute hosts (default: %(default)s)',
        )
    return parser


def _up(arguments: argparse.Namespace) -> int:
    with _cloud(arguments) as cloud:
        _stay(cloud)
    return 0


def _demo(arguments: argparse.Namespace) -> int:
    with _cloud(arguments) as cloud:
        code = demo.run(cloud)
        if arguments.leave_up:
            with contextlib.suppress(Stop):
                _stay(cloud)
        return code


@contextlib.contextmanager
def _cloud(
    arguments: argparse.Namespace,
) -> collections.abc.Iterator[cloud_module.Cloud]:
    """Provide a cloud, saying what happens and how long it takes."""
    with contextlib.ExitStack() as stack:
        directory = arguments.directory
        if directory is None:
            temporary = tempfile.TemporaryDirectory(
                prefix='osc-migrate-cloud-', ignore_cleanup_errors=True
            )
            directory = pathlib.Path(stack.enter_context(temporary))
        _say(
            'Starting keystone, placement, glance, neutron and nova with '
            f'{arguments.computes} computes (logs: {directory}/logs) ...'
        )
        started = time.monotonic()
        cloud = stack.enter_context(
            cloud_module.Cloud.start(directory, arguments.computes)
        )
        _say(f'Ready after {time.monotonic() - started:.1f} s.')
        stack.callback(_say, 'Taking the cloud down.')
        yield cloud


def _stay(cloud: cloud_module.Cloud) -> None:
    """Print how to use the cloud, and return when it is gone or unwanted."""
    _say('Use it from another shell, with this Python environment active:')
    _say(
        f'    export OS_CLIENT_CONFIG_FILE={cloud.clouds_yaml} OS_CLOUD=admin'
    )
    _say('Ctrl-C here takes it down.')
    while cloud.running():
        time.sleep(INTERVAL)
    raise cloud_module.CloudError('The cloud has ended by itself.')


def _say(text: str) -> None:
    print(text, flush=True)


def _raise_stop(_number: int, _frame: types.FrameType | None) -> None:
    # Once is enough: taking the cloud down shall not be interrupted.
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    raise Stop


if __name__ == '__main__':
    sys.exit(main())
