import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ConnectorAccount } from '#rails/connectors';
import { settlement } from './settlement.ts';

const account: ConnectorAccount = {
  id: '00000000-0000-7000-8000-000000000000',
  connector: 'stripe',
  settings: {},
  judge: () => ({ ok: false, why: 'host_not_allowed' }),
};
const transaction = (changes: Record<string, unknown> = {}) => ({
  id: 'txn_1',
  object: 'balance_transaction',
  type: 'charge',
  reporting_category: 'charge',
  amount: 2_500,
  fee: 103,
  net: 2_397,
  currency: 'eur',
  created: 1_795_867_200,
  available_on: 1_796_040_000,
  status: 'available',
  source: {
    id: 'ch_1',
    object: 'charge',
    payment_intent: 'pi_1',
    metadata: { tollgate_reference: 'op_1' },
  },
  ...changes,
});
const listOf = (data: unknown, more: Record<string, unknown> = {}): string =>
  JSON.stringify({ object: 'list', has_more: false, data, ...more });
const read = (...data: unknown[]) => settlement.read(listOf(data), account);

describe('the settlement report', () => {
  test('names a payment by our reference, and the payout that it came with', () => {
    const payout = { type: 'payout', amount: -2_397, fee: 0, net: -2_397, source: 'po_1' };
    const [payment, paid] = read(transaction(), transaction({ ...payout, id: 'txn_2' }));
    assert.ok(payment && paid);
    const { raw, ...row } = payment;
    assert.deepEqual(row, {
      key: 'txn_1',
      kind: 'payment',
      reference: 'op_1',
      providerId: 'pi_1',
      currency: 'eur',
      gross: 2_500n,
      fee: 103n,
      net: 2_397n,
      bookedAtMs: 1_795_867_200_000,
      availableOn: '2026-11-30',
      batch: 'po_1',
    });
    assert.equal(raw['reporting_category'], 'charge');
    assert.deepEqual([paid.kind, paid.net, paid.providerId], ['payout', -2_397n, 'po_1']);
  });

  test('tells a chargeback, and its return, from other adjustments', () => {
    const kindOf = (category: string) =>
      read(transaction({ type: 'adjustment', reporting_category: category }))[0]?.kind;
    assert.deepEqual(['dispute', 'dispute_reversal', 'other_adjustment'].map(kindOf), [
      'chargeback',
      'chargeback_reversal',
      'adjustment',
    ]);
  });

  const strange: Readonly<Record<string, readonly [text: string, says: RegExp]>> = {
    'a type that nobody knows': [
      listOf([transaction({ type: 'gift' })]),
      /txn_1 is of a type that is not known: gift/,
    ],
    'a row that does not add up': [listOf([transaction({ net: 2_398 })]), /does not add up/],
    'an amount that is no whole number': [listOf([transaction({ fee: 1.5 })]), /has no fee/],
    'a row without its id': [listOf([transaction({ id: null })]), /has no id/],
    'a list that goes on': [listOf([], { has_more: true }), /goes on/],
    'what is no list': ['<html>', /no list/],
  };
  for (const [what, [text, says]] of Object.entries(strange)) {
    test(`is refused whole for ${what}`, () =>
      assert.throws(() => settlement.read(text, account), says));
  }
});
