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

"""Numbers that options take, as argparse asks for them."""

import argparse
import math

from osc_migrate.i18n import _


def seconds(text: str) -> float:
    """A number of seconds, 0 or more."""
    try:
        value = float(text.replace('_', 'x'))
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value >= 0):
        raise argparse.ArgumentTypeError(
            _('\'%s\' is not a number of seconds') % text
        )
    return value


def interval(text: str) -> float:
    """A pause in seconds: shorter than 0.1 would be a load on the API."""
    value = seconds(text)
    if value < 0.1:
        raise argparse.ArgumentTypeError(_('must be 0.1 or more'))
    return value


def limit(text: str) -> float:
    """A time limit in seconds, more than 0."""
    value = seconds(text)
    if not value:
        raise argparse.ArgumentTypeError(_('must be more than 0'))
    return value


def whole(text: str) -> int:
    """A number, 0 or more."""
    if not (text.isascii() and text.isdecimal()):
        raise argparse.ArgumentTypeError(_('\'%s\' is not a number') % text)
    return int(text)


def count(text: str) -> int:
    """A number, 1 or more."""
    value = whole(text)
    if not value:
        raise argparse.ArgumentTypeError(_('must be 1 or more'))
    return value
