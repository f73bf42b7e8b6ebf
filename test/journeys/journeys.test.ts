// Journeys, told as stories on the moving clock: a shop, its buyers, and the bank beside them whose days go
// by with ours. At the end of each the bank's journal and our books agree, every check answers with nothing,
// and the shop has been told of everything that happened.

import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';
import type Stripe from 'stripe';
import { impatient, quick } from '../acquiring/support/impatient.ts';
import { assertOneStory, openAccountAt, resolveAll } from '../payments/support.ts';
import { controlOf } from '../sandbox/support/control.ts';
import { newSandbox } from '../sandbox/support/world.ts';
import { startGatewayHere } from '../support/gateway.ts';
import { assertHealthy } from '../support/health.ts';
import { refusalOf, stripeFor } from '../support/stripe.ts';
import { pause } from '../support/writers.ts';
import { startSink } from '../webhooks/sink.ts';

const PATIENT_MS = 60_000;
const HASTY_MS = 4_000;

const patience = { timeoutMs: PATIENT_MS };
const bank = await newSandbox();
const gateway = await startGatewayHere({
  movableClock: true,
  sandbox: {
    url: `http://127.0.0.1:${bank.ports.control}`,
    directory: bank.directoryUrl,
    acquirer: { host: '127.0.0.1', port: bank.ports.acquirer },
  },
  connectors: [impatient(quick(), patience)],
});
const { key } = await gateway.merchant();
await openAccountAt(bank, gateway.ask, key);
const stripe = stripeFor(gateway.port, key);
const { paymentIntents, refunds, disputes, customers, events } = stripe;
const holder = controlOf(bank.ports.control);
const shop = await startSink();
await stripe.webhookEndpoints.create({ url: shop.url, enabled_events: ['*'] });

const until = async <T>(look: () => Promise<T | undefined | false>): Promise<T> => {
  for (let tries = 0; tries < 2_400; tries += 1) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    await pause(25);
  }
  return assert.fail('It did not come.');
};

const goBy = async (days: number): Promise<void> => {
  const form = `advance=${Math.round(days * 86_400)}`;
  const { status, text } = await gateway.ask('POST', '/v1/test_helpers/clock', { key, form });
  assert.equal(status, 200, text);
};
const A_MINUTE = 1 / 1_440;

const order = (more: Partial<Stripe.PaymentIntentCreateParams> = {}) =>
  paymentIntents.create({
    amount: 5_000,
    currency: 'eur',
    confirm: true,
    payment_method: 'pm_card_visa',
    automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
    ...more,
  });

const becomes = (id: string, status: Stripe.PaymentIntent['status']) =>
  until(async () => {
    const intent = await paymentIntents.retrieve(id);
    return intent.status === status && intent;
  });

/** A dispute of that payment in that state, however many days its bank takes. */
const contested = (payment: string, status: Stripe.Dispute.Status) =>
  until(async () => {
    const { data } = await disputes.list({ payment_intent: payment });
    const found = data.find((each) => each.status === status);
    if (found === undefined) await goBy(A_MINUTE);
    return found;
  });

/** What the bank calls the tries to pay it, the first one first. */
const triesOf = async (id: string): Promise<string[]> => {
  const { body } = await gateway.ask('GET', `/v1/payment_intents/${id}/trace`, { key });
  const operations = body.operations as { kind: string; ordinal: number; reference: string }[];
  return operations
    .filter(({ kind }) => kind === 'sale' || kind === 'authorize')
    .toSorted((one, other) => one.ordinal - other.ordinal)
    .map(({ reference }) => reference);
};

const owned = async (): Promise<{ pending: number; available: number }> => {
  const { pending, available } = await stripe.balance.retrieve();
  const of = (all: Stripe.Balance['available']): number =>
    all.find(({ currency }) => currency === 'eur')?.amount ?? 0;
  return { pending: of(pending), available: of(available) };
};

const happenedTo = async (id: string): Promise<string[]> => {
  const types: string[] = [];
  for await (const event of events.list({ limit: 100 })) {
    if (JSON.stringify(event.data.object).includes(id)) types.push(event.type);
  }
  return types.toReversed();
};

/** Every event reached the shop, under its id. */
const assertTold = async (): Promise<void> => {
  const ids: string[] = [];
  for await (const { id } of events.list({ limit: 100 })) ids.push(id);
  await until(async () => {
    const told = new Set(shop.received.map(({ event }) => event.id));
    return ids.every((id) => told.has(id));
  });
};

afterEach(async () => {
  patience.timeoutMs = PATIENT_MS;
  bank.setFaults([]);
  await resolveAll(gateway.on);
  await assertOneStory(bank, gateway.on);
  await assertHealthy(gateway.on);
  assert.deepEqual(await bank.checkBooks(), []);
  await assertTold();
});

