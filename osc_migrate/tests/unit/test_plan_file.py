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

"""The plan of a drain as a file: what is written is what is read."""

from collections.abc import Callable
import dataclasses
import datetime
import json
from typing import Any

import testtools

from osc_migrate.engine import drain
from osc_migrate.engine import facts
from osc_migrate.engine import fitting
from osc_migrate.engine import move as moves
from osc_migrate.engine.outcomes import Outcome
from osc_migrate.engine import plan_file
from osc_migrate.engine import rows as told_rows
from osc_migrate.engine.rows import Fate
from osc_migrate import exceptions
from osc_migrate.tests.unit import rows

NAME = 'plan.json'
SERVER = facts.Server('id-1', 'web1', 'project', 'ACTIVE', host='host1')
ASKED_AT = datetime.datetime(2026, 8, 1, 12, 0, 0, 250, datetime.UTC)
TRACE = plan_file.Trace(
    moves.Kind.COLD,
    ASKED_AT,
    {'uuid-old': 'confirmed'},
    'user-me',
    'req-ours',
    'uuid-ours',
)
PLANNED = plan_file.Entry(told_rows.of(SERVER, 'host1', None))
MADE = plan_file.Plan(
    'host1',
    'service-1',
    {'method': 'auto', 'servers': ['web1']},
    away={'id-1': PLANNED},
)


def entry(
    outcome: Outcome | Fate,
    trace: plan_file.Trace | None = None,
    **fields: Any,
) -> plan_file.Entry:
    row = dataclasses.replace(PLANNED.row, outcome=outcome, **fields)
    return plan_file.Entry(row, trace)


def plan_of(*entries: plan_file.Entry, **fields: Any) -> plan_file.Plan:
    numbered = {}
    for number, one in enumerate(entries):
        row = dataclasses.replace(one.row, server_id=f'id-{number}')
        numbered[row.server_id] = dataclasses.replace(one, row=row)
    return dataclasses.replace(MADE, away=numbered, **fields)


@dataclasses.dataclass(frozen=True)
class Kept:
    """A plan that is the same after it was written and read."""

    name: str
    plan: plan_file.Plan


HOSTILE = 'we"b\n\\1 \x1b[2J \U0001f4a9 \u2028 {"a": 1}, ]'
KEPT = (
    Kept('only the host is known', plan_file.Plan('host1', 'service-1')),
    Kept('the host was disabled',
         plan_file.Plan('host1', 'service-1', disabled=True)),
    Kept('one server that is planned', MADE),
    Kept('every outcome',
         plan_of(*(entry(outcome) for outcome in (*Outcome, *Fate)))),
    Kept('a request that was not answered',
         plan_of(entry(Outcome.PLANNED,
                       plan_file.Trace(moves.Kind.LIVE, ASKED_AT)))),
    Kept('a verdict', plan_of(entry(
        Outcome.ROLLED_BACK, TRACE, method='migration',
        destination_host='host2', reason='No valid host.', duration=3.5))),
    Kept('a name that looks like JSON, and like a terminal\'s commands',
         plan_of(entry(Fate.REFUSED, name=HOSTILE, reason=HOSTILE))),
    Kept('a server without a project', plan_of(entry(
        Outcome.PLANNED, project_id=None))),
    Kept('finished', plan_of(entry(Outcome.CONFIRMED, TRACE),
                             finished='2026-08-01T12:00:00+00:00')),
    Kept('on the way back', plan_of(
        entry(Outcome.CONFIRMED, TRACE, destination_host='host2'),
        finished='then',
        back={'id-0': entry(Outcome.PLANNED, TRACE, server_id='id-0',
                            source_host='host2')})),
    Kept('back', plan_of(entry(Outcome.CONFIRMED), finished='then',
                         restored='since')),
)  # fmt: skip


@rows.each(KEPT)
class KeptTestCase(testtools.TestCase):
    def check(self, row: Kept) -> None:
        text = plan_file.encode(row.plan)
        self.assertEqual(row.plan, plan_file.decode(text, NAME))
        self.assertTrue(text.isascii())
        # For diff and grep: a server is a line.
        servers = [line for line in text.splitlines() if '"server_id"' in line]
        self.assertEqual(len(row.plan.away) + len(row.plan.back), len(servers))


