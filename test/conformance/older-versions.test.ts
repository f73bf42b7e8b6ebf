// Shops whose SDK is some years old say so in `Stripe-Version`, and read lists that the answers of that time held
// unasked: `intent.charges.data[0]`, `charge.refunds.data`, `customer.sources.data`.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type Stripe from 'stripe';
import { setApiVersion } from '#identity/accounts';
import type { Row, Scope, Statement } from '#kit/context';
import { Unavailable } from '#kit/failure';
import type { OpenDatabase } from '#platform/db';
import { openShop } from '../support/payments.ts';
import { refusalOf, stripeFor } from '../support/stripe.ts';

/** Statements that read from it end as where somebody holds its lock. */
let closed: string | null = null;
const asked: string[] = [];

const closing = (database: OpenDatabase): OpenDatabase => ({
  ...database,
  pool: database.pool,
  read: async <T extends Row>(scope: Scope | null, of: Statement, values?: readonly unknown[]) => {
    asked.push(of.name);
    if (closed !== null && of.text.includes(closed)) throw new Unavailable('It is locked');
    return await database.read<T>(scope, of, values);
  },
});

const without = async <T>(table: string, work: () => Promise<T>): Promise<T> => {
  closed = table;
  try {
    return await work();
  } finally {
    closed = null;
  }
};

const { gateway, merchant, stripe } = await openShop(undefined, { wrapDatabase: closing });

const speaking = (apiVersion: string, key = merchant.key): Stripe =>
  // The SDK's types know of the newest version alone.
  stripeFor(gateway.port, key, { apiVersion: apiVersion as '2026-10-28.endive' });

const in2019 = speaking('2019-12-03');
const in2022 = speaking('2022-08-01');

type List<T> = { readonly data: readonly T[]; readonly has_more?: boolean };
type OldCharge = Omit<Stripe.Charge, 'refunds'> & { readonly refunds?: List<Stripe.Refund> };
type Old = {
  readonly id: string;
  readonly charges?: List<OldCharge>;
  readonly refunds?: List<Stripe.Refund>;
  readonly sources?: List<{ readonly id: string; readonly object: string; readonly name: string }>;
  readonly subscriptions?: List<unknown>;
  readonly tax_ids?: List<unknown>;
};
const read = (object: unknown): Old => object as Old;

const paid = { amount: 999, currency: 'usd', payment_method: 'pm_card_visa', confirm: true };

