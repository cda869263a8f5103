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

"""What should have come along with a server, and did not."""

from collections.abc import Mapping
import dataclasses
import uuid

from osc_migrate.tests.functional import base
from osc_migrate.tests.functional import endpoints
from osc_migrate.tests.functional import people
from osc_migrate.tests.functional import program


@dataclasses.dataclass(frozen=True)
class Left:
    """A move that succeeds, and the warning that goes with it."""

    name: str
    warning: str
    steps: Mapping[str, str]
    options: tuple[str, ...] = ()


LEFT = (
    Left(
        'cold_a_port_could_not_be_bound',
        r'Port \S+ could not be bound on {destination} \(binding_failed\)',
        {'finish_migration': 'port=failed'},
    ),
    Left(
        'cold_a_port_is_still_bound_to_the_source',
        r'Port \S+ is bound to {source}, but the server is on {destination}',
        {'finish_migration': 'port=source'},
    ),
    Left(
        'live_a_port_is_still_bound_to_the_source',
        r'Port \S+ is bound to {source}, but the server is on {destination}',
        {'live_migration_arrived': 'port=source'},
        ('--live-migration',),
    ),
    Left(
        'cold_resources_of_the_source_are_not_freed',
        r'still holds resources of {source} in placement.*allocation delete',
        {'delete_allocation': 'skip'},
    ),
    Left(
        'live_resources_of_the_source_are_not_freed',
        r'still holds resources of {source} in placement.*allocation delete',
        {'delete_allocation': 'skip'},
        ('--live-migration',),
    ),
)


@base.each(LEFT)
class TestLeftBehind(base.TestCase):
    def check(self, left: Left) -> None:
        server = self.boot()
        self.admin.steer(server, **left.steps)
        result = self.migrate(server, *left.options)
        live = '--live-migration' in left.options
        self.assert_outcome('completed' if live else 'confirmed', 0, result)
        (warning,) = result.fields['warnings']
        hosts = {
            'source': server.host,
            'destination': result.fields['destination_host'],
        }
        self.assertRegex(warning, left.warning.format(**hosts))
        self.assertIn(f'Warning: {warning}\n', result.stderr)


class TestVolumes(base.TestCase):
    def moved(self, server: people.Server, url: str) -> program.Result:
        """Move a server where block storage is at this URL."""
        environment = self.another_clouds_yaml(
            block_storage_endpoint_override=url
        )
        run = self.start_migrate(
            server, '--live-migration', environment=environment
        )
        result = run.wait()
        self.assert_outcome('completed', 0, result)
        return result

    def test_each_volume_has_one_attachment_in_use(self) -> None:
        server = self.boot()
        volume = str(uuid.uuid4())
        self.admin.attach(server, volume)
        attachment = {
            'id': 'attachment-1',
            'volume_id': volume,
            'instance': server.id,
            'status': 'attached',
        }
        another = {**attachment, 'id': 'attachment-2'}
        open_one = {**attachment, 'status': 'attaching'}
        for attachments, warning in (
            ([attachment], ''),
            ([], f'Volume {volume} has no attachment to this server'),
            ([open_one], f'Attachment attachment-1 of volume {volume} is in '
                         f'status attaching'),
            ([attachment, another], f'Volume {volume} is attached to this '
                                    f'server more than once'),
        ):  # fmt: skip
            with endpoints.block_storage(*attachments) as url:
                result = self.moved(server, url)
            self.assertEqual(
                [warning][: bool(warning)],
                [w[: len(warning)] for w in result.fields['warnings']],
            )

    def test_an_api_that_is_not_there_or_not_sane_is_silence(self) -> None:
        server = self.boot()
        self.admin.attach(server, str(uuid.uuid4()))
        with endpoints.that_answers(200) as url:
            for at in (f'{url}/v3', base.CLOSED):
                result = self.moved(server, at)
                self.assertEqual([], result.fields['warnings'])
