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

"""The options of the commands for a whole compute host."""

import argparse
from collections.abc import Iterable
from typing import TYPE_CHECKING

from osc_migrate.command import numbers
from osc_migrate.command import options
from osc_migrate.i18n import _

if TYPE_CHECKING:
    from osc_migrate.engine import drain


def add_drain(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``compute host drain``."""
    parser.add_argument(
        'host',
        metavar='<host>',
        help=_('Compute host to empty, exactly as its compute service is '
               'named'),
    )  # fmt: skip
    _add_method(parser)
    parser.add_argument(
        '--host',
        dest='destination',
        metavar='<hostname>',
        help=_('One destination for all; without it the scheduler chooses'),
    )
    _add_choice(parser)
    _add_disable(parser)
    _add_limits(parser)
    parser.add_argument(
        '--plan',
        metavar='<file>',
        help=_('Keep the plan in this file, and write down what is carried '
               'out; a file of an unfinished run is carried on'),
    )  # fmt: skip
    _add_consent(parser, _('Show the plan, and write it to the file of '
                           '--plan; change nothing else'))  # fmt: skip


def add_restore(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``compute host restore``."""
    parser.add_argument(
        'host',
        metavar='<host>',
        help=_('Compute host to fill again, exactly as its compute service '
               'is named'),
    )  # fmt: skip
    parser.add_argument(
        '--plan',
        metavar='<file>',
        required=True,
        help=_('The file of compute host drain'),
    )
    _add_method(parser)
    _add_choice(parser)
    _add_limits(parser)
    _add_consent(parser, _('Show what would be moved; change nothing'))
    parser.set_defaults(destination=None, disable=None, disable_reason=None)


def _add_consent(parser: argparse.ArgumentParser, dry_run: str) -> None:
    parser.add_argument('--dry-run', action='store_true', help=dry_run)
    parser.add_argument(
        '--yes',
        action='store_true',
        help=_('Do not ask; required where standard input is no terminal'),
    )


def _add_method(parser: argparse.ArgumentParser) -> None:
    group = parser.add_mutually_exclusive_group()
    for option, method, text in (
        ('--auto', 'auto', _('Live if a server is ACTIVE or PAUSED, cold if '
                             'it is SHUTOFF (default)')),
        ('--live-migration', 'live', _('Move ACTIVE and PAUSED servers live, '
                                       'refuse the others')),
        ('--cold', 'cold', _('Move ACTIVE and SHUTOFF servers cold, refuse '
                             'the others')),
    ):  # fmt: skip
        group.add_argument(
            option,
            dest='method',
            action='store_const',
            const=method,
            default='auto',
            help=text,
        )
    options.add_disks(parser)


def _add_choice(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        '--server',
        dest='servers',
        metavar='<server>',
        action='append',
        default=[],
        help=_('Move only this server (name or ID; repeat option for more)'),
    )
    parser.add_argument(
        '--exclude',
        dest='excluded',
        metavar='<server>',
        action='append',
        default=[],
        help=_('Leave this server (name or ID; repeat option for more)'),
    )
    parser.add_argument(
        '--project',
        metavar='<project>',
        help=_('Move only servers of this project (name or ID)'),
    )
    parser.add_argument(
        '--project-domain',
        metavar='<project-domain>',
        help=_('Domain the project belongs to (name or ID), in case the name '
               'is not unique'),
    )  # fmt: skip
    parser.add_argument(
        '--include-locked',
        action='store_true',
        help=_('Move locked servers as well'),
    )


def _add_disable(parser: argparse.ArgumentParser) -> None:
    group = parser.add_mutually_exclusive_group()
    group.add_argument(
        '--disable-reason',
        metavar='<text>',
        help=_('Reason that is shown with the compute service (default: the '
               'name of this command; a host that is disabled already keeps '
               'its own)'),
    )  # fmt: skip
    group.add_argument(
        '--no-disable',
        dest='disable',
        action='store_false',
        help=_('Do not disable the compute service'),
    )


def _add_limits(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        '--parallel',
        metavar='<n>',
        type=numbers.count,
        default=2,
        help=_('Moves in flight at once (default: 2)'),
    )
    parser.add_argument(
        '--max-failures',
        metavar='<n>',
        type=numbers.whole,
        default=1,
        help=_('Start no further move once this many failed (default: 1; 0 '
               'for no limit); those in flight are waited for'),
    )  # fmt: skip
    options.add_check(parser, parser)
    options.add_times(parser, _('for each server'))


def request(
    arguments: argparse.Namespace, project_id: str | None
) -> 'drain.Request':
    """What is asked for.

    :param project_id: Of the project of ``--project``.
    """
    from osc_migrate.engine import drain
    from osc_migrate.engine import request as requests
    from osc_migrate.engine import turns

    return drain.Request(
        host=arguments.host,
        method=requests.Method(arguments.method),
        destination=arguments.destination,
        block_migration=arguments.block_migration,
        servers=tuple(arguments.servers),
        excluded=tuple(arguments.excluded),
        project_id=project_id,
        include_locked=arguments.include_locked,
        disable=bool(arguments.disable),
        disable_reason=arguments.disable_reason,
        limits=turns.Limits(arguments.parallel, arguments.max_failures),
        timeout=arguments.timeout,
        poll_interval=arguments.poll_interval,
        dry_run=arguments.dry_run,
    )


def contradiction(
    arguments: argparse.Namespace, *, terminal: bool
) -> str | None:
    """Why the options cannot be meant together, or None.

    :param terminal: Whether standard input is one.
    """
    rules = (
        (not (arguments.yes or arguments.dry_run or terminal),
         _('--yes is required where standard input is no terminal')),
        (arguments.block_migration is not None and arguments.method == 'cold',
         _('--block-migration and --shared-migration mean nothing with '
           '--cold')),
        (arguments.destination == arguments.host,
         _('--host is the compute host that is to be emptied')),
        (arguments.host == '', _('No compute host is named')),
    )  # fmt: skip
    sentences = (sentence for wrong, sentence in rules if wrong)
    return next(sentences, None) or _empty(arguments)


def _empty(arguments: argparse.Namespace) -> str | None:
    """An option with an empty value, as of a variable that is not set."""
    given = {
        '--host': arguments.destination,
        '--project': arguments.project,
        '--plan': arguments.plan,
        '--server': '' if '' in arguments.servers else None,
        '--exclude': '' if '' in arguments.excluded else None,
    }
    empty = [option for option, value in given.items() if value == '']
    return _('%s is empty') % empty[0] if empty else None


#: Options that say something by being there: where, with which value.
SWITCHES = (
    ('include_locked', True, '--include-locked'),
    ('disable', False, '--no-disable'),
    ('method', 'live', '--live-migration'),
    ('method', 'cold', '--cold'),
    ('block_migration', True, '--block-migration'),
    ('block_migration', False, '--shared-migration'),
    ('yes', True, '--yes'),
)
#: Options with a value, and what it is where nothing was said.
VALUES = (
    ('destination', None, '--host'),
    ('project', None, '--project'),
    ('project_domain', None, '--project-domain'),
    ('disable_reason', None, '--disable-reason'),
    ('parallel', 2, '--parallel'),
    ('max_failures', 1, '--max-failures'),
    ('check', None, '--check'),
    ('check_timeout', 60.0, '--check-timeout'),
    ('timeout', 3600.0, '--timeout'),
    ('poll_interval', 5.0, '--poll-interval'),
    ('plan', None, '--plan'),
)
#: Of these, what counts for a move as well.
OF_A_CHECK = frozenset({'check', 'check_timeout'})
OF_ONE = OF_A_CHECK | {'timeout', 'poll_interval'}


def given(arguments: argparse.Namespace) -> list[str]:
    """The words that ask for the same once more; the host comes last."""
    from osc_migrate.command import resume

    words = [
        option
        for name, value, option in SWITCHES
        if getattr(arguments, name, None) == value
    ]
    words += _with_values(arguments, VALUES)
    for option, names in (
        ('--server', arguments.servers),
        ('--exclude', arguments.excluded),
    ):
        for name in names:
            words += resume.option_with(option, name)
    if arguments.host[:1] == '-':
        words.append('--')
    return [*words, arguments.host]


def of_one(arguments: argparse.Namespace, *, decides: bool) -> list[str]:
    """What a command that waits for one server has to repeat.

    :param decides: Whether it may confirm or revert the move.
    """
    words = [] if decides else ['--no-confirm']
    return words + _with_values(
        arguments,
        (
            row
            for row in VALUES
            if row[0] in (OF_ONE if decides else OF_ONE - OF_A_CHECK)
        ),
    )


def _with_values(
    arguments: argparse.Namespace, values: Iterable[tuple[str, object, str]]
) -> list[str]:
    from osc_migrate.command import resume

    words = []
    for name, default, option in values:
        value = getattr(arguments, name, default)
        if value != default:
            said = f'{value:.12g}' if isinstance(value, float) else str(value)
            words += resume.option_with(option, said)
    return words
