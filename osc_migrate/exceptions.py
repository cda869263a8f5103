#  Licensed under the Apache License, Version 2.0 (the "License"); you may
#  not use this file except in compliance with the License. You may obtain
#  a copy of the License at
#
#       http://www.apache.org/licenses/LICENSE-2.0
#
#  Unless required by applicable law or agreed to in writing, software
#  distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
#  WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
#  License for the specific language governing permissions and limitations
#  under the License.

"""What can keep a migration from being asked for, or from being watched."""

from collections.abc import Iterable


class MigrateError(Exception):
    """The root of everything this package raises on purpose.

    :param message: One sentence for a person, Nova's own where there is one.
    :param hint: The next thing to do, or None.
    :param request_id: The ID of the request that Nova answered this to.
    """

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.request_id = request_id


class UsageError(MigrateError):
    """The options contradict each other."""


class Refused(MigrateError):
    """Nothing was asked of Nova's compute hosts, and nothing will be."""


class Impossible(Refused):
    """Several things stand against it, each of them in a sentence.

    :param reasons: What stands against it.
    :param hints: What helps.
    """

    def __init__(self, reasons: Iterable[str], hints: Iterable[str]) -> None:
        self.reasons = tuple(reasons)
        self.hints = tuple(hints)
        super().__init__(
            '\n'.join(self.reasons), hint='\n'.join(self.hints) or None
        )


class ApiError(MigrateError):
    """An API answered, and the answer was no.

    :param status: The HTTP status, 400 to 499.
    """

    def __init__(
        self, message: str, *, status: int, request_id: str | None = None
    ) -> None:
        super().__init__(message, request_id=request_id)
        self.status = status


class TransientError(MigrateError):
    """An API could not be asked just now; asking again may help.

    :param accepted: False where the API said that it did not take the
        request (429, 503, no connection), None where nobody can say.
    :param retry_after: How many seconds the API asked to wait, or None.
    """

    def __init__(
        self,
        message: str,
        *,
        accepted: bool | None = None,
        retry_after: float | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(message, request_id=request_id)
        self.accepted = accepted
        self.retry_after = retry_after


class Away(TransientError):
    """The API cannot be asked, and somebody finds out when it can be.

    :param retry_after: How many seconds until it is of use to ask.
    """
