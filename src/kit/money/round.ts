// Division of integers, the only place where something may be rounded.

import { assert } from '#kit/assert';

export type Rounding = 'half_up' | 'half_even' | 'up' | 'down';

/**
 * The quotient as an integer. Directions are those of the size: `up` is away from zero, so that a
 * refund is rounded as its payment was.
 */
export const divide = (dividend: bigint, divisor: bigint, rounding: Rounding): bigint => {
  assert(divisor !== 0n, 'Division by zero');
  const isNegative = dividend < 0n !== divisor < 0n;
  const [size, by] = [sizeOf(dividend), sizeOf(divisor)];
  const whole = size / by;
  const rest = size % by;
  const quotient = whole + (roundsUp(whole, rest, by, rounding) ? 1n : 0n);
  return isNegative ? -quotient : quotient;
};

const roundsUp = (whole: bigint, rest: bigint, by: bigint, rounding: Rounding): boolean => {
  if (rest === 0n || rounding === 'down') return false;
  if (rounding === 'up') return true;
  if (rest * 2n !== by) return rest * 2n > by;
  return rounding === 'half_up' || whole % 2n === 1n;
};

export const sizeOf = (amount: bigint): bigint => (amount < 0n ? -amount : amount);