describe('before 2022-11-15', () => {
  test('an intent has its charges, and they their refunds', async () => {
    const made = read(await in2022.paymentIntents.create(paid));
    const [charge] = made.charges?.data ?? [];
    assert.deepEqual([charge?.status, charge?.paid, charge?.captured], ['succeeded', true, true]);
    assert.deepEqual(charge?.refunds?.data, []);

    const refund = await in2022.refunds.create({ payment_intent: made.id, amount: 300 });
    const now = read(await in2022.paymentIntents.retrieve(made.id));
    assert.deepEqual(
      now.charges?.data.map(({ amount_refunded: amount, refunds }) => [
        amount,
        refunds?.data[0]?.id,
      ]),
      [[300, refund.id]],
    );
  });

  test('they are those of all tries, the newest first', async () => {
    const { id } = await in2022.paymentIntents.create({ amount: 999, currency: 'usd' });
    await refusalOf(
      in2022.paymentIntents.confirm(id, { payment_method: 'pm_card_visa_chargeDeclined' }),
    );
    const again = read(await in2022.paymentIntents.confirm(id, { payment_method: 'pm_card_visa' }));
    assert.deepEqual(
      again.charges?.data.map(({ status }) => status),
      ['succeeded', 'failed'],
    );
  });

  test('so have they in lists, in searches, and where they are expanded', async () => {
    const { id } = await stripe.paymentIntents.create({ ...paid, metadata: { order: 'old' } });
    const { data: listed } = await in2022.paymentIntents.list({ limit: 1 });
    const { data: found } = await in2022.paymentIntents.search({
      query: "metadata['order']:'old'",
    });
    for (const [intent] of [listed, found]) {
      assert.equal(read(intent).charges?.data[0]?.payment_intent, id);
    }
    const { data: charges } = await in2022.charges.list({
      limit: 1,
      expand: ['data.payment_intent'],
    });
    assert.deepEqual(read(charges[0]).refunds?.data, []);
    assert.equal(read(charges[0]?.payment_intent).charges?.data[0]?.id, charges[0]?.id);
    const whole = await in2022.paymentIntents.retrieve(id, { expand: ['latest_charge'] });
    assert.deepEqual(read(whole.latest_charge).refunds?.data, []);
  });

  test('a charge of the older API has its refunds, that one too by which it is given back', async () => {
    const { id } = await in2022.charges.create({
      amount: 999,
      currency: 'usd',
      source: 'tok_visa',
    });
    const given = await in2022.rawRequest('POST', `/v1/charges/${id}/refund`, { amount: 200 });
    assert.deepEqual(
      read(given).refunds?.data.map(({ amount, status }) => [amount, status]),
      [[200, 'succeeded']],
    );
  });

  test('what is asked for once more comes as it came', async () => {
    const asked = { idempotencyKey: 'an-old-one' };
    const first = await in2022.paymentIntents.create(paid, asked);
    const again = await in2022.paymentIntents.create(paid, asked);
    assert.deepEqual({ ...again }, { ...first });
  });

  test('a key that may not see charges gets its intent without them', async () => {
    const key = await merchant.restrictedKey({ payment_intents: 'write' });
    const { id } = await stripe.paymentIntents.create(paid);
    assert.equal(
      'charges' in (await speaking('2022-08-01', key).paymentIntents.retrieve(id)),
      false,
    );
  });

  test('nor does it get them by asking once more what another key has asked', async () => {
    const repeated = { idempotencyKey: 'asked-by-two' };
    const { id } = await stripe.paymentIntents.create({ amount: 999, currency: 'usd' });
    const asking = { payment_method: 'pm_card_visa' };
    await in2022.paymentIntents.confirm(id, asking, repeated);
    const narrow = speaking(
      '2022-08-01',
      await merchant.restrictedKey({ payment_intents: 'write' }),
    );
    const refused = await refusalOf(narrow.paymentIntents.confirm(id, asking, repeated));
    assert.equal(refused.type, 'StripeIdempotencyError');

    const wide = await merchant.restrictedKey({
      payment_intents: 'write',
      charges: 'read',
      refunds: 'read',
    });
    const again = await speaking('2022-08-01', wide).paymentIntents.confirm(id, asking, repeated);
    assert.equal(read(again).charges?.data.length, 1);
  });
});

describe('what cannot be read', () => {
  const statusOf = async (id: string) => (await stripe.paymentIntents.retrieve(id)).status;

  test('does not cost the answer of a bank where nobody asked for it', async () => {
    const { id } = await stripe.paymentIntents.create({ amount: 999, currency: 'usd' });
    await without('payments.refunds', () =>
      in2022.paymentIntents.confirm(id, { payment_method: 'pm_card_visa' }),
    );
    assert.equal(await statusOf(id), 'succeeded');
  });

  test('nor where it was asked for: the answer comes without it', async () => {
    const { id } = await stripe.paymentIntents.create({ amount: 999, currency: 'usd' });
    const paid = await without('payments.refunds', () =>
      stripe.paymentIntents.confirm(id, {
        payment_method: 'pm_card_visa',
        expand: ['latest_charge.refunds'],
      }),
    );
    const charge = paid.latest_charge as Stripe.Charge;
    assert.deepEqual([charge.status, 'refunds' in charge], ['succeeded', false]);
    assert.equal(await statusOf(id), 'succeeded');
  });

  test('is not even tried for a payment that is made and paid at once', async () => {
    asked.splice(0);
    const made = read(await in2022.paymentIntents.create(paid));
    assert.deepEqual(made.charges?.data[0]?.refunds?.data, []);
    assert.deepEqual(
      asked.filter((name) => /^(charges|refunds)\./.test(name)),
      [],
    );
  });
});

