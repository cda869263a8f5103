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

"""What others do to a server while the command is at work on it.

Where the order matters the command is stopped in the middle of a held step:
what the others did is then over before it looks again.
"""

from osc_migrate.tests.functional import base
from osc_migrate.tests.functional import people
from osc_migrate.tests.functional import program

Case = base.TestCase
Server = people.Server
Running = program.Running


def nothing(case: Case, server: Server, run: Running) -> None:
    """Nobody interferes."""


def _let_it_arrive(case: Case, server: Server, run: Running) -> None:
    run.until_it_says('copied|starting')
    run.pause()
    case.cloud.release(server.id)
    case.admin.await_status(server.id, 'VERIFY_RESIZE')


def nova_confirms(case: Case, server: Server, run: Running) -> None:
    run.until_it_says('copied|starting')
    run.pause()
    case.cloud.release(server.id)
    case.admin.await_status(server.id, 'ACTIVE')
    run.resume()


def somebody_confirms(case: Case, server: Server, run: Running) -> None:
    _let_it_arrive(case, server, run)
    case.admin.confirm(server)
    case.admin.await_status(server.id, 'ACTIVE')
    run.resume()


def somebody_reverts(case: Case, server: Server, run: Running) -> None:
    _let_it_arrive(case, server, run)
    case.admin.revert(server)
    case.admin.await_status(server.id, 'ACTIVE', 'ERROR')
    run.resume()


def somebody_confirms_and_resizes(
    case: Case, server: Server, run: Running
) -> None:
    _let_it_arrive(case, server, run)
    case.admin.confirm(server)
    case.admin.await_status(server.id, 'ACTIVE')
    case.admin.steer(server, finish_migration='')
    case.admin.resize(server)
    case.admin.await_status(server.id, 'VERIFY_RESIZE')
    run.resume()


def somebody_migrates_after_the_rollback(
    case: Case, server: Server, run: Running
) -> None:
    run.until_it_says('stopping and copying')
    run.pause()
    case.cloud.release(server.id)
    case.admin.await_status(server.id, 'ACTIVE')
    case.admin.steer(server, migrate_disk_and_power_off='')
    case.admin.migrate(server)
    case.admin.await_status(server.id, 'VERIFY_RESIZE')
    run.resume()


def somebody_reverts_and_migrates(
    case: Case, server: Server, run: Running
) -> None:
    _let_it_arrive(case, server, run)
    case.admin.revert(server)
    case.admin.await_status(server.id, 'ACTIVE')
    case.admin.steer(server, finish_migration='')
    case.admin.migrate(server)
    case.admin.await_status(server.id, 'VERIFY_RESIZE')
    run.resume()


def somebody_reverts_and_is_migrating(
    case: Case, server: Server, run: Running
) -> None:
    """Theirs is in the middle when the command looks again."""
    _let_it_arrive(case, server, run)
    case.admin.revert(server)
    case.admin.await_status(server.id, 'ACTIVE')
    case.admin.migrate(server)
    case.admin.await_record(server.id, 'post-migrating')
    run.resume()
    run.wait()
    case.cloud.release(server.id)
    case.admin.await_status(server.id, 'VERIFY_RESIZE')


def an_admin_resets_the_state(
    case: Case, server: Server, run: Running
) -> None:
    run.until_it_says('stopping and copying')
    case.admin.reset_state(server)


def somebody_deletes(case: Case, server: Server, run: Running) -> None:
    run.until_it_says('stopping and copying')
    case.admin.delete(server)


def the_source_dies(case: Case, server: Server, run: Running) -> None:
    """Its compute service is down before the server has arrived."""
    run.until_it_says('copied|starting')
    case.force_down(server.host)
    case.cloud.release(server.id)
