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
from typing import TYPE_CHECKING

from osc_migrate.command import numbers
from osc_migrate.i18n import _

if TYPE_CHECKING:
    from osc_migrate.engine import request as requests


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
    _add_method(parser)
    _add_decision(parser)
    _add_waiting(parser)
    _add_taking_over(parser)
    parser.add_argument(
        '--dry-run',
        action='store_true',
        help=_('Say what would be done, and every reason why it would be '
               'refused; change nothing'),
    )  # fmt: skip


def _add_method(parser: argparse.ArgumentParser) -> None:
    group = parser.add_mutually_exclusive_group()
    group.add_argument(
        '--live-migration',
        dest='method',
        action='store_const',
        const='live',
        default='cold',
        help=_('Move the server while its guest runs (ACTIVE or PAUSED '
               'only); without this the guest is shut down'),
    )  # fmt: skip
    group.add_argument(
        '--auto',
        dest='method',
        action='store_const',
        const='auto',
        help=_('Live if the server is ACTIVE or PAUSED, cold if it is '
               'SHUTOFF'),
    )  # fmt: skip
    add_disks(parser)


def add_disks(parser: argparse.ArgumentParser) -> None:
    """How a live migration deals with disks."""
    disks = parser.add_mutually_exclusive_group()
    disks.add_argument(
        '--block-migration',
        dest='block_migration',
        action='store_true',
        default=None,
        help=_('Live: copy the local disks as well (default: Nova finds out)'),
    )
    disks.add_argument(
        '--shared-migration',
        dest='block_migration',
        action='store_false',
        help=_('Live: the disks are on shared storage (default: Nova finds '
               'out)'),
    )  # fmt: skip


def _add_decision(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        '--confirm',
        action='store_true',
        help=_('Confirm when the server has arrived (default)'),
    )
    group = parser.add_mutually_exclusive_group()
    group.add_argument(
        '--no-confirm',
        dest='wish',
        action='store_const',
        const='leave',
        default='confirm',
        help=_('Stop at VERIFY_RESIZE and leave the decision to a person'),
    )
    group.add_argument(
        '--prompt',
        dest='wish',
        action='store_const',
        const='prompt',
        help=_('At VERIFY_RESIZE show the server and ask: confirm, revert or '
               'leave (needs a terminal)'),
    )  # fmt: skip
    add_check(parser, group)


def add_check(
    parser: argparse.ArgumentParser, group: argparse._ActionsContainer
) -> None:
    """The check, in a group of options that exclude it."""
    group.add_argument(
        '--check',
        metavar='<command>',
        help=_('At VERIFY_RESIZE, or after a live migration, run this '
               'command (split like a shell would, run without one): exit '
               'code 0 confirms, anything else reverts'),
    )  # fmt: skip
    parser.add_argument(
        '--check-timeout',
        metavar='<seconds>',
        type=numbers.limit,
        default=60.0,
        help=_('Time after which the check has failed (default: 60)'),
    )


def _add_waiting(parser: argparse.ArgumentParser) -> None:
    add_times(parser, _('in all'))
    parser.add_argument(
        '--on-timeout',
        choices=('leave', 'abort', 'force-complete'),
        default='leave',
        help=_('What to do with a live migration that is not over at the '
               'time limit; one minute more is waited for it (default: leave '
               'it to Nova, the only choice for a cold migration)'),
    )  # fmt: skip


def add_times(parser: argparse.ArgumentParser, whole: str) -> None:
    """How long to wait, and how often to look."""
    parser.add_argument(
        '--timeout',
        metavar='<seconds>',
        type=numbers.seconds,
        default=3600.0,
        help=_('How long to wait %s, the confirm included (default: 3600; 0 '
               'for no limit)') % whole,
    )  # fmt: skip
    parser.add_argument(
        '--poll-interval',
        metavar='<seconds>',
        type=numbers.interval,
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


def request(arguments: argparse.Namespace) -> 'requests.Request':
    """What is asked for, without what only a terminal can do."""
    from osc_migrate.engine import move as moves
    from osc_migrate.engine import request as requests

    asks = arguments.check is not None or prompts(arguments)
    return requests.Request(
        server=arguments.server,
        method=requests.Method(arguments.method),
        host=arguments.host,
        block_migration=arguments.block_migration,
        wish=moves.Wish.ASK if asks else moves.Wish(arguments.wish),
        on_timeout=arguments.on_timeout,
        attach=arguments.attach,
        migration=arguments.migration,
        source_host=arguments.source_host,
        dry_run=arguments.dry_run,
        timeout=arguments.timeout,
        poll_interval=arguments.poll_interval,
    )


def prompts(arguments: argparse.Namespace) -> bool:
    """Whether a person is to be asked."""
    return bool(arguments.wish == 'prompt')


def contradiction(
    arguments: argparse.Namespace, *, terminal: bool
) -> str | None:
    """Why the options cannot be meant together, or None.

    :param terminal: Whether standard input is one.
    """
    from osc_migrate.engine import request as requests

    if arguments.confirm and arguments.wish == 'leave':
        return _('--confirm and --no-confirm exclude each other')
    if prompts(arguments) and not terminal:
        return _('--prompt needs a terminal on standard input')
    if prompts(arguments) and arguments.method == 'live':
        return _(
            '--prompt decides about VERIFY_RESIZE, which a live migration '
            'does not have'
        )
    return requests.contradiction(request(arguments))
