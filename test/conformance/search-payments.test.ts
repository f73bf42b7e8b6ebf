// Payments and charges are found among the newest, or by an index where they are rare. Which it is must not be
// seen; and what indexes are for must not cost the payments that nobody will ever look for.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import type Stripe from 'stripe';
import { connect } from '#platform/db';
import { asOwner } from '../../src/for-tests.ts';
import { connectionSettings } from '../../src/platform/db/for-tests.ts';
import { openShop } from '../support/payments.ts';

const { gateway, merchant, stripe } = await openShop();
const { paymentIntents, charges, refunds, customers } = stripe;

const names = new Map<string, string>();
type Asked = Partial<Stripe.PaymentIntentCreateParams>;
const make = async (name: string, asked: Asked): Promise<Stripe.PaymentIntent> => {
  const intent = await paymentIntents.create({
    amount: 1000,
    currency: 'eur',
    ...asked,
  });
  names.set(intent.id, name);
  return intent;
};
const pay = (name: string, asked: Asked): Promise<Stripe.PaymentIntent> =>
  make(name, { payment_method: 'pm_card_visa', confirm: true, ...asked });

const { id: customer } = await customers.create();
await pay('paid', { metadata: { Order: 'ABC-1', city: 'KÖLN', street: 'a\tB' } });
await pay('both', { amount: 1100, metadata: { Ref: 'A', ref: 'B', nothing: '"\\' } });
await pay('customer', { amount: 1200, customer, metadata: { plan: 'gold' } });
await pay('held', { amount: 1300, capture_method: 'manual' });
const part = await pay('in part', { amount: 1400 });
await refunds.create({ payment_intent: part.id, amount: 400 });
const whole = await pay('given back', { amount: 1500, metadata: { plan: 'gold' } });
await refunds.create({ payment_intent: whole.id });
const gone = await make('canceled', { amount: 1600 });
await paymentIntents.cancel(gone.id);
const declined = await make('declined', { amount: 1700 });
await paymentIntents
  .confirm(declined.id, { payment_method: 'pm_card_visa_chargeDeclined' })
  .catch(() => undefined);
const tried = await make('paid at last', { amount: 1800 });
await paymentIntents
  .confirm(tried.id, { payment_method: 'pm_card_visa_chargeDeclined' })
  .catch(() => undefined);
await paymentIntents.confirm(tried.id, { payment_method: 'pm_card_visa' });
await pay('mastercard', { amount: 2000, payment_method: 'pm_card_mastercard' });
const all = [...names.values()].toReversed();

const asking = (query: string) => ({ query, limit: 100, expand: ['total_count'] });
const nameOf = (id: unknown): string => names.get(String(id)) ?? 'unknown';
const intentsBy = async (query: string): Promise<string[]> => {
  const { data, total_count: count } = await paymentIntents.search(asking(query));
  assert.equal(count, data.length, query);
  return data.map(({ id }) => nameOf(id));
};
const chargesBy = async (query: string): Promise<string[]> => {
  const { data, total_count: count } = await charges.search(asking(query));
  assert.equal(count, data.length, query);
  return data.map(({ payment_intent: intent }) => nameOf(intent));
};

