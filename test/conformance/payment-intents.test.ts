import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import type Stripe from 'stripe';
import { lostAfter, notSent } from '../../src/payments/intents/for-tests-bank.ts';
import { openShop } from '../support/payments.ts';
import { refusalOf, refusalsOf } from '../support/stripe.ts';

const { stripe, bank, happened, resolveUntil, gateway, merchant } = await openShop();
const { paymentIntents, paymentMethods } = stripe;

const card = 'pm_card_visa';
const order = { amount: 2500, currency: 'eur', confirm: true } as const;

beforeEach(async () => {
  await happened();
  bank.calls.length = 0;
});

describe('what other ways to pay would do', () => {
  test('is refused with the reason, and not with an address that nobody knows', async () => {
    const { id } = await paymentIntents.create({ amount: 999, currency: 'eur' });
    const setup = await stripe.setupIntents.create();
    for (const [ask, sentence] of [
      [() => paymentIntents.applyCustomerBalance(id), /cash balance of a customer/],
      [() => paymentIntents.verifyMicrodeposits(id, { amounts: [32, 45] }), /microdeposits/],
      [
        () => stripe.setupIntents.verifyMicrodeposits(setup.id, { amounts: [32, 45] }),
        /microdeposits/,
      ],
    ] as const) {
      const refusal = await refusalOf(ask());
      assert.equal(refusal.statusCode, 400);
      assert.match(refusal.message, sentence);
    }
    assert.deepEqual((await paymentIntents.listAmountDetailsLineItems(id)).data, []);
  });

  test('is an unknown parameter where Stripe has it for few accounts, by which shops know to ask without', async () => {
    // WooCommerce sends this from the United States, and looks at the code and at the name.
    const form =
      'amount=999&currency=usd&level3[merchant_reference]=42&level3[line_items][0][tax_amount]=0';
    const refused = await gateway.ask('POST', '/v1/payment_intents', { key: merchant.key, form });
    assert.equal(refused.status, 400);
    const { code, param } = refused.body.error;
    assert.deepEqual([code, param], ['parameter_unknown', 'level3']);
  });

  test('is told of how to confirm only where something is confirmed; what goes without saying may be said', async () => {
    // As Saleor makes a payment with a card that was kept.
    const asked = { amount: 999, currency: 'eur', payment_method: card } as const;
    const made = await paymentIntents.create({ ...asked, off_session: false });
    assert.equal(made.status, 'requires_confirmation');
    const refused = await refusalOf(paymentIntents.create({ ...asked, off_session: true }));
    assert.equal(refused.param, 'off_session');
  });

  test('is no invoice: a payment has none, as shops ask after each', async () => {
    const { id } = await paymentIntents.create({ amount: 999, currency: 'eur' });
    const payment = { type: 'payment_intent', payment_intent: id } as const;
    const { data, has_more } = await stripe.invoicePayments.list({ payment, status: 'paid' });
    assert.deepEqual([data, has_more], [[], false]);
    for (const { param } of await refusalsOf([
      stripe.invoicePayments.list({ payment: { ...payment, payment_intent: 'pi_none' } }),
      stripe.invoicePayments.list({ invoice: 'in_none' }),
      stripe.invoicePayments.list({ starting_after: 'inpay_none' }),
    ]))
      assert.match(param ?? '', /^(?:payment\[payment_intent\]|invoice|starting_after)$/);
  });

  test('is refused as well for orders by telephone, whose holders would be asked, and for installments', async () => {
    const asked = { payment_method_options: { card: { moto: true } } };
    for (const { param } of await refusalsOf([
      paymentIntents.create({ ...order, payment_method: card, ...asked }),
      stripe.setupIntents.create({ payment_method: card, confirm: true, ...asked }),
    ])) {
      assert.equal(param, 'payment_method_options[card][moto]');
    }
    const plan = { count: 3, interval: 'month', type: 'fixed_count' } as const;
    const inParts = { payment_method_options: { card: { installments: { plan } } } };
    const refused = await refusalOf(
      paymentIntents.create({ ...order, payment_method: card, ...inParts }),
    );
    assert.equal(refused.param, 'payment_method_options[card][installments][plan]');
    assert.equal(bank.calls.length, 0);
    const off = {
      payment_method_options: { card: { moto: false, installments: { enabled: false } } },
    };
    const paid = await paymentIntents.create({ ...order, payment_method: card, ...off });
    assert.equal(paid.status, 'succeeded');
  });
});

