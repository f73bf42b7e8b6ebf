import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  apiExponent,
  checkCharge,
  checkPart,
  formatAmount,
  namedAmount,
  stepOf,
} from '#books/currencies';
import { currencyCodes } from '#kit/money';
import { largestCharge, smallestCharge } from './check-amount.ts';

const isFull = process.env['TOLLGATE_TEST_FULL'] === '1';
const ROUNDS = isFull ? 1_000_000 : 50_000;

describe('amounts', () => {
  const accepted: readonly (readonly [bigint, string])[] = [
    [50n, 'usd'],
    [99_999_999n, 'usd'],
    [50n, 'jpy'],
    [9_999_999_999n, 'jpy'],
    [999_999_999_999n, 'idr'],
    [999_999_999n, 'inr'],
    [30n, 'gbp'],
    [17_500n, 'huf'],
    [17_501n, 'huf'],
    [500n, 'isk'],
    [5_120n, 'kwd'],
    [1n, 'mga'],
  ];
  for (const [amount, code] of accepted) {
    test(`${amount} ${code} can be charged`, () => assert.equal(checkCharge(amount, code), null));
  }

  const refused: readonly (readonly [bigint, string, unknown])[] = [
    [49n, 'usd', { code: 'amount_too_small', limit: 50n }],
    [0n, 'mga', { code: 'amount_too_small', limit: 1n }],
    [-50n, 'usd', { code: 'amount_too_small', limit: 50n }],
    [100_000_000n, 'usd', { code: 'amount_too_large', limit: 99_999_999n }],
    [1_000_000_000_000n, 'idr', { code: 'amount_too_large', limit: 999_999_999_999n }],
    [550n, 'isk', { code: 'amount_not_in_steps', step: 100n }],
    [501n, 'ugx', { code: 'amount_not_in_steps', step: 100n }],
    [5_124n, 'kwd', { code: 'amount_not_in_steps', step: 10n }],
    [100n, 'xyz', { code: 'currency_unknown' }],
  ];
  for (const [amount, code, refusal] of refused) {
    test(`${amount} ${code} cannot be charged`, () =>
      assert.deepEqual(checkCharge(amount, code), refusal));
  }

  test('of a refund may be as small as the currency', () => {
    assert.equal(checkPart(1n, 'usd'), null);
    assert.deepEqual(checkPart(0n, 'usd'), { code: 'amount_too_small', limit: 1n });
    assert.deepEqual(checkPart(5n, 'kwd'), { code: 'amount_too_small', limit: 10n });
  });

  test('are told as Stripe tells them', () => {
    assert.equal(namedAmount(50n, 'usd'), '$0.50 usd');
    assert.equal(formatAmount(99_999_999n, 'usd'), '$999,999.99');
    assert.equal(formatAmount(50n, 'jpy'), '¥50');
    // Two decimals, as the API counts, and not those of the standard.
    assert.match(formatAmount(500n, 'isk'), /5\.00$/);
    assert.match(formatAmount(500n, 'mga'), /500$/);
  });
});

test(`no currency and no amount is answered with an error, ${ROUNDS} times`, () => {
  let state = 88_172_645;
  const draw = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  let accepted = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const code = currencyCodes[draw(currencyCodes.length)] as string;
    const amount = BigInt(draw(10 ** (1 + draw(13)))) * stepOf(code) - BigInt(draw(3));
    const refusal = checkCharge(amount, code);
    const isInLimits = amount >= smallestCharge(code) && amount <= largestCharge(code);
    const isInSteps = amount % stepOf(code) === 0n;
    if ((refusal === null) !== (isInLimits && isInSteps)) assert.fail(`${amount} ${code}`);
    if (refusal !== null) continue;
    accepted += 1;
    if (apiExponent(code) === 3 && amount % 10n !== 0n) assert.fail(`${amount} ${code}`);
  }
  assert.ok(accepted > ROUNDS / 10);
});