describe('a buyer', () => {
  test('orders a lamp and a bulb; the lamp is sent two days later, and comes back', async () => {
    const held = await order({ capture_method: 'manual' });
    assert.deepEqual([held.status, held.amount_capturable], ['requires_capture', 5_000]);
    await goBy(2);
    const sent = await paymentIntents.capture(held.id, { amount_to_capture: 4_000 });
    assert.deepEqual([sent.status, sent.amount_received], ['succeeded', 4_000]);
    await goBy(9);
    const refund = await refunds.create({ payment_intent: held.id });
    assert.deepEqual([refund.status, refund.amount], ['succeeded', 4_000]);
    const more = await refusalOf(refunds.create({ payment_intent: held.id, amount: 1 }));
    assert.equal(more.code, 'charge_already_refunded');

    const types = await happenedTo(held.id);
    for (const type of [
      'payment_intent.created',
      'payment_intent.amount_capturable_updated',
      'charge.captured',
      'payment_intent.succeeded',
      'charge.refunded',
    ]) {
      assert.equal(types.filter((each) => each === type).length, 1, type);
    }
  });

  test('is forgotten by the shop, and after a week has the money again', async () => {
    const held = await order({ capture_method: 'manual' });
    const [reference] = await triesOf(held.id);
    await goBy(8);
    const ended = await becomes(held.id, 'canceled');
    assert.equal(ended.cancellation_reason, 'expired');
    const late = await refusalOf(paymentIntents.capture(held.id));
    assert.equal(late.code, 'payment_intent_unexpected_state');
    await resolveAll(gateway.on);
    const holding = bank
      .journal()
      .liveApprovals()
      .filter((each) => each.paymentReference === reference && each.heldMinor > 0n);
    assert.deepEqual(holding, []);
  });

  test('has not enough money, takes another card, and the shop has its money a few days later', async () => {
    const before = await owned();
    const poor = await refusalOf(
      order({ payment_method: 'pm_card_visa_chargeDeclinedInsufficientFunds' }),
    );
    assert.deepEqual([poor.code, poor.decline_code], ['card_declined', 'insufficient_funds']);
    const id = poor.payment_intent?.id ?? '';
    const paid = await paymentIntents.confirm(id, { payment_method: 'pm_card_mastercard' });
    assert.equal(paid.status, 'succeeded');
    const after = await owned();
    assert.ok(after.pending + after.available > before.pending + before.available);
    await goBy(12);
    // Only what a snapshot has counted is released; what was too fresh for it waits for the next minute.
    await until(async () => {
      if ((await owned()).pending === 0) return true;
      await goBy(A_MINUTE);
      return false;
    });
  });

  test('pays while the line to the bank is cut: nobody guesses, and the second try is the only payment', async () => {
    patience.timeoutMs = HASTY_MS;
    bank.setFaults([{ id: 'lost', kind: 'hang', times: 1, when: { mti: '0200' } }]);
    const lost = await order();
    assert.equal(lost.status, 'processing');
    patience.timeoutMs = PATIENT_MS;
    await goBy(A_MINUTE);
    await resolveAll(gateway.on);
    await becomes(lost.id, 'requires_payment_method');
    const paid = await paymentIntents.confirm(lost.id, { payment_method: 'pm_card_visa' });
    assert.equal(paid.status, 'succeeded');
    const live = bank
      .journal()
      .liveApprovals()
      .map((each) => each.paymentReference ?? '');
    const tries = await triesOf(lost.id);
    assert.deepEqual(
      tries.map((reference) => live.includes(reference)),
      [false, true],
    );
  });

  test('keeps a card, and is charged a month later while away', async () => {
    const { id: customer } = await customers.create({ name: 'Jenny' });
    const first = await order({ customer, setup_future_usage: 'off_session' });
    assert.equal(first.status, 'succeeded');
    await goBy(31);
    const { data } = await customers.listPaymentMethods(customer);
    const again = await order({
      customer,
      payment_method: data[0]?.id ?? '',
      off_session: true,
      amount: 1_200,
    });
    assert.deepEqual([again.status, again.amount_received], ['succeeded', 1_200]);
  });
});

describe('a holder', () => {
  test('contests a payment, the shop proves it, and has its money back', async () => {
    const before = await owned();
    const paid = await order({ payment_method: 'pm_card_createDispute' });
    await goBy(1);
    const { id } = await contested(paid.id, 'needs_response');
    await disputes.update(id, { evidence: { uncategorized_text: 'winning_evidence' } });
    await until(async () => {
      const { data } = await disputes.list({ payment_intent: paid.id });
      if (data[0]?.status === 'won') return true;
      await goBy(1);
      return false;
    });
    const after = await owned();
    assert.ok(after.pending + after.available > before.pending + before.available);
    assert.equal((await refunds.create({ payment_intent: paid.id })).status, 'succeeded');
  });

  test('contests what a refund has left, nobody answers, and it is lost to the last cent', async () => {
    const paid = await order();
    await refunds.create({ payment_intent: paid.id, amount: 2_000 });
    const [reference] = await triesOf(paid.id);
    assert.equal((await holder.send('POST', '/disputes', { reference })).status, 200);
    await contested(paid.id, 'needs_response');
    await goBy(31);
    const lost = await contested(paid.id, 'lost');
    assert.equal(lost.amount, 3_000);
    const refused = await refusalOf(refunds.create({ payment_intent: paid.id, amount: 1 }));
    assert.equal(refused.code, 'charge_disputed');
  });
});
