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

"""Drains of a simulated host: what is done before anything is moved."""

from collections.abc import Callable
import dataclasses
import signal
from typing import Any
from unittest import mock

from osc_migrate.command import signals
from osc_migrate import drain as drains
from osc_migrate.engine import capacity
from osc_migrate.engine import facts
from osc_migrate.engine import move as moves
from osc_migrate.engine.request import Method
from osc_migrate.engine import turns
from osc_migrate.tests.simulation.chances import Fate
from osc_migrate.tests.unit import candidate_facts as made
from osc_migrate.tests.unit import fake_host
from osc_migrate.tests.unit import rows

REASON = 'openstack compute host drain'
INTERRUPT = signals.Interrupted(signal.SIGINT)


class DisableTestCase(fake_host.HostTestCase):
    def test_the_host_is_disabled_before_its_servers_are_listed(self) -> None:
        self.planned()
        asked = self.nova.asked
        self.assertLess(asked.index('disable'), asked.index('servers_on'))
        self.assertEqual(
            (False, REASON),
            (self.service.enabled, self.service.disabled_reason),
        )
        self.assertTrue(self.written.disabled)
        self.assertIn('is disabled: no new servers', self.board.said[0])

    def test_with_a_reason_of_the_users_own(self) -> None:
        self.planned(disable_reason='kernel')
        self.assertEqual('kernel', self.service.disabled_reason)

    def test_a_host_that_is_disabled_keeps_its_reason(self) -> None:
        self.serve(enabled=False, disabled_reason='broken fan')
        self.drained(disable_reason='kernel')
        self.assertEqual('broken fan', self.service.disabled_reason)
        self.assertNotIn('disable', self.nova.changes)
        self.assertFalse(self.written.disabled)
        self.assertIn('disabled already (broken fan)', self.board.said[0])

    def test_not_where_it_is_not_wanted(self) -> None:
        report = self.drained(disable=False)
        self.assertEqual(0, report.exit_code)
        self.assertTrue(self.service.enabled)
        self.assertFalse(self.written.disabled)

    def test_it_is_disabled_again_where_somebody_enabled_it(self) -> None:
        self.planned()
        self.serve(enabled=True, disabled_reason=None)
        self.drained()
        self.assertEqual(2, self.nova.changes.count('disable'))
        self.assertTrue(self.written.disabled)


@dataclasses.dataclass(frozen=True)
class Unfit:
    """A host that is not drained, and why."""

    name: str
    service: facts.ComputeService | facts.Missing
    says: str


HOST = facts.ComputeService(fake_host.HOST, True, True, id='service-1')
UNFIT = (
    Unfit('there is no such host', facts.Missing.NOT_READ, 'no compute host'),
    Unfit('services may not be seen', facts.Missing.HIDDEN, 'may not be seen'),
    Unfit('its service is down', dataclasses.replace(HOST, up=False),
          'is down'),
    Unfit('its cell is down', dataclasses.replace(HOST, id=None),
          'cell of compute host host1 is down'),
)  # fmt: skip


@rows.each(UNFIT)
class UnfitTestCase(fake_host.HostTestCase):
    def check(self, row: Unfit) -> None:
        with mock.patch.object(self.nova, 'service', lambda _h: row.service):
            self.assertIn(row.says, self.refused_drain())
        self.assertEqual([], self.nova.asked)
        self.assertFalse(self.path.exists())


