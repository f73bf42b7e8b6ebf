import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import type Stripe from 'stripe';
import { asOwner } from '../../src/for-tests.ts';
import { intentCanceled } from '../../src/payments/intents/events.ts';
import { lostAfter } from '../../src/payments/intents/for-tests-bank.ts';
import { openShop } from '../support/payments.ts';
import { refusalOf } from '../support/stripe.ts';
import { assertShape } from '../support/stripe-shape.ts';

const shop = await openShop();
const { stripe, happened } = shop;
const { charges, paymentIntents, refunds } = stripe;

beforeEach(async () => {
  await happened();
});

describe('a charge made directly, as older clients do', () => {
  test('takes the money of a token, and is nobody’s intent', async () => {
    const charge = await charges.create({ amount: 999, currency: 'usd', source: 'tok_visa' });
    assert.deepEqual(
      [charge.status, charge.captured, charge.amount_captured, charge.payment_intent],
      ['succeeded', true, 999, null],
    );
    assert.deepEqual(await happened(), ['charge.succeeded']);
    assert.deepEqual((await paymentIntents.list()).data, []);
    const { data } = await charges.list({ limit: 1 });
    assert.equal(data[0]?.id, charge.id);
  });

  test('takes the money of a card that comes with the request', async () => {
    const card = { object: 'card', number: '4242424242424242', exp_month: 12, exp_year: 2040 };
    const charge = await charges.create({
      amount: 999,
      currency: 'usd',
      source: { ...card, cvc: '123', name: 'Jenny' } as unknown as string,
    });
    assert.deepEqual([charge.status, charge.billing_details.name], ['succeeded', 'Jenny']);
    assert.match(String(charge.payment_method), /^card_/);
    const wrong = { ...card, number: '4242424242424241' } as unknown as string;
    const refused = await refusalOf(
      charges.create({ amount: 999, currency: 'usd', source: wrong }),
    );
    assert.deepEqual([refused.code, refused.param], ['incorrect_number', 'number']);
    const missing = await refusalOf(
      charges.create({ amount: 999, currency: 'usd', source: 'tok_missing' }),
    );
    assert.deepEqual([missing.code, missing.param], ['resource_missing', 'source']);
  });

  test('shows at source the card it was paid with, as older clients read it', async () => {
    const { id: customer, default_source } = await stripe.customers.create({
      source: 'tok_mastercard',
    });
    const paid = await charges.create({ amount: 999, currency: 'usd', customer });
    const { source, payment_method_details: details } = paid;
    assertShape(source, 'resources/Cards.d.ts', 'Card');
    assert.ok(source?.object === 'card');
    assert.deepEqual(
      [source.id, source.brand, source.last4, source.customer, source.cvc_check],
      [default_source, 'MasterCard', '4444', customer, details?.card?.checks?.cvc_check],
    );
    const byMethod = await charges.create({
      amount: 999,
      currency: 'usd',
      source: 'pm_card_visa',
    });
    assert.equal(byMethod.source, null);
  });

  test('needs something to charge', async () => {
    const nothing = await refusalOf(charges.create({ amount: 999, currency: 'usd' }));
    assert.deepEqual(
      [nothing.statusCode, nothing.code, nothing.message],
      [400, 'parameter_missing', 'Must provide source or customer.'],
    );
    const { id: customer } = await stripe.customers.create();
    const noCard = await refusalOf(charges.create({ amount: 999, currency: 'usd', customer }));
    assert.deepEqual(
      [noCard.statusCode, noCard.code, noCard.message],
      [402, 'missing', 'Cannot charge a customer that has no active card'],
    );
  });

  test('that is declined stays listed as failed', async () => {
    const refusal = await refusalOf(
      charges.create({ amount: 999, currency: 'usd', source: 'tok_chargeDeclined' }),
    );
    assert.deepEqual([refusal.statusCode, refusal.code], [402, 'card_declined']);
    assert.equal((await charges.retrieve(String(refusal.charge))).status, 'failed');
    assert.deepEqual(await happened(), ['charge.failed']);
  });

  test('may only hold the money, and be captured once', async () => {
    const charge = await charges.create({
      amount: 999,
      currency: 'usd',
      source: 'tok_visa',
      capture: false,
    });
    assert.equal(charge.captured, false);
    const tooMuch = await refusalOf(charges.capture(charge.id, { amount: 1_000 }));
    assert.deepEqual([tooMuch.code, tooMuch.param], ['amount_too_large', 'amount']);
    const captured = await charges.capture(charge.id, {
      amount: 500,
      receipt_email: 'jenny@example.com',
      statement_descriptor: 'Fern & Ford',
      transfer_group: 'hats',
    });
    assert.deepEqual(
      [captured.captured, captured.amount_captured, captured.receipt_email],
      [true, 500, 'jenny@example.com'],
    );
    assert.deepEqual(
      [captured.statement_descriptor, captured.transfer_group],
      ['Fern & Ford', 'hats'],
    );
    const again = await refusalOf(charges.capture(charge.id));
    assert.equal(again.code, 'charge_already_captured');
  });

  const refundOf = (charge: string, more: object = {}): Promise<Stripe.Charge> =>
    stripe.rawRequest('POST', `/v1/charges/${charge}/refund`, more);

  test('that only held lets go of it when it is refunded, and is shown as refunded', async () => {
    const { id } = await charges.create({
      amount: 999,
      currency: 'usd',
      source: 'tok_visa',
      capture: false,
    });
    await happened();
    const part = await refusalOf(refundOf(id, { amount: 500 }));
    assert.equal(part.param, 'amount');
    const charge = await refundOf(id);
    assert.deepEqual(
      [charge.id, charge.refunded, charge.amount_refunded, charge.captured, charge.amount_captured],
      [id, true, 999, false, 0],
    );
    assert.deepEqual(await happened(), ['charge.refunded', 'refund.created']);
    const { data } = await refunds.list({ charge: id });
    assert.deepEqual(
      data.map(({ amount, status, balance_transaction: booked }) => [amount, status, booked]),
      [[999, 'succeeded', null]],
    );
    const [event] = (await stripe.events.list({ type: 'charge.refunded', limit: 1 })).data;
    assert.partialDeepStrictEqual(event?.data.previous_attributes, {
      amount_refunded: 0,
      refunded: false,
    });
    assert.equal(shop.bank.calls.at(-1)?.what, 'void');
    for (const again of [() => refundOf(id), () => refunds.create({ charge: id })]) {
      assert.equal((await refusalOf(again())).code, 'charge_already_refunded');
    }
    const late = await refusalOf(charges.capture(id));
    assert.deepEqual([late.code, late.payment_intent], ['charge_already_refunded', undefined]);
  });

  test('that nobody captured in time has expired, and is not called refunded to who refunds it', async () => {
    const held = { amount: 999, currency: 'usd' } as const;
    const { id } = await charges.create({ ...held, source: 'tok_visa', capture: false });
    const intent = await paymentIntents.create({
      ...held,
      confirm: true,
      capture_method: 'manual',
      payment_method: 'pm_card_visa',
    });
    const ids = [id, String(intent.latest_charge)];
    await happened();
    await asOwner(
      shop.gateway.on,
      `update payments.intents set due_at = now() - interval '1 second' where status = 5`,
    );
    await shop.resolveUntil(async () => {
      const { data } = await stripe.events.list({ type: 'charge.expired' });
      return data.length === 2;
    });
    for (const charge of ids) {
      const refused = await refusalOf(refunds.create({ charge }));
      assert.deepEqual([refused.statusCode, refused.code], [400, 'charge_expired_for_capture']);
      assert.match(refused.message, /has expired: it was not captured in time/);
    }
    assert.equal((await refusalOf(refundOf(id))).code, 'charge_expired_for_capture');
    assert.equal((await refusalOf(charges.capture(id))).code, 'charge_expired_for_capture');
    await happened();
  });

  test('is not called refunded while nobody knows whether it is captured', async () => {
    const { id } = await charges.create({
      amount: 999,
      currency: 'usd',
      source: 'tok_visa',
      capture: false,
    });
    shop.bank.next.push(lostAfter);
    await charges.capture(id);
    const withKey = { idempotencyKey: `refund ${id}` };
    const refused = await refusalOf(refunds.create({ charge: id }, withKey));
    assert.deepEqual([refused.statusCode, refused.code], [409, 'payment_intent_outcome_unknown']);
    await shop.resolveUntil(async () => (await charges.retrieve(id)).captured);
    assert.equal((await refunds.create({ charge: id }, withKey)).status, 'succeeded');
    await happened();
  });

  test('stays held while nobody knows whether its bank let go of it', async () => {
    const { id } = await charges.create({
      amount: 999,
      currency: 'usd',
      source: 'tok_visa',
      capture: false,
    });
    shop.bank.next.push(lostAfter);
    assert.equal((await refundOf(id)).refunded, false);
    assert.equal((await refusalOf(refundOf(id))).statusCode, 409);
    await shop.resolveUntil(async () => (await charges.retrieve(id)).refunded);
    assert.deepEqual(await happened(), [
      'charge.succeeded',
      'refund.created',
      'charge.refunded',
      'refund.updated',
      'charge.refund.updated',
    ]);
  });

  test('takes what describes it later, and tells of it', async () => {
    const charge = await charges.create({ amount: 999, currency: 'usd', source: 'tok_visa' });
    await happened();
    const changed = await charges.update(charge.id, {
      description: 'A hat',
      fraud_details: { user_report: 'safe' },
    });
    assert.deepEqual(
      [changed.description, changed.fraud_details],
      ['A hat', { user_report: 'safe' }],
    );
    assert.deepEqual(await happened(), ['charge.updated']);
  });
});

