import type { Context, Scope } from '#kit/context';
import { parseId } from '#kit/ids';
import { missingIn } from '#platform/http';
import type { Dispute } from './dispute.ts';
import { loadDispute } from './disputes.store.ts';
import { DISPUTE } from './render-dispute.ts';
import { withSpentCharges } from './spent.ts';

export const findDispute = async (
  context: Context,
  scope: Scope,
  spelled: string,
): Promise<Dispute> => {
  const id = parseId(DISPUTE, spelled);
  const dispute = id && (await loadDispute(context, scope, id));
  if (dispute) return (await withSpentCharges(context, scope, [dispute]))[0] ?? dispute;
  throw await missingIn(
    scope,
    { noun: 'dispute', id: spelled },
    (other) => id && loadDispute(context, other, id),
  );
};
