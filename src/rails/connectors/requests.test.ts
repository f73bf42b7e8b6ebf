import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import type { Scope } from '#kit/context';
import { newUuid, type Uuid } from '#kit/ids';
import { asOwner, type TestContext, testAccount, testContext } from '../../for-tests.ts';
import { newFor } from '../operations/for-tests.ts';
import { insertOperation } from '../operations/write-operation.store.ts';
import type { FollowingRequest, PaymentRequest } from './request.ts';
import { askedOf, loadRequest } from './requests.store.ts';

let context: TestContext;
let scope: Scope;

before(async () => {
  context = await testContext();
  scope = await testAccount(context);
});

const stored = async (request?: PaymentRequest | FollowingRequest): Promise<Uuid> => {
  const operation = {
    ...newFor(context, scope),
    state: 'sending' as const,
    sends: 1,
    version: 1,
    dueAtMs: context.clock.now(),
  };
  const asked = request && askedOf(request);
  await context.database.commit(scope, [insertOperation(scope, operation, asked)]);
  return operation.id;
};

const usual = (): PaymentRequest => ({
  method: {
    type: 'card',
    card: newUuid(context),
    cvcFor: null,
    brand: 'visa',
    funding: 'credit',
    country: 'FR',
  },
  initiator: 'payer',
  credential: 'not_stored',
  firstNetworkTransactionId: null,
  authentication: null,
  descriptor: '',
  description: null,
  billing: { name: null, email: null, line1: null, postalCode: null, country: null },
  payer: null,
  returnUrl: null,
});

describe('what was asked', () => {
  const requests: readonly (readonly [string, () => PaymentRequest | FollowingRequest])[] = [
    ['for a payment with nothing special', usual],
    ['without any billing', () => ({ ...usual(), billing: null })],
    [
      'for a payment with all there is',
      () => ({
        ...usual(),
        initiator: 'merchant',
        credential: 'subsequent',
        firstNetworkTransactionId: '987654321098765',
        descriptor: 'SHOP',
        description: 'Shoes',
        billing: { name: 'A', email: null, line1: null, postalCode: '75001', country: 'FR' },
        payer: { address: '192.0.2.1', userAgent: null },
        returnUrl: 'https://shop.test/back',
      }),
    ],
    [
      'about a payment',
      () => ({ original: newUuid(context), isLast: true, reason: 'requested_by_customer' }),
    ],
  ];
  for (const [what, make] of requests) {
    test(`${what} is read back as it was`, async () => {
      const request = make();
      assert.deepEqual(await loadRequest(context, scope, await stored(request)), request);
    });
  }

  test('says which operation it follows', async () => {
    const original = await stored(usual());
    const id = await stored({ original, isLast: false, reason: null });
    const rows = await asOwner(
      context.on,
      'select original_id from rails.operations where id = $1',
      [id],
    );
    assert.deepEqual(rows, [{ original_id: original }]);
  });

  test('before operations kept it is still found', async () => {
    const id = await stored();
    const request = usual();
    assert.equal(await loadRequest(context, scope, id), undefined);
    await asOwner(
      context.on,
      `insert into rails.requests (account_id, livemode, operation_id, request) values ($1, $2, $3, $4::json)`,
      [scope.accountId, scope.livemode, id, JSON.stringify(request)],
    );
    assert.deepEqual(await loadRequest(context, scope, id), request);
  });

  test('of another account, or of the other mode, is not there', async () => {
    const id = await stored(usual());
    for (const other of [await testAccount(context), { ...scope, livemode: true }]) {
      assert.equal(await loadRequest(context, other, id), undefined);
    }
  });
});
