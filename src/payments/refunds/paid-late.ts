// Refunds that were said to have failed, and that were paid after all while another had their place. What that one leaves
// when it comes to nothing is theirs: their money has left, and only the books had no room to say so.

import type { Context, Scope } from '#kit/context';
import type { Charge } from '#payments/charges';
import { loadOfIntent, type Operation } from '#rails/operations';
import { concludeRefund, type DecidedRefund } from './conclude-refund.ts';
import type { Refund } from './refund.ts';
import { loadRefundsOfIntent } from './refunds.store.ts';

export type PaidLate = DecidedRefund & {
  readonly before: Refund;
  readonly chargeBefore: Charge;
  readonly operation: Operation;
};

/** In the order in which they were tried, as far as there is room, each with the charge as those before it leave it. */
export const paidLate = async (
  context: Context,
  scope: Scope,
  { charge: given, failed }: { readonly charge: Charge; readonly failed: Refund },
): Promise<readonly PaidLate[]> => {
  if (given.refunds < 2) return [];
  const refunds = (await loadRefundsOfIntent(context, scope, given.intentId)).filter(
    ({ id, chargeId, status, byVoid }) =>
      id !== failed.id && chargeId === given.id && status === 'failed' && byVoid === undefined,
  );
  if (refunds.length === 0) return [];
  const operations = await loadOfIntent(context, scope, given.intentId);
  const paid: PaidLate[] = [];
  let charge = given;
  for (const before of refunds) {
    const operation = operations.find(
      ({ kind, ordinal, state }) =>
        kind === 'refund' && ordinal === before.ordinal && state === 'approved',
    );
    if (operation === undefined) continue;
    const decided = concludeRefund(before, charge, { state: 'approved', code: null });
    if (decided === null) continue;
    paid.push({ ...decided, before, chargeBefore: charge, operation });
    charge = decided.charge;
  }
  return paid;
};
