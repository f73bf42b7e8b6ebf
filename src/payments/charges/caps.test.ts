// What may never be exceeded is refused by the database, whatever code asks for it.

import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import type { Scope } from '#kit/context';
import { asOwner, type TestContext, testAccount, testContext } from '../../for-tests.ts';

let context: TestContext;
let scope: Scope;

before(async () => {
  context = await testContext();
  scope = await testAccount(context);
  await asOwner(
    context.on,
    `insert into payments.charges (account_id, livemode, id, version, intent_id, attempt, status, currency, amount,
                                   captured, operation_id, connector_account_id, metadata, details)
     select '${scope.accountId}', false, gen_random_uuid(), 1, gen_random_uuid(), 1, 2, 'eur', 1000,
            1000, gen_random_uuid(), gen_random_uuid(), '{}', '{}'`,
  );
});

const change = (set: string) =>
  asOwner(context.on, `begin; update payments.charges set ${set}; rollback`);

describe('a charge of 10.00 that is captured', () => {
  const refused: readonly (readonly [what: string, set: string, constraint: string])[] = [
    ['captures no more than was authorized', 'captured = 1001', 'charges_captured_at_most'],
    ['captures nothing beside the whole', 'capturing = 1', 'charges_captured_at_most'],
    ['has no negative amount', 'amount = -1, captured = 0', 'charges_captured_at_most'],
    ['refunds no more than was captured', 'refunded = 1001', 'charges_refunded_at_most'],
    ['reserves no more refunds than are left', 'refunded = 600, refunding = 401', 'charges_refun'],
    [
      'counts disputes as refunds',
      'refunded = 600, charged_back = 401',
      'charges_refunded_at_most',
    ],
    ['captures nothing negative', 'captured = -1', 'charges_nothing_negative'],
    ['reserves no negative capture', 'captured = 0, capturing = -1', 'charges_nothing_negative'],
    ['refunds nothing negative', 'refunded = -1', 'charges_nothing_negative'],
    ['reserves no negative refund', 'refunding = -1', 'charges_nothing_negative'],
    ['loses nothing negative', 'charged_back = -1', 'charges_nothing_negative'],
    ['loses nothing negative beyond', 'charged_back_beyond = -1', 'charges_nothing'],
    ['loses beyond only when nothing is left', 'charged_back_beyond = 1', 'charges_nothing_left'],
    ['has succeeded', 'status = 3, operation_id = null', 'charges_moved_only_if_succeeded'],
    ['keeps its operation', 'operation_id = null', 'charges_have_their_operation'],
    [
      'has a status that there is',
      'status = 4, captured = 0, operation_id = null',
      'charges_status',
    ],
  ];
  for (const [what, set, constraint] of refused) {
    test(what, async () => {
      await assert.rejects(change(set), new RegExp(constraint));
    });
  }

  test('may be refunded and lost to the last cent', async () => {
    await change('refunded = 400, refunding = 300, charged_back = 300, charged_back_beyond = 5');
  });
});
