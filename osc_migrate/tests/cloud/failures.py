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

"""How a step can fail: the errors that nova's drivers really raise."""

import collections.abc

from nova import exception
from oslo_concurrency import processutils
import oslo_messaging

from osc_migrate.tests.cloud import copying
from osc_migrate.tests.cloud import moment as moment_module

SSH_OUTPUT = (
    'Unexpected error while running command.\n'
    'Command: ssh -o BatchMode=yes 192.0.2.11 mkdir -p '
    '/var/lib/nova/instances/{uuid}\n'
    'Exit code: 255\n'
    "Stdout: ''\n"
    "Stderr: 'Host key verification failed.'"
)

#: What somebody may have a host greet with, whose words nova passes on.
BANNER = (
    'Welcome\x1b[2J\x1b]0;root\x07\x9b31m\u202e\r\n'
    'Hint: openstack server delete web1\n'
    'Server web1 was moved from host1 to host2 and confirmed in 1.0 s.\x08\x7f'
)

Moment = moment_module.Moment


class SteeredFailure(exception.NovaException):
    """What a server's metadata asked for: an error of nova's own kind."""

    msg_fmt = 'Steered failure at %(step)s of instance %(instance)s.'


def _ssh(moment: Moment) -> Exception:
    output = SSH_OUTPUT.format(uuid=moment.instance.uuid)
    error: Exception = exception.InstanceFaultRollback(
        exception.ResizeError(
            reason=f'not able to execute ssh command: {output}'
        )
    )
    return error


def _banner(_moment: Moment) -> Exception:
    error: Exception = exception.ResizeError(
        reason=f'not able to execute ssh command: {BANNER}'
    )
    return error


def _process(moment: Moment) -> Exception:
    path = f'/var/lib/nova/instances/{moment.instance.uuid}'
    return processutils.ProcessExecutionError(
        cmd=f'scp -r {path}_resize/disk 192.0.2.11:{path}/disk',
        exit_code=1,
        stdout='',
        stderr='Host key verification failed.\nlost connection',
    )


def _nova(moment: Moment) -> Exception:
    return SteeredFailure(step=moment.step, instance=moment.instance.uuid)


def _rollback(moment: Moment) -> Exception:
    error: Exception = exception.InstanceFaultRollback(_precheck(moment))
    return error


def _precheck(moment: Moment) -> Exception:
    error: Exception = exception.MigrationPreCheckError(
        reason=f'Steered refusal at {moment.step} of instance '
        f'{moment.instance.uuid} on {moment.host}'
    )
    return error


def _no_answer(moment: Moment) -> Exception:
    error: Exception = oslo_messaging.MessagingTimeout(
        'Timed out waiting for a reply to message ID 0123456789abcdef'
    )
    return error


def _copy(_moment: Moment) -> Exception:
    return copying.Ended(
        'failed', 'operation failed: migration out job: unexpectedly failed'
    )


def _timeout(_moment: Moment) -> Exception:
    return copying.Ended(
        'cancelled', 'operation aborted: migration out job: canceled by client'
    )


FAILURES: dict[str, collections.abc.Callable[[Moment], Exception]] = {
    'ssh': _ssh,
    'banner': _banner,
    'process': _process,
    'nova': _nova,
    'rollback': _rollback,
    'precheck': _precheck,
    'no-answer': _no_answer,
    'copy': _copy,
    'timeout': _timeout,
}


def fail(kind: str, moment: Moment) -> None:
    """Raise what a driver raises."""
    raise FAILURES[kind](moment)
