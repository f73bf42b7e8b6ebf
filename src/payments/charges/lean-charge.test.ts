import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Charge } from './charge.ts';
import { detailsBeside, packShown, unpackDetails, unpackShown } from './lean-charge.ts';

const pending = {
  kind: 'sale',
  isUnwanted: false,
  method: { id: 'pm_1', type: 'card', card: null, billing: null },
  receiptUrl: 'https://pay.test/receipts/1',
  told: null,
  balanceTransactionId: null,
} as unknown as Charge;
const paid = { ...pending, told: { authorizationCode: '123456' }, balanceTransactionId: 'txn' };

const packDetails = detailsBeside([]);
const spelled = (charge: Charge): string => JSON.stringify(packDetails(charge));
const end =
  '"method":{"id":"pm_1","type":"card","card":null,"billing":null},"receiptUrl":"https://pay.test/receipts/1"}';

describe('the details of a charge', () => {
  test('end with what stays as it is when the charge is paid', () => {
    for (const charge of [pending, paid]) {
      assert.ok(spelled(charge as Charge).endsWith(end), spelled(charge as Charge));
    }
  });

  test('are read back as they were', () => {
    const { told, method, receiptUrl, balanceTransactionId } = unpackDetails(
      JSON.parse(spelled(paid as Charge)),
    );
    assert.deepEqual(
      { told, method, receiptUrl, balanceTransactionId },
      {
        told: paid.told,
        method: paid.method,
        receiptUrl: paid.receiptUrl,
        balanceTransactionId: 'txn',
      },
    );
    assert.equal(
      unpackDetails(JSON.parse(spelled({ ...pending, receiptUrl: null }))).receiptUrl,
      null,
    );
  });
});

describe('a charge in the snapshot of an event', () => {
  const id = '01a226a3-d704-7002-b989-1a41651b8dbd';
  const intent = {
    id,
    amount: 1109n,
    currency: 'eur',
    customerId: 'cus',
    metadata: { order: '1' },
  };
  const charge = { ...paid, intentId: id, ...intent, id: 'ch' } as unknown as Charge;
  const shownOf = ({ intentId, amount, currency, customerId, metadata }: Partial<Charge>) => ({
    intentId,
    amount,
    currency,
    customerId,
    metadata,
  });

  test('does not say again what its intent says beside it', () => {
    for (const given of [intent, { ...intent, customerId: null, metadata: {} }]) {
      const own = { ...charge, customerId: given.customerId, metadata: given.metadata } as Charge;
      const packed = packShown(own, given);
      assert.deepEqual(
        ['intentId', 'amount', 'currency', 'customerId', 'metadata'].filter((n) => n in packed),
        [],
      );
      const { customerId, metadata, ...said } = given;
      const lean = {
        ...said,
        amount: 1109,
        ...(customerId === null ? {} : { customerId, metadata }),
      };
      assert.deepEqual(shownOf(unpackShown(packed, lean)), {
        ...shownOf(own),
        amount: 1109 as unknown as bigint,
      });
    }
  });

  test('says all of it where anything differs, or no intent is beside it', () => {
    for (const differs of [{ amount: 1n }, { customerId: null }, { metadata: {} }, null]) {
      const beside = differs === null ? undefined : { ...intent, ...differs };
      const packed = packShown(charge, beside);
      assert.equal('ofIntent' in packed, false);
      assert.deepEqual(shownOf(unpackShown(packed, { ...intent, ...differs })), {
        ...shownOf(charge),
        amount: 1109 as unknown as bigint,
      });
    }
  });
});
