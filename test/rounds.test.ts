// What a worker asks before it does something. One that said no would leave undone what is due, so each question is held
// against rows that wait, are due, are held by a worker, or were held by one whose lease has ended.

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import type { Scope } from '#kit/context';
import { newUuid } from '#kit/ids';
import { spellTime } from '#platform/db';
import { isAnythingOwed } from '#platform/events';
import { areOperationsDue } from '#rails/operations';
import { asOwner, type TestContext, testContext } from '../src/for-tests.ts';
import { gather, modules } from '../src/modules.ts';
import { areReplaysDue } from '../src/outward/webhooks/replays.store.ts';
import { areJobsDue } from '../src/platform/jobs/jobs.store.ts';

const NOW_MS = Date.UTC(2026, 10, 29);
let context: TestContext;

before(async () => {
  context = await testContext();
});

const questions = [
  isAnythingOwed,
  areOperationsDue,
  areJobsDue,
  ...modules.flatMap((module) => module.rounds?.(gather()) ?? []).flatMap(({ asks }) => asks ?? []),
];

/** Asked by the role that serves, outside of any scope, as a worker does. */
const saysOf = async (question: string): Promise<boolean> => {
  const text = `select (${question}) as is from (select $1::timestamptz as at) now`;
  const statement = { name: `ask ${question}`, text };
  const [row] = await context.database.read<{ is: boolean | null }>(null, statement, [
    spellTime(NOW_MS),
  ]);
  return row?.is ?? false;
};
/** Those that were ever answered yes. */
const heardYes = new Set<string>();
const yes = async (): Promise<string[]> => {
  const said = await Promise.all(questions.map(saysOf));
  const answered = questions.filter((_, n) => said[n]);
  for (const question of answered) heardYes.add(question);
  return answered;
};

const emptyOf: Readonly<Record<string, string>> = {
  uuid: `'00000000-0000-0000-0000-000000000001'`,
  boolean: 'false',
  jsonb: `'{}'`,
  json: `'{}'`,
  'timestamp with time zone': 'now()',
  date: 'now()',
  bytea: `'\\x00'`,
  ARRAY: `'{}'`,
};

/** A row of nothing but what it must have: no rule of the table holds for it. */
const insert = async (table: string, row: Readonly<Record<string, string>>): Promise<void> => {
  const [schema, name] = table.split('.');
  const rules = await asOwner(
    context.on,
    `select conname from pg_constraint where conrelid = '${table}'::regclass and contype in ('c', 'f')`,
  );
  for (const { conname } of rules) {
    await asOwner(context.on, `alter table ${table} drop constraint "${String(conname)}" cascade`);
  }
  const columns = await asOwner(
    context.on,
    `select column_name as name, data_type as type from information_schema.columns
      where table_schema = '${schema}' and table_name = '${name}' and is_generated = 'NEVER'
        and is_identity = 'NO' and is_nullable = 'NO' and column_default is null`,
  );
  const values = {
    ...Object.fromEntries(
      columns.map(({ name: column, type }) => [column, emptyOf[String(type)] ?? `'1'`]),
    ),
    ...row,
  };
  await asOwner(
    context.on,
    `insert into ${table} (${Object.keys(values).join(', ')}) values (${Object.values(values).join(', ')})`,
  );
};
const change = (table: string, set: string) => asOwner(context.on, `update ${table} set ${set}`);

const at = (ms: number): string => `'${spellTime(ms)}'::timestamptz`;

const leased = [
  ['rails.operations', 'rails.are_operations_due(now.at)', 'due_at'],
  ['rails.inbound_webhooks', 'rails.are_webhooks_due(now.at)', 'due_at'],
  ['rails.dispute_feeds', 'rails.are_disputes_due(now.at)', 'due_at'],
  ['rails.dispute_notices', 'rails.are_disputes_due(now.at)', 'due_at'],
  ['outward.mails', 'outward.are_mails_due(now.at)', 'due_at'],
  ['platform.jobs', areJobsDue, 'run_at'],
] as const;
const due = [
  ['payments.intents', 'exists (select from payments.due_intents(now.at, 1))'],
  ['commerce.checkout_sessions', 'exists (select from commerce.due_checkout_sessions(now.at, 1))'],
  ['cards.authentications', 'exists (select from cards.due_authentications(now.at, 1))'],
] as const;

test('Where nothing is there, nothing is to be done', async () => {
  assert.deepEqual(await yes(), []);
});

for (const [table, question, column] of leased) {
  test(`A row of ${table} is to be looked at once it is due and nobody holds it`, async () => {
    await insert(table, { [column]: at(NOW_MS + 1) });
    assert.deepEqual(await yes(), []);
    await change(table, `${column} = ${at(NOW_MS)}`);
    assert.deepEqual(await yes(), [question]);
    await change(table, `leased_until = clock_timestamp() + interval '1 minute'`);
    assert.deepEqual(await yes(), []);
    await change(table, `leased_until = clock_timestamp() - interval '1 second'`);
    assert.deepEqual(await yes(), [question]);
    await asOwner(context.on, `delete from ${table}`);
  });
}

for (const [table, question] of due) {
  test(`A row of ${table} is to be looked at once it is due`, async () => {
    await insert(table, { due_at: at(NOW_MS + 1) });
    assert.deepEqual(await yes(), []);
    await change(table, `due_at = ${at(NOW_MS)}`);
    assert.deepEqual(await yes(), [question]);
    await asOwner(context.on, `delete from ${table}`);
  });
}

