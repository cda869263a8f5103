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

"""Who may know what: the rooms of the package and their doors."""

import ast
from collections.abc import Iterator
import dataclasses
import pathlib
import subprocess
import sys

import testtools

import osc_migrate
from osc_migrate.tests.unit import rows

PACKAGE = pathlib.Path(osc_migrate.__file__).parent
SDK = frozenset({'openstack', 'keystoneauth1', 'requests', 'urllib3'})
CLIENT = frozenset({'cliff', 'osc_lib', 'openstackclient', 'argparse'})
MACHINE = frozenset({
    'asyncio', 'http', 'io', 'logging', 'os', 'pathlib', 'random', 'select',
    'shutil', 'signal', 'socket', 'subprocess', 'sys', 'tempfile',
    'threading', 'time', 'urllib',
})  # fmt: skip
#: Standard output belongs to the document.
PRINTING = frozenset({'print', 'input'})


@dataclasses.dataclass(frozen=True)
class Room:
    """Modules and what they must not import.

    :ivar never_calls: Functions and methods that they must not call.
    :ivar only: The rest of osc_migrate that they may import, None for all.
    """

    name: str
    modules: str
    never: frozenset[str]
    besides: frozenset[str] = frozenset()
    only: frozenset[str] | None = None
    never_calls: frozenset[str] = PRINTING | {'open'}


ROOMS = (
    Room(
        'the engine knows no cloud, no client, no clock and no machine',
        'engine/**/*.py', SDK | CLIENT | MACHINE | {'rich'},
        only=frozenset({
            'osc_migrate.engine', 'osc_migrate.exceptions',
            'osc_migrate.i18n',
        }),
        never_calls=frozenset({
            'print', 'input', 'open', 'now', 'utcnow', 'today', 'sleep',
        }),
    ),
    Room(
        'what drives knows no SDK, no client and no time but the clock\'s',
        '*.py', SDK | CLIENT | {'time', 'signal', 'subprocess', 'sys'},
        besides=frozenset({'clock.py', 'child.py', 'api.py', 'storage.py'}),
    ),
    Room(
        'what keeps a file knows nothing but the machine',
        'storage.py', SDK | CLIENT | {'time', 'rich'},
        only=frozenset({'osc_migrate.exceptions', 'osc_migrate.i18n'}),
        never_calls=PRINTING,
    ),
    Room(
        'what starts a program knows nothing but the machine',
        'child.py', SDK | CLIENT | {'time', 'rich'}, only=frozenset(),
    ),
    Room(
        'what decides before a confirm knows no driver',
        'gate.py', SDK | CLIENT | {'subprocess', 'rich'},
        only=frozenset({
            'osc_migrate.child', 'osc_migrate.clock', 'osc_migrate.engine',
            'osc_migrate.exceptions', 'osc_migrate.i18n',
        }),
    ),
    Room(
        'one room starts programs, none through a shell',
        '**/*.py', frozenset({'subprocess'}),
        besides=frozenset({'child.py', 'tests'}),
        never_calls=frozenset({
            'system', 'popen', 'spawnv', 'execv', 'posix_spawn', 'fork',
        }),
    ),
    Room(
        'the Python interface knows no client, no terminal and no signals',
        'api.py', CLIENT | {'signal', 'sys', 'rich', 'osc_migrate.command'},
    ),
    Room(
        'the driver\'s part does not know the cloud that it is handed',
        '*.py', frozenset({'osc_migrate.cloud', 'osc_migrate.command'}),
        besides=frozenset({'api.py', '__init__.py', 'storage.py'}),
    ),
    Room(
        'the cloud knows no client and no words for people',
        'cloud/*.py', CLIENT | {'rich', 'osc_migrate.command'},
    ),
    Room(
        'the commands do not ask the SDK',
        'command/*.py', SDK | {'time'}, never_calls=PRINTING,
    ),
    Room(
        'the product knows no tests',
        '**/*.py',
        frozenset({'osc_migrate.tests', 'testtools', 'unittest'}),
        besides=frozenset({'tests'}), never_calls=PRINTING,
    ),
    Room(
        'the test cloud knows nothing of what is tested on it',
        'tests/cloud/*.py', frozenset(),
        only=frozenset({'osc_migrate.tests.cloud'}), never_calls=frozenset(),
    ),
    Room(
        'the wire knows nothing of what is tested through it',
        'tests/wire/**/*.py', frozenset(),
        only=frozenset({'osc_migrate.tests.wire'}), never_calls=frozenset(),
    ),
    Room(
        'the unit tests need no cloud',
        'tests/unit/*.py',
        frozenset({'osc_migrate.tests.cloud', 'osc_migrate.tests.functional'}),
        never_calls=PRINTING,
    ),
)  # fmt: skip


