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

"""Policy rules which several threads may ask for at once.

oslo.policy loads its rules at the first question. A second question which
comes meanwhile sees half of them, and the answer is 403: with two clients at
the start this happened in one start of a dozen.
"""

import threading

_lock = threading.RLock()


def lock_loading() -> None:
    """Let one thread load rules while the others wait."""
    from oslo_policy import policy

    original = policy.Enforcer.load_rules

    def load_rules(self: policy.Enforcer, force_reload: bool = False) -> None:
        with _lock:
            original(self, force_reload)

    policy.Enforcer.load_rules = load_rules  # type: ignore[method-assign]