class AsFoundTestCase(fake_host.HostTestCase):
    """Nothing was moved: service and file are as they were."""

    def assert_as_found(self) -> None:
        self.assertTrue(self.service.enabled)
        self.assertIsNone(self.service.disabled_reason)
        self.assertFalse(self.path.exists())

    def test_the_plan_is_not_liked(self) -> None:
        with self.file(True) as file:
            drain = drains.Drain(self.request(), self.means(), file)
            drain.plan()
            self.assertTrue(self.path.exists())
            drain.give_up()
        self.assert_as_found()

    def test_the_plan_is_not_liked_of_a_host_that_was_disabled(self) -> None:
        self.serve(enabled=False, disabled_reason='broken fan')
        drain = drains.Drain(self.request(), self.means())
        drain.plan()
        drain.give_up()
        self.assertEqual(
            (False, 'broken fan'),
            (self.service.enabled, self.service.disabled_reason),
        )
        self.assertEqual([], self.nova.changes)

    def test_a_plan_that_is_not_liked_any_more_is_kept(self) -> None:
        # As an earlier run left it.
        self.nova.before['migrate'] = fake_host.raising(fake_host.Killed())
        self.assertRaises(fake_host.Killed, self.drained)
        before = self.written
        with self.file(True) as file:
            drain = drains.Drain(self.request(), self.means(), file)
            drain.plan()
            drain.give_up()
        self.assertEqual(
            (True, before.disabled, list(before.away)),
            (
                not self.service.enabled,
                self.written.disabled,
                list(self.written.away),
            ),
        )

    def test_it_cannot_be_planned(self) -> None:
        for name in ('servers_on', 'records_from', 'server_groups'):
            for error in (fake_host.FORBIDDEN, fake_host.AWAY):
                self.nova.before = {name: fake_host.raising(error)}
                self.assertEqual(error.message, self.refused_drain(), name)
                self.assert_as_found()

    def test_the_host_may_not_be_disabled(self) -> None:
        self.nova.before['disable'] = fake_host.raising(fake_host.FORBIDDEN)
        self.assertEqual(fake_host.FORBIDDEN.message, self.refused_drain())
        self.assert_as_found()
        self.assertNotIn('servers_on', self.nova.asked)

    def test_a_server_that_was_named_does_not_exist(self) -> None:
        options: tuple[dict[str, Any], ...] = (
            {'servers': ('web99',)}, {'excluded': ('web99',)},
        )  # fmt: skip
        for option in options:
            said = self.refused_drain(**option)
            self.assertIn('\'web99\'', said)
            self.assert_as_found()

    def test_it_cannot_be_written_down(self) -> None:
        for wants in (True, False):
            with fake_host.full_disk():
                said = self.refused_drain(disable=wants)
            self.assertIn('No space left', said)
            self.assert_as_found()
            self.assertEqual([], self.nova.changes)

    def test_where_that_is_not_possible_it_is_told(self) -> None:
        self.nova.before = dict.fromkeys(
            ('servers_on', 'enable'), fake_host.raising(fake_host.AWAY)
        )
        self.assertEqual(fake_host.AWAY.message, self.refused_drain())
        self.assertFalse(self.service.enabled)
        # The file knows it still.
        self.assertTrue(self.written.disabled)
        self.assertIn('left disabled', self.board.said[-1])
        self.assertIn(
            'compute service set --enable host1', self.board.said[-1]
        )
        self.nova.before.clear()
        self.assertEqual(0, self.drained().exit_code)
        self.assertTrue(self.written.disabled)

    def test_a_signal_before_the_host_is_disabled(self) -> None:
        self.interrupted(self.nova.before)
        self.assertNotIn('enable', self.nova.changes)
        self.assert_as_found()
        self.assertEqual([], self.board.said)

    def test_a_signal_once_the_host_is_disabled(self) -> None:
        """Its answer was not heard."""
        self.interrupted(self.nova.after)
        self.assertEqual(['disable', 'enable'], self.nova.changes)
        self.assert_as_found()
        self.assertEqual(['Compute host host1 is enabled.'], self.board.said)

    def interrupted(self, where: dict[str, Callable[[], None]]) -> None:
        """Have a signal come when the host is to be disabled."""
        where['disable'] = fake_host.nth(1, INTERRUPT)
        with self.file(True) as file:
            drain = drains.Drain(self.request(), self.means(), file)
            self.assertRaises(signals.Interrupted, drain.plan)
            drain.give_up()

    def test_a_second_signal_on_the_way_back(self) -> None:
        """The host stays disabled, which is told; the plan knows it."""
        self.nova.before['enable'] = fake_host.raising(INTERRUPT)
        with self.file(True) as file:
            drain = drains.Drain(self.request(), self.means(), file)
            drain.plan()
            self.assertRaises(signals.Interrupted, drain.give_up)
        self.assertFalse(self.service.enabled)
        self.assertTrue(self.written.disabled)
        self.assertIn('left disabled', self.board.said[-1])
        self.assertIn(
            'compute service set --enable host1', self.board.said[-1]
        )

    def test_a_second_signal_while_it_is_looked_for(self) -> None:
        """Nobody has seen whether the request to disable it took effect."""
        self.nova.after['disable'] = fake_host.nth(1, INTERRUPT)
        with self.file(True) as file:
            drain = drains.Drain(self.request(), self.means(), file)
            self.assertRaises(signals.Interrupted, drain.plan)
            self.nova.before['service'] = fake_host.raising(INTERRUPT)
            self.assertRaises(signals.Interrupted, drain.give_up)
        self.assertTrue(self.written.disabled)
        self.assertRegex(
            self.board.said[-1],
            'disabled is not known.* compute service list --host host1',
        )

    def test_a_transient_fault_is_none(self) -> None:
        for name in ('service', 'disable', 'servers_on', 'records_from',
                     'server_groups'):  # fmt: skip
            self.cloud(1)
            self.path.unlink(missing_ok=True)
            self.nova.before[name] = fake_host.nth(1, fake_host.AWAY)
            self.assertEqual(0, self.drained().exit_code, name)