def imports(tree: ast.AST) -> Iterator[str]:
    """Every module that is imported, anywhere in the file."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                yield 'a relative import'
            for alias in node.names:
                yield f'{node.module}.{alias.name}'


def within(name: str, names: frozenset[str]) -> bool:
    return any(name == one or name.startswith(one + '.') for one in names)


@rows.each(ROOMS)
class ImportsTestCase(testtools.TestCase):
    def check(self, room: Room) -> None:
        files = [
            path
            for path in PACKAGE.glob(room.modules)
            if not room.besides & set(path.relative_to(PACKAGE).parts)
        ]
        self.assertTrue(files, 'an empty room')
        for path in files:
            tree = ast.parse(path.read_text())
            wrong = [
                name
                for name in imports(tree)
                if within(name, room.never)
                or (
                    room.only is not None
                    and name.startswith('osc_migrate')
                    and not within(name, room.only)
                )
            ]
            self.assertEqual([], wrong, path.name)
            called = set(calls(tree)) & room.never_calls
            self.assertEqual(set(), called, path.name)


def calls(tree: ast.AST) -> Iterator[str]:
    """The name of every function and method that is called."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name):
                yield node.func.id
            elif isinstance(node.func, ast.Attribute):
                yield node.func.attr


@dataclasses.dataclass(frozen=True)
class Import:
    """What a fresh interpreter must not load with some modules."""

    name: str
    modules: tuple[str, ...]
    not_loaded: frozenset[str]


def names_of(folder: str) -> tuple[str, ...]:
    """The modules of a folder of the package, as they are imported."""
    prefix = '.'.join(['osc_migrate', *folder.split('/')]).rstrip('.')
    return tuple(
        f'{prefix}.{path.stem}'
        for path in sorted((PACKAGE / folder).glob('*.py'))
        if path.stem != '__init__'
    )


FRESH = (
    Import(
        'the package costs nothing', ('osc_migrate',),
        SDK | CLIENT | set(names_of('')) | {
            'rich', 'osc_migrate.engine', 'osc_migrate.cloud',
            'osc_migrate.command',
        },
    ),
    Import(
        'the Python interface loads no client and no rich',
        ('osc_migrate.api',),
        frozenset({
            'cliff', 'osc_lib', 'openstackclient', 'rich',
            'osc_migrate.command',
        }),
    ),
    Import(
        'the engine loads no SDK and no client',
        (*names_of('engine'), *names_of('engine/candidates')),
        SDK | (CLIENT - {'argparse'}) | {'rich'},
    ),
    Import(
        'what drives loads no SDK, no client and no rich',
        tuple(n for n in names_of('') if n != 'osc_migrate.api'),
        SDK | (CLIENT - {'argparse'}) | {'rich', 'osc_migrate.cloud'},
    ),
    Import(
        'the command class loads only what the shell needs of it',
        ('osc_migrate.command.server',),
        frozenset({
            'osc_migrate.cloud', 'osc_migrate.operation',
            'osc_migrate.driver', 'osc_migrate.engine.judge',
            'osc_migrate.engine.diagnosis', 'osc_migrate.engine.preflight',
            'osc_migrate.gate', 'osc_migrate.progress', 'osc_migrate.start',
            'rich.progress', 'rich.live',
        }),
    ),
    Import(
        'the class of the candidates loads only what the shell needs of it',
        ('osc_migrate.command.candidates',),
        frozenset({
            'osc_migrate.cloud', 'osc_migrate.engine', 'osc_migrate.search',
            'osc_migrate.start',
        }),
    ),
    Import(
        'the cloud loads no client', names_of('cloud'),
        frozenset({'cliff', 'osc_lib', 'openstackclient'}),
    ),
)  # fmt: skip


@rows.each(FRESH)
class LoadedTestCase(testtools.TestCase):
    def check(self, row: Import) -> None:
        self.assertTrue(row.modules)
        program = (
            f'import sys, {", ".join(row.modules)}\n'
            'print(*sys.modules, sep="\\n")'
        )
        loaded = subprocess.run(
            [sys.executable, '-c', program],
            check=True,
            capture_output=True,
            text=True,
            timeout=60,
        ).stdout.splitlines()
        self.assertLessEqual(set(row.modules), set(loaded))
        self.assertEqual(
            [], [name for name in loaded if within(name, row.not_loaded)]
        )
