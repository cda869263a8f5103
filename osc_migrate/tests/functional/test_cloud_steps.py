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

"""What the steered hypervisor makes Nova show.

The ends of live migrations have a table of their own: test_cloud_live.py.
"""

from typing import Any

from osc_migrate.tests.cloud import watch
from osc_migrate.tests.functional import base
from osc_migrate.tests.functional import people

#: Bytes of a guest of the flavor m1.tiny: its memory, and the rest.
TINY_MEMORY = 64 * 2**20 + 532480


class Case(base.TestCase):
    def observe(self, server: people.Server) -> watch.Observer:
        # A session of its own: a watch asks in a thread.
        watcher = people.Person(self.cloud, 'admin')
        return watch.Observer(watcher.compute, server.id)

    def watch(
        self, server: people.Server, *expected: tuple[str, str]
    ) -> watch.Look:
        """See these statuses of server and record; return the last look."""
        looks = watch.Watch(
            self.observe(server),
            lambda look: (look.status, look.record) == expected[-1],
        ).wait()
        self.assertEqual([], watch.missing(expected[:-1], looks), str(looks))
        self.assertEqual(
            expected[-1], (looks[-1].status, looks[-1].record), str(looks)
        )
        return looks[-1]

    def move(self, server: people.Server) -> None:
        """Migrate it cold and confirm that."""
        self.admin.migrate(server)
        self.admin.await_status(server.id, 'VERIFY_RESIZE')
        self.admin.confirm(server)
        self.observe(server).await_record('confirmed')
        self.admin.await_status(server.id, 'ACTIVE')

    def move_live(self, server: people.Server) -> None:
        observer = self.observe(server)
        observer.migrate_live()
        observer.await_record('completed')


class TestACopy(Case):
    def test_it_shows_its_progress(self) -> None:
        server = self.boot(live_migration='every=0.6,never-converges=6')
        self.observe(server).migrate_live()
        looks = watch.Watch(
            self.observe(server), lambda look: look.record == 'completed'
        ).wait()
        running = [k for k in looks if k.record == 'running' and k.listed]
        seen = list(dict.fromkeys(look.memory for look in running))
        self.assertEqual([(None,) * 3, (0, 0, 0)], seen[:2])
        figures = [tuple(part or 0 for part in memory) for memory in seen[2:]]
        self.assertGreater(len(figures), 4)
        totals, sent, left = zip(*figures, strict=True)
        self.assertEqual({TINY_MEMORY}, set(totals))
        self.assertEqual(sorted(sent), list(sent))
        self.assertGreater(sent[-1], TINY_MEMORY)
        # Nothing was left, and the guest wrote more.
        self.assertIn(0, left)
        self.assertGreater(left[-1], 0)
        self.assertEqual(
            {(None,) * 3, (0,) * 3}, {look.disk for look in running}
        )
        progress = [look.progress or 0 for look in running]
        self.assertIn(100, progress)
        self.assertLess(progress[-1], 100)

    def test_post_copy_is_hidden(self) -> None:
        """And can be neither aborted nor forced."""
        server = self.boot(live_migration='post-copy=10')
        observer = self.observe(server)
        observer.migrate_live()
        record = observer.await_record('running (post-copy)')
        self.assertFalse(observer.look().listed)
        path = f'/migrations/{record["id"]}'
        self.assertEqual(404, observer.get(path).status_code)
        self.assertEqual(400, observer.abort(record['status']))
        self.assertEqual(400, observer.force(record['status']))

    def test_some_words_are_for_one_host(self) -> None:
        server = self.boot()
        refuses, takes = self.other_hosts(server)
        words = {
            'check_can_live_migrate_destination': f'on={refuses},fail=precheck'
        }
        self.admin.steer(server, **words)
        self.move_live(server)
        self.assertEqual(takes, self.admin.look_at(server.id).host)


class TestTheQueue(Case):
    def test_a_host_moves_one_at_a_time(self) -> None:
        first = self.boot(live_migration='hold')
        second = self.boot('web2', host=first.host)
        other = self.boot('web3', host=self.other_hosts(first)[0])
        self.observe(first).migrate_live()
        self.observe(first).await_record('running')
        self.observe(second).migrate_live()
        self.observe(second).await_record('queued')
        self.move_live(other)
        (record,) = self.observe(second).records()
        self.assertEqual('queued', record['status'])
        self.cloud.release(first.id)
        self.observe(second).await_record('completed')

    def test_a_restart_leaves_it_free(self) -> None:
        first = self.boot(live_migration='restart')
        second = self.boot('web2', host=first.host)
        self.observe(first).migrate_live()
        self.observe(first).await_record('error')
        self.move_live(second)


