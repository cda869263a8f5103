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

"""A cloud of facts to judge candidates in: what a row changes is told."""

import dataclasses
from typing import Any

from osc_migrate.engine.candidates import facts
from osc_migrate.engine.candidates.facts import Offer, Room
from osc_migrate.engine.candidates import findings
from osc_migrate.engine.candidates import needs
from osc_migrate.engine import move as moves

HOST = 'host2'


def flavor(**specs: str) -> facts.Flavor:
    """1 VCPU, 64 MiB and 1 GiB; ``__`` stands for a colon."""
    named = {key.replace('__', ':'): value for key, value in specs.items()}
    return facts.Flavor('m1.tiny', 1, 64, 1, extra_specs=named)


def server(**changes: Any) -> facts.Server:
    """web1 on host1, in no group, pinned to nothing."""
    made = facts.Server(
        'web1-id', 'web1', 'ours', 'host1', 'node1', flavor(), zone='nova'
    )
    return dataclasses.replace(made, **changes)


def group(policy: str, most: int = 1, **hosts: str | None) -> facts.Group:
    return facts.Group('web', policy, hosts, most)


def rooms(
    vcpu: tuple[int, int] = (8, 0),
    memory: tuple[int, int] = (1024, 0),
    disk: tuple[int, int] = (100, 0),
) -> dict[str, Room]:
    """Capacity and what is used of each class."""
    return {
        'VCPU': Room(*vcpu),
        'MEMORY_MB': Room(*memory),
        'DISK_GB': Room(*disk),
    }


def provider(
    *traits: str, has: dict[str, Room] | None = None, id: str = 'p2'
) -> facts.Provider:
    return facts.Provider(
        id, frozenset(traits), rooms() if has is None else has
    )


def node(*providers: facts.Provider, **changes: Any) -> facts.Node:
    """A hypervisor that placement offers, unless it is told otherwise."""
    made = facts.Node(
        'p2', 'node2', 'QEMU', 8002000, 'x86_64', 3,
        providers or (provider(),), Offer.YES,
    )  # fmt: skip
    return dataclasses.replace(made, **changes)


def refused(*providers: facts.Provider, **changes: Any) -> facts.Node:
    """One that placement does not offer."""
    return node(*providers, offer=Offer.NO, **changes)


def host(name: str = HOST, **changes: Any) -> facts.Host:
    made = facts.Host(name, 'nova', up=True, enabled=True, node=node())
    return dataclasses.replace(made, **changes)


def aggregate(*hosts: str, **metadata: str) -> facts.Aggregate:
    named = {key.replace('__', ':'): v for key, v in metadata.items()}
    return facts.Aggregate('agg-id', 'agg', frozenset(hosts), named)


def seen(**changes: Any) -> facts.Seen:
    """A cold migration of web1 to a host that Nova chooses."""
    made = facts.Seen(
        server(), moves.Kind.COLD, None, (host(),), aggregates=(),
        source=node(id='p1', name='node1'),
    )  # fmt: skip
    return dataclasses.replace(made, **changes)


def case(look: facts.Seen, one: facts.Host) -> findings.Case:
    return findings.Case(look, needs.of(look.server, look.aggregates), one)
