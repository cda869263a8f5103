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


"""Who is in flight together, and what it costs."""

import csv
import io
import itertools
from typing import Any

from testtools import content

from osc_migrate.tests.functional import drain_base
from osc_migrate.tests.functional import people
from osc_migrate.tests.functional import people_states

Wanted = drain_base.Wanted

#: Requests to nova that are a server's own, half of them moved live. On a
#: machine with nothing else to do there are 6: 4 live, 8 cold. Where Nova is
#: slow to make the record, the server is looked at once more.
AT_MOST = 7
#: What is asked of nova for the host, before and after, however many it has.
AROUND = 13


class TestGroups(drain_base.Case):
    def test_no_two_that_avoid_each_other_are_in_flight(self) -> None:
        """The free ones overtake those who wait for another member."""
        soft = people_states.group(self.admin, 'soft', 'soft-anti-affinity')
        hard = people_states.group(self.admin, 'hard', 'anti-affinity', 2)
        held = {'migrate_disk_and_power_off': 'hold'}
        servers = self.fill(
            self.host,
            *(Wanted(f'soft{n}', steps=held, group=soft) for n in range(3)),
            *(Wanted(f'hard{n}', steps=held, group=hard) for n in range(2)),
            Wanted('free0'),
            Wanted('free1'),
        )
        groups = [
            [server for server in servers.values() if server.name[:4] == name]
            for name in ('soft', 'hard', 'free')
        ]
        run = self.start_drain(self.host, '--cold', '--parallel', '6')
        for server in groups.pop():
            self.admin.await_record(server.id, 'confirmed')
        for members in groups:
            self._let_one_go_after_the_other(members)
        result = run.wait()
        self.assert_exit(0, result)
        self.assert_fates(
            dict.fromkeys(servers, drain_base.ARRIVES_COLD), result
        )
        for members in groups:
            self._assert_never_together(members)

    def _let_one_go_after_the_other(
        self, members: list[people.Server]
    ) -> None:
        gone: set[str] = set()
        for _member in members:
            begun = people.eventually(
                lambda: {m.id for m in members if self._is_copied(m)} - gone,
                bool,
            )
            self.assertEqual(1, len(begun))
            for server_id in begun:
                self.cloud.release(server_id)
            gone |= begun

    def _is_copied(self, server: people.Server) -> bool:
        statuses = [r.status for r in self.admin.records(server.id)]
        return statuses == ['migrating']

    def _assert_never_together(self, members: list[people.Server]) -> None:
        """Each begins when the one before is confirmed, in whole seconds."""
        records: list[Any] = [
            record
            for server in members
            for record in self.admin.records(server.id)
        ]
        self.assertEqual(len(members), len(records))
        records.sort(key=lambda record: record.created_at)
        for first, second in itertools.pairwise(records):
            self.assertLessEqual(first.updated_at, second.created_at)


class TestCost(drain_base.Case):
    def test_requests_of_a_dozen(self) -> None:
        wanted = [
            *(Wanted(f'live{n}') for n in range(6)),
            *(Wanted(f'cold{n}', 'SHUTOFF') for n in range(6)),
        ]
        servers = self.fill(self.host, *wanted)
        before = len(self.cloud.requests())
        result = self.start(
            *drain_base.COMMAND, '-f', 'csv', '--yes', '--parallel', '3',
            self.host,
        ).wait()  # fmt: skip
        requests = self.requests_of(before)
        self.assert_exit(0, result)
        asked = [f'{r.method} {r.path} {r.status}' for r in requests]
        self.addDetail(
            'requests', content.text_content('\n'.join([*asked, '']))
        )
        # How many there are hangs on how fast the machine is.
        listings = [r for r in requests if 'source_compute=' in r.path]
        ticks = requests[-1].time - requests[0].time + 2
        self.assertLessEqual(len(listings), ticks + len(servers))
        own = len(requests) - len(listings) - AROUND
        self.assertLessEqual(own / len(servers), AT_MOST)

        rows = list(csv.DictReader(io.StringIO(result.stdout)))
        self.assertEqual(drain_base.COLUMNS, tuple(rows[0]))
        by_name = {row['Name']: row for row in rows}
        self.assertEqual(set(servers), set(by_name))
        for name, server in servers.items():
            row = by_name[name]
            seen = self.admin.look_at(server.id)
            self.assertEqual(seen.host, row['Destination Host'])
            self.assertNotEqual(self.host, seen.host)
            outcome = 'confirmed' if name.startswith('cold') else 'completed'
            self.assertEqual(outcome, row['Outcome'])
            self.assertEqual('', row['Reason'])
