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

"""The options of ``server migrate-and-wait``, and which exclude each other."""

import argparse
import math

from osc_migrate.i18n import _


def seconds(text: str) -> float:
    """A number of seconds, 0 or more."""
    try:
        value = float(text.replace('_', 'x'))
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value >= 0):
        raise argparse.ArgumentTypeError(
            _('\'%s\' is not a number of seconds') % text
        )
    return value


def interval(text: str) -> float:
    """A pause in seconds: shorter than 0.1 would be a load on the API."""
    value = seconds(text)
    if value < 0.1:
        raise argparse.ArgumentTypeError(_('must be 0.1 or more'))
    return value


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the contract."""
    parser.add_argument(
        'server',
        metavar='<server>',
        help=_('Server to move (name or ID); found in every project when '
               'the user may see them'),
    )  # fmt: skip
    parser.add_argument(
        '--host',
        metavar='<hostname>',
        help=_('Compute host to move the server to; without it the '
               'scheduler chooses (admin only)'),
    )  # fmt: skip
    parser.add_argument(
        '--wait',
        action='store_true',
        help=_('Accepted for those who are used to it; this command always '
               'waits'),
    )  # fmt: skip
    _add_decision(parser)
    _add_waiting(parser)
    _add_taking_over(parser)
    parser.add_argument(
        '--dry-run',
        action='store_true',
        help=_('Say what would be done, and every reason why it would be '
               'refused; change nothing'),
    )  # fmt: skip


def _add_decision(parser: argparse.ArgumentParser) -> None:
    group = parser.add_mutually_exclusive_group()
    group.add_argument(
        '--confirm',
        action='store_true',
        default=True,
        help=_('Confirm when the server has arrived (default)'),
    )
    group.add_argument(
        '--no-confirm',
        dest='confirm',
        action='store_false',
        help=_('Stop at VERIFY_RESIZE and leave the decision to a person'),
    )


def _add_waiting(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        '--timeout',
        metavar='<seconds>',
        type=seconds,
        default=3600.0,
        help=_('How long to wait in all, the confirm included (default: '
               '3600; 0 for no limit)'),
    )  # fmt: skip
    parser.add_argument(
        '--on-timeout',
        metavar='{leave}',
        choices=('leave', 'abort', 'force-complete'),
        default='leave',
        help=_('What to do with a migration that is not over at the time '
               'limit (default: leave it to Nova; the only choice for a '
               'cold migration)'),
    )  # fmt: skip
    parser.add_argument(
        '--poll-interval',
        metavar='<seconds>',
        type=interval,
        default=5.0,
        help=_('Longest pause between two looks; the first are closer '
               'together (default: 5)'),
    )  # fmt: skip


def _add_taking_over(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        '--attach',
        action='store_true',
        help=_('Take over the migration of this server that is in flight or '
               'awaits confirmation; never start one'),
    )  # fmt: skip
    parser.add_argument(
        '--migration',
        metavar='<UUID>',
        type=str.lower,
        help=_('With --attach: this migration and no other; if it is over, '
               'say how it ended'),
    )  # fmt: skip
    parser.add_argument(
        '--source-host',
        metavar='<hostname>',
        help=_('Make the command repeatable: move the server if it is on '
               'this host, take over an open migration away from it, and do '
               'nothing otherwise'),
    )  # fmt: skip


def contradiction(arguments: argparse.Namespace) -> str | None:
    """Why the options cannot be meant together, or None."""
    if arguments.on_timeout != 'leave':
        return _(
            '--on-timeout {action} acts on a live migration; a cold one can '
            'only be left to Nova'
        ).format(action=arguments.on_timeout)
    if arguments.migration and not arguments.attach:
        return _('--migration needs --attach')
    if arguments.attach and arguments.host:
        return _('--attach starts nothing, so --host means nothing with it')
    if arguments.attach and arguments.source_host:
        return _('--attach and --source-host exclude each other')
    for option in ('host', 'migration', 'source_host'):
        if getattr(arguments, option) == '':
            return _('--%s is empty') % option.replace('_', '-')
    return None


def given(arguments: argparse.Namespace) -> list[str]:
    """The options that a command must repeat to carry on as it was asked."""
    words: list[str] = []
    if not arguments.confirm:
        words.append('--no-confirm')
    if arguments.timeout != 3600.0:
        words += ['--timeout', f'{arguments.timeout:.12g}']
    if arguments.poll_interval != 5.0:
        words += ['--poll-interval', f'{arguments.poll_interval:.12g}']
    if arguments.formatter != 'table':
        words += ['-f', arguments.formatter]
    for column in arguments.columns:
        words += ['-c', column]
    return words
