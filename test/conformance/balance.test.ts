import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type Stripe from 'stripe';
import { balanceTransaction } from '#books/balance';
import { feeOf, STANDARD_FEES } from '#books/fees';
import {
  captureEntry,
  disputeLostEntry,
  disputeOpenedEntry,
  type Entry,
  feeEntry,
  payoutEntry,
  post,
  refundEntry,
  refundFailedEntry,
  releaseDue,
  settlementEntry,
  takeSnapshots,
} from '#books/ledger';
import type { Scope } from '#kit/context';
import { newUuid, spellId } from '#kit/ids';
import { settled } from '../../src/books/ledger/for-tests.ts';
import { startGatewayHere } from '../support/gateway.ts';
import { refusalOf, stripeFor } from '../support/stripe.ts';
import { assertList, assertShape } from '../support/stripe-shape.ts';

const DAY_MS = 86_400_000;
// Entries are posted without the payments that they would be of.
const gateway = await startGatewayHere({
  unasked: [
    'what charges have captured stands in the books, and nothing else does',
    'what refunds have given back stands in the books, and nothing else does',
    'what was captured and given back is what its provider is expected to settle',
    'what disputes hold is what stands in the books as disputed',
  ],
});
const { context } = gateway;
const merchant = await gateway.merchant();
const stripe = stripeFor(gateway.port, merchant.key);

const assertBalance = (value: unknown): void =>
  assertShape(value, 'resources/Balance.d.ts', 'Balance');
const assertTransaction = (value: unknown): void =>
  assertShape(value, 'resources/BalanceTransactions.d.ts', 'BalanceTransaction');
const body = async (path: string, key = merchant.key) =>
  (await gateway.ask('GET', path, { key })).body;

const postFor = async (scope: Scope, entry: Entry): Promise<string> => {
  const { id, write } = balanceTransaction(scope, entry, context.clock.now());
  assert.deepEqual(await context.database.commit(scope, [write]), { ok: true });
  return id;
};

const charge = newUuid(context);
const dueMs = context.clock.now() + 2 * DAY_MS;
const capture = (amount: bigint, changes: Partial<Entry> = {}): Entry => {
  const fee = feeOf(STANDARD_FEES, {
    occasion: 'payment',
    amount,
    currency: 'usd',
    method: 'card',
  });
  return {
    ...captureEntry({
      subject: newUuid(context),
      currency: 'usd',
      amount,
      fee: fee.amount,
      availableAtMs: dueMs,
      details: { fees: fee.details, feeRules: fee.version },
    }),
    ...changes,
  };
};

describe('before anything has moved', () => {
  test('the balance is zero, and there are no transactions', async () => {
    const answer = await body('/v1/balance');
    assertBalance(answer);
    const nothing = [{ amount: 0, currency: 'usd', source_types: { card: 0 } }];
    assert.deepEqual(answer, {
      object: 'balance',
      available: nothing,
      livemode: false,
      pending: nothing,
    });
    assert.deepEqual((await stripe.balanceTransactions.list()).data, []);
  });
});