describe('payments are found', () => {
  for (const [query, expected] of [
    ["metadata['Order']:'ABC-1'", ['paid']],
    ["metadata['Order']:'abc-1'", ['paid']],
    ["metadata['order']:'ABC-1'", []],
    ["metadata['city']:'köln'", ['paid']],
    ["metadata['street']:'A\tb'", ['paid']],
    ["metadata['city']:'köln' AND metadata['street']:'A\tb'", ['paid']],
    ["metadata['city']:'köln' AND metadata['street']:'A\tc'", []],
    ["metadata['Ref']:'a'", ['both']],
    ["metadata['ref']:'b'", ['both']],
    ["metadata['Ref']:'b'", []],
    ["metadata['Ref']:'A' AND metadata['ref']:'B'", ['both']],
    ["metadata['nothing']:'\"\\\\'", ['both']],
    ["metadata['plan']:'GOLD' AND amount>1200", ['given back']],
    ["metadata['plan']:'gold' AND -amount:1200", ['given back']],
    ["metadata['plan']:'gold' OR amount:1300", ['given back', 'held', 'customer']],
    ["metadata['Order']:null AND amount<=1200", ['customer', 'both']],
    ["-metadata['Order']:null", ['paid']],
    ["metadata['Order']~'bc-'", ['paid']],
    ["metadata['Order']:'ABC-1' AND metadata['Order']:'abc-2'", []],
    ["metadata['__proto__']:'x'", []],
    ['amount:1000', ['paid']],
    ['amount>1700 AND amount<2000', ['paid at last']],
    ['amount>1699.5 AND amount<1800', ['declined']],
    ['amount>=1300 AND amount<=1400', ['in part', 'held']],
    ['amount:1000.5', []],
    ['amount<0', []],
    ["amount:1300 AND status:'requires_capture'", ['held']],
    ["status:'canceled'", ['canceled']],
    ["status:'Canceled'", ['canceled']],
    ["status:'requires_payment_method'", ['declined']],
    ["status:'requires_capture'", ['held']],
    ["status:'processing'", []],
    ["status:'constructor'", []],
    ["-status:'succeeded'", ['declined', 'canceled', 'held']],
    ["status:'canceled' OR status:'requires_capture'", ['canceled', 'held']],
    ["status:'canceled' AND status:'requires_capture'", []],
    [`customer:'${customer}'`, ['customer']],
    [`customer:'${customer}' AND status:'canceled'`, []],
    [`customer:'${customer}' OR status:'canceled'`, ['canceled', 'customer']],
    ["customer:'cus_nobody'", []],
    [`created>=${whole.created} AND amount:1500`, ['given back']],
    [`created:${whole.created} AND amount:1500`, ['given back']],
    [`created<${whole.created} AND amount:1500`, []],
    [`created>${whole.created} AND created<${whole.created}`, []],
    ['created>0', all],
    ['created<0', []],
    ['-created<1000', all],
    ['created<999999999999999', all],
    ['created<1000 OR amount:1600', ['canceled']],
  ] as const) {
    test(`by ${query}`, async () => {
      assert.deepEqual(await intentsBy(query), expected);
    });
  }

  for (const [query, expected] of [
    ["metadata['order']:'nobody'", []],
    ["metadata['Order']:'aBC-1'", ['paid']],
    ["metadata['Ref']:'a'", ['both']],
    ["status:'failed'", ['paid at last', 'declined']],
    ["status:'failed' AND amount:1700", ['declined']],
    ["status:'pending'", []],
    ["refunded:'true'", ['given back']],
    ["refunded:'TRUE'", ['given back']],
    ["refunded:'false'", ['in part']],
    ["refunded:'perhaps'", []],
    ["amount:1400 AND refunded:'true'", []],
    ["refunded:null AND amount>=1700 AND status:'succeeded'", ['mastercard', 'paid at last']],
    ["disputed:'true'", []],
    ["disputed:'false' AND amount:1000", ['paid']],
    ["disputed:'true' OR amount:1000", ['paid']],
    [`customer:'${customer}'`, ['customer']],
    ['amount:1234567', []],
    ["payment_method_details.card.last4:'4444'", ['mastercard']],
    ['payment_method_details.card.last4:4444 AND amount:2000', ['mastercard']],
    ['payment_method_details.card.last4:4444 AND amount:1000', []],
    ["payment_method_details.card.last4:'444'", []],
    ["payment_method_details.card.last4:'abcd'", []],
    ["payment_method_details.card.last4:'4444' OR amount:1000", ['mastercard', 'paid']],
    ["payment_method_details.card.fingerprint:'none'", []],
    ["payment_method_details.card.fingerprint:'0000000000000000'", []],
  ] as const) {
    test(`by their charges, and ${query}`, async () => {
      assert.deepEqual(await chargesBy(query), expected);
    });
  }

  test('by the fingerprint of their card, however it is spelled', async () => {
    const { data } = await charges.search({ query: 'amount:2000' });
    const fingerprint = data[0]?.payment_method_details?.card?.fingerprint ?? '';
    for (const spelled of [fingerprint, fingerprint.toLowerCase(), fingerprint.toUpperCase()]) {
      const query = `payment_method_details.card.fingerprint:'${spelled}'`;
      assert.deepEqual(await chargesBy(query), ['mastercard']);
    }
  });

  test('page by page, each once', async () => {
    for (const query of ['amount>=1000', 'created>0', "-status:'canceled'"]) {
      const seen: string[] = [];
      for await (const { id } of paymentIntents.search({ query, limit: 2 })) seen.push(nameOf(id));
      assert.deepEqual(seen, await intentsBy(query), query);
    }
  });

  test('by what they are now, and no longer by what they were', async () => {
    const { id } = await make('changed', { amount: 1900, metadata: { step: 'one' } });
    assert.deepEqual(await intentsBy("status:'requires_payment_method' AND amount:1900"), [
      'changed',
    ]);
    await paymentIntents.update(id, { amount: 1901, metadata: { step: 'two' } });
    await paymentIntents.confirm(id, { payment_method: 'pm_card_visa' });
    assert.deepEqual(await intentsBy("status:'requires_payment_method' AND amount>1899"), []);
    assert.deepEqual(await intentsBy("metadata['step']:'one'"), []);
    assert.deepEqual(await intentsBy("metadata['step']:'two'"), ['changed']);
    assert.deepEqual(await intentsBy('amount:1901'), ['changed']);
  });
});

