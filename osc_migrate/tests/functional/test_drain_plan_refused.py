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

"""Plans that are not carried on, and files that cannot be plans."""

from collections.abc import Callable
import dataclasses
import json
import os
import pathlib
from typing import Any

from osc_migrate.tests.functional import draining
from osc_migrate.tests.functional import truths


@dataclasses.dataclass(frozen=True)
class Unfit:
    """A plan that is not carried on.

    :ivar change: what is done to the plan that a dry run made
    """

    name: str
    change: Callable[[dict[str, Any]], str]
    sentence: str
    options: tuple[str, ...] = ()
    host: int = 0


def _same(plan: dict[str, Any]) -> str:
    return json.dumps(plan)


def _with(name: str, value: object) -> Callable[[dict[str, Any]], str]:
    return lambda plan: json.dumps({**plan, name: value})


def _without(name: str) -> Callable[[dict[str, Any]], str]:
    return lambda plan: json.dumps({k: plan[k] for k in plan if k != name})


OTHER_OPTIONS = 'made with other options'
UNFIT = (
    Unfit('another_host', _same, 'for compute host host1', host=1),
    Unfit('another_cloud', _with('service_id', '9ed9a049'), 'another cloud'),
    Unfit('a_newer_version', _with('version', 99), 'newer version'),
    Unfit('another_document', lambda plan: '{"servers": []}', 'not a plan'),
    Unfit('a_list', lambda plan: '[1, 2]', 'not a plan'),
    Unfit('no_json', lambda plan: 'web1: host1\n', 'not a plan'),
    Unfit('an_empty_file', lambda plan: '', 'not a plan'),
    Unfit('cut_off', lambda plan: json.dumps(plan)[:-30], 'not a plan'),
    Unfit('half_a_plan', _without('away'), 'damaged'),
    Unfit('entries_of_something_else', _with('away', [{'id': 1}]), 'damaged'),
    Unfit('null_for_servers', _with('away', None), 'damaged'),
    Unfit('a_word_for_servers', _with('away', 'web1'), 'damaged'),
    Unfit('cold', _same, OTHER_OPTIONS, ('--cold',)),
    Unfit('locked', _same, OTHER_OPTIONS, ('--include-locked',)),
    Unfit('chosen', _same, OTHER_OPTIONS, ('--server', 'web1')),
    Unfit('excluded', _same, OTHER_OPTIONS, ('--exclude', 'web1')),
    Unfit('one_destination', _same, OTHER_OPTIONS, ('--host', 'host3')),
    Unfit('one_project', _same, OTHER_OPTIONS, ('--project', 'admin')),
)  # fmt: skip


class TestUnfitPlans(draining.TestCase):
    """Refused in one sentence, and nothing is changed.

    All of them are one test, as none does anything.
    """

    def test_each(self) -> None:
        server = self.boot_one()
        self.assert_exit(0, self.drain('--dry-run'))
        plan = json.loads(self.file.read_text())
        wrong = draining.Wrong()
        for unfit in UNFIT:
            with wrong.noted(unfit.name):
                self._check(unfit, unfit.change(plan))
        with wrong.noted('bytes'):
            self.file.write_bytes(b'\xff\xfe\x00')
            self.assert_one_sentence(self.drain(), 'not a plan')
        wrong.tell()
        self.assert_untouched(server)

    def _check(self, unfit: Unfit, text: str) -> None:
        host = self.cloud.compute_hosts[unfit.host]
        self.file.write_text(text)
        result = self.drain(*unfit.options, host=host)
        self.assert_one_sentence(result, unfit.sentence)
        self.assertEqual(text, self.file.read_text())
        self.assertEqual([self.file], list(self.file.parent.iterdir()))
        self.assert_enabled(host)

    def test_finished(self) -> None:
        server = self.boot_one()
        self.assert_exit(0, self.drain())
        self.admin.enable(self.host)
        before = self.file.read_text()
        result = self.drain()
        self.assert_one_sentence(
            result, 'finished', 'openstack compute host restore'
        )
        self.assertEqual(before, self.file.read_text())
        self.assert_enabled()
        self.assert_truth(truths.MOVED_LIVE, server)

    def test_not_to_be_written(self) -> None:
        server = self.boot_one()
        directory = self.file.parent
        target = pathlib.Path(directory, 'target')
        link = pathlib.Path(directory, 'link')
        link.symlink_to(target)
        dangling = pathlib.Path(directory, 'dangling')
        dangling.symlink_to(pathlib.Path(directory, 'nothing'))
        pipe = pathlib.Path(directory, 'pipe')
        os.mkfifo(pipe)
        target.write_text('what was there')
        wrong = draining.Wrong()
        for file, sentence in (
            (link, 'symbolic link'),
            (dangling, 'symbolic link'),
            (pipe, 'no regular file'),
            (directory, 'no regular file|cannot be read or written'),
            (directory / 'nowhere' / 'plan.json', 'cannot be read or written'),
            (target / 'plan.json', 'cannot be read or written'),
            # Nobody may write there, not even root.
            (pathlib.Path('/proc/plan.json'), 'cannot be read or written'),
        ):
            for options in ((), ('--dry-run',)):
                with wrong.noted(f'{file} {options}'):
                    result = self.drain(*options, file=file)
                    self.assert_one_sentence(result, sentence)
                    self.assert_enabled()
        wrong.tell()
        self.assertEqual('what was there', target.read_text())
        self.assertFalse((directory / 'nothing').exists())
        self.assert_untouched(server)
