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

"""What others do to a server while the command moves it live.

As in :mod:`~osc_migrate.tests.functional.meanwhile`, the command is stopped
where it must not look before the others are done.
"""

from osc_migrate.tests.functional import base
from osc_migrate.tests.functional import people
from osc_migrate.tests.functional import program

Case = base.TestCase
Server = people.Server
Running = program.Running

COPYING = 'copying memory'
PREPARING = 'preparing the destination'


def somebody_aborts(case: Case, server: Server, run: Running) -> None:
    run.until_it_says(COPYING)
    case.admin.abort(server)


def somebody_aborts_early(case: Case, server: Server, run: Running) -> None:
    """Before anything was copied."""
    run.until_it_says(PREPARING)
    case.admin.abort(server)
    case.cloud.release(server.id)


def somebody_forces_it(case: Case, server: Server, run: Running) -> None:
    run.until_it_says(COPYING)
    case.admin.force_complete(server)


def somebody_deletes(case: Case, server: Server, run: Running) -> None:
    run.until_it_says(COPYING)
    case.admin.delete(server)


def an_admin_resets_the_state(
    case: Case, server: Server, run: Running
) -> None:
    run.until_it_says(COPYING)
    case.admin.reset_state(server)


def somebody_tries_again(case: Case, server: Server, run: Running) -> None:
    """Ours has failed, and theirs is over before the command looks again."""
    _let_it_fail(case, server, run)
    case.admin.steer(server, live_migration='')
    case.admin.migrate_live(server)
    case.admin.await_record(server.id, 'completed')
    run.resume()


def somebody_moves_it_cold(case: Case, server: Server, run: Running) -> None:
    """Ours has failed, and theirs awaits confirmation."""
    _let_it_fail(case, server, run)
    case.admin.migrate(server)
    case.admin.await_status(server.id, 'VERIFY_RESIZE')
    run.resume()


def _let_it_fail(case: Case, server: Server, run: Running) -> None:
    run.until_it_says(COPYING)
    run.pause()
    case.cloud.release(server.id)
    case.admin.await_status(server.id, 'ACTIVE')
