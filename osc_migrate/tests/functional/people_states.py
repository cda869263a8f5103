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


"""What people do to servers that keeps a drain from moving them."""

from collections.abc import Callable

from osc_migrate.tests.functional import people

Person = people.Person
Server = people.Server


def pause(person: Person, server: Server) -> None:
    person.compute.pause_server(server.id)


def stop(person: Person, server: Server) -> None:
    person.compute.stop_server(server.id)


def suspend(person: Person, server: Server) -> None:
    person.compute.suspend_server(server.id)


def rescue(person: Person, server: Server) -> None:
    person.compute.rescue_server(server.id)


def lose(person: Person, server: Server) -> None:
    """Have it in ERROR, as after a failure."""
    person.reset_state(server, 'error')


def lock(person: Person, server: Server) -> None:
    person.compute.lock_server(server.id)


#: A status, and what brings a server into it.
WAYS: dict[str, Callable[[Person, Server], None]] = {
    'PAUSED': pause,
    'SHUTOFF': stop,
    'SUSPENDED': suspend,
    'RESCUE': rescue,
    'ERROR': lose,
}


def group(
    person: Person, name: str, policy: str, together: int | None = None
) -> str:
    """Make a server group; return its ID.

    :param together: how many of its members one host may have
    """
    rules = {'max_server_per_host': together} if together else {}
    made = person.compute.create_server_group(
        name=name, policy=policy, rules=rules
    )
    return str(made.id)
