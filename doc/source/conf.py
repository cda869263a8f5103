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

"""Configuration of Sphinx for the documentation."""

project = 'osc-migrate'
author = 'osc-migrate contributors'
copyright = 'osc-migrate contributors'

extensions = [
    'cliff.sphinxext',
    'openstackdocstheme',
    'reno.sphinxext',
    'sphinx.ext.autodoc',
]

# The types stand in the signature, and what they mean below it.
autodoc_typehints = 'signature'

html_theme = 'openstackdocs'
pygments_style = 'native'

openstackdocs_repo_name = ''
openstackdocs_auto_name = False
openstackdocs_auto_version = True

autoprogram_cliff_application = 'openstack'
# What every command of the client has, and is documented with the client.
autoprogram_cliff_ignored = [
    '--help',
    '--format',
    '--column',
    '--fit-width',
    '--max-width',
    '--noindent',
    '--prefix',
    '--print-empty',
    '--quote',
    '--sort-column',
    '--sort-ascending',
    '--sort-descending',
]
