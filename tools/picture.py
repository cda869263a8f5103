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

"""Make the pictures of the documentation anew, from real runs.

A test cloud of its own is started, servers are booted that take their time,
and the commands are typed on a terminal (tmux). When the screen shows what it
is waited for, it becomes an SVG.

    python tools/picture.py doc/source/user
"""

import argparse
from collections.abc import Mapping
import io
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import time

from rich import console
from rich import terminal_theme
from rich import text

from osc_migrate.tests import cloud as test_cloud
from osc_migrate.tests.functional import people

#: Columns and rows of the terminal.
SIZE = (112, 24)
#: Seconds in which the screen has to show what it is waited for.
PATIENCE = 180.0
PROMPT = '$ '
#: How it shows, as spaces at the end are cut off.
AT_REST = re.escape(PROMPT.rstrip()) + '$'
#: Servers of host1 in the order in which Nova lists them, the newest first,
#: and what happens to them on their way.
SERVERS = {
    'batch1': {'migrate_disk_and_power_off': 'delay=1'},
    'web1': {'live_migration': 'copy=12'},
    'web2': {'live_migration': 'copy=14'},
    'db1': {},
    'web3': {'live_migration': 'copy=12'},
    'batch2': {'migrate_disk_and_power_off': 'delay=12'},
}
STOPPED = ('batch1', 'batch2')
LOCKED = 'db1'
#: Two servers are there, and the memory of another is being copied.
AT_WORK = r' 2 moved[^\n]* left(.|\n)* copying memory [^\n]*about \d+ s'
#: Picture, what is typed and what the screen has to show after each.
PICTURES: dict[str, tuple[tuple[str, str], ...]] = {
    'drain': (
        ('openstack compute host drain host1 --plan host1.json --parallel 3',
         r'Move them\? \[y/N\]:$'),
        ('y', AT_WORK),
    ),
    'restore': (
        ('openstack compute host restore host1 --plan host1.json '
         '--parallel 3',
         r'Move them\? \[y/N\]:$'),
        ('y', AT_WORK),
    ),
    'migrate-and-wait': (
        ('openstack server migrate-and-wait batch1 --host host3 -c status '
         '-c outcome -c destination_host',
         r'confirmed in [\d.]+ s\.\n' + AT_REST),
        ('openstack server migrate-and-wait web1 --live-migration '
         '--host host3 -c status -c outcome',
         r'copying memory [^\n]*about \d+ s'),
    ),
}  # fmt: skip


class Screen:
    """A terminal of tmux's own server, with a shell in it."""

    def __init__(
        self, directory: pathlib.Path, environment: Mapping[str, str]
    ) -> None:
        self._tmux = ('tmux', '-u', '-f', '/dev/null', '-S',
                      str(directory / 'tmux'))  # fmt: skip
        columns, rows = SIZE
        shell = shlex.join(['env', f'PS1={PROMPT}', 'bash', '--norc'])
        self._call(
            'new-session', '-d', '-x', str(columns), '-y', str(rows),
            '-c', str(directory), shell,
            environment=environment,
        )  # fmt: skip
        self._call('set-option', '-g', 'status', 'off')
        self.until('^' + AT_REST)

    def type(self, line: str) -> None:
        self._call('send-keys', '-l', line)
        self._call('send-keys', 'Enter')

    def until(self, words: str) -> None:
        """Wait until the screen shows a regular expression."""
        deadline = time.monotonic() + PATIENCE
        while not re.search(words, self.shown().rstrip()):
            if time.monotonic() > deadline:
                raise SystemExit(f'Never shown: {words}\n{self.shown()}')
            time.sleep(0.1)

    def shown(self, *options: str) -> str:
        return self._call('capture-pane', '-p', *options)

    def end(self) -> None:
        self._call('kill-server')

    def _call(
        self, *words: str, environment: Mapping[str, str] | None = None
    ) -> str:
        return subprocess.run(  # noqa: S603 - words of this script alone
            [*self._tmux, *words],
            env=environment,
            check=True,
            capture_output=True,
            text=True,
        ).stdout


def paint(screen: str, name: str) -> str:
    """The screen as an SVG that takes no font from elsewhere.

    :param screen: with the escape sequences of colours
    :param name: keeps the classes of several pictures on a page apart
    """
    canvas = console.Console(
        record=True,
        width=SIZE[0],
        file=io.StringIO(),
        force_terminal=True,
        color_system='truecolor',
    )
    canvas.print(text.Text.from_ansi(screen.rstrip()))
    svg = canvas.export_svg(
        title='', theme=terminal_theme.MONOKAI, unique_id=name
    )
    svg = re.sub(
        r'@font-face \{.*?\}\s*|<!--.*?-->\s*', '', svg, flags=re.DOTALL
    )
    svg = svg.replace('Fira Code, monospace', 'monospace')
    return '\n'.join(line.rstrip() for line in svg.splitlines()) + '\n'


def boot(cloud: test_cloud.Cloud) -> None:
    """Fill host1."""
    admin = people.Person(cloud, 'admin')
    ids = {}
    for name, steps in reversed(SERVERS.items()):
        ids[name] = admin.boot(name, people.metadata(steps), 'host1')
        admin.await_status(ids[name], 'ACTIVE')
    for name in STOPPED:
        admin.compute.stop_server(ids[name])
        admin.await_status(ids[name], 'SHUTOFF')
    admin.compute.lock_server(ids[LOCKED])


def take(screen: Screen, directory: pathlib.Path) -> None:
    """Type the commands, and keep what the screen shows at work."""
    for name, steps in PICTURES.items():
        for line, shown in steps:
            screen.type(line)
            screen.until(shown)
        path = directory / f'{name}.svg'
        path.write_text(paint(screen.shown('-e'), name))
        print(f'{path}: {path.stat().st_size} bytes', flush=True)
        screen.until('\n' + AT_REST)
        screen.type('clear')
        screen.until('^' + AT_REST)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('directory', type=pathlib.Path)
    directory = parser.parse_args().directory
    with tempfile.TemporaryDirectory(prefix='osc-migrate-picture-') as files:
        root = pathlib.Path(files)
        with test_cloud.Cloud.start(root / 'cloud', computes=3) as cloud:
            boot(cloud)
            screen = Screen(root, _environment(cloud))
            try:
                take(screen, directory)
            finally:
                screen.end()
    return 0


def _environment(cloud: test_cloud.Cloud) -> dict[str, str]:
    """What a shell needs in which `openstack` is this environment's."""
    environment = cloud.environment()
    beside = pathlib.Path(sys.executable).parent
    environment['PATH'] = f'{beside}:{environment["PATH"]}'
    environment['LANG'] = 'C.UTF-8'
    return environment


if __name__ == '__main__':
    sys.exit(main())
