// What a dispute says of the operation that took what it contests, where nobody knows what became of that: a bank does not
// take back for its holder what it had not taken from them. Pure.

import type { DisputeTold, WaitingDispute } from '#rails/connectors';
import { CHARGED_BACK, type Operation, type Outcome } from '#rails/operations';

export type OpenOperation = {
  /** Nobody knows what became of it. */
  readonly operation: Pick<Operation, 'kind' | 'amount' | 'currency' | 'reference'>;
  /** Of its payment, what was taken by others and is here. */
  readonly left: bigint;
};

type Contested = Pick<WaitingDispute, 'amount' | 'currency' | 'moved'>;

/**
 * One payment may be contested in parts: together they say how much was taken of it. Only what its bank has taken back, and
 * has, proves that: an inquiry takes nothing from anybody. Less than was asked proves nothing, because a bank may approve a
 * part, and the other part may be told later; more, or another currency, is held against what was asked as every answer is.
 * Null: they say nothing of it.
 */
export const saidOf = (
  { operation, left }: OpenOperation,
  contested: readonly Contested[],
): Outcome | null => {
  const { kind, amount: asked, currency, reference } = operation;
  const yes = (amount: bigint, paidIn: string): Outcome => {
    return { outcome: 'approved', amount, currency: paidIn, reference, code: CHARGED_BACK };
  };
  // What holds takes nothing, and nobody has asked for more.
  if (kind !== 'sale' && kind !== 'capture') return unclear('contested_uncaptured');
  // Of a capture, others took something too, of which part may be on its way back, and which may be what is contested.
  const isOfOthers = kind === 'capture' && left !== 0n;
  const foreign = contested.find((each) => each.currency !== currency);
  if (foreign !== undefined) return isOfOthers ? null : yes(foreign.amount, foreign.currency);

  const taken = sumOf(contested.filter(({ amount, moved }) => moved === -amount)) - left;
  if (kind === 'sale') return taken < asked ? unclear('contested_in_part') : yes(taken, currency);
  if (taken === asked) return yes(taken, currency);
  if (sumOf(contested) - left === asked) return unclear('contested_in_part');
  return isOfOthers ? null : unclear('contested_otherwise');
};

const sumOf = (contested: readonly Contested[]): bigint =>
  contested.reduce((sum, { amount }) => sum + amount, 0n);

const unclear = (code: string): Outcome => ({ outcome: 'unknown', code });

/**
 * Its bank was asked about what it had booked and has taken back since, and no money moved by that: there is nothing to
 * answer. Where it was called reversed because the bank knew nothing of it, the bank knows of it now, and a person has to.
 */
export const isOverBy = (
  { state, code }: Pick<Operation, 'state' | 'code'>,
  { moved }: Pick<DisputeTold, 'moved'>,
): boolean => moved === 0n && state === 'reversed' && code === 'reversed';