class PlanTestCase(fake_host.HostTestCase):
    def test_a_dry_run_changes_nothing(self) -> None:
        before = self.where()
        found = self.planned(dry_run=True, plan=False)
        self.assertEqual({'planned'}, {row.outcome for row in found.values()})
        self.assertEqual(([], before), (self.nova.changes, self.where()))
        self.assertTrue(self.service.enabled)
        self.assertFalse(self.path.exists())

    def test_a_dry_run_writes_the_plan_that_is_carried_out(self) -> None:
        self.cloud(3)
        self.planned(dry_run=True, excluded=('web2',))
        self.assertFalse(self.written.disabled)
        report = self.drained(excluded=('web2',))
        self.assertEqual(
            {'web1': 'confirmed', 'web2': 'skipped', 'web3': 'confirmed'},
            self.outcomes(report.rows),
        )
        self.assertTrue(self.written.disabled)

    def test_what_becomes_of_each(self) -> None:
        self.cloud(7)
        self.save(1, vm_state='active')
        self.save(2, vm_state='active', locked=True)
        self.save(3, vm_state='error')
        self.save(4, vm_state='active', task_state='powering-off')
        self.save(5, host='host2')
        found = self.planned(
            excluded=('web7',), servers=tuple(f'web{n}' for n in range(1, 8))
        )
        self.assertEqual(
            [
                ('web1', 'planned', 'migration', None),
                ('web2', 'planned', 'live-migration', None),
                ('web3', 'refused', None, '--include-locked'),
                ('web4', 'refused', None, 'in ERROR'),
                ('web5', 'refused', None, 'powering-off'),
                ('web7', 'skipped', None, '--exclude'),
                ('web6', 'not-on-source', None, 'on host2'),
            ],
            [
                (
                    row.name,
                    str(row.outcome),
                    row.method,
                    word
                    if (word := WORDS.get(row.name))
                    and word in (row.reason or '')
                    else row.reason,
                )
                for row in found.values()
            ],
        )

    def test_one_of_the_project(self) -> None:
        report = self.drained(project_id='project-1')
        self.assertEqual(
            {'web1': 'skipped', 'web2': 'confirmed'},
            self.outcomes(report.rows),
        )
        self.assertEqual(0, report.exit_code)
        self.assertIn('empty but for what was excluded', report.sentences[-1])

    def test_to_one_destination(self) -> None:
        self.cloud(3)
        report = self.drained(destination='host3')
        self.assertEqual(
            {'host3'}, {row.destination_host for row in report.rows}
        )
        self.assertEqual({'host3'}, set(self.where().values()))

    def test_cold_only(self) -> None:
        self.cloud(2, shutoff=0.0)
        report = self.drained(method=Method.COLD)
        self.assertEqual({'migration'}, {row.method for row in report.rows})

    def test_a_host_without_servers(self) -> None:
        self.cloud(0)
        report = self.drained()
        self.assertEqual((0, ()), (report.exit_code, report.rows))
        self.assertEqual(('Compute host host1 is empty.',), report.sentences)
        self.assertIn('is finished', self.refused_drain())


