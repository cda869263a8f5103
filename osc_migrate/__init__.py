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

"""Move Nova servers to other compute hosts, and say truthfully what happened.

The life of a migration is told in :mod:`osc_migrate.engine` (what is known
and what it means), :mod:`osc_migrate.driver` (looking and acting until it is
over), :mod:`osc_migrate.cloud` (the only door to the APIs) and
:mod:`osc_migrate.command` (the words that people type and read).
"""
