// What is kept for a time is forgotten without looking through what stays: rows are counted, whatever the machine does.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Context, Row, Tx } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { asOwner, testAccount, testContext } from '../src/for-tests.ts';
import { forgetMails } from '../src/outward/notifications/mails.store.ts';
import { forgetDeliveries } from '../src/outward/webhooks/deliveries.store.ts';
import { forgetTries } from '../src/payments/risk/tries.store.ts';
import { analyzed } from '../src/platform/db/for-tests-rows-read.ts';
import { forgetExchanges } from '../src/rails/connectors/exchanges.store.ts';

type On = Pick<Context, 'database'>;

/** `columns` and `values` of a row, beside its account, mode and id, which `n` numbers. */
const kept: readonly {
  readonly what: string;
  readonly table: string;
  readonly columns: string;
  readonly values: string;
  readonly forget: (on: On, before: Uuid, atMost: number) => Promise<number>;
}[] = [
  {
    what: 'what was said to providers',
    table: 'rails.exchanges',
    columns: 'connector_account_id, at, duration_ms, method, url, request, ended',
    values: `gen_random_uuid(), now(), 1, 'GET', 'https://bank.example', '', 'answered'`,
    forget: forgetExchanges,
  },
  {
    what: 'mails',
    table: 'outward.mails',
    columns: 'template, locale, recipient, letter, about, state',
    values: `'receipt', 'en', '', '{}', n::text, 2`,
    forget: forgetMails,
  },
  {
    what: 'tries of cards',
    table: 'payments.card_tries',
    columns: 'kind, network, step, reasons',
    values: `1, gen_random_uuid(), 0, ''`,
    forget: forgetTries,
  },
  {
    what: 'deliveries',
    table: 'outward.deliveries',
    columns: 'endpoint_id, event_id, object_id, sequence, state',
    values: `gen_random_uuid(), lpad(n::text, 32, '0')::uuid, gen_random_uuid(), 1, 2`,
    forget: forgetDeliveries,
  },
];

const idOf = (n: number): Uuid => `00000000-0000-0000-0000-${String(n).padStart(12, '0')}`;

for (const { what, table, columns, values, forget } of kept) {
  test(`Old ones of ${what} are forgotten, so many at once, of every account and mode; the others are not looked at`, async () => {
    const context = await testContext();
    for (const { accountId } of [await testAccount(context), await testAccount(context)]) {
      await asOwner(
        context.on,
        `insert into ${table} (account_id, livemode, id, ${columns})
         select '${accountId}', mode, lpad(n::text, 32, '0')::uuid, ${values}
           from generate_series(1, 1000) n, unnest(array[true, false]) as mode`,
      );
    }
    await analyzed(context.on);

    let rows = 0;
    const counted: On = {
      database: {
        ...context.database,
        system: (work) =>
          context.database.system(async (tx) => {
            const before = await rowsReadIn(tx);
            const done = await work(tx);
            rows = (await rowsReadIn(tx)) - before;
            return done;
          }),
      },
    };
    assert.equal(await forget(counted, idOf(1), 20), 0);
    assert.ok(rows <= 20, `${rows} rows were read`);
    // Seven of each of four.
    assert.equal(await forget(counted, idOf(8), 20), 20);
    assert.ok(rows <= 120, `${rows} rows were read`);
    assert.equal(await forget(counted, idOf(8), 20), 8);
    assert.equal(await forget(counted, idOf(8), 20), 0);
    const [left] = await asOwner(context.on, `select count(*)::integer as rows from ${table}`);
    assert.equal(left?.['rows'], 3_972);
  });
}

const rowsReadIn = async (tx: Tx): Promise<number> => {
  const [row] = await tx.query<Row & { rows: number }>({
    name: '',
    text: `select sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0))::float8 as rows from pg_stat_xact_user_tables`,
  });
  return row?.rows ?? 0;
};
