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

"""Secrets that are known to a test, and where they came out."""

import base64
from collections.abc import Iterator, Mapping
import dataclasses
import json
import re
import shlex
import urllib.parse

#: A token of keystone's (fernet), or a good part of one.
TOKEN = re.compile(r'gAAAA[\w-]{20,}')
#: Of a text that may stand at any place in what was encoded in base64: the
#: characters at both ends depend on what is beside it.
MARGIN = 4


def _in_base64(secret: bytes) -> Iterator[str]:
    for before in range(3):
        encoded = base64.b64encode(b'x' * before + secret).decode()
        yield encoded[MARGIN:-MARGIN]


def spellings(secret: str) -> frozenset[str]:
    """Return the forms in which a secret might come out."""
    found = {
        secret,
        urllib.parse.quote(secret),
        urllib.parse.quote(secret, safe=''),
        urllib.parse.quote_plus(secret),
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        repr(secret)[1:-1],
        shlex.quote(secret),
        *_in_base64(secret.encode()),
    }
    return frozenset(found)


@dataclasses.dataclass(frozen=True)
class Secrets:
    """What nobody may be told.

    :ivar known: the secrets by what they are
    """

    known: Mapping[str, str]

    def found_in(self, text: str) -> frozenset[str]:
        """Return what the secrets are that a text holds, in any form."""
        found = {
            name
            for name, secret in self.known.items()
            if any(form in text for form in spellings(secret))
        }
        if TOKEN.search(text):
            found.add('a token')
        return frozenset(found)
