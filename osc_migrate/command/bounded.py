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

"""No command of this project hangs for a keystone that does not answer."""

from typing import Any


class Bounded:
    """Gives the client's requests a time limit, before the first of them."""

    app: Any

    @property
    def required_scope(self) -> bool:
        """Read by the shell before its first request to keystone.

        The last chance to bound that request: the client sets no time limit
        of its own, and a keystone that does not answer would hang it.
        """
        session = self.app.client_manager.session
        if session.timeout is None:
            session.timeout = 30.0
        return False