class NowhereTestCase(fake_host.HostTestCase):
    """A look at the other hosts warns, and decides nothing."""

    def setUp(self) -> None:
        super().setUp()
        server_id = self.save(0, vm_state='active')
        self.kinds: dict[str, moves.Kind] = {}
        look = made.seen(
            server=made.server(group=made.group('affinity', a='host1')),
            hosts=(made.host('host2'),),
        )
        self.seen = capacity.Seen({}, (made.host('host2'),), {server_id: look})
        self.room = mock.Mock(look=self.look)

    def look(
        self, _host: str, kinds: dict[str, moves.Kind], *_rest: object
    ) -> capacity.Seen:
        self.kinds = kinds
        return self.seen

    def test_the_plan_says_so_in_the_servers_row(self) -> None:
        found = self.planned(dry_run=True)
        self.assertEqual('planned', found['web1'].outcome)
        self.assertIn(
            'openstack server migrate-candidates --live-migration '
            + found['web1'].server_id,
            str(found['web1'].reason),
        )
        self.assertIsNone(found['web2'].reason)
        self.assertIn('ruled out of every other host', self.board.said[-2])
        self.assertEqual(
            {'live-migration', 'migration'},
            {str(kind) for kind in self.kinds.values()},
        )

    def test_it_is_written_down_nowhere_and_moved_all_the_same(self) -> None:
        self.planned()
        self.assertEqual(
            [None, None],
            [entry.row.reason for entry in self.written.away.values()],
        )
        report = self.drained()
        self.assertEqual(
            {'web1': 'completed', 'web2': 'confirmed'},
            self.outcomes(report.rows),
        )

    def test_once_nova_found_no_host_it_is_looked_at_again(self) -> None:
        self.cloud(2, {Fate.NO_VALID_HOST: 1.0}, shutoff=0.0)
        rows = fake_host.by_name(self.drained().rows)
        self.assertEqual('rolled-back', rows['web1'].outcome)
        self.assertRegex(
            str(rows['web1'].reason),
            r'No valid host.* As seen now: host2: server group .* on host1\.',
        )
        self.assertNotIn('As seen now', str(rows['web2'].reason))

    def test_but_not_for_who_breaks_it_off(self) -> None:
        self.cloud(2, {Fate.NO_VALID_HOST: 1.0}, shutoff=0.0)

        def stop() -> None:
            assert self.work is not None
            assert self.work.convoy is not None
            assert self.work.convoy.fleet is not None
            self.work.convoy.fleet.stopping = True

        self.nova.after['live-migrate'] = stop
        rows = fake_host.by_name(self.drained().rows)
        self.assertEqual('rolled-back', rows['web1'].outcome)
        self.assertNotIn('As seen now', str(rows['web1'].reason))

    def test_a_group_that_all_are_of_is_told_once(self) -> None:
        members = frozenset(self.world.servers)
        affinity = turns.ServerGroup('g', 'affinity', members)
        with mock.patch.object(
            self.nova, 'server_groups', lambda: (affinity,)
        ):
            self.planned(dry_run=True)
            told = [s for s in self.board.said if 'affinity' in s]
            self.assertEqual(1, len(told))
            self.room = None
            self.planned(dry_run=True)
        self.assertIn('All members of a server group', self.board.said[-1])


#: What the reason of each says, of which nothing else is compared.
WORDS = {
    'web3': '--include-locked', 'web4': 'in ERROR', 'web5': 'powering-off',
    'web6': 'on host2', 'web7': '--exclude',
}  # fmt: skip
