// Every kind of entry as finance would write it down, held in a file. A change of it is a change of how
// the books are kept: look at the difference, then UPDATE_GOLDEN=1.

import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import {
  captureEntry,
  correctionOf,
  disputeLostEntry,
  disputeOpenedEntry,
  disputeWonEntry,
  type Entry,
  entryIdOf,
  feeEntry,
  payoutEntry,
  payoutPaidEntry,
  payoutReturnedEntry,
  refundEntry,
  refundFailedEntry,
  settlementEntry,
} from '#books/ledger';
import { decimalOf } from '#kit/money';
import { sumOf } from './entry.ts';
import { accountNames } from './ledger-accounts.ts';

const golden = new URL('./postings.golden.txt', import.meta.url);
const fact = { subject: '019b0000-0000-7000-8000-0000000000ab', currency: 'usd' };
const captured = captureEntry({ ...fact, amount: 10_000n, fee: 320n, availableAtMs: 1 });

const cases: readonly (readonly [string, Entry])[] = [
  ['capture of 100.00, fee 3.20, available later', captured],
  [
    'capture of 100.00, fee 3.20, available at once',
    captureEntry({ ...fact, amount: 10_000n, fee: 320n, availableAtMs: null }),
  ],
  [
    'capture of 0.20, below its fee of 0.31',
    captureEntry({ ...fact, amount: 20n, fee: 31n, availableAtMs: 1 }),
  ],
  [
    'payment of 50.00 by another method, fee 0.80',
    captureEntry({ ...fact, amount: 5_000n, fee: 80n, availableAtMs: 1, isOtherMethod: true }),
  ],
  ['refund of 40.00', refundEntry({ ...fact, amount: 4_000n })],
  ['refund of 40.00 that costs 0.25', refundEntry({ ...fact, amount: 4_000n, fee: 25n })],
  ['refund of 40.00 that failed', refundFailedEntry({ ...fact, amount: 4_000n })],
  [
    'dispute of 100.00 opened, fee 15.00',
    disputeOpenedEntry({ ...fact, amount: 10_000n, fee: 1_500n }),
  ],
  ['dispute won, fee returned', disputeWonEntry({ ...fact, amount: 10_000n, feeReturned: 1_500n })],
  ['dispute won, fee kept', disputeWonEntry({ ...fact, amount: 10_000n, feeReturned: 0n })],
  [
    'dispute won after it had been lost',
    disputeWonEntry({ ...fact, amount: 10_000n, feeReturned: 0n, wasLost: true }),
  ],
  ['dispute lost', disputeLostEntry({ ...fact, amount: 10_000n })],
  [
    'settlement of 1,000.00 gross at a cost of 18.00',
    settlementEntry({ ...fact, gross: 100_000n, cost: 1_800n, net: 98_200n }),
  ],
  [
    'settlement that comes 2.00 short',
    settlementEntry({ ...fact, gross: 100_000n, cost: 1_800n, net: 98_000n }),
  ],
  [
    'settlement where refunds outweigh payments',
    settlementEntry({ ...fact, gross: -5_000n, cost: 100n, net: -5_100n }),
  ],
  ['payout of 500.00', payoutEntry({ ...fact, amount: 50_000n })],
  ['payout that arrived', payoutPaidEntry({ ...fact, amount: 50_000n })],
  ['payout that failed', payoutReturnedEntry({ ...fact, amount: 50_000n, why: 'failed' })],
  ['payout that was canceled', payoutReturnedEntry({ ...fact, amount: 50_000n, why: 'canceled' })],
  ['fee of 10.00 for what is no payment', feeEntry({ ...fact, fee: 1_000n })],
  [
    'correction of the first capture',
    correctionOf({ ...captured, id: entryIdOf(captured) }, 'Twice'),
  ],
];

const written = (name: string, { purpose, postings }: Entry): string =>
  [
    `${name}  [${purpose}]`,
    ...accountNames
      .filter((account) => (postings[account] ?? 0n) !== 0n)
      .map((account) => {
        const amount = postings[account] ?? 0n;
        return `  ${account.padEnd(22)}${decimalOf(amount, 2)
          .replace(/^(?=\d)/, '+')
          .padStart(10)}`;
      }),
  ].join('\n');

describe('the books', () => {
  test('are kept as the file says that finance reads', async () => {
    const text = `${cases.map(([name, entry]) => written(name, entry)).join('\n\n')}\n`;
    if (process.env['UPDATE_GOLDEN'] === '1') await writeFile(golden, text);
    assert.equal(text, await readFile(golden, 'utf8').catch(() => ''));
  });

  test('balance in each of them', () => {
    for (const [name, { postings }] of cases) assert.equal(sumOf(postings), 0n, name);
  });

  test('show nothing of a payment whose dispute was won with its fee, but what it was', () => {
    const all = [cases[0], cases[7], cases[8]].map((each) => each?.[1].postings ?? {});
    const sum = (account: 'disputed' | 'fees_earned' | 'merchant_available') =>
      all.reduce((total, postings) => total + (postings[account] ?? 0n), 0n);
    assert.deepEqual(
      [sum('disputed'), sum('fees_earned'), sum('merchant_available')],
      [0n, -320n, 0n],
    );
  });

  test('refuse to move nothing, or less', () => {
    assert.throws(() => refundEntry({ ...fact, amount: 0n }), /above zero/);
    assert.throws(
      () => captureEntry({ ...fact, amount: -5n, fee: 0n, availableAtMs: null }),
      /above zero/,
    );
    assert.throws(() => payoutEntry({ ...fact, amount: 0n }), /above zero/);
  });

  test('name an entry by what it is about, its purpose and its part', () => {
    assert.equal(
      entryIdOf({ ...fact, purpose: 'capture' }),
      '019b0000-0000-7000-8000-000000000100',
    );
    assert.equal(
      entryIdOf({ ...fact, purpose: 'refund', part: 255 }),
      '019b0000-0000-7000-8000-0000000003ff',
    );
    assert.throws(() => entryIdOf({ ...fact, purpose: 'refund', part: 256 }), /at most 256/);
  });
});