class OrderTestCase(testtools.TestCase):
    def test_servers_keep_their_order(self) -> None:
        found = {
            name: entry(Outcome.PLANNED, server_id=name) for name in 'cab'
        }
        plan = dataclasses.replace(MADE, away=found)
        decoded = plan_file.decode(plan_file.encode(plan), NAME)
        self.assertEqual(['c', 'a', 'b'], list(decoded.away))

    def test_nothing_but_what_is_needed_is_written(self) -> None:
        text = plan_file.encode(plan_of(entry(Outcome.CONFIRMED, TRACE)))
        found = json.loads(text)['away'][0]
        self.assertEqual(
            {
                'server_id', 'name', 'project_id', 'method', 'source_host',
                'destination_host', 'outcome', 'reason', 'duration', 'asked',
            },
            set(found),
        )  # fmt: skip
        self.assertEqual(
            {
                'kind', 'asked_at', 'known', 'user_id', 'request_id',
                'migration_id',
            },
            set(found['asked']),
        )  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Wrong:
    """A text, and words of the sentence with which it is refused.

    :ivar text: Or a change to the JSON of a good plan.
    """

    name: str
    text: str | Callable[[dict[str, Any]], object]
    says: str = 'is damaged'


def put(*path: str | int, value: object) -> Callable[[dict[str, Any]], object]:
    """Have something else at this place."""

    def change(body: dict[str, Any]) -> None:
        found: Any = body
        for step in path[:-1]:
            found = found[step]
        found[path[-1]] = value

    return change


def without(name: str) -> Callable[[dict[str, Any]], object]:
    return lambda body: body.pop(name)


NO_PLAN = 'is not a plan'
WRONG = (
    Wrong('empty', '', NO_PLAN),
    Wrong('no JSON', 'host1: empty\n', NO_PLAN),
    Wrong('cut off', plan_file.encode(MADE)[:-20], NO_PLAN),
    Wrong('two plans', plan_file.encode(MADE) * 2, NO_PLAN),
    Wrong('a list', '[]', NO_PLAN),
    Wrong('a word', '"osc_migrate plan"', NO_PLAN),
    Wrong('null', 'null', NO_PLAN),
    Wrong('brackets without end', '[' * 100_000, NO_PLAN),
    Wrong('of another program', '{"format": "tfplan", "version": 1}', NO_PLAN),
    Wrong('without a format', without('format'), NO_PLAN),
    Wrong('without a version', without('version'), NO_PLAN),
    Wrong('a version that is a word', put('version', value='new'), NO_PLAN),
    Wrong('a version without end', '{"format": "osc_migrate plan", '
          '"version": 1e999}', NO_PLAN),
    Wrong('of a newer version', put('version', value=2), 'a newer version'),
    Wrong('of a newer version that looks different',
          '{"format": "osc_migrate plan", "version": 17}', 'a newer version'),
    *(
        Wrong(f'without {name}', without(name))
        for name in ('host', 'service_id', 'choice', 'disabled', 'finished',
                     'restored', 'away', 'back')
    ),
    Wrong('servers that are a word', put('away', value='web1')),
    Wrong('servers that are a number', put('away', value=1)),
    Wrong('a server that is a word', put('away', 0, value='web1')),
    Wrong('a server without an ID', put('away', 0, value={
        'name': 'web1', 'outcome': 'planned'})),
    Wrong('a server without an outcome', lambda body:
          body['away'][0].pop('outcome')),
    Wrong('an outcome that there is not', put(
        'away', 0, 'outcome', value='perhaps')),
    Wrong('a field that there is not', put('away', 0, 'weight', value=1)),
    Wrong('options that are a word', put('choice', value='all')),
    Wrong('a method that there is not', put(
        'away', 0, 'asked', 'kind', value='evacuation')),
    Wrong('a time that is none', put(
        'away', 0, 'asked', 'asked_at', value='noon')),
    Wrong('a time without a zone', put(
        'away', 0, 'asked', 'asked_at', value='2026-08-01T12:00:00')),
    Wrong('a time that is a number', put(
        'away', 0, 'asked', 'asked_at', value=5)),
    Wrong('records that are a word', put(
        'away', 0, 'asked', 'known', value='all')),
    Wrong('a name that stands twice', plan_file.encode(MADE).replace(
        '"disabled"', '"host": "host2", "disabled"'), NO_PLAN),
    Wrong('a server that stands twice', lambda body:
          body['away'].append(body['away'][0])),
    Wrong('a number that is none', plan_file.encode(MADE).replace(
        '"duration": null', '"duration": NaN'), NO_PLAN),
    Wrong('a number without end', plan_file.encode(MADE).replace(
        '"duration": null', '"duration": 1e999')),
    Wrong('a server of another host', put(
        'away', 0, 'source_host', value='host2')),
    Wrong('a server that was never sent away', lambda body:
          body['back'].append({**body['away'][0], 'server_id': 'id-9'})),
    Wrong('a server that comes back from where it was not sent',
          lambda body: body['back'].append(
              {**body['away'][0], 'source_host': 'host3'})),
    *(
        Wrong(f'{value!r} as {name} of the plan', put(name, value=value))
        for name, value in (
            ('host', ''), ('host', 1), ('service_id', None),
            ('disabled', 'false'), ('disabled', 0), ('choice', []),
            ('finished', 0), ('finished', True), ('restored', []),
        )
    ),
    *(
        Wrong(f'{value!r} as {name} of a server',
              put('away', 0, name, value=value))
        for name, value in (
            ('server_id', '../os-services'), ('server_id', 'id?all=1'),
            ('server_id', ''), ('server_id', 7), ('server_id', 'x' * 999),
            ('name', None), ('name', 5), ('name', ['web1']),
            ('project_id', {}), ('method', 1), ('source_host', None),
            ('destination_host', ''), ('destination_host', 2),
            ('outcome', {}), ('reason', ['no']), ('duration', '3'),
            ('duration', True),
        )
    ),
    *(
        Wrong(f'{value!r} as {name} of a request',
              put('away', 0, 'asked', name, value=value))
        for name, value in (
            ('known', {'id-1': None}), ('known', []), ('user_id', 1),
            ('request_id', '../../os-services'), ('request_id', 3),
            ('migration_id', 'a/b'), ('migration_id', []), ('kind', []),
        )
    ),
)  # fmt: skip


