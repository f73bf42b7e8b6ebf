// What may never be exceeded is refused by the database, whatever code asks for it.

import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { asOwner, type TestContext, testAccount, testContext } from '../../for-tests.ts';

let context: TestContext;

before(async () => {
  context = await testContext();
  const { accountId } = await testAccount(context);
  await asOwner(
    context.on,
    `insert into payments.intents (account_id, livemode, id, version, status, currency, amount, metadata, details)
     values ('${accountId}', false, gen_random_uuid(), 1, 5, 'eur', 1000, '{}', '{}')`,
  );
});

const change = (set: string) =>
  asOwner(context.on, `begin; update payments.intents set ${set}; rollback`);

describe('a payment of 10.00', () => {
  const refused: readonly (readonly [what: string, set: string, constraint: string])[] = [
    ['receives no more than was asked', 'status = 6, received = 1001', 'intents_received_at_most'],
    ['holds no more than was asked', 'capturable = 1001', 'intents_received_at_most_asked'],
    ['counts both', 'received = 600, capturable = 401', 'intents_received_at_most_asked'],
    ['has no negative amount', 'amount = -1', 'intents_received_at_most_asked'],
    ['receives nothing negative', 'received = -1', 'intents_nothing_negative'],
    ['holds nothing negative', 'capturable = -1', 'intents_nothing_negative'],
    ['is in a currency', `currency = 'EUR'`, 'intents_currency'],
    ['has a status that there is', 'status = 8', 'intents_status'],
    ['has an order that can be named', `order_reference = ''`, 'intents_order_reference'],
    ...[1, 2, 3, 6, 7].map(
      (status) =>
        [
          `holds nothing in status ${status}`,
          `status = ${status}, capturable = 1`,
          'intents_capturable_only_while_authorized',
        ] as const,
    ),
  ];
  for (const [what, set, constraint] of refused) {
    test(what, async () => {
      await assert.rejects(change(set), new RegExp(constraint));
    });
  }

  test('may be received in part and held in part', async () => {
    await change('received = 600, capturable = 400');
    await change('status = 4, capturable = 1000');
  });
});