describe('a charge', () => {
  test('is a pending transaction with its fee, and moves the pending balance', async () => {
    const id = await postFor(merchant.scope, capture(10_000n, { subject: charge }));
    const found = await stripe.balanceTransactions.retrieve(id);
    const shown = await body(`/v1/balance_transactions/${id}`);
    assertTransaction(shown);
    // As older clients ask.
    assert.deepEqual(await body(`/v1/balance/history/${id}`), shown);
    const { url, ...listed } = await body('/v1/balance_transactions?limit=100');
    const { url: history, ...older } = await body('/v1/balance/history?limit=100');
    assert.deepEqual(
      [older, history, url],
      [listed, '/v1/balance/history', '/v1/balance_transactions'],
    );
    const { created, lastResponse, ...rest } = found;
    assert.ok(Math.abs(created - Date.now() / 1000) < 60);
    assert.equal(lastResponse.statusCode, 200);
    assert.deepEqual(
      { ...rest },
      {
        id,
        object: 'balance_transaction',
        amount: 10_000,
        available_on: Math.floor(dueMs / 1000),
        balance_type: 'payments',
        currency: 'usd',
        description: null,
        exchange_rate: null,
        fee: 320,
        fee_details: [
          {
            amount: 320,
            application: null,
            currency: 'usd',
            description: 'Tollgate processing fees',
            type: 'stripe_fee',
          },
        ],
        net: 9_680,
        reporting_category: 'charge',
        source: spellId('ch', charge),
        status: 'pending',
        type: 'charge',
      },
    );
    const balance = await stripe.balance.retrieve();
    assert.equal(balance.pending[0]?.amount, 9_680);
    assert.equal(balance.available[0]?.amount, 0);
  });

  test('becomes available on its day', async () => {
    await settled(gateway.on);
    await takeSnapshots(context);
    await releaseDue(context, { livemode: false, nowMs: dueMs });
    const balance = await stripe.balance.retrieve();
    assert.equal(balance.pending[0]?.amount, 0);
    assert.equal(balance.available[0]?.amount, 9_680);
  });
});

describe('each kind of transaction', () => {
  const of = (kind: string): Entry => {
    const fact = { subject: newUuid(context), currency: 'eur' };
    switch (kind) {
      case 'payment':
        return captureEntry({
          ...fact,
          amount: 500n,
          fee: 0n,
          availableAtMs: null,
          isOtherMethod: true,
        });
      case 'refund':
        return refundEntry({ ...fact, amount: 400n });
      case 'payment_refund':
        return refundEntry({ ...fact, amount: 400n, isOtherMethod: true });
      case 'refund_failure':
        return refundFailedEntry({ ...fact, amount: 400n });
      case 'adjustment':
        return disputeOpenedEntry({ ...fact, amount: 400n, fee: 1_500n });
      case 'payout':
        return payoutEntry({ ...fact, amount: 100n });
      default:
        return feeEntry({ ...fact, fee: 10n });
    }
  };
  const table: readonly (readonly [
    Stripe.BalanceTransaction.Type,
    number,
    number,
    string,
    RegExp,
  ])[] = [
    ['payment', 500, 0, 'charge', /^py_/],
    ['refund', -400, 0, 'refund', /^re_/],
    ['payment_refund', -400, 0, 'refund', /^pyr_/],
    ['refund_failure', 400, 0, 'refund_failure', /^re_/],
    ['adjustment', -400, 1_500, 'dispute', /^du_/],
    ['payout', -100, 0, 'payout', /^po_/],
    ['stripe_fee', 0, 10, 'fee', /^null$/],
  ];
  const described: readonly (readonly [Entry, string])[] = [
    [{ ...of('payment'), details: { description: 'Order 6735' } }, 'Order 6735'],
    [of('refund'), 'REFUND FOR CHARGE'],
    [{ ...of('refund'), details: { description: 'Order 6735' } }, 'REFUND FOR CHARGE (Order 6735)'],
    [
      { ...of('payment_refund'), details: { description: 'Order 6735' } },
      'REFUND FOR PAYMENT (Order 6735)',
    ],
  ];
  for (const [entry, description] of described) {
    test(`of ${entry.purpose} reads ${description}: what is given back is told from what was paid`, async () => {
      const { scope, key } = await gateway.merchant();
      const id = await postFor(scope, entry);
      const found = await body(`/v1/balance_transactions/${id}`, key);
      assert.equal(found.description, description);
    });
  }

  for (const [type, amount, fee, category, source] of table) {
    test(`${type} has Stripe's type, signs and source`, async () => {
      const id = await postFor(merchant.scope, of(type));
      const found = await body(`/v1/balance_transactions/${id}`);
      assertTransaction(found);
      assert.equal(found.type, type);
      assert.equal(found.status, 'available');
      assert.deepEqual([found.amount, found.fee, found.net], [amount, fee, amount - fee]);
      assert.equal(found.reporting_category, category);
      assert.match(String(found.source), source);
      const listed = await stripe.balanceTransactions.list({ type });
      assert.deepEqual(
        listed.data.map((each) => each.id),
        [id],
      );
    });
  }

  test('what moves no money of the merchant is none', async () => {
    const fact = { subject: newUuid(context), currency: 'eur' };
    const settled = settlementEntry({ ...fact, gross: 100n, cost: 1n, net: 99n });
    const lost = disputeLostEntry({ ...fact, amount: 400n });
    for (const entry of [settled, lost]) {
      assert.throws(
        () => balanceTransaction(merchant.scope, entry, context.clock.now()),
        /no balance transaction/,
      );
    }
    const before = (await stripe.balanceTransactions.list({ limit: 100 })).data.length;
    await context.database.commit(merchant.scope, [
      post(merchant.scope, settled, context.clock.now()),
    ]);
    assert.equal((await stripe.balanceTransactions.list({ limit: 100 })).data.length, before);
  });
});

