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

"""What did not come along with a server, and what only looks like it."""

import dataclasses

import testtools

from osc_migrate.engine import belongings
from osc_migrate.engine.belongings import Allocation
from osc_migrate.engine.belongings import VolumeAttachment
from osc_migrate.engine import facts
from osc_migrate.engine import left_behind
from osc_migrate.tests.unit import rows

MOVED = belongings.Arrival(
    'server-1',
    project_id='ours',
    host='host2',
    source_host='host1',
    source_node='node1',
    migration_uuid='move-1',
    volumes=('vol-1',),
)
WAITING = dataclasses.replace(MOVED, released=False)
#: A project manager sees no hosts.
HIDDEN = dataclasses.replace(
    MOVED, host=None, source_host=None, source_node=None
)
WITHIN_HOST = dataclasses.replace(MOVED, host='host1')
TWO_VOLUMES = dataclasses.replace(MOVED, volumes=('vol-1', 'vol-2'))


def port(
    host: str | None, vif_type: str | None = 'ovs', project: str = 'ours'
) -> belongings.Port:
    return belongings.Port('port-1', project, host, vif_type)


def attachment(
    status: str = 'attached', id: str = 'att-1', volume: str = 'vol-1'
) -> VolumeAttachment:
    return VolumeAttachment(id, volume, status)


@dataclasses.dataclass(frozen=True)
class Row:
    """One look; ``told`` are words of each sentence that it gives."""

    name: str
    told: tuple[tuple[str, ...], ...] = ()
    arrived: belongings.Arrival = MOVED
    ports: tuple[belongings.Port, ...] | None = None
    attachments: tuple[VolumeAttachment, ...] | None = None
    allocations: tuple[Allocation, ...] | None = None


SHOW_PORT = 'openstack port show port-1'
SHOW_ATTACHMENT = 'volume attachment show att-1'
ROWS = (
    Row('nothing could be seen'),
    Row('there is nothing but the server', (), ports=(), allocations=(),
        arrived=dataclasses.replace(MOVED, volumes=()), attachments=()),
    # Ports
    Row('a port is bound where the server is', ports=(port('host2'),)),
    Row('a port stayed on the source',
        (('port-1 is bound to host1', 'server is on host2', SHOW_PORT),),
        ports=(port('host1'),)),
    Row('one of two ports stayed on the source', (('port-1',),),
        ports=(belongings.Port('port-2', 'ours', 'host2', 'ovs'),
               port('host1'))),
    Row('a port is bound to a third host',
        (('bound to host3', 'host2', SHOW_PORT),), ports=(port('host3'),)),
    Row('the binding failed on the destination',
        (('on host2 (binding_failed)', 'agent list --host host2',
          SHOW_PORT),),
        ports=(port('host2', 'binding_failed'),)),
    Row('the binding on the destination was never made',
        (('on host2 (unbound)',),), ports=(port('host2', 'unbound'),)),
    Row('the binding failed on the source, one sentence is enough',
        (('is bound to host1',),), ports=(port('host1', 'binding_failed'),)),
    Row('a port is bound nowhere', (('bound to no host', SHOW_PORT),),
        ports=(port('', 'unbound'),)),
    Row('somebody wrote the ID of the server into a port of their own',
        ports=(port('', 'unbound', 'theirs'),)),
    Row('a port of another project stayed, which Nova does not bind',
        (('is bound to host1',),),
        ports=(port('host1', 'ovs', 'theirs'),)),
    Row('a network that binds nothing', ports=(port('', None),)),
    Row('bindings are hidden', ports=(port(None, None),)),
    Row('the host of a binding is hidden',
        ports=(port(None, 'binding_failed'),)),
    Row('the host of the server is hidden', arrived=HIDDEN,
        ports=(port('host1'),)),
    Row('the host of the server is hidden and the binding failed',
        (('on host2 (binding_failed)',),), arrived=HIDDEN,
        ports=(port('host2', 'binding_failed'),)),
    Row('a port before the confirm', (('is bound to host1',),),
        arrived=WAITING, ports=(port('host1'),)),
    # Volumes
    Row('a volume is in use', attachments=(attachment(),)),
    Row('a volume is still being connected',
        (('att-1 of volume vol-1', 'attaching', SHOW_ATTACHMENT),),
        attachments=(attachment('attaching'),)),
    Row('a volume could not be connected',
        (('error_attaching', SHOW_ATTACHMENT),),
        attachments=(attachment('error_attaching'),)),
    Row('a volume is only reserved', (('reserved', SHOW_ATTACHMENT),),
        attachments=(attachment('reserved'),)),
    Row('an attachment of the source could not be deleted',
        (('error_detaching', SHOW_ATTACHMENT),),
        attachments=(attachment('error_detaching'),
                     attachment(id='att-2'))),
    Row('a reservation is left beside the attachment in use',
        (('reserved', SHOW_ATTACHMENT),),
        attachments=(attachment('reserved'), attachment(id='att-2'))),
    Row('the attachment of the source is left in use',
        (('vol-1 is attached', 'att-1, att-2', '--server-id server-1'),),
        attachments=(attachment(), attachment(id='att-2'))),
    Row('the attachment of the source is over',
        attachments=(attachment('detached'), attachment(id='att-2'))),
    Row('two volumes are in use', arrived=TWO_VOLUMES,
        attachments=(attachment(), attachment(id='att-2', volume='vol-2'))),
    Row('one of two volumes has no attachment',
        (('vol-2 has no attachment', '--volume-id vol-2'),),
        arrived=TWO_VOLUMES, attachments=(attachment(),)),
    Row('a volume has an attachment that is over',
        (('vol-1 has no attachment',),),
        attachments=(attachment('detached'),)),
    Row('a volume that Nova does not know of is none of the move',
        attachments=(attachment(), attachment(id='att-2', volume='vol-2'))),
    Row('a volume before the confirm', (('reserved',),), arrived=WAITING,
        attachments=(attachment('reserved'),)),
    # Resources
    Row('the source is free', allocations=()),
    Row('the migration holds the source',
        (('migration', 'resources of host1',
          'openstack resource provider allocation show move-1',
          'openstack resource provider allocation delete move-1'),),
        allocations=(Allocation('rp-1', 'move-1'),)),
    Row('the migration holds the source and storage that is shared',
        (('migration', 'delete move-1'),),
        allocations=(Allocation('rp-1', 'move-1'),
                     Allocation('rp-shared', 'move-1'))),
    Row('the server holds the source, and is not to lose the destination',
        (('server', 'resources of host1', 'allocation show server-1',
          'allocation unset --provider rp-1 server-1'),),
        allocations=(Allocation('rp-1', 'server-1'),)),
    Row('both hold the source', (('migration',), ('server',)),
        allocations=(Allocation('rp-1', 'move-1'),
                     Allocation('rp-1', 'server-1'))),
    Row('before the confirm the migration has to hold the source',
        arrived=WAITING, allocations=(Allocation('rp-1', 'move-1'),)),
    Row('the server moved within its host', arrived=WITHIN_HOST,
        allocations=(Allocation('rp-1', 'server-1'),)),
    Row('the migration holds the source of a move within one host',
        (('migration',),), arrived=WITHIN_HOST,
        allocations=(Allocation('rp-1', 'move-1'),)),
    Row('nobody knows whether the server left', arrived=HIDDEN,
        allocations=(Allocation('rp-1', 'server-1'),)),
)  # fmt: skip


