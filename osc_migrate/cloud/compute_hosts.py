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

"""Every compute host with its hypervisors, and the aggregates; for admins."""

from collections.abc import Iterable, Mapping
from typing import Any

from osc_migrate.cloud import answers
from osc_migrate.cloud import candidate_shapes as shapes
from osc_migrate.cloud import compute_api
from osc_migrate.engine.candidates import facts

#: From this microversion on all compute services that Nova works with
#: report whether they migrate to the same host (Nova 21).
REPORTS_SAME_HOST = (2, 87)

Body = Mapping[str, Any]


class ComputeHosts:
    """What one Nova shows of its compute hosts.

    Each listing raises what :mod:`osc_migrate.cloud.faults` makes of Nova's
    faults.
    """

    def __init__(self, api: compute_api.ComputeApi) -> None:
        self._api = api

    @property
    def report_same_host(self) -> bool:
        """Whether they say that their driver migrates to the same host."""
        return self._api.spoken >= REPORTS_SAME_HOST

    def services(self) -> list[Body]:
        """Rows of ``GET /os-services``, one request."""
        body = self._api.get('/os-services', {'binary': 'nova-compute'})
        # What a cell that is down leaves has no state (2.69).
        return answers.shaped(
            lambda: [row for row in body['services'] if row['host']]
        )

    def aggregates(self) -> tuple[facts.Aggregate, ...]:
        """All host aggregates, one request."""
        body = self._api.get('/os-aggregates')
        return tuple(answers.rows(body, 'aggregates', shapes.aggregate))

    def nodes(self) -> tuple[tuple[str, facts.Node], ...]:
        """Every hypervisor with its host, a request for each 1000.

        Nothing else tells the provider of a host: its name is that of the
        hypervisor, which may be another than the host's.
        """
        return tuple(
            answers.listed(
                self._api, '/os-hypervisors/detail', 'hypervisors', {},
                shapes.node, lambda found: found[1].id,
            )
        )  # fmt: skip


def joined(
    services: Iterable[Body], nodes: Iterable[tuple[str, facts.Node]]
) -> tuple[facts.Host, ...]:
    """Each service with each hypervisor of its host, or with none."""
    of_host: dict[str, list[facts.Node | None]] = {}
    for host, node in nodes:
        of_host.setdefault(host, []).append(node)
    return answers.shaped(
        lambda: tuple(
            shapes.host(service, node)
            for service in services
            for node in of_host.get(service['host'], [None])
        )
    )