describe('finding', () => {
  test('payments and charges of a customer, contested ones, and those of an address', async () => {
    const { id: customer } = await stripe.customers.create();
    const { id: method } = await stripe.paymentMethods.create({
      type: 'card',
      card: { token: 'tok_visa' },
      billing_details: { address: { postal_code: '10115' } },
    });
    const { id, latest_charge: charge } = await paymentIntents.create({
      amount: 999,
      currency: 'usd',
      customer,
      confirm: true,
      payment_method: method,
    });
    const query = `customer:'${customer}'`;
    const payments = await paymentIntents.search({ query });
    assert.deepEqual(
      payments.data.map((each) => each.id),
      [id],
    );
    for (const text of [
      query,
      `${query} AND disputed:'false'`,
      "billing_details.address.postal_code:'10115'",
    ]) {
      const found = await charges.search({ query: text });
      assert.deepEqual(
        found.data.map((each) => each.id),
        [charge],
        text,
      );
    }
    assert.deepEqual((await charges.search({ query: `${query} AND disputed:'true'` })).data, []);
    assert.deepEqual((await charges.search({ query: "customer:'cus_nobody'" })).data, []);

    const is = async (refunded: string): Promise<boolean> =>
      (await charges.search({ query: `${query} refunded:${refunded}` })).data.length > 0;
    assert.deepEqual(
      [await is('null'), await is("'false'"), await is("'true'")],
      [true, false, false],
    );
    await refunds.create({ payment_intent: id, amount: 99 });
    assert.deepEqual(
      [await is('null'), await is("'false'"), await is("'true'")],
      [false, true, false],
    );
    await refunds.create({ payment_intent: id });
    assert.deepEqual(
      [await is('null'), await is("'false'"), await is("'true'")],
      [false, false, true],
    );
    const bare = `${query} payment_method_details.card.last4:4242`;
    assert.equal((await charges.search({ query: bare })).data.length, 1);
  });

  test('charges and intents, by what they are', async () => {
    const intent = await paymentIntents.create({
      amount: 4321,
      currency: 'eur',
      confirm: true,
      payment_method: 'pm_card_mastercard',
      metadata: { order: '77' },
    });
    const found = await paymentIntents.search({ query: "metadata['order']:'77'" });
    assert.deepEqual(
      found.data.map(({ id }) => id),
      [intent.id],
    );
    const byState = await paymentIntents.search({ query: "status:'succeeded' AND amount>4320" });
    assert.deepEqual(
      byState.data.map(({ id }) => id),
      [intent.id],
    );
    const byCard = await charges.search({
      query: "payment_method_details.card.brand:'mastercard'",
    });
    assert.equal(byCard.data[0]?.payment_intent, intent.id);
  });

  test('why a payment came to what it is', async () => {
    const intent = await paymentIntents.create({
      amount: 4321,
      currency: 'eur',
      confirm: true,
      payment_method: 'pm_card_visa',
    });
    const trace = (await stripe.rawRequest(
      'GET',
      `/v1/payment_intents/${intent.id}/trace`,
    )) as unknown as { operations: { state: string; why: string; evidence: unknown[] }[] };
    assert.deepEqual(
      trace.operations.map(({ state, why }) => [state, why]),
      [['approved', 'The provider said yes.']],
    );
    assert.doesNotMatch(JSON.stringify(trace), /4242424242/);
  });
});

