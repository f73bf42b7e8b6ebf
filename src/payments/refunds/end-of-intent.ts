import type { Context, Scope, Write } from '#kit/context';
import { type Charge, left } from '#payments/charges';
import { endCanceled, loadIntent } from '#payments/intents';

/** Cancelled while nobody knew: now that the money is back, it is. */
export const endOfIntent = async (
  context: Context,
  scope: Scope,
  charge: Charge,
): Promise<readonly Write[]> => {
  const intent = await loadIntent(context, scope, charge.intentId);
  if (intent === undefined || intent.doing !== 'void' || intent.latestChargeId !== charge.id) {
    return [];
  }
  return endCanceled(context, scope, intent);
};

/** Or with its bank, for a dispute. */
export const isAllBack = (charge: Charge): boolean =>
  charge.captured > 0n && charge.refunding === 0n && left(charge) === 0n;
