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

"""What is played on a wire that fails: a row for each use of the command."""

from collections.abc import Mapping
import dataclasses

from osc_migrate.tests.functional import promises

NO_STEPS: Mapping[str, str] = {}


@dataclasses.dataclass(frozen=True)
class Story:
    """A run of the command, and its end where nothing fails.

    :ivar options: without ``--timeout``
    :ivar steps: what steers Nova
    :ivar stopped: the guest is
    :ivar begun: somebody began the migration before
    :ivar timeout: seconds, where it is part of the story
    """

    name: str
    options: tuple[str, ...]
    outcome: str
    truth: promises.Since
    steps: Mapping[str, str] = dataclasses.field(
        default_factory=lambda: NO_STEPS
    )
    stopped: bool = False
    begun: bool = False
    timeout: int | None = None


CONFIRMED = promises.Since('ACTIVE', True, 1, 1, ('confirmed',))
STORIES = {
    story.name: story
    for story in (
        Story('cold', (), 'confirmed', CONFIRMED),
        Story('cold, SHUTOFF', (), 'confirmed',
              dataclasses.replace(CONFIRMED, status='SHUTOFF'),
              stopped=True),
        Story('live', ('--live-migration',), 'completed',
              promises.Since('ACTIVE', True, 1, 0, ('completed',))),
        Story('rolled back', (), 'rolled-back',
              promises.Since('ACTIVE', False, 1, 0, ('error',)),
              steps={'migrate_disk_and_power_off': 'fail=ssh'}),
        Story('check fails', ('--check', 'false'), 'reverted',
              promises.Since('ACTIVE', False, 1, 0, ('reverted',),
                             reverts=1)),
        Story('abort',
              ('--live-migration', '--on-timeout', 'abort'), 'aborted',
              promises.Since('ACTIVE', False, 1, 0, ('cancelled',)),
              steps={'live_migration': 'roll-back,copy=600'}, timeout=3),
        Story('force-complete',
              ('--live-migration', '--on-timeout', 'force-complete'),
              'completed',
              promises.Since('ACTIVE', True, 1, 0, ('completed',)),
              steps={'live_migration': 'never-converges'}, timeout=3),
        Story('attach', ('--attach',), 'confirmed', CONFIRMED, begun=True),
    )
}  # fmt: skip
