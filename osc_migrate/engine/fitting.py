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

"""Whether the plan in a file is for what is asked now."""

from osc_migrate.engine import plan_file
from osc_migrate.engine import text
from osc_migrate import exceptions
from osc_migrate.i18n import _

#: What is kept of the options, and what they are called.
OPTIONS = {
    'method': '--auto, --live-migration, --cold',
    'destination': '--host',
    'block_migration': '--block-migration, --shared-migration',
    'servers': '--server',
    'excluded': '--exclude',
    'project_id': '--project',
    'include_locked': '--include-locked',
}


def refuse_foreign(
    found: plan_file.Plan, host: str, service_id: str, name: str
) -> None:
    """A plan fits the host and the cloud that it was made for.

    :raises: :class:`~osc_migrate.exceptions.Refused` otherwise.
    """
    said = {'name': name, 'host': found.host}
    if found.host != host:
        raise exceptions.Refused(
            _('The plan %(name)s is for compute host %(host)s.') % said
        )
    if found.service_id != service_id:
        raise exceptions.Refused(
            _('The plan %(name)s is for the compute host %(host)s of another '
              'cloud, or of one that was since registered anew.') % said
        )  # fmt: skip


def refuse_other(
    found: plan_file.Plan, asked: plan_file.Plan, name: str
) -> None:
    """A plan is carried on as it was begun, once.

    :param asked: What this run would plan.
    :raises: :class:`~osc_migrate.exceptions.Refused` otherwise.
    """
    refuse_foreign(found, asked.host, asked.service_id, name)
    said = {'name': name, 'host': found.host, 'when': found.finished}
    way_back = text.command_line(
        ['openstack', 'compute', 'host', 'restore', found.host, '--plan', name]
    )
    if found.back and not found.restored:
        raise exceptions.Refused(
            _('The servers of the plan %(name)s are on their way back by '
              'compute host restore, which is not done.') % said,
            hint=way_back,
        )  # fmt: skip
    if found.restored:
        raise exceptions.Refused(
            _('The servers of the plan %(name)s were brought back by compute '
              'host restore: use another file for a new plan.') % said
        )  # fmt: skip
    if found.finished is not None:
        raise exceptions.Refused(
            _('The plan %(name)s is finished: %(host)s was empty at '
              '%(when)s.') % said,
            hint=_('For a new plan use another file. The way back: %s')
            % way_back,
        )  # fmt: skip
    other = sorted(
        key
        for key in OPTIONS
        if found.choice.get(key) != asked.choice.get(key)
    )
    if other:
        raise exceptions.Refused(
            _('The plan %(name)s was made with other options (%(options)s) '
              'and is carried on with the same ones only.')
            % {**said, 'options': ', '.join(OPTIONS[key] for key in other)},
            hint=_('Use the same options, or another file for a new plan.'),
        )  # fmt: skip
