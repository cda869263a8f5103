#  Licensed under the Apache License, Version 2.0 (the "License"); you may
#  not use this file except in compliance with the License. You may obtain
#  a copy of the License at
#
#       http://www.apache.org/licenses/LICENSE-2.0
#
#  Unless required by applicable law or agreed to in writing, software
#  distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
#  WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
#  License for the specific language governing permissions and limitations
#  under the License.

"""Move Nova servers to other compute hosts, and say truthfully what happened.

The life of a migration is told in :mod:`osc_migrate.engine` (what is known
and what it means), :mod:`osc_migrate.driver` (looking and acting until it is
over), :mod:`osc_migrate.cloud` (the only door to the APIs) and
:mod:`osc_migrate.command` (the words that people type and read).

Programs use :func:`migrate_and_wait`; what it gives and raises can be
imported from here as well. Nothing is loaded before it is asked for.
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from osc_migrate.api import migrate_and_wait as migrate_and_wait
    from osc_migrate.door import Observer as Observer
    from osc_migrate.door import Progress as Progress
    from osc_migrate.engine.outcomes import Outcome as Outcome
    from osc_migrate.exceptions import ApiError as ApiError
    from osc_migrate.exceptions import MigrateError as MigrateError
    from osc_migrate.exceptions import Refused as Refused
    from osc_migrate.exceptions import TransientError as TransientError
    from osc_migrate.exceptions import UsageError as UsageError
    from osc_migrate.gate import Arrival as Arrival
    from osc_migrate.result import Result as Result

#: Name to the module that holds it.
_HOMES = {
    'migrate_and_wait': 'osc_migrate.api',
    'Observer': 'osc_migrate.door',
    'Progress': 'osc_migrate.door',
    'Outcome': 'osc_migrate.engine.outcomes',
    'ApiError': 'osc_migrate.exceptions',
    'MigrateError': 'osc_migrate.exceptions',
    'Refused': 'osc_migrate.exceptions',
    'TransientError': 'osc_migrate.exceptions',
    'UsageError': 'osc_migrate.exceptions',
    'Arrival': 'osc_migrate.gate',
    'Result': 'osc_migrate.result',
}

__all__ = [  # noqa: RUF022 - the function first
    'migrate_and_wait',
    'ApiError',
    'Arrival',
    'MigrateError',
    'Observer',
    'Outcome',
    'Progress',
    'Refused',
    'Result',
    'TransientError',
    'UsageError',
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    return getattr(importlib.import_module(_HOMES[name]), name)
