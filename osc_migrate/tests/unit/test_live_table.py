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

"""What is seen of a live migration, and what is said of it."""

from osc_migrate.tests.unit import rows
from osc_migrate.tests.unit import rows_live
from osc_migrate.tests.unit import rows_live_failed
from osc_migrate.tests.unit import rows_live_others
from osc_migrate.tests.unit import test_judge_table


@rows.each(rows_live.ROWS)
class TheServerMoved(test_judge_table.WatchTestCase):
    pass


@rows.each(rows_live_failed.ROWS)
class TheMoveFailed(test_judge_table.WatchTestCase):
    pass


@rows.each(rows_live_others.ROWS)
class OthersWereAtWork(test_judge_table.WatchTestCase):
    pass
