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

"""Tables for people: nothing in a cell may steer the terminal.

The client's own tables show what users wrote as it is. Machines get it as it
is here, too: JSON and YAML escape what a terminal would take for a command.
"""

import argparse
from collections.abc import Iterable, Iterator
from typing import Any

from cliff import columns

from osc_migrate.engine import text


def cells(parsed_args: argparse.Namespace, row: Iterable[Any]) -> list[Any]:
    """The values of one row, fit for the formatter that was asked for."""
    if parsed_args.formatter != 'table':
        return list(row)
    return [_shown(value) for value in row]


def rows(
    parsed_args: argparse.Namespace, found: Iterable[Iterable[Any]]
) -> Iterator[list[Any]]:
    """The same for many."""
    return (cells(parsed_args, row) for row in found)


def _shown(value: Any) -> Any:
    words = value
    if isinstance(value, columns.FormattableColumn):
        words = value.human_readable()
    return text.of_a_cell(words) if isinstance(words, str) else value
