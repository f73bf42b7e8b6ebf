import type { Context, Scope } from '#kit/context';
import { parseId } from '#kit/ids';
import { resourceMissing } from '#platform/http';
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
  const other = { ...scope, livemode: !scope.livemode };
  const similar = id !== null && (await loadRefund(context, other, id)) !== undefined;
  throw resourceMissing({
    noun: 'refund',
    id: spelled,
    ...(similar ? { existsIn: other.livemode ? ('live' as const) : ('test' as const) } : {}),
  });
};