describe('a list', async () => {
  const other = await gateway.merchant();
  const theirs = stripeFor(gateway.port, other.key);
  const ids: string[] = [];
  const subjects: string[] = [];

  test('is newest first, and is paged through both ways', async () => {
    for (let n = 0; n < 7; n += 1) {
      const entry = capture(1_000n + BigInt(n));
      subjects.unshift(spellId('ch', entry.subject));
      ids.unshift(await postFor(other.scope, entry));
    }
    // Three more in one transaction: they share a position.
    const together = [capture(1n), capture(2n), capture(3n)];
    const written = together.map((entry) =>
      balanceTransaction(other.scope, entry, context.clock.now()),
    );
    await context.database.commit(
      other.scope,
      written.map(({ write }) => write),
    );
    ids.unshift(...written.map(({ id }) => id).toReversed());

    const seen: string[] = [];
    for await (const each of theirs.balanceTransactions.list({ limit: 2 })) seen.push(each.id);
    assert.deepEqual(seen, ids);
    const backwards: string[] = [];
    const oldest = ids.at(-1) ?? '';
    for await (const each of theirs.balanceTransactions.list({ limit: 2, ending_before: oldest })) {
      backwards.push(each.id);
    }
    assert.deepEqual(backwards, ids.slice(0, -1).toReversed());
    assertList(await body('/v1/balance_transactions', other.key), assertTransaction);
  });

  test('is filtered by source, currency, type and time', async () => {
    const list = async (filter: Stripe.BalanceTransactionListParams): Promise<string[]> =>
      (await theirs.balanceTransactions.list({ limit: 100, ...filter })).data.map(({ id }) => id);
    assert.deepEqual(await list({ source: subjects[2] ?? '' }), [ids[5]]);
    assert.deepEqual(await list({ source: 'ch_nothing' }), []);
    assert.deepEqual(await list({ currency: 'usd' }), ids);
    assert.deepEqual(await list({ currency: 'eur' }), []);
    assert.deepEqual(await list({ type: 'refund' }), []);
    assert.deepEqual(await list({ type: 'release' }), []);
    assert.deepEqual(await list({ created: { lt: 1_000_000_000 } }), []);
    assert.deepEqual(await list({ created: { gt: 1_000_000_000 } }), ids);
  });

  test('and an object of another merchant or mode do not exist', async () => {
    const [id = ''] = ids;
    const refusal = await refusalOf(stripe.balanceTransactions.retrieve(id));
    assert.equal(refusal.statusCode, 404);
    assert.equal(refusal.message, `No such balance transaction: '${id}'`);
    const live = await refusalOf(
      stripeFor(gateway.port, other.liveKey).balanceTransactions.retrieve(id),
    );
    assert.match(live.message, /a similar object exists in test mode/);
    const cursor = await refusalOf(stripe.balanceTransactions.list({ starting_after: id }));
    assert.equal(cursor.param, 'starting_after');
    assert.equal((await refusalOf(stripe.balanceTransactions.retrieve('txn_x'))).statusCode, 404);
  });
});