test('a charge of the older API that let go of what it held is found as given back', async () => {
  const { id } = await charges.create({
    amount: 2100,
    currency: 'eur',
    source: 'tok_visa',
    capture: false,
  });
  const found = async () => (await charges.search({ query: "refunded:'true' amount>2000" })).data;
  assert.deepEqual(await found(), []);
  const released = await gateway.ask('POST', `/v1/charges/${id}/refund`, { key: merchant.key });
  assert.equal(released.status, 200);
  assert.deepEqual(
    (await found()).map((charge) => charge.id),
    [id],
  );
});

describe('an upgrade', () => {
  for (const table of ['intents', 'charges'] as const) {
    test(`marks the rows of ${table} that are few, as they would be marked now`, async () => {
      const file = new URL(
        `../../src/payments/${table}/migrations/0007-searched.sql`,
        import.meta.url,
      );
      const [marking] =
        /^update payments[^;]+;$/m.exec(await readFile(file, 'utf8')) ?? assert.fail('No update');
      const owner = await connect(connectionSettings(gateway.on.ownerUrl));
      const ask = (text: string) => owner.send({ name: '', text });
      const marks = () => ask(`select id, aside from payments.${table} order by id`);
      const disputed = `update payments.charges set details = (details::jsonb || '{"isDisputed":true}')::json where amount = 1000`;
      try {
        const now = await marks();
        assert.ok(new Set(now.map(({ aside }) => aside)).size > 2);
        await ask('begin');
        await ask(`update payments.${table} set aside = null`);
        await ask(marking);
        assert.deepEqual(await marks(), now);
        await ask(disputed);
        await ask(marking);
        const [paid] = await ask(`select aside from payments.charges where amount = 1000`);
        assert.equal(paid?.['aside'], table === 'charges' ? 2 : null);
      } finally {
        await owner.close();
      }
    });
  }
});

const { accountId } = merchant.scope;
const wholeAccount = {
  of_account: `'${accountId}'::uuid`,
  of_mode: 'false',
  id_from: `'${'0'.repeat(8)}-0000-0000-0000-${'0'.repeat(12)}'::uuid`,
  id_before: `'${'f'.repeat(8)}-ffff-ffff-ffff-${'f'.repeat(12)}'::uuid`,
};

