import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Charge } from './charge.ts';
import { detailsBeside, packShown, unpackDetails, unpackShown } from './lean-charge.ts';

const id = '01a226a3-d705-7009-a87c-ca8b75902410';
const posting = '01a226a3-d705-7009-a87c-ca8b75900100';
const pending = {
  id,
  kind: 'sale',
  isUnwanted: false,
  method: { id: 'pm_1', type: 'card', card: null, billing: null },
  receiptUrl: 'https://pay.test/receipts/1',
  told: null,
  balanceTransactionId: null,
} as unknown as Charge;
const paid = { ...pending, told: { authorizationCode: '123456' }, balanceTransactionId: posting };

const packDetails = detailsBeside(['id']);
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
    const read = (charge: Charge) => unpackDetails(JSON.parse(spelled(charge)), id);
    const { told, method, receiptUrl, balanceTransactionId } = read(paid as Charge);
    assert.deepEqual(
      { told, method, receiptUrl, balanceTransactionId },
      {
        told: paid.told,
        method: paid.method,
        receiptUrl: paid.receiptUrl,
        balanceTransactionId: posting,
      },
    );
    assert.equal(read({ ...pending, receiptUrl: null }).receiptUrl, null);
  });

  test('name a posting in full only where it is not of the charge', () => {
    const other = '01a226a3-d705-7009-a87c-000000000100';
    for (const [of, kept] of [
      [posting, '0100'],
      [other, other],
    ]) {
      const charge = { ...pending, balanceTransactionId: of } as Charge;
      assert.equal(packDetails(charge).balanceTransactionId, kept);
      assert.equal(unpackDetails(packDetails(charge) as never, id).balanceTransactionId, of);
      const shown = packShown(charge);
      assert.equal(shown['balanceTransactionId'], kept);
      assert.equal(unpackShown(shown).balanceTransactionId, of);
      // As it was stored before.
      assert.equal(unpackShown({ ...shown, balanceTransactionId: of }).balanceTransactionId, of);
    }
  });

  test('say of what its bank checked only what is known, and read what was stored whole', () => {
    for (const checks of [
      { line1: null, postalCode: null, cvc: 'unchecked' },
      { line1: null, postalCode: null, cvc: null },
      { line1: 'pass', postalCode: 'fail', cvc: 'pass' },
    ]) {
      const card = { brand: 'visa', coBrand: null, preferred: null, checks };
      const charge = { ...pending, method: { ...pending.method, card } } as unknown as Charge;
      assert.equal(spelled(charge).includes('null,"postalCode"'), false);
      assert.deepEqual(unpackShown(packShown(charge)).method.card, card);
      const whole = { ...packShown(charge), method: { ...pending.method, card } };
      assert.deepEqual(unpackShown(whole).method.card, card);
    }
  });
});

describe('a charge in the snapshot of an event', () => {
  const intentId = '01a226a3-d704-7002-b989-1a41651b8dbd';
  const intent = {
    id: intentId,
    amount: 1109n,
    currency: 'eur',
    customerId: 'cus',
    metadata: { order: '1' },
  };
  const charge = { ...paid, ...intent, intentId, id } as unknown as Charge;
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