describe('a payment', () => {
  test('that the bank approves has succeeded, with its charge', async () => {
    const intent = await paymentIntents.create(
      { ...order, payment_method: card, metadata: { order: '1' }, expand: ['latest_charge'] },
      { idempotencyKey: 'first' },
    );
    assert.match(intent.id, /^pi_\w{22}$/);
    assert.deepEqual(
      [intent.status, intent.amount_received, intent.amount_capturable],
      ['succeeded', 2500, 0],
    );
    const charge = intent.latest_charge;
    assert.ok(charge !== null && typeof charge === 'object');
    assert.deepEqual(
      [charge.status, charge.paid, charge.captured, charge.amount_captured],
      ['succeeded', true, true, 2500],
    );
    assert.equal(charge.payment_method_details?.card?.last4, '4242');
    assert.equal(charge.payment_method_details?.card?.checks?.cvc_check, 'pass');
    assert.equal(charge.payment_method_details?.card?.network_transaction_id, '987654321098765');
    assert.equal(charge.authorization_code, '123456');
    const booked = await stripe.balanceTransactions.list({ source: charge.id });
    assert.deepEqual(
      booked.data.map(({ amount, fee, net, type }) => [amount, fee, net, type]),
      [[2500, 98, 2402, 'charge']],
    );
    assert.equal(
      (await stripe.charges.retrieve(charge.id)).balance_transaction,
      booked.data[0]?.id,
    );
    assert.deepEqual(charge.metadata, { order: '1' });
    assert.deepEqual(await happened(), [
      'payment_intent.created',
      'charge.succeeded',
      'payment_intent.succeeded',
    ]);
    assert.deepEqual(
      bank.calls.map(({ what }) => what),
      ['sale'],
    );
  });

  test('that keeps its card tells so after the charge, and before it has succeeded', async () => {
    const { id: customer } = await stripe.customers.create();
    const kept = { customer, payment_method: card, setup_future_usage: 'off_session' } as const;
    await happened();
    await paymentIntents.create({ ...order, ...kept });
    assert.deepEqual(await happened(), [
      'payment_intent.created',
      'charge.succeeded',
      'payment_method.attached',
      'payment_intent.succeeded',
    ]);
    const { id } = await paymentIntents.create({ ...order, ...kept, capture_method: 'manual' });
    await paymentIntents.capture(id);
    assert.deepEqual(await happened(), [
      'payment_intent.created',
      'charge.succeeded',
      'payment_method.attached',
      'payment_intent.amount_capturable_updated',
      'charge.captured',
      'payment_intent.succeeded',
    ]);
    const [last] = (await stripe.events.list({ type: 'payment_intent.succeeded', limit: 1 })).data;
    const told = last?.data.object as Stripe.PaymentIntent;
    assert.deepEqual([told.id, told.status], [id, 'succeeded']);
  });

  for (const [when, known] of [
    ['before it is confirmed', true],
    ['while nobody knows what became of it', false],
  ] as const) {
    test(`keeps no card for a customer who was deleted ${when}`, async () => {
      const { id: customer } = await stripe.customers.create();
      const kept = { customer, payment_method: card, setup_future_usage: 'off_session' } as const;
      if (!known) bank.next.push(lostAfter);
      const made = await paymentIntents.create({ ...order, ...kept, confirm: !known });
      await stripe.customers.del(customer);
      if (known) await paymentIntents.confirm(made.id);
      const isPaid = async () => (await paymentIntents.retrieve(made.id)).status === 'succeeded';
      await resolveUntil(isPaid);
      const { payment_method: used } = await paymentIntents.retrieve(made.id);
      assert.equal((await stripe.paymentMethods.retrieve(String(used))).customer, null);
      const told = await happened();
      assert.deepEqual(
        told.filter((type) => type.startsWith('payment_method.')),
        [],
      );
    });
  }

  test('of a customer of the older API is paid with the default source, where no other is named', async () => {
    const { id: customer, default_source: source } = await stripe.customers.create({
      source: 'tok_visa',
    });
    const paid = await paymentIntents.create({ ...order, customer });
    assert.deepEqual([paid.status, paid.payment_method], ['succeeded', source]);
    const unconfirmed = await paymentIntents.create({ ...order, customer, confirm: false });
    assert.equal(unconfirmed.payment_method, null);
    const { id: another } = await stripe.customers.create({ payment_method: card });
    const refused = await refusalOf(paymentIntents.create({ ...order, customer: another }));
    assert.equal(refused.code, 'payment_intent_unexpected_state');
  });

  test('is asked of the bank once, however often the same request comes', async () => {
    const ask = () =>
      paymentIntents.create({ ...order, payment_method: card }, { idempotencyKey: 'again' });
    const first = await ask();
    const second = await ask();
    assert.equal(second.lastResponse.headers['idempotent-replayed'], 'true');
    const { lastResponse: _, ...shown } = first;
    const { lastResponse: __, ...repeated } = second;
    assert.deepEqual(repeated, shown);
    assert.equal(bank.calls.length, 1);
    assert.equal((await happened()).length, 3);
  });

  test('that the bank declines tells why, and may be tried with another card', async () => {
    const refusal = await refusalOf(
      paymentIntents.create({
        ...order,
        payment_method: 'pm_card_visa_chargeDeclinedInsufficientFunds',
      }),
    );
    assert.deepEqual(
      [refusal.statusCode, refusal.code, refusal.decline_code, refusal.message],
      [402, 'card_declined', 'insufficient_funds', 'Your card has insufficient funds.'],
    );
    const raw = refusal.raw as Record<string, unknown>;
    assert.deepEqual([raw['advice_code'], raw['network_decline_code']], ['try_again_later', '51']);
    const declined = refusal.payment_intent;
    assert.ok(declined);
    assert.equal(declined.status, 'requires_payment_method');
    assert.equal(declined.last_payment_error?.decline_code, 'insufficient_funds');
    assert.equal(declined.last_payment_error?.charge, refusal.charge);
    const page = /^http:.*\/docs#error-card_declined$/;
    assert.match(String(raw['doc_url']), page);
    assert.match(String(declined.last_payment_error?.doc_url), page);
    assert.deepEqual(await happened(), [
      'payment_intent.created',
      'charge.failed',
      'payment_intent.payment_failed',
    ]);
    const failed = await stripe.charges.retrieve(String(refusal.charge));
    assert.deepEqual(
      [failed.status, failed.failure_code, failed.outcome?.type],
      ['failed', 'card_declined', 'issuer_declined'],
    );

    const paid = await paymentIntents.confirm(declined.id, { payment_method: card });
    assert.equal(paid.status, 'succeeded');
    assert.equal(paid.last_payment_error, null);
  });

  test('whose outcome nobody knows is processing, and nothing else may be begun', async () => {
    bank.next.push(lostAfter);
    const intent = await paymentIntents.create({ ...order, payment_method: card });
    assert.equal(intent.status, 'processing');
    assert.deepEqual(await happened(), [
      'payment_intent.created',
      'charge.pending',
      'payment_intent.processing',
    ]);
    const again = await refusalOf(paymentIntents.confirm(intent.id, { payment_method: card }));
    assert.equal(again.code, 'payment_intent_unexpected_state');
    assert.equal(bank.calls.filter(({ what }) => what === 'sale').length, 1);
  });

  test('of which provably nothing was sent has failed without a doubt', async () => {
    bank.next.push(notSent);
    const refusal = await refusalOf(paymentIntents.create({ ...order, payment_method: card }));
    assert.deepEqual([refusal.statusCode, refusal.code], [402, 'processing_error']);
    assert.equal(refusal.payment_intent?.status, 'requires_payment_method');
  });

  test('may be confirmed by a call of its own', async () => {
    const intent = await paymentIntents.create({ amount: 1000, currency: 'usd' });
    assert.equal(intent.status, 'requires_payment_method');
    const method = await paymentMethods.create({ type: 'card', card: { token: 'tok_visa' } });
    const chosen = await paymentIntents.update(intent.id, { payment_method: method.id });
    assert.equal(chosen.status, 'requires_confirmation');
    const paid = await paymentIntents.confirm(intent.id);
    assert.equal(paid.status, 'succeeded');
    assert.equal(paid.payment_method, method.id);

    const again = await refusalOf(paymentIntents.create({ ...order, payment_method: method.id }));
    assert.match(again.message, /was previously used with a PaymentIntent without Customer/);
  });
});
