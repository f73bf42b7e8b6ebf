import type { Context, Scope } from '#kit/context';
import { parseId } from '#kit/ids';
import { resourceMissing } from '#platform/http';
import type { Dispute } from './dispute.ts';
import { loadDispute } from './disputes.store.ts';
import { DISPUTE } from './render-dispute.ts';

export const findDispute = async (
  context: Context,
  scope: Scope,
  spelled: string,
): Promise<Dispute> => {
  const id = parseId(DISPUTE, spelled);
  const dispute = id && (await loadDispute(context, scope, id));
  if (dispute) return dispute;
  const other = { ...scope, livemode: !scope.livemode };
  const similar = id !== null && (await loadDispute(context, other, id)) !== undefined;
  throw resourceMissing({
    noun: 'dispute',
    id: spelled,
    ...(similar ? { existsIn: other.livemode ? ('live' as const) : ('test' as const) } : {}),
  });
};
