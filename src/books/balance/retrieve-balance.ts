// The balance of now, or as it stood at the end of a second.

import { loadBalances, loadBalancesAt } from '#books/ledger';
import type { Context } from '#kit/context';
import {
  ApiError,
  described,
  type Outcome,
  parameters,
  type TypedRequest,
  timestamp,
} from '#platform/http';
import { renderBalance } from './render-balance.ts';

export const balanceParameters = parameters({
  as_of: described(
    'Ours: the balance as it stood at the end of this second, in Unix seconds: what had been posted by then, pending and available as they were then. Not in the future.',
    timestamp(),
  ),
});

export const retrieveBalance = async (
  context: Context,
  { scope, parameters: { as_of } }: TypedRequest<typeof balanceParameters>,
): Promise<Outcome> => {
  const nowMs = context.clock.now();
  if (as_of === undefined) {
    return { body: renderBalance(await loadBalances(context, scope, nowMs), scope.livemode) };
  }
  const present = Math.floor(nowMs / 1000);
  if (as_of > present) {
    throw new ApiError(
      400,
      `Nobody knows yet what the balance will be at ${as_of}: here it is ${present}. Ask for a second that has been, in Unix seconds, or leave out \`as_of\` for the balance of now.`,
      { param: 'as_of' },
    );
  }
  const balances = await loadBalancesAt(context, scope, endOfSecond(as_of));
  // Named only where it was asked for: everything else is Stripe's shape.
  return { body: { ...renderBalance(balances, scope.livemode), as_of } };
};

/** Moments are kept in milliseconds, and all of this second is over by its last one. */
export const endOfSecond = (second: number): number => second * 1000 + 999;
