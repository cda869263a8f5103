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

"""Which compute hosts could take a server, and what rules the others out.

Facts (:mod:`~osc_migrate.engine.candidates.facts`) and what Nova would ask
of placement (:mod:`~osc_migrate.engine.candidates.needs`) go in; each rule
is one function, and :data:`osc_migrate.engine.candidates.table.RULES` is the
list of them.
"""
