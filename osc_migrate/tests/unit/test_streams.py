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

from collections.abc import Callable
import io
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


class Stream(io.StringIO):
    """In the middle of a write something else happens, once."""

    def __init__(self, meanwhile: Callable[[], object]) -> None:
        super().__init__()
        self._meanwhile: Callable[[], object] | None = meanwhile
        self._writing = False

    def write(self, text: str) -> int:
        if self._writing:
            raise RuntimeError('reentrant call inside a writer')
        self._writing = True
        written = super().write(text)
        meanwhile, self._meanwhile = self._meanwhile, None
        if meanwhile is not None:
            meanwhile()
        self._writing = False
        return written


class ReentrantTestCase(testtools.TestCase):
    def test_words_of_a_signals_handler_come_behind(self) -> None:
        def handler() -> None:
            tolerant.write('interrupted\n')
            tolerant.flush()

        stream = Stream(handler)
        tolerant = streams.Tolerant(stream)
        tolerant.write('moved\n')
        self.assertEqual('moved\ninterrupted\n', stream.getvalue())
        tolerant.write('again\n')
        self.assertTrue(stream.getvalue().endswith('again\n'))

    def test_an_exception_of_a_handler_passes(self) -> None:
        def handler() -> None:
            raise KeyboardInterrupt

        tolerant = streams.Tolerant(Stream(handler))
        self.assertRaises(KeyboardInterrupt, tolerant.write, 'moved\n')
        self.assertIsNone(tolerant.failure)


class EncodingTestCase(testtools.TestCase):
    def test_a_name_that_cannot_be_written_costs_no_word(self) -> None:
        raw = io.BytesIO()
        with io.TextIOWrapper(raw, encoding='ascii') as stream:
            tolerant = streams.Tolerant(stream)
            tolerant.write('web\N{SNOWMAN} moved\n')
            tolerant.write('web1 moved\n')
            tolerant.flush()
            self.assertEqual(b'web\\u2603 moved\nweb1 moved\n', raw.getvalue())
        self.assertIsNone(tolerant.failure)


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
