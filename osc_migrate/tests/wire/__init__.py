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

"""A proxy between one command and all services of a cloud, which fails.

It runs in threads of the process that makes it, and knows nothing of what is
tested through it. One per command::

    with wire.Wire(cloud) as between:
        between.fail('confirm', 'reset-after')
        between.fail('records', 'http-503', wire.When(first=3, count=5))
        held = between.hold('request', wire.AFTER)
        start('server', 'migrate-and-wait', ..., between.environment('admin'))
        held.reached()
        ...
        held.release()
    between.passed('request')

The steps are in :mod:`.steps`, the faults in :mod:`.faults`.
"""

from osc_migrate.tests.wire.faults import FAULTS
from osc_migrate.tests.wire.faults import Kind
from osc_migrate.tests.wire.hold import AFTER
from osc_migrate.tests.wire.hold import BEFORE
from osc_migrate.tests.wire.hold import Held
from osc_migrate.tests.wire.messages import Passed
from osc_migrate.tests.wire.proxy import Proxy
from osc_migrate.tests.wire.schedule import When
from osc_migrate.tests.wire.steps import ANY
from osc_migrate.tests.wire.steps import STEPS
from osc_migrate.tests.wire.wire import Wire

__all__ = (
    'AFTER',
    'ANY',
    'BEFORE',
    'FAULTS',
    'STEPS',
    'Held',
    'Kind',
    'Passed',
    'Proxy',
    'When',
    'Wire',
)  # fmt: skip
