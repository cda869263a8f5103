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

"""A wrong time of day, in every Python that starts with this.

A test may not set the clock of its machine. How much time passes is real.
"""

import datetime
import os
import pathlib
import runpy
import sys
import time
from typing import Self

#: Seconds by which the time of day is ahead of the machine's.
AHEAD = float(os.environ.get('SHIFTED_AHEAD', '0'))
_time = time.time


class _Shifted(datetime.datetime):
    @classmethod
    def now(cls, tz: datetime.tzinfo | None = None) -> Self:
        return cls.fromtimestamp(_time() + AHEAD, tz)

    @classmethod
    def utcnow(cls) -> Self:
        return cls.now(datetime.UTC).replace(tzinfo=None)


def _shifted_time() -> float:
    return _time() + AHEAD


def _others() -> None:
    """Python starts with one of this name: the next has its turn as well."""
    here = pathlib.Path(__file__)
    for folder in sys.path:
        other = pathlib.Path(folder, here.name)
        if other.is_file() and not other.samefile(here):
            runpy.run_path(str(other))
            return


if AHEAD:
    time.time = _shifted_time
    datetime.datetime = _Shifted  # type: ignore[misc]
_others()