describe('a list in the answer to a change', () => {
  test('has what was there, and what was made', async () => {
    const { id, latest_charge: charge } = await stripe.paymentIntents.create(paid);
    const first = await stripe.refunds.create({ payment_intent: id, amount: 100 });
    const next = await in2022.refunds.create({
      charge: String(charge),
      amount: 200,
      expand: ['charge'],
    });
    assert.deepEqual(
      read(next.charge).refunds?.data.map((each) => each.id),
      [next.id, first.id],
    );
  });

  test('has the ten newest, and says that there are more', async () => {
    const { id, latest_charge: charge } = await stripe.paymentIntents.create(paid);
    const made: string[] = [];
    for (let count = 0; count < 11; count += 1) {
      const refund = await stripe.refunds.create({ payment_intent: id, amount: 1 });
      made.unshift(refund.id);
    }
    const { refunds } = read(await in2022.charges.retrieve(String(charge)));
    assert.deepEqual(
      [refunds?.data.map((each) => each.id), refunds?.has_more],
      [made.slice(0, 10), true],
    );
  });

  test('has the newest tries of a payment, and says that there are more', async () => {
    const { id } = await stripe.paymentIntents.create({ amount: 999, currency: 'usd' });
    for (let count = 0; count < 10; count += 1) {
      const declined = { payment_method: 'pm_card_visa_chargeDeclined' };
      await refusalOf(stripe.paymentIntents.confirm(id, declined));
    }
    const confirmed = await in2022.paymentIntents.confirm(id, { payment_method: 'pm_card_visa' });
    for (const intent of [confirmed, await in2022.paymentIntents.retrieve(id)]) {
      const { charges } = read(intent);
      assert.deepEqual(
        [charges?.data.length, charges?.data[0]?.status, charges?.has_more],
        [10, 'succeeded', true],
      );
    }
  });

  test('is read in one question for all that a list has', async () => {
    await stripe.paymentIntents.create(paid);
    await stripe.paymentIntents.create(paid);
    asked.splice(0);
    await in2022.paymentIntents.list({ limit: 3 });
    assert.deepEqual(
      asked.filter((name) => /newest/.test(name)),
      ['charges.newest_of_intents', 'refunds.newest_of_charges'],
    );
  });
});

describe('before 2020-08-27', () => {
  test('a customer has its sources, subscriptions and tax ids', async () => {
    const made = read(await in2019.customers.create({ source: 'tok_visa' }));
    assert.equal(made.sources?.data.length, 1);
    assert.deepEqual([made.subscriptions?.data, made.tax_ids?.data], [[], []]);
    const { data } = await in2019.customers.list({ limit: 1 });
    assert.deepEqual(read(data[0]).sources?.data[0]?.id, made.sources?.data[0]?.id);
  });

  test('the cards of a customer who is shown with a payment are cards', async () => {
    const customer = await in2019.customers.create({ source: 'tok_visa' });
    const made = await in2019.paymentIntents.create({
      amount: 999,
      currency: 'usd',
      customer: customer.id,
      payment_method: String(customer.default_source),
      confirm: true,
      expand: ['customer'],
    });
    assert.deepEqual(
      read(made.customer).sources?.data.map(({ id, object }) => [id, object]),
      [[customer.default_source, 'card']],
    );
  });

  test('a card that is added or changed is there as it is now', async () => {
    const { id } = await stripe.customers.create();
    const added = await in2019.customers.createSource(id, {
      source: 'tok_visa',
      expand: ['customer'],
    });
    const { customer } = added as unknown as { customer: Stripe.Customer };
    assert.equal(customer.default_source, added.id);
    assert.deepEqual(
      read(customer).sources?.data.map((card) => card.id),
      [added.id],
    );

    const changed = await in2019.customers.updateSource(id, added.id, {
      name: 'Jenny Rosen',
      expand: ['customer'],
    });
    const { customer: now } = changed as unknown as { customer: unknown };
    assert.equal(read(now).sources?.data[0]?.name, 'Jenny Rosen');
  });

  test('one who was deleted has nothing', async () => {
    const { id } = await stripe.customers.create({ source: 'tok_visa' });
    await in2019.customers.del(id);
    const { lastResponse: _, ...gone } = await in2019.customers.retrieve(id);
    assert.deepEqual(gone, { id, object: 'customer', deleted: true });
  });
});