describe('an order', () => {
  const order = { amount: 500, currency: 'eur', order_reference: 'A-1' } as never;

  test('is registered once, and asked again answers the payment that exists', async () => {
    const [first, second] = await Promise.all([
      paymentIntents.create(order),
      paymentIntents.create(order),
    ]);
    assert.equal(first.id, second.id);
    const again = await paymentIntents.create(order);
    assert.equal(again.id, first.id);
  });

  test('with another amount is refused with the payment that exists', async () => {
    const other = { amount: 501, currency: 'eur', order_reference: 'A-1' } as never;
    const refusal = await refusalOf(paymentIntents.create(other));
    assert.deepEqual([refusal.statusCode, refusal.code], [409, 'order_reference_in_use']);
    assert.equal(refusal.payment_intent?.amount, 500);
  });

  test('is shown with its payments and in what is told of them, and they are found by it', async () => {
    const named = { ...(order as object), order_reference: 'A-2' } as never;
    const first = await paymentIntents.create(named);
    await paymentIntents.cancel(first.id);
    const second = await paymentIntents.create(named);
    await paymentIntents.create({ amount: 500, currency: 'eur' });
    assert.partialDeepStrictEqual(second, { order_reference: 'A-2' });

    const found = await paymentIntents.list({ order_reference: 'A-2' } as never);
    assert.deepEqual(
      found.data.map(({ id }) => id),
      [second.id, first.id],
    );
    const older = await paymentIntents.list({
      order_reference: 'A-2',
      starting_after: second.id,
    } as never);
    assert.deepEqual(
      older.data.map(({ id }) => id),
      [first.id],
    );
    const nobody = await paymentIntents.list({ order_reference: 'A-3' } as never);
    assert.deepEqual(nobody.data, []);
    const { data } = await stripe.events.list({ type: 'payment_intent.canceled', limit: 1 });
    assert.partialDeepStrictEqual(data[0]?.data.object, { order_reference: 'A-2' });
  });

  test('is not shown by an event of before orders were shown, which stays what it was', () => {
    const intent = { id: '018f0000-0000-7000-8000-000000000000', orderReference: 'A-2', amount: 5 };
    const rendered = (more: object) =>
      intentCanceled.renderers[1]?.({ intent, ...more }, false).object ?? {};
    assert.deepEqual(
      [rendered({}), rendered({ shows_order: true })].map((it) =>
        Object.hasOwn(it, 'order_reference'),
      ),
      [false, true],
    );
  });
});

describe('a page with a publishable key', () => {
  test('sees a part of one intent by its secret, and pays it', async () => {
    const { page } = shop;
    const intent = await paymentIntents.create({ amount: 500, currency: 'eur' });
    const without = await refusalOf(page.paymentIntents.retrieve(intent.id));
    assert.deepEqual([without.code, without.param], ['parameter_missing', 'client_secret']);
    const wrong = await refusalOf(
      page.paymentIntents.retrieve(intent.id, { client_secret: `${intent.id}_secret_x` }),
    );
    assert.match(wrong.message, /^The client_secret provided does not match/);

    const secret = { client_secret: String(intent.client_secret) };
    const seen = await page.paymentIntents.retrieve(intent.id, secret);
    assert.deepEqual([seen.amount, seen.metadata, seen.customer], [500, undefined, undefined]);
    const paid = await page.paymentIntents.confirm(intent.id, {
      ...secret,
      payment_method: 'pm_card_visa',
    } as never);
    assert.deepEqual([paid.status, paid.latest_charge], ['succeeded', undefined]);
  });
});