@rows.each(WRONG)
class WrongTestCase(testtools.TestCase):
    def check(self, row: Wrong) -> None:
        text = row.text
        if not isinstance(text, str):
            plan = plan_of(entry(Outcome.PLANNED, TRACE))
            body = json.loads(plan_file.encode(plan))
            text(body)
            text = json.dumps(body)
        error = self.assertRaises(
            exceptions.Refused, plan_file.decode, text, NAME
        )
        self.assertIn(row.says, error.message)
        self.assertIn(NAME, error.message)
        # One sentence.
        self.assertTrue(error.message.endswith('.'))
        self.assertNotIn('. ', error.message)


@dataclasses.dataclass(frozen=True)
class Other:
    """A plan that was found where ``MADE`` was to be made.

    :ivar says: Words of the refusal, None where it is carried on.
    :ivar hint: Words of what helps.
    """

    name: str
    found: plan_file.Plan
    says: str | None = None
    hint: str | None = None


ARRIVED = plan_of(entry(Outcome.CONFIRMED, TRACE))
OTHERS = (
    Other('the same', MADE),
    Other('the same, on its way', plan_of(entry(Outcome.TIMEOUT, TRACE))),
    Other('the same, that disabled the host',
          dataclasses.replace(MADE, disabled=True)),
    Other('made, but for the servers',
          dataclasses.replace(MADE, away={})),
    Other('of another host', dataclasses.replace(MADE, host='host2'),
          'is for compute host host2'),
    Other('of another cloud', dataclasses.replace(MADE, service_id='other'),
          'another cloud'),
    Other('with other options',
          dataclasses.replace(MADE, choice={
              'method': 'cold', 'servers': ['web1'], 'destination': 'host2'}),
          'other options (--host, --auto, --live-migration, --cold)'),
    Other('with fewer options', dataclasses.replace(MADE, choice={}),
          'other options (--auto, --live-migration, --cold, --server)'),
    Other('finished', dataclasses.replace(ARRIVED, finished='noon'),
          'is finished: host1 was empty at noon',
          'openstack compute host restore host1 --plan plan.json'),
    Other('finished, and with other options',
          dataclasses.replace(ARRIVED, finished='noon', choice={}),
          'is finished'),
    Other('on the way back', dataclasses.replace(
        ARRIVED, finished='noon', back=ARRIVED.away), 'on their way back'),
    Other('on the way back before it was finished', dataclasses.replace(
        ARRIVED, back=ARRIVED.away), 'on their way back'),
    Other('back', dataclasses.replace(ARRIVED, restored='noon'),
          'were brought back'),
)  # fmt: skip


@rows.each(OTHERS)
class OtherTestCase(testtools.TestCase):
    def check(self, row: Other) -> None:
        if row.says is None:
            fitting.refuse_other(row.found, MADE, NAME)
            return
        error = self.assertRaises(
            exceptions.Refused, fitting.refuse_other, row.found, MADE, NAME
        )
        self.assertIn(row.says, error.message)
        self.assertIn(row.hint or '', error.hint or '')
        self.assertNotIn('. ', error.message)


class MadeTestCase(testtools.TestCase):
    def test_every_option_that_is_kept_has_a_name(self) -> None:
        self.assertEqual(
            set(drain.Request('host1').choice), set(fitting.OPTIONS)
        )

    def test_a_plan_is_made_once_servers_were_listed(self) -> None:
        for found, made in (
            (plan_file.Plan('host1', 'service-1', disabled=True), False),
            (MADE, True),
            # There was nothing to be listed.
            (plan_file.Plan('host1', 'service-1', finished='noon'), True),
        ):
            self.assertIs(made, found.is_made)
