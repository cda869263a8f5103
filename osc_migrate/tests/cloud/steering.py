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
import threading
import time

from nova.compute import api as compute_api
from nova.compute import vm_states
from nova import context as nova_context
from nova import objects
from oslo_log import log as logging

from osc_migrate.tests.cloud import copying
from osc_migrate.tests.cloud import failures
from osc_migrate.tests.cloud import leftovers
from osc_migrate.tests.cloud import moment as moment_module
from osc_migrate.tests.cloud import services

LOG = logging.getLogger(__name__)

#: Steps that servers came to with the word `once`.
_seen: set[tuple[str, str]] = set()

Moment = moment_module.Moment


def obey(
    step: str,
    host: str,
    instance_uuid: str,
    cut: collections.abc.Callable[[], bool] = moment_module.never,
) -> None:
    """Do what the metadata says, in its order; it may raise or never end."""
    instance = moment_module.fresh(instance_uuid)
    moment = Moment(step, host, instance, cut)
    for word in instance.metadata.get(f'step:{step}', '').split(','):
        name, _, value = word.strip().partition('=')
        if not name:
            continue
        LOG.info('At step %s on %s: %s', step, host, word, instance=instance)
        if name not in WORDS:
            raise ValueError(f'step:{step}: no such word: {word}')
        try:
            WORDS[name](value, moment)
        except moment_module.Enough:
            return


def speaks(step: str, instance_uuid: str) -> bool:
    """Return whether the metadata says anything about a step."""
    return f'step:{step}' in moment_module.fresh(instance_uuid).metadata


def _delay(value: str, moment: Moment) -> None:
    moment.wait(float(value))


def _hold(_value: str, moment: Moment) -> None:
    limit = time.monotonic() + moment_module.HOLD_LIMIT
    while time.monotonic() < limit:
        if moment.cut():
            return
        for token in moment_module.releases.glob(f'{moment.instance.uuid}.*'):
            try:
                token.unlink()
            except FileNotFoundError:
                continue  # another held step took it
            return
        time.sleep(moment_module.INTERVAL)
    LOG.warning(
        'Held at %s for %d s, going on',
        moment.step,
        moment_module.HOLD_LIMIT,
        instance=moment.instance,
    )


def _hang(_value: str, _moment: Moment) -> None:
    threading.Event().wait()


def _on(host: str, moment: Moment) -> None:
    """Keep the words that follow for one host."""
    if moment.host != host:
        raise moment_module.Enough


def _once(_value: str, moment: Moment) -> None:
    """Keep the words that follow for the first time."""
    if (moment.instance.uuid, moment.step) in _seen:
        raise moment_module.Enough
    _seen.add((moment.instance.uuid, moment.step))


def _initialize(_value: str, moment: Moment) -> None:
    """Do what a nova-compute that starts does with its servers."""
    instance = moment_module.fresh(moment.instance.uuid)
    manager = moment_module.managers[instance.host]
    manager._init_instance(nova_context.get_admin_context(), instance)


def _restart(_value: str, moment: Moment) -> None:
    """Leave what a restart of the source's nova-compute leaves.

    The restarted service looks at its servers, and the thread that was
    moving this one is gone.
    """
    _initialize('', moment)
    if moment.step == 'live_migration':
        # Its thread is the only one in which this host migrates live.
        raise moment_module.Gone
    _hang('', moment)


def _auto_confirm(value: str, moment: Moment) -> None:
    thread = threading.Thread(
        target=_confirm_when_finished,
        args=(moment.instance.uuid, float(value or 0)),
        daemon=True,
    )
    thread.start()


def _confirm_when_finished(instance_uuid: str, window: float) -> None:
    """Do so many seconds later what nova's _poll_unconfirmed_resizes does."""
    limit = time.monotonic() + moment_module.HOLD_LIMIT
    while time.monotonic() < limit:
        instance = moment_module.fresh(instance_uuid)
        if instance.vm_state == vm_states.ERROR:
            return
        if instance.vm_state == vm_states.RESIZED and (
            instance.task_state is None
        ):
            break
        time.sleep(moment_module.INTERVAL)
    time.sleep(window)
    context = nova_context.get_admin_context()
    migration = objects.Migration.get_by_instance_and_status(
        context, instance_uuid, 'finished'
    )
    compute_api.API().confirm_resize(context, instance, migration=migration)


#: Adding a word is adding a row.
WORDS: dict[str, collections.abc.Callable[[str, Moment], None]] = {
    'delay': _delay,
    'hold': _hold,
    'hang': _hang,
    'on': _on,
    'once': _once,
    'fail': failures.fail,
    'restart': _restart,
    'initialize': _initialize,
    'auto-confirm': _auto_confirm,
    'down': services.down,
    'up': services.up,
    'copy': copying.copy,
    'never-converges': copying.never_converges,
    'post-copy': copying.post_copy,
    'every': copying.every,
    'forced-after': copying.forced_after,
    'pretend': copying.pretend,
    'linger': copying.linger,
    'roll-back': copying.roll_back,
    'port': leftovers.port,
    'skip': leftovers.skip,
}
