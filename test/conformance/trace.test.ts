// Why a payment came to what it is, in order of time, as one who has to explain it reads it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lostAfter, notSent, testBank } from '../../src/payments/intents/for-tests-bank.ts';
import { openShop } from '../support/payments.ts';
import { waitUntil } from '../support/writers.ts';
import { startSink } from '../webhooks/sink.ts';

const first = testBank('first');
const second = testBank('second');
const { stripe, gateway, merchant, resolveUntil } = await openShop([first, second]);
const { paymentIntents } = stripe;

type Entry = {
  readonly at: number;
  readonly at_ms: number;
  readonly what: string;
  readonly says: string;
  readonly details: Readonly<Record<string, unknown>>;
};

type Trace = {
  readonly operations: readonly { readonly connector_account: string }[];
  readonly timeline: readonly Entry[];
};

const traceOf = async (id: string): Promise<Trace> => {
  const { status, body, text } = await gateway.ask('GET', `/v1/payment_intents/${id}/trace`, {
    key: merchant.key,
  });
  assert.equal(status, 200, text);
  assert.doesNotMatch(text, /4242424242/);
  return body;
};

const byName = (a: string, b: string): number => a.localeCompare(b);

const timelineOf = async (id: string) => (await traceOf(id)).timeline;

const pay = () =>
  paymentIntents.create({
    amount: 4321,
    currency: 'eur',
    confirm: true,
    payment_method: 'pm_card_visa',
  });

test('a payment that was not sent, lost, looked up, paid, told and given back', async () => {
  const sink = await startSink();
  await stripe.webhookEndpoints.create({ url: sink.url, enabled_events: ['*'] });
  first.next.push(notSent);
  second.next.push(lostAfter);
  const { id } = await pay();
  await resolveUntil(async () => (await paymentIntents.retrieve(id)).status === 'succeeded');
  const refund = await stripe.refunds.create({ payment_intent: id, amount: 300 });
  const told = async () => (await timelineOf(id)).filter(({ what }) => what === 'delivery').length;
  await waitUntil('the endpoint is told of everything', 20_000, async () => (await told()) === 7);

  const { operations, timeline } = await traceOf(id);
  const begun = timeline.filter(({ what }) => what === 'operation.begun');
  const accounts = begun.map(({ details }) => details['connector_account']);
  assert.match(String(accounts[0]), /^cna_/);
  assert.deepEqual(
    operations.map(({ connector_account }) => connector_account).toSorted(byName),
    accounts.map(String).toSorted(byName),
    'An account has one name, whoever speaks of it.',
  );
  assert.deepEqual(
    begun.map(({ says }) => says),
    [
      'A provider is asked to take €43.21 eur (attempt 1).',
      'A provider is asked to take €43.21 eur (attempt 2).',
      'A provider is asked to give back €3.00 eur (attempt 1).',
    ],
  );
  const times = timeline.map(({ at_ms }) => at_ms);
  assert.deepEqual(
    times,
    times.toSorted((a, b) => a - b),
  );
  assert.ok(timeline.every(({ at, at_ms }) => at === Math.floor(at_ms / 1_000)));
  const count = (wanted: string): number => timeline.filter(({ what }) => what === wanted).length;
  assert.deepEqual(
    [
      'registered',
      'attempt',
      'operation.begun',
      'operation.look_up',
      'posting',
      'event',
      'refund',
    ].map((what) => [what, count(what)]),
    [
      ['registered', 1],
      ['attempt', 1],
      ['operation.begun', 3],
      ['operation.look_up', 1],
      ['posting', 2],
      ['event', 7],
      ['refund', 1],
    ],
  );
  const heard = timeline.filter(({ what }) => what === 'operation.answer');
  assert.deepEqual(
    heard.map(({ details }) => details['outcome']),
    ['not_sent', 'unknown', 'approved'],
  );
  assert.deepEqual(
    timeline.filter(({ what }) => what === 'event').map(({ details }) => details['type']),
    [
      'payment_intent.created',
      'charge.pending',
      'payment_intent.processing',
      'charge.succeeded',
      'payment_intent.succeeded',
      'refund.created',
      'charge.refunded',
    ],
  );
  const posted = timeline.filter(({ what }) => what === 'posting');
  assert.equal(posted[0]?.details['fee_rules'], 0, 'the version by which the fee was reckoned');
  for (const { details } of posted) {
    const amounts = Object.values(details['postings'] as Record<string, number>);
    assert.equal(
      amounts.reduce((sum, each) => sum + each, 0),
      0,
    );
  }
  assert.equal(posted[0]?.details['purpose'], 'capture');
  const given = timeline.find(({ what }) => what === 'refund');
  assert.equal(given?.details['refund'], refund.id);
});

test('an endpoint that does not answer is seen, with when it is told again', async () => {
  const sink = await startSink(500);
  await stripe.webhookEndpoints.create({
    url: sink.url,
    enabled_events: ['payment_intent.created'],
  });
  const { id } = await paymentIntents.create({ amount: 500, currency: 'eur' });
  await sink.until(1);
  await waitUntil('its try is noted', 20_000, async () =>
    (await timelineOf(id)).some(({ details }) => details['status_code'] === 500),
  );
  const again = (await timelineOf(id)).find(({ what }) => what === 'delivery.due');
  assert.ok(again && again.at > Math.floor(Date.now() / 1000) - 1);
});

test("another account's payment is not explained", async () => {
  const { id } = await pay();
  const other = await gateway.merchant();
  const answer = await gateway.ask('GET', `/v1/payment_intents/${id}/trace`, { key: other.key });
  assert.equal(answer.status, 404);
});
