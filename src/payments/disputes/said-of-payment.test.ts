// What a dispute says of an operation of which nobody knows what became.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { conclude, type Evidence, type Operation } from '#rails/operations';
import { isOverBy, saidOf } from './said-of-payment.ts';

type Kind = Operation['kind'];
const REFERENCE = 'op_1';
const unknown = (kind: Kind) => ({
  kind,
  state: 'unknown' as const,
  code: null,
  amount: 5_000n,
  currency: 'eur',
  reference: REFERENCE,
  sends: 1,
  deadlineMs: 0,
});

/** Amount, and what was taken of it by all that is told; in euros, where it does not say otherwise. */
type Contested = readonly [amount: bigint, moved: bigint, currency?: string];

type Row = {
  readonly name: string;
  readonly kind?: Kind;
  readonly left?: bigint;
  readonly contested: readonly Contested[];
  /** State, alerts, code; null: it says nothing of it. */
  readonly concludes: readonly [Operation['state'], readonly string[], string | null] | null;
};

const rows: readonly Row[] = [
  {
    name: 'A sale that is charged back whole was approved',
    contested: [[5_000n, -5_000n]],
    concludes: ['approved', [], 'charged_back'],
  },
  {
    name: 'A sale that is asked about, or whose money its bank has given back again, may still be taken back',
    contested: [[5_000n, 0n]],
    concludes: ['unknown', [], 'contested_in_part'],
  },
  {
    name: 'Nor does it prove anything what is contested beyond the money that moved',
    contested: [[5_000n, -4_000n]],
    concludes: ['unknown', [], 'contested_in_part'],
  },
  {
    name: 'A sale that is charged back in two parts was approved',
    contested: [
      [2_000n, -2_000n],
      [3_000n, -3_000n],
    ],
    concludes: ['approved', [], 'charged_back'],
  },
  {
    name: 'One of which a part is only asked about may have been approved for the other part alone',
    contested: [
      [2_000n, -2_000n],
      [3_000n, 0n],
    ],
    concludes: ['unknown', [], 'contested_in_part'],
  },
  {
    name: 'What is asked about beside what was charged back whole changes nothing',
    contested: [
      [5_000n, -5_000n],
      [5_000n, 0n],
    ],
    concludes: ['approved', [], 'charged_back'],
  },
  {
    name: 'A part alone proves nothing',
    contested: [[4_999n, -4_999n]],
    concludes: ['unknown', [], 'contested_in_part'],
  },
  {
    name: 'More than was asked is for a person',
    contested: [[5_001n, -5_001n]],
    concludes: ['unknown', ['amount_differs'], 'amount_differs'],
  },
  {
    name: 'So is another currency',
    contested: [[5_000n, -5_000n, 'usd']],
    concludes: ['unknown', ['currency_differs'], 'currency_differs'],
  },
  {
    name: 'However few of it',
    contested: [[4_000n, -4_000n, 'usd']],
    concludes: ['unknown', ['amount_differs', 'currency_differs'], 'amount_differs'],
  },
  {
    name: 'Two currencies are no sum',
    contested: [
      [2_000n, -2_000n],
      [3_000n, -3_000n, 'usd'],
    ],
    concludes: ['unknown', ['amount_differs', 'currency_differs'], 'amount_differs'],
  },
  {
    name: 'What was only to be held has taken nothing',
    kind: 'authorize',
    contested: [[5_000n, -5_000n]],
    concludes: ['unknown', [], 'contested_uncaptured'],
  },
  {
    name: 'A capture that is charged back whole was approved',
    kind: 'capture',
    contested: [[5_000n, -5_000n]],
    concludes: ['approved', [], 'charged_back'],
  },
  {
    name: 'So was one that is charged back together with the capture before it',
    kind: 'capture',
    left: 1_000n,
    contested: [[6_000n, -6_000n]],
    concludes: ['approved', [], 'charged_back'],
  },
  {
    name: 'What the capture before it may have taken says nothing of the next',
    kind: 'capture',
    left: 1_000n,
    contested: [[1_000n, -1_000n]],
    concludes: null,
  },
  {
    name: 'An inquiry about both says nothing of the next yet, and waits',
    kind: 'capture',
    left: 1_000n,
    contested: [[6_000n, 0n]],
    concludes: ['unknown', [], 'contested_in_part'],
  },
  {
    name: 'Nor does what is more than that, and not all of both',
    kind: 'capture',
    left: 1_000n,
    contested: [[5_000n, -5_000n]],
    concludes: null,
  },
  {
    name: 'What the only capture cannot have taken is told, and decides nothing',
    kind: 'capture',
    contested: [[4_000n, -4_000n]],
    concludes: ['unknown', [], 'contested_otherwise'],
  },
  {
    name: 'Another currency than that of the only capture is for a person',
    kind: 'capture',
    contested: [[5_000n, -5_000n, 'usd']],
    concludes: ['unknown', ['currency_differs'], 'currency_differs'],
  },
  {
    name: 'Beside what the capture before it may have taken it says nothing of the next',
    kind: 'capture',
    left: 1_000n,
    contested: [[1_000n, -1_000n, 'usd']],
    concludes: null,
  },
];

for (const { name, kind = 'sale', left = 0n, contested, concludes } of rows) {
  test(name, () => {
    const operation = unknown(kind);
    const says = saidOf(
      { operation, left },
      contested.map(([amount, moved, currency = 'eur']) => ({ amount, moved, currency })),
    );
    if (concludes === null) return assert.equal(says, null);
    assert.ok(says !== null);
    const evidence: Evidence = {
      id: '1',
      kind: 'webhook',
      atMs: 0,
      says,
      send: null,
      sourceKey: 'dispute',
      considered: [],
    };
    const { state, alerts, code } = conclude(operation, [evidence]);
    assert.deepEqual([state, alerts, code], concludes);
  });
}

const ends: readonly (readonly [Operation['state'], string | null, bigint, boolean])[] = [
  ['reversed', 'reversed', 0n, true],
  ['reversed', 'reversed', -5_000n, false],
  ['reversed', 'no_original', 0n, false],
  ['reversed', 'nothing_to_reverse', 0n, false],
  ['reversed', 'never_sent', 0n, false],
  ['reversed', 'person', 0n, false],
  ['declined', 'reversed', 0n, false],
  ['unknown', 'host_79', 0n, false],
];

test('A question is over where its payment had been booked and was taken back, and nowhere else', () => {
  for (const [state, code, moved, isOver] of ends) {
    assert.equal(isOverBy({ state, code }, { moved }), isOver, `${state}, ${code}, ${moved}`);
  }
});
