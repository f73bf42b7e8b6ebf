import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Charge } from './charge.ts';
import { detailsBeside, unpackDetails } from './lean-charge.ts';

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