/** How PostgreSQL would run a function by which ids are found, with these in place of its parameters. */
const planOf = async (
  table: 'intents' | 'charges',
  by: 'metadata' | 'amount' | 'last4' | 'card',
  asked: Readonly<Record<string, string>>,
): Promise<string> => {
  const [found] = await asOwner(
    gateway.on,
    'select prosrc as source, proconfig as settings from pg_proc where proname = $1',
    [`${table}_of_${by}`],
  );
  const { source, settings } = found as { source: string; settings: string[] };
  const text = Object.entries({ ...wholeAccount, ...asked }).reduce(
    (before, [parameter, value]) => before.replaceAll(parameter, value),
    source,
  );
  // Enough rows that it is not as quick to read all of a merchant's; they are gone again afterwards.
  const more = `insert into payments.${table}
    select (jsonb_populate_record(one, jsonb_build_object('id', uuidv7(), 'amount', 5000 + n,
             ${table === 'charges' ? `'intent_id', uuidv7(),` : ''}
             'metadata', jsonb_build_object('order', n)))).*
      from payments.${table} one, generate_series(1, 2000) n where one.amount = 1000`;
  const owner = await connect(connectionSettings(gateway.on.ownerUrl));
  const ask = (statement: string) => owner.send({ name: '', text: statement });
  try {
    await ask('begin');
    await ask(more);
    await ask(`analyze payments.${table}`);
    await ask(`set local app.accounts = '{${accountId}}'; set local app.livemode = 'off'`);
    for (const each of settings) await ask(`set local ${each.replace('=', " to '")}'`);
    const rows = await ask(`explain ${text}`);
    return rows.map((row) => row['QUERY PLAN']).join('\n');
  } finally {
    await owner.close();
  }
};

describe('an index', () => {
  for (const table of ['intents', 'charges'] as const) {
    test(`of the metadata, and one of the amounts, find ${table}`, async () => {
      const byMetadata = await planOf(table, 'metadata', { asked: `'{"order":"Abc"}'::jsonb` });
      assert.match(byMetadata, new RegExp(`Index Scan on ${table}_folded`));
      const byAmount = await planOf(table, 'amount', { least_asked: '7000', most_asked: '8000' });
      assert.match(byAmount, new RegExp(`Index Scan on ${table}_amount`));
    });
  }
});

describe('the card of a charge', () => {
  test('is found by the pages where it was charged, also where its row was stored before', async () => {
    const byLast4 = await planOf('charges', 'last4', { asked: '4444::smallint' });
    assert.match(byLast4, /Index Scan on charges_card/);
    const byCard = await planOf('charges', 'card', { fingerprint: `'0000000000000000'` });
    assert.match(byCard, /Index Scan on charges_card/);

    const marks = `select id, last4, card from payments.charges order by id`;
    const now = await asOwner(gateway.on, marks);
    assert.ok(new Set(now.map(({ card }) => card)).size > 1);
    assert.deepEqual(
      await asOwner(
        gateway.on,
        `select id, payments.last4_in(details) as last4, payments.card_in(details) as card
           from payments.charges order by id`,
      ),
      now,
    );
    await asOwner(gateway.on, 'update payments.charges set last4 = null, card = null');
    assert.deepEqual(await chargesBy("payment_method_details.card.last4:'4444'"), ['mastercard']);
    assert.deepEqual(await chargesBy("payment_method_details.card.last4:'1117'"), []);
  });
});

describe('a payment on the way of most', () => {
  test('is in no index of the few', async () => {
    const rows = await asOwner(
      gateway.on,
      `select i.aside as intent, c.aside as charge from payments.intents i
         join payments.charges c on c.intent_id = i.id where i.amount = 1000`,
    );
    assert.deepEqual(rows, [{ intent: null, charge: null }]);
  });

  // PostgreSQL writes the new row beside the old one only where no index is told of what changed; one over pages
  // (brin) does not count.
  for (const [table, changed] of [
    ['intents', ['version', 'events', 'status', 'received', 'capturable', 'details']],
    [
      'charges',
      ['version', 'events', 'status', 'captured', 'capturing', 'operation_id', 'details'],
    ],
  ] as const) {
    test(`changes nothing in its row of ${table} that an index knows`, async () => {
      const rows = await asOwner(
        gateway.on,
        `select distinct a.attname as column from pg_index x
           join pg_class c on c.oid = x.indexrelid
           join pg_am m on m.oid = c.relam and m.amname <> 'brin'
           join pg_depend d on d.objid = x.indexrelid and d.refobjid = x.indrelid and d.refobjsubid > 0
           join pg_attribute a on a.attrelid = x.indrelid and a.attnum = d.refobjsubid
          where x.indrelid = 'payments.${table}'::regclass`,
      );
      const known = new Set(rows.map(({ column }) => column));
      assert.ok(known.has('aside') && known.has('metadata'), 'The indexes are seen');
      assert.deepEqual(
        changed.filter((column) => known.has(column)),
        [],
      );
    });
  }
});
