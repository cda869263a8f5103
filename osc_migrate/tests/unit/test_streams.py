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

"""Streams that are closed, full or gone, with real descriptors."""

import os
import sys
from unittest import mock

import testtools

from osc_migrate.command import streams


class TolerantTestCase(testtools.TestCase):
    def test_a_stream_that_works_gets_every_word(self) -> None:
        reader, writer = os.pipe()
        with os.fdopen(reader) as read:
            with os.fdopen(writer, 'w') as pipe:
                stream = streams.Tolerant(pipe)
                stream.write('moved\n')
                stream.flush()
                self.assertFalse(stream.isatty())
            self.assertEqual('moved\n', read.read())
        self.assertIsNone(stream.failure)

    def test_a_reader_that_went_away_ends_nothing(self) -> None:
        reader, writer = os.pipe()
        os.close(reader)
        with os.fdopen(writer, 'w') as pipe:
            stream = streams.Tolerant(pipe)
            stream.write('moved\n')
            stream.flush()
            self.assertIsInstance(stream.failure, BrokenPipeError)
            # Neither does a word that comes later, nor the closing flush.
            self.assertEqual(6, stream.write('again\n'))
            stream.flush()
            self.assertFalse(stream.isatty())

    def test_a_full_disk_ends_nothing(self) -> None:
        with open('/dev/full', 'w') as full:
            stream = streams.Tolerant(full)
            stream.write('moved\n')
            stream.flush()
            self.assertIsInstance(stream.failure, OSError)

    def test_a_stream_that_was_never_there(self) -> None:
        stream = streams.Tolerant(None)
        self.assertEqual(5, stream.write('moved'))
        stream.flush()
        self.assertFalse(stream.isatty())
        self.assertRaises(OSError, stream.fileno)
        self.assertIsNotNone(stream.failure)


class StandingInTestCase(testtools.TestCase):
    def test_who_was_started_without_output_can_be_asked_for_it(self) -> None:
        with mock.patch('sys.stdout', None):
            with streams.standing_in():
                self.assertFalse(sys.stdout.isatty())
            self.assertIsNone(sys.stdout)

    def test_what_is_there_stays(self) -> None:
        before = sys.stdout
        with streams.standing_in():
            self.assertIs(before, sys.stdout)
