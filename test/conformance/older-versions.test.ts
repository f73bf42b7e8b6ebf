// Shops whose SDK is some years old say so in `Stripe-Version`, and read lists that the answers of that time held
// unasked: `intent.charges.data[0]`, `charge.refunds.data`, `customer.sources.data`.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type Stripe from 'stripe';
import { openShop } from '../support/payments.ts';
import { refusalOf, stripeFor } from '../support/stripe.ts';

const { gateway, merchant, stripe } = await openShop();

const speaking = (apiVersion: string, key = merchant.key): Stripe =>
  // The SDK's types know of the newest version alone.
  stripeFor(gateway.port, key, { apiVersion: apiVersion as '2026-10-28.endive' });

const in2019 = speaking('2019-12-03');
const in2022 = speaking('2022-08-01');

type List<T> = { readonly data: readonly T[] };
type OldCharge = Omit<Stripe.Charge, 'refunds'> & { readonly refunds?: List<Stripe.Refund> };
type Old = {
  readonly id: string;
  readonly charges?: List<OldCharge>;
  readonly refunds?: List<Stripe.Refund>;
  readonly sources?: List<{ readonly id: string }>;
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
});

describe('before 2020-08-27', () => {
  test('a customer has its sources, subscriptions and tax ids', async () => {
    const made = read(await in2019.customers.create({ source: 'tok_visa' }));
    assert.equal(made.sources?.data.length, 1);
    assert.deepEqual([made.subscriptions?.data, made.tax_ids?.data], [[], []]);
    const { data } = await in2019.customers.list({ limit: 1 });
    assert.deepEqual(read(data[0]).sources?.data[0]?.id, made.sources?.data[0]?.id);
  });

  test('one who was deleted has nothing', async () => {
    const { id } = await stripe.customers.create({ source: 'tok_visa' });
    await in2019.customers.del(id);
    const { lastResponse: _, ...gone } = await in2019.customers.retrieve(id);
    assert.deepEqual(gone, { id, object: 'customer', deleted: true });
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