class TestColdSteps(Case):
    def test_it_seems_well_before_the_error(self) -> None:
        server = self.boot(prep_resize='fail=nova', reschedule='delay=1')
        self.admin.migrate(server)
        last = self.watch(server, ('ACTIVE', 'error'), ('ERROR', 'error'))
        self.assertEqual(server.host, last.host)
        self.assertRegex(last.fault or '', 'Steered failure at prep_resize')

    def test_it_seems_well_and_is(self) -> None:
        server = self.boot(prep_resize='fail=ssh', reschedule='delay=1')
        self.admin.migrate(server)
        last = self.watch(server, ('ACTIVE', 'error'))
        self.assertEqual(server.host, last.host)

    def test_a_dead_source_comes_back(self) -> None:
        """It clears the task, reads its message, and ends in an error."""
        server = self.boot(resize_instance='hold,initialize,delay=2')
        self.admin.migrate(server)
        self.admin.await_record(server.id, 'pre-migrating')
        self.assertEqual('RESIZE', self.admin.look_at(server.id).status)
        self.cloud.release(server.id)
        last = self.watch(
            server, ('ACTIVE', 'pre-migrating'), ('ERROR', 'error')
        )
        self.assertEqual(server.host, last.host)
        # Nova does not clear a task that it did not expect.
        self.assertEqual('resize_migrating', last.task_state)
        self.assertRegex(last.fault or '', '^Conflict updating instance')

    def test_a_dead_source_confirms_once_it_is_back(self) -> None:
        server = self.boot(confirm_migration='hold,down,hold,up')
        self.admin.migrate(server)
        arrived = self.admin.await_status(server.id, 'VERIFY_RESIZE')
        self.admin.confirm(server)
        self.admin.await_record(server.id, 'confirming')
        self.assertEqual('up', self._state(server.host))

        self.cloud.release(server.id)
        people.eventually(
            lambda: self._state(server.host), lambda state: state == 'down'
        )
        self.assert_nova_says(
            server, 'VERIFY_RESIZE', arrived.host, 'confirming'
        )
        self.cloud.release(server.id)
        self.admin.await_status(server.id, 'ACTIVE')
        self.assert_nova_says(server, 'ACTIVE', arrived.host, 'confirmed')
        self.assertEqual('up', self._state(server.host))

    def _state(self, host: str) -> str:
        (service,) = self.admin.compute.services(
            host=host, binary='nova-compute'
        )
        self.assertFalse(service.is_forced_down)
        return str(service.state)


class TestLeftovers(Case):
    def test_a_port_is_not_bound(self) -> None:
        words = 'port=failed'
        for server in (
            self.moved(finish_migration=words),
            self.moved_live(live_migration_arrived=words),
        ):
            port = self._port(server)
            self.assertEqual('binding_failed', port.binding_vif_type)
            self.assertNotEqual(server.host, port.binding_host_id)

    def test_a_port_stays_behind(self) -> None:
        words = 'port=source'
        for server in (
            self.moved(finish_migration=words),
            self.moved_live(live_migration_arrived=words),
        ):
            self.assertEqual(server.host, self._port(server).binding_host_id)

    def test_an_allocation_stays_behind(self) -> None:
        for server in (
            self.moved(delete_allocation='skip'),
            self.moved_live(delete_allocation='skip'),
        ):
            (record,) = self.admin.records(server.id)
            self.assertEqual([server.host], self._holds(record.uuid))
            host = self.admin.look_at(server.id).host
            self.assertEqual([host], self._holds(server.id))

    def test_nothing_stays_behind(self) -> None:
        for server in (self.moved(), self.moved_live()):
            host = self.admin.look_at(server.id).host
            port = self._port(server)
            self.assertEqual(
                ('ovs', host), (port.binding_vif_type, port.binding_host_id)
            )
            (record,) = self.admin.records(server.id)
            self.assertEqual([], self._holds(record.uuid))
            self.assertEqual([host], self._holds(server.id))

    def moved(self, **steps: str) -> people.Server:
        server = self.boot(stopped=False, **steps)
        self.move(server)
        return server

    def moved_live(self, **steps: str) -> people.Server:
        server = self.boot(stopped=False, **steps)
        self.move_live(server)
        return server

    def _port(self, server: people.Server) -> Any:
        (port,) = self.admin.network.ports(device_id=server.id)
        return port

    def _holds(self, consumer: str) -> list[str]:
        """Return the names of the providers that a consumer has a part of."""
        placement: Any = self.admin.connection.placement
        providers = placement.get('/resource_providers').json()
        names = {p['uuid']: p['name'] for p in providers['resource_providers']}
        held = placement.get(f'/allocations/{consumer}').json()['allocations']
        return [names[uuid] for uuid in held]
