// What `expand` shows in the very answer of the call that makes it: as it is afterwards, and not as the database had
// it before.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type Stripe from 'stripe';
import { provideAuthentication } from '#payments/intents';
import { openShop } from '../support/payments.ts';
import { refusalOf } from '../support/stripe.ts';

const { gateway, stripe } = await openShop();
let asks = false;
provideAuthentication(gateway.context, async () =>
  asks
    ? { ok: false, why: 'challenge', url: 'https://issuer.test/challenge' }
    : { ok: true, authentication: null },
);
const { paymentIntents, charges, refunds, customers } = stripe;

const order = { amount: 5_000, currency: 'eur', payment_method: 'pm_card_visa' } as const;

/** Whole, and the same as when it is asked for later. */
const assertMoved = async (
  shown: string | Stripe.BalanceTransaction | null | undefined,
  amount: number,
): Promise<void> => {
  assert.ok(typeof shown === 'object' && shown !== null, `Not shown: ${String(shown)}`);
  assert.equal(shown.amount, amount);
  const { lastResponse: _, ...later } = await stripe.balanceTransactions.retrieve(shown.id);
  assert.deepEqual(shown, later);
};

const chargeOf = ({ latest_charge: charge }: Stripe.PaymentIntent): Stripe.Charge => {
  assert.ok(typeof charge === 'object' && charge !== null);
  return charge;
};

describe('the money of a payment is shown where it is asked for', () => {
  const expand = ['latest_charge.balance_transaction'];

  test('when it is made and confirmed at once', async () => {
    const paid = await paymentIntents.create({ ...order, confirm: true, expand });
    await assertMoved(chargeOf(paid).balance_transaction, 5_000);
  });

  test('when it is confirmed, and when it is captured', async () => {
    const { id } = await paymentIntents.create(order);
    const paid = await paymentIntents.confirm(id, { expand });
    await assertMoved(chargeOf(paid).balance_transaction, 5_000);

    const held = { ...order, confirm: true, capture_method: 'manual' } as const;
    const { id: later } = await paymentIntents.create(held);
    const captured = await paymentIntents.capture(later, { amount_to_capture: 3_000, expand });
    await assertMoved(chargeOf(captured).balance_transaction, 3_000);
  });

  test('of a charge that is made directly', async () => {
    const charge = await charges.create({
      amount: 700,
      currency: 'eur',
      source: 'tok_visa',
      expand: ['balance_transaction'],
    });
    await assertMoved(charge.balance_transaction, 700);
  });

  test('of a refund, with its charge as it is after it', async () => {
    const { id } = await paymentIntents.create({ ...order, confirm: true });
    const refund = await refunds.create({
      payment_intent: id,
      amount: 2_000,
      expand: ['balance_transaction', 'charge'],
    });
    await assertMoved(refund.balance_transaction, -2_000);
    assert.ok(typeof refund.charge === 'object' && refund.charge !== null);
    const { lastResponse: _, ...later } = await charges.retrieve(refund.charge.id);
    assert.deepEqual(refund.charge, later);
    assert.equal(later.amount_refunded, 2_000);

    const second = await refunds.create({
      payment_intent: id,
      amount: 500,
      expand: ['charge.refunds'],
    });
    assert.ok(typeof second.charge === 'object' && second.charge !== null);
    assert.deepEqual(
      second.charge.refunds?.data.map(({ amount, status }) => [amount, status]),
      [
        [500, 'succeeded'],
        [2_000, 'succeeded'],
      ],
    );
  });
});

test('the charges of a payment are shown to clients of some years ago as they are by then', async () => {
  type Older = Stripe.PaymentIntent & { readonly charges?: Stripe.ApiList<Stripe.Charge> };
  const { id } = await paymentIntents.create({ amount: 5_000, currency: 'eur' });
  const declined = { payment_method: 'pm_card_chargeDeclined' };
  await refusalOf(paymentIntents.confirm(id, declined));
  const expand = ['charges'];
  const paid: Older = await paymentIntents.confirm(id, { payment_method: 'pm_card_visa', expand });
  const statuses = ({ charges: shown }: Older) => shown?.data.map(({ status }) => status);
  assert.deepEqual(statuses(paid), ['succeeded', 'failed']);
  assert.equal(paid.charges?.data[0]?.amount_captured, 5_000);
  const later: Older = await paymentIntents.retrieve(id, { expand: ['charges.data.customer'] });
  assert.deepEqual(later.charges, paid.charges);
  assert.equal('charges' in (await paymentIntents.retrieve(id)), false);
});