describe('an account with a version of its own', () => {
  test('is answered so where a request names none, as SDKs of before 2023 do', async () => {
    const old = await gateway.merchant();
    await gateway.context.database.commit(old.scope, [setApiVersion(old.accountId, '2019-12-03')]);
    const { headers, body } = await gateway.ask('POST', '/v1/customers', {
      key: old.key,
      form: 'source=tok_visa',
    });
    assert.deepEqual([headers['stripe-version'], body.sources.data.length], ['2019-12-03', 1]);

    const named = await speaking('2026-10-28.endive', old.key).customers.retrieve(body.id);
    assert.equal('sources' in named, false);
    const others = await gateway.ask('POST', '/v1/customers', { key: merchant.key });
    assert.equal('sources' in others.body, false);
  });
});

describe('an account whose version is set between two tries', () => {
  const answeredAs = async (key: string) =>
    (await gateway.ask('GET', '/v1/customers', { key })).headers['stripe-version'];

  test('has the answer of the first, as it was', async () => {
    const old = await gateway.merchant();
    const asking = {
      key: old.key,
      form: 'source=tok_visa',
      idempotencyKey: 'tried-before-and-after',
    };
    const first = await gateway.ask('POST', '/v1/customers', asking);
    await gateway.context.database.commit(old.scope, [setApiVersion(old.accountId, '2019-12-03')]);
    // What is known of a key is remembered for a second.
    for (let tries = 0; tries < 200 && (await answeredAs(old.key)) !== '2019-12-03'; tries += 1) {
      await pause(50);
    }
    const again = await gateway.ask('POST', '/v1/customers', asking);
    assert.deepEqual(
      [again.headers['stripe-version'], again.headers['idempotent-replayed'], again.text],
      ['2019-12-03', 'true', first.text],
    );

    // Whoever names another version asks for something else.
    const headers = { 'stripe-version': '2019-12-03' };
    const other = await gateway.ask('POST', '/v1/customers', { ...asking, headers });
    assert.deepEqual([other.status, other.body.error.type], [400, 'idempotency_error']);
  });
});

describe('a refusal calls by the name it came by', () => {
  const refusedOf = async (path: string, form: string): Promise<[string, string]> => {
    const { status, body } = await gateway.ask('POST', path, { key: merchant.key, form });
    assert.equal(status, 400);
    return [body.error.param, body.error.message];
  };

  test('what was asked under an older one', async () => {
    const { id } = await stripe.customers.create();
    const held = await stripe.paymentIntents.create({ ...paid, capture_method: 'manual' });
    for (const [path, form, param, message] of [
      [`customers/${id}`, 'card=tok_gone', 'card', "No such token: 'tok_gone'"],
      [`customers/${id}`, 'default_card=card_gone', 'default_card', "No such source: 'card_gone'"],
      [
        `customers/${id}`,
        'card[exp_month]=12',
        'card[number]',
        'Missing required param: card[number].',
      ],
      [
        'payment_intents',
        'amount=999&currency=usd&source=src_gone',
        'source',
        "No such PaymentMethod: 'src_gone'",
      ],
    ] as const) {
      assert.deepEqual(await refusedOf(`/v1/${path}`, form), [param, message], form);
    }
    const [param] = await refusedOf(`/v1/payment_intents/${held.id}/capture`, 'amount=1000');
    assert.equal(param, 'amount');
  });

  test('and by that of today what was asked under it, or under both alike', async () => {
    const { id } = await stripe.customers.create();
    for (const form of ['source=tok_gone', 'source=tok_gone&card=tok_gone']) {
      const [param] = await refusedOf(`/v1/customers/${id}`, form);
      assert.equal(param, 'source', form);
    }
  });
});

describe('since then', () => {
  test('all that has to be asked for', async () => {
    const since = speaking('2022-11-15');
    const { id, latest_charge: charge } = await since.paymentIntents.create(paid);
    assert.equal('charges' in (await since.paymentIntents.retrieve(id)), false);
    assert.equal('refunds' in (await since.charges.retrieve(String(charge))), false);
    assert.equal('sources' in (await in2022.customers.create()), false);
  });
});
