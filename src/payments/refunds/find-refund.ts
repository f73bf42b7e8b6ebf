import type { Context, Scope } from '#kit/context';
import { parseId } from '#kit/ids';
import { missingIn } from '#platform/http';
import type { Refund } from './refund.ts';
import { loadRefund } from './refunds.store.ts';
import { REFUND } from './render-refund.ts';

export const findRefund = async (
  context: Context,
  scope: Scope,
  spelled: string,
): Promise<Refund> => {
  const id = parseId(REFUND, spelled);
  const refund = id && (await loadRefund(context, scope, id));
  if (refund) return refund;
  throw await missingIn(
    scope,
    { noun: 'refund', id: spelled },
    (other) => id && loadRefund(context, other, id),
  );
};