@rows.each(ROWS)
class MissingTestCase(testtools.TestCase):
    def check(self, row: Row) -> None:
        sentences = left_behind.missing(
            row.arrived,
            belongings.Belongings(row.ports, row.attachments, row.allocations),
        )
        self.assertEqual(len(row.told), len(sentences), str(sentences))
        for words, sentence in zip(row.told, sentences, strict=True):
            for word in words:
                self.assertIn(word, sentence)
            self.assertNotIn('{', sentence)


class ArrivalTestCase(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.server = facts.Server(
            'server-1', 'web1', 'ours', 'ACTIVE', host='host2',
            identity={'volumes': ['vol-1']},
        )  # fmt: skip
        self.record = facts.MigrationRecord(
            'move-1', 'migration', 'confirmed', source_host='host1',
            destination_host='host2', source_node='node1',
        )  # fmt: skip

    def test_all_of_it_is_known_to_an_admin(self) -> None:
        self.assertEqual(
            MOVED,
            belongings.arrival(self.server, self.record, released=True),
        )

    def test_the_record_may_be_hidden(self) -> None:
        found = belongings.arrival(self.server, None, released=False)
        self.assertEqual(
            belongings.Arrival(
                'server-1', 'ours', host='host2', volumes=('vol-1',),
                released=False,
            ),
            found,
        )  # fmt: skip
        self.assertFalse(found.left)

    def test_the_node_of_a_live_migration_is_that_of_the_server_before(
        self,
    ) -> None:
        record = dataclasses.replace(self.record, source_node=None)
        found = belongings.arrival(
            self.server, record, released=True, node='node0'
        )
        self.assertEqual('node0', found.source_node)

    def test_volumes_that_are_not_shown_are_none(self) -> None:
        server = dataclasses.replace(self.server, identity={})
        self.assertEqual(
            (), belongings.arrival(server, None, released=True).volumes
        )
