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

"""What the words in a server's metadata do at a step."""

import collections.abc
import pathlib
import threading
import time
import typing

from nova.compute import api as compute_api
from nova.compute import vm_states
from nova import context as nova_context
from nova import exception
from nova import objects
from oslo_concurrency import processutils
from oslo_log import log as logging

LOG = logging.getLogger(__name__)

#: Seconds after which a held step goes on without a release.
HOLD_LIMIT = 300

#: Seconds between two looks for a release or at a migration.
INTERVAL = 0.02

#: Compute managers of this process by host; set once at the start.
managers: dict[str, typing.Any] = {}

#: Directory of the release tokens; set once at the start.
releases = pathlib.Path()

SSH_OUTPUT = (
    'Unexpected error while running command.\n'
    'Command: ssh -o BatchMode=yes 192.0.2.11 mkdir -p '
    '/var/lib/nova/instances/{uuid}\n'
    'Exit code: 255\n'
    "Stdout: ''\n"
    "Stderr: 'Host key verification failed.'"
)


class SteeredFailure(exception.NovaException):  # type: ignore[misc]
    """What a server's metadata asked for: an error of nova's own kind."""

    msg_fmt = 'Steered failure at %(step)s of instance %(instance)s.'


def obey(step: str, instance_uuid: str) -> None:
    """Do what the metadata says, in its order; it may raise or never end."""
    instance = _fresh(instance_uuid)
    for word in instance.metadata.get(f'step:{step}', '').split(','):
        name, _, value = word.strip().partition('=')
        if not name:
            continue
        LOG.info('At step %s: %s', step, word, instance=instance)
        if name not in WORDS:
            raise ValueError(f'step:{step}: no such word: {word}')
        WORDS[name](value, step, instance)


def _fresh(instance_uuid: str) -> typing.Any:
    return objects.Instance.get_by_uuid(
        nova_context.get_admin_context(),
        instance_uuid,
        expected_attrs=['metadata', 'system_metadata', 'info_cache',
                        'flavor', 'migration_context'],
    )  # fmt: skip


def _delay(value: str, _step: str, _instance: typing.Any) -> None:
    time.sleep(float(value))


def _hold(_value: str, step: str, instance: typing.Any) -> None:
    limit = time.monotonic() + HOLD_LIMIT
    while time.monotonic() < limit:
        for token in releases.glob(f'{instance.uuid}.*'):
            try:
                token.unlink()
            except FileNotFoundError:
                continue  # another held step took it
            return
        time.sleep(INTERVAL)
    LOG.warning('Held at %s for %d s, going on', step, HOLD_LIMIT,
                instance=instance)  # fmt: skip


def _hang(_value: str, _step: str, _instance: typing.Any) -> None:
    threading.Event().wait()


def _fail(kind: str, step: str, instance: typing.Any) -> None:
    raise FAILURES[kind](step, instance)


def _restart(_value: str, step: str, instance: typing.Any) -> None:
    """Leave what a restart of the source's nova-compute leaves.

    The restarted service looks at its servers, and the thread that was
    moving this one is gone.
    """
    manager = managers[instance.host]
    manager._init_instance(nova_context.get_admin_context(), instance)
    _hang('', step, instance)


def _auto_confirm(_value: str, _step: str, instance: typing.Any) -> None:
    thread = threading.Thread(
        target=_confirm_when_finished, args=(instance.uuid,), daemon=True
    )
    thread.start()


def _confirm_when_finished(instance_uuid: str) -> None:
    """Do at once what nova's _poll_unconfirmed_resizes does each minute."""
    limit = time.monotonic() + HOLD_LIMIT
    while time.monotonic() < limit:
        instance = _fresh(instance_uuid)
        if instance.vm_state == vm_states.ERROR:
            return
        if instance.vm_state == vm_states.RESIZED and (
            instance.task_state is None
        ):
            break
        time.sleep(INTERVAL)
    context = nova_context.get_admin_context()
    migration = objects.Migration.get_by_instance_and_status(
        context, instance_uuid, 'finished'
    )
    compute_api.API().confirm_resize(context, instance, migration=migration)


def _ssh(_step: str, instance: typing.Any) -> Exception:
    output = SSH_OUTPUT.format(uuid=instance.uuid)
    error: Exception = exception.InstanceFaultRollback(
        exception.ResizeError(
            reason=f'not able to execute ssh command: {output}'
        )
    )
    return error


def _process(_step: str, instance: typing.Any) -> Exception:
    path = f'/var/lib/nova/instances/{instance.uuid}'
    return processutils.ProcessExecutionError(
        cmd=f'scp -r {path}_resize/disk 192.0.2.11:{path}/disk',
        exit_code=1,
        stdout='',
        stderr='Host key verification failed.\nlost connection',
    )


def _nova(step: str, instance: typing.Any) -> Exception:
    return SteeredFailure(step=step, instance=instance.uuid)


def _rollback(step: str, instance: typing.Any) -> Exception:
    error: Exception = exception.InstanceFaultRollback(
        exception.MigrationPreCheckError(
            reason=f'Steered rollback at {step} of instance {instance.uuid}'
        )
    )
    return error


FAILURES: dict[str, collections.abc.Callable[[str, typing.Any], Exception]] = {
    'ssh': _ssh,
    'process': _process,
    'nova': _nova,
    'rollback': _rollback,
}

WORDS: dict[str, collections.abc.Callable[[str, str, typing.Any], None]] = {
    'delay': _delay,
    'hold': _hold,
    'hang': _hang,
    'fail': _fail,
    'restart': _restart,
    'auto-confirm': _auto_confirm,
}
