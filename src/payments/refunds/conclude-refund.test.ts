import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { present } from '#kit/assert';
import type { Charge } from '#payments/charges';
import { concludeRefund } from './conclude-refund.ts';
import type { Refund } from './refund.ts';

const charge = {
  captured: 1000n,
  refunded: 0n,
  refunding: 400n,
  chargedBack: 0n,
  chargedBackBeyond: 0n,
} as Charge;
const refund = { amount: 400n, status: 'pending', isTold: false } as Refund;
const typesOf = (kinds: readonly { readonly type: string }[] = []): string[] =>
  kinds.map(({ type }) => type);

describe('a refund, by what was learned of it', () => {
  test('keeps its money reserved while nobody knows, and is told once', () => {
    const first = concludeRefund(refund, charge, { state: 'unknown', code: null });
    assert.ok(first);
    assert.deepEqual(typesOf(first.kinds), ['refund.created', 'charge.refunded']);
    assert.deepEqual([first.charge.refunding, first.moved], [400n, null]);
    assert.equal(concludeRefund(first.refund, charge, { state: 'unknown', code: null }), null);
  });

  test('moves what was reserved to what was given back', () => {
    const done = concludeRefund(refund, charge, { state: 'approved', code: null });
    assert.deepEqual(
      [done?.charge.refunding, done?.charge.refunded, done?.moved],
      [0n, 400n, 'refund'],
    );
  });

  test('gives the money free when it came to nothing, by whatever evidence', () => {
    for (const state of ['declined', 'not_sent', 'reversed'] as const) {
      const failed = concludeRefund(refund, charge, { state, code: null });
      assert.deepEqual(
        [failed?.charge.refunding, failed?.charge.refunded, failed?.moved],
        [0n, 0n, null],
      );
      const why = state === 'declined' ? 'declined' : 'unknown';
      assert.equal(failed?.refund.failureReason, why);
    }
  });

  test('frees nothing that a dispute has taken meanwhile', () => {
    const contested = { ...charge, chargedBack: 600n, chargedBackBeyond: 100n };
    const failed = concludeRefund(refund, contested, { state: 'declined', code: null });
    assert.deepEqual(
      [failed?.charge.refunding, failed?.charge.chargedBack, failed?.charge.chargedBackBeyond],
      [0n, 700n, 0n],
    );
  });

  test('that had succeeded may turn out to have failed, and then the money is back', () => {
    const given = { ...charge, refunding: 0n, refunded: 400n };
    const succeeded: Refund = { ...refund, status: 'succeeded', isTold: true };
    const back = concludeRefund(succeeded, given, { state: 'reversed', code: null });
    assert.deepEqual([back?.charge.refunded, back?.moved], [0n, 'refund_failure']);
    assert.deepEqual(typesOf(back?.kinds), [
      'refund.updated',
      'charge.refund.updated',
      'refund.failed',
    ]);
    assert.equal(concludeRefund(succeeded, given, { state: 'approved', code: null }), null);
  });

  test('that had failed and was paid out after all has succeeded, once', () => {
    const failed: Refund = { ...refund, status: 'failed', isTold: true };
    const free = { ...charge, refunding: 0n };
    const paid = concludeRefund(failed, free, { state: 'approved', code: null });
    assert.deepEqual(
      [paid?.refund.status, paid?.charge.refunded, paid?.moved],
      ['succeeded', 400n, 'refund'],
    );
    assert.deepEqual(typesOf(paid?.kinds), [
      'refund.updated',
      'charge.refund.updated',
      'charge.refunded',
    ]);
    // What a dispute took of it was taken although it had been given back.
    const contested = { ...free, chargedBack: 1000n };
    const { charge: now } =
      concludeRefund(failed, contested, { state: 'approved', code: null }) ?? {};
    assert.deepEqual([now?.refunded, now?.chargedBack, now?.chargedBackBeyond], [400n, 600n, 400n]);
  });

  test('that had failed, and whose money was given back anew, is counted once', () => {
    const failed: Refund = { ...refund, status: 'failed', isTold: true };
    for (const again of [{ refunded: 700n }, { refunding: 700n }]) {
      const given = { ...charge, refunding: 0n, ...again };
      assert.equal(concludeRefund(failed, given, { state: 'approved', code: null }), null);
    }
  });

  test('that was paid out twice is so by the word of a person, and counts first where something is free', () => {
    const failed: Refund = { ...refund, status: 'failed', isTold: true };
    const given = { ...charge, refunding: 0n, refunded: 700n };
    const said = { state: 'approved', code: 'person' } as const;
    const twice = concludeRefund(failed, given, said, { isPersons: true });
    assert.deepEqual(
      [twice?.refund.status, twice?.charge.refunded, twice?.charge.refundedBeyond, twice?.moved],
      ['succeeded', 1000n, 100, 'refund'],
    );
    // The other one comes back.
    const other: Refund = { ...refund, amount: 700n, status: 'succeeded', isTold: true };
    const back = concludeRefund(other, present(twice, 'what follows').charge, {
      state: 'reversed',
      code: null,
    });
    assert.deepEqual([back?.charge.refunded, back?.charge.refundedBeyond], [400n, undefined]);
    // So does what was given beyond.
    const undone = concludeRefund(
      present(twice, 'what follows').refund,
      present(twice, 'what follows').charge,
      {
        state: 'reversed',
        code: null,
      },
    );
    assert.deepEqual([undone?.charge.refunded, undone?.charge.refundedBeyond], [700n, undefined]);
    // What waits for a refund that is on its way is given beyond until that one fails.
    const waiting = { ...charge, refunding: 700n };
    const beside = present(
      concludeRefund(failed, waiting, said, { isPersons: true }),
      'what follows',
    ).charge;
    assert.deepEqual([beside.refunded, beside.refundedBeyond], [300n, 100]);
    const pending: Refund = { ...refund, amount: 700n };
    const freed = concludeRefund(pending, beside, { state: 'declined', code: null });
    assert.deepEqual([freed?.charge.refunded, freed?.charge.refundedBeyond], [400n, undefined]);
  });
});
