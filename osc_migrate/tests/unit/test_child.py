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

"""A program of the caller's gets what is meant for it, and nothing else."""

import os
import pathlib
import sys
import tempfile

import testtools

from osc_migrate import child

#: Prints which descriptors it has, what it reads, and a variable.
SAYS = (
    'import os, sys\n'
    'held = []\n'
    'for number in range(64):\n'
    '    try:\n'
    '        os.fstat(number)\n'
    '        held.append(number)\n'
    '    except OSError:\n'
    '        pass\n'
    'print(held, repr(sys.stdin.read()), os.environ["NAME"])\n'
)


class ChildTestCase(testtools.TestCase):
    def test_no_descriptor_but_the_three(self) -> None:
        # Even such as were made to be inherited.
        for descriptor in os.pipe():
            os.set_inheritable(descriptor, True)
            self.addCleanup(os.close, descriptor)
        self.assertEqual("[0, 1, 2] '' web1\n", self.said_by('web1'))

    def test_a_variable_is_no_command(self) -> None:
        name = '$(id) `id`; id | id > x & * ~ {a,b} \\'
        self.assertEqual(f"[0, 1, 2] '' {name}\n", self.said_by(name))

    def said_by(self, name: str) -> str:
        with tempfile.NamedTemporaryFile() as output:
            program = child.Child([sys.executable, '-c', SAYS], output)
            program.start({'NAME': name})
            self.assertEqual(0, program.wait(30.0))
            return pathlib.Path(output.name).read_text()
