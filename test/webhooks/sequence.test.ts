// The numbers of events: a merchant groups them by what they are told to be of, and finds no hole.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testBank } from '../../src/payments/intents/for-tests-bank.ts';
import { testConnectorAccount } from '../../src/rails/connectors/for-tests.ts';
import { startGatewayHere } from '../support/gateway.ts';
import { stripeFor } from '../support/stripe.ts';
import { pause } from '../support/writers.ts';

const bank = testBank();
const gateway = await startGatewayHere({ connectors: [bank.connector] });
const merchant = await gateway.merchant();
await testConnectorAccount(gateway.context, gateway.rails, merchant.scope, {
  connector: bank.connector.definition.name,
});
const stripe = stripeFor(gateway.port, merchant.key);

type Told = { sequence: number; sequence_of: string; event: { type: string } };

const lettersOf = (id: string): string => id.slice(id.indexOf('_') + 1);

test('count the changes of a payment, its charge among them, and those of a refund apart', async () => {
  const paid = await stripe.paymentIntents.create({
    amount: 2_000,
    currency: 'eur',
    payment_method: 'pm_card_visa',
    automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
    confirm: true,
  });
  const refund = await stripe.refunds.create({ payment_intent: paid.id, amount: 500 });

  const of = new Map<string, string[]>();
  for (let tries = 0; !of.get(lettersOf(refund.id))?.includes('2 charge.refunded'); tries += 1) {
    assert.ok(tries < 2_400, 'The refund was not told.');
    await pause(25);
    of.clear();
    const { body } = await gateway.ask('GET', '/v1/event_feed?after=0', { key: merchant.key });
    for (const { sequence, sequence_of, event } of body.data as Told[]) {
      of.set(sequence_of, [...(of.get(sequence_of) ?? []), `${sequence} ${event.type}`]);
    }
  }
  assert.deepEqual(of.get(lettersOf(paid.id)), [
    '1 payment_intent.created',
    '2 charge.succeeded',
    '3 payment_intent.succeeded',
  ]);
  assert.deepEqual(of.get(lettersOf(refund.id)), ['1 refund.created', '2 charge.refunded']);
});
