// Parts of an amount that add up to it, always. What is left over by division goes, one unit each, to
// the parts that lost most, and among equals to the first: the same input gives the same parts.

import { assert } from '#kit/assert';
import { sizeOf } from './round.ts';

/** Shares by weight. At least one weight is above zero; a weight of zero gets nothing. */
export const allocate = (amount: bigint, weights: readonly bigint[]): bigint[] => {
  assert(
    weights.every((weight) => weight >= 0n),
    'No weight is below zero',
  );
  const total = weights.reduce((sum, weight) => sum + weight, 0n);
  assert(total > 0n, 'Some weight is above zero');

  const size = sizeOf(amount);
  const parts = weights.map((weight) => (size * weight) / total);
  let left = size - parts.reduce((sum, part) => sum + part, 0n);

  const byLoss = weights
    .map((weight, place) => ({ place, lost: (size * weight) % total }))
    .sort((a, b) => (a.lost === b.lost ? a.place - b.place : a.lost > b.lost ? -1 : 1));
  for (const { place, lost } of byLoss) {
    if (left === 0n) break;
    assert(lost > 0n, 'Only a part that lost something is given a unit');
    parts[place] = (parts[place] ?? 0n) + 1n;
    left -= 1n;
  }
  return amount < 0n ? parts.map((part) => -part) : parts;
};