test('a card that is kept with its payment is shown as its customer’s', async () => {
  const { id: customer } = await customers.create();
  const paid = await paymentIntents.create({
    ...order,
    customer,
    confirm: true,
    setup_future_usage: 'off_session',
    expand: ['payment_method'],
  });
  const { payment_method: method } = paid;
  assert.ok(typeof method === 'object' && method !== null);
  assert.equal(method.customer, customer);
});

describe('what is stored with the answer that shows it is shown as it is then', () => {
  const typeOf = (shown: unknown): unknown =>
    typeof shown === 'object' && shown !== null ? (shown as { object: unknown }).object : shown;
  const whileAsking = async <T>(work: () => Promise<T>): Promise<T> => {
    asks = true;
    return work().finally(() => (asks = false));
  };
  const expand = ['payment_method'];

  test('a card with its payment, before anybody is asked and while its holder is', async () => {
    const made = await paymentIntents.create({ ...order, expand });
    assert.equal(typeOf(made.payment_method), 'payment_method');
    const other = await paymentIntents.update(made.id, { payment_method: 'pm_card_visa', expand });
    assert.equal(typeOf(other.payment_method), 'payment_method');
    assert.notDeepEqual(other.payment_method, made.payment_method);
    const waiting = await whileAsking(() =>
      paymentIntents.create({ ...order, confirm: true, expand }),
    );
    assert.deepEqual(
      [waiting.status, typeOf(waiting.payment_method)],
      ['requires_action', 'payment_method'],
    );
  });

  test('a setup with its attempt, its card and what was agreed to', async () => {
    const { id: customer } = await customers.create();
    const setup = { customer, expand: [...expand, 'latest_attempt', 'mandate'] };
    const made = await stripe.setupIntents.create({ ...setup, payment_method: 'pm_card_visa' });
    assert.equal(typeOf(made.payment_method), 'payment_method');
    const kept = await stripe.setupIntents.create({
      ...setup,
      payment_method: 'pm_card_visa',
      confirm: true,
      mandate_data: { customer_acceptance: { type: 'offline' } },
    });
    const { payment_method: method, latest_attempt: attempt, mandate } = kept;
    assert.ok(typeof method === 'object' && typeof attempt === 'object');
    assert.deepEqual([method?.customer, attempt?.status], [customer, 'succeeded']);
    assert.equal(typeOf(mandate), 'mandate');
    const waiting = await whileAsking(() =>
      stripe.setupIntents.create({ ...setup, payment_method: 'pm_card_visa', confirm: true }),
    );
    assert.equal(waiting.status, 'requires_action');
    const latest = waiting.latest_attempt as Stripe.SetupAttempt;
    assert.equal(latest.status, 'requires_action');
    const again = await stripe.setupIntents.retrieve(waiting.id, { expand: setup.expand });
    assert.deepEqual(again.latest_attempt, latest);
    assert.deepEqual(again.payment_method, waiting.payment_method);
  });

  test('a customer with the card that was its source, and not the one it replaces', async () => {
    const shown = ['sources', 'default_source'];
    const made = await customers.create({ source: 'tok_visa', expand: shown });
    assert.deepEqual(made.sources?.data, [made.default_source]);
    const other = await customers.update(made.id, { source: 'tok_mastercard', expand: shown });
    assert.deepEqual(other.sources?.data, [other.default_source]);
    const { sources } = (await customers.retrieve(made.id, { expand: shown })) as Stripe.Customer;
    assert.deepEqual(sources, other.sources);
  });
});
