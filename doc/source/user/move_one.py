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

"""Move one server, live if its guest runs; look before it is confirmed."""

import sys

import openstack

import osc_migrate


class Log:
    """Writes each phase to standard error when it begins."""

    transfers = False
    phase = ''

    def say(self, sentence: str) -> None:
        print(sentence, file=sys.stderr)

    def progress(self, progress: osc_migrate.Progress) -> None:
        if progress.phase != self.phase:
            self.phase = progress.phase
            print(f'{progress.elapsed:.0f} s: {self.phase}', file=sys.stderr)


def has_an_address(arrival: osc_migrate.Arrival) -> bool:
    """Say whether the server is well in its new place."""
    print('On', arrival.destination_host, 'with', *arrival.addresses)
    return bool(arrival.addresses)


def main(server: str) -> int:
    connection = openstack.connect()
    try:
        result = osc_migrate.migrate_and_wait(
            connection,
            server,
            auto=True,
            timeout=1800,
            check=has_an_address,
            observer=Log(),
        )
    except osc_migrate.MigrateError as error:
        print(error, error.hint or '')
        return 1
    print(result.server_name, result.outcome, result.reason or '')
    return result.exit_code


if __name__ == '__main__':
    sys.exit(main(sys.argv[1]))
