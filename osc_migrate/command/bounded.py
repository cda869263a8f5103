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

"""No command of this project hangs or fails for one fault of keystone."""

from typing import Any

from osc_migrate.i18n import _


class Bounded:
    """Gets the first token as every other answer: in time, and patiently."""

    app: Any

    @property
    def required_scope(self) -> bool:
        """Read by the shell before its first request to keystone.

        The last chance to bound that request: the client sets no time limit
        of its own, and a keystone that does not answer would hang it. The
        shell would also ask for a token once only.

        :raises: what the shell's own request would have raised.
        """
        manager = self.app.client_manager
        if manager.session.timeout is None:
            manager.session.timeout = 30.0
        from osc_migrate import clock as clocks
        from osc_migrate.cloud import faults
        from osc_migrate import exceptions
        from osc_migrate import start

        try:
            # What it gets is kept: the shell finds the token there.
            start.patiently(
                clocks.SystemClock(),
                lambda: faults.call(lambda: manager.auth_ref),
            )
        except exceptions.MigrateError as error:
            raise error.__cause__ or error
        return False

    def get_epilog(self) -> str:
        """Who provides the command, below its help.

        cliff finds that out at each start, help or not, from the list of
        files of every package that is installed: a tenth of a second where
        there are many.
        """
        return _('This command is provided by the osc-migrate plugin.')