test('A delivery is to be told once it is due and nobody holds it, and its endpoint is enabled', async () => {
  const question = 'outward.are_deliveries_due(now.at)';
  await insert('outward.webhook_endpoints', { state: '1' });
  await insert('outward.due_deliveries', { due_at: at(NOW_MS + 1) });
  const [{ id } = {}] = await asOwner(context.on, 'select id from outward.webhook_endpoints');
  await change('outward.due_deliveries', `endpoint_id = '${String(id)}'`);
  assert.deepEqual(await yes(), []);
  await change('outward.due_deliveries', `due_at = ${at(NOW_MS)}`);
  assert.deepEqual(await yes(), [question]);
  await change('outward.webhook_endpoints', 'state = 2');
  assert.deepEqual(await yes(), []);
  await change('outward.webhook_endpoints', 'state = 1');
  await change('outward.due_deliveries', `leased_until = clock_timestamp() + interval '1 minute'`);
  assert.deepEqual(await yes(), []);
  await change('outward.due_deliveries', `leased_until = clock_timestamp() - interval '1 second'`);
  assert.deepEqual(await yes(), [question]);
  await asOwner(context.on, 'delete from outward.due_deliveries');
});

test('A lease of deliveries that has ended is to be looked at', async () => {
  await insert('outward.leases', { until: `clock_timestamp() + interval '1 minute'` });
  assert.deepEqual(await yes(), []);
  await change('outward.leases', `until = clock_timestamp() - interval '1 second'`);
  assert.deepEqual(await yes(), ['outward.are_deliveries_due(now.at)']);
  await asOwner(context.on, 'delete from outward.leases');
});

test('A time range is to be told again while its endpoint has little left to be told, or is told no more', async () => {
  const question = areReplaysDue;
  await insert('outward.replays', {});
  assert.deepEqual(await yes(), [question], 'its endpoint is gone');
  await change('outward.replays', 'endpoint_id = (select id from outward.webhook_endpoints)');
  await change('outward.webhook_endpoints', 'state = 1');
  assert.deepEqual(await yes(), [question]);
  await change('outward.webhook_endpoints', 'state = 2');
  assert.deepEqual(await yes(), [], 'disabled');
  await change('outward.webhook_endpoints', 'state = 1');
  await insert('outward.due_deliveries', { due_at: at(NOW_MS + 1) });
  await asOwner(
    context.on,
    `insert into outward.due_deliveries
     select (jsonb_populate_record(d, jsonb_build_object('event_id', gen_random_uuid()))).*
       from outward.due_deliveries d, generate_series(2, 1000)`,
  );
  await change(
    'outward.due_deliveries',
    'endpoint_id = (select id from outward.webhook_endpoints)',
  );
  assert.deepEqual(await yes(), [question], 'none is due yet');
  await change('outward.due_deliveries', `due_at = ${at(NOW_MS)}`);
  assert.deepEqual(await yes(), ['outward.are_deliveries_due(now.at)'], 'a thousand are due');
  await asOwner(context.on, 'delete from outward.due_deliveries; delete from outward.replays');
});

test('What is in the outbox is to be handed on, and what was released is to be told', async () => {
  await insert('platform.outbox', {});
  await insert('books.releases', { released: '2', told: '1' });
  assert.deepEqual(await yes(), [isAnythingOwed, 'exists (select from books.untold_releases(1))']);
  await asOwner(context.on, 'delete from platform.outbox; delete from books.releases');
  assert.deepEqual(await yes(), []);
});

test('What cannot be looked at keeps the others that are due in the same round from nothing, however many there are', async () => {
  for (const name of ['books/balance', 'cards/three-ds', 'payments/intents', 'commerce/checkout']) {
    const round = modules.find((module) => module.name === name)?.rounds?.(gather())[0];
    assert.ok(round, name);
    const unreadable = new Set(Array.from({ length: 120 }, () => newUuid(context)));
    const last = newUuid(context);
    const rows = [...unreadable, last].map((id) => ({ account_id: id, livemode: false, id }));
    const looked: string[] = [];
    const query = async (_: unknown, values: readonly unknown[]) => {
      const hadTheirs = new Set(values.find(Array.isArray));
      const atMost = values.find((value) => typeof value === 'number');
      return rows.filter(({ id }) => !hadTheirs.has(id)).slice(0, atMost);
    };
    const database = {
      system: (work: (tx: unknown) => Promise<unknown>) => work({ query }),
      read: async ({ accountId }: Scope): Promise<unknown[]> => {
        looked.push(accountId);
        if (unreadable.has(accountId)) throw new Error('It cannot be read');
        return [];
      },
    };
    const told: unknown[] = [];
    const error = ({ about }: { readonly about?: unknown }) => void told.push(about);
    const log = { ...context.log, error };
    const broken = { ...context, log, database } as unknown as TestContext;
    // A batch of which none goes well may be for none of them.
    for (let n = 0; n < 7; n += 1) await round.run(broken).catch(() => {});
    assert.deepEqual(looked.slice(0, 121), [...unreadable, last], name);
    assert.deepEqual([told.length, new Set(told).size], [120, 120], 'Each is told of');
    assert.ok(looked.slice(121).every((id) => id === last));
  }
});

test('No question is asked that was not answered here', () => {
  assert.deepEqual(
    questions.filter((question) => !heardYes.has(question)),
    [],
  );
});
