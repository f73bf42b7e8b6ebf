// What became of an operation, held against the lines of settlements that name it: one that fitted nothing is heard
// again when there is something that it may fit, and nobody calls declined what a provider says it pays for.

import type { Context, Scope, Write } from '#kit/context';
import { type Change, DoesNotCount } from '#rails/operations';
import { hearLinesAgain, isLineWaiting } from './settlement-lines.store.ts';

export const onOperation = (
  context: Context,
  scope: Scope,
  change: Change,
): Promise<readonly Write[]> | null => {
  const { before, after, conclusion, evidence } = change;
  // As it is for nearly all: what a provider answers at once has been settled by nobody.
  if (before.state === 'created' || before.state === 'sending') return null;
  if (after.state === 'approved' && before.state !== 'approved') {
    const { connectorAccountId, reference } = after;
    const { providerId } = conclusion;
    const named = { connectorAccountId, reference, providerId, atMs: context.clock.now() };
    return Promise.resolve([hearLinesAgain(scope, named)]);
  }
  const isPersonsNo = after.state === 'declined' && evidence?.kind === 'person';
  return isPersonsNo ? refuseWhatIsSettled(context, scope, change) : null;
};

const refuseWhatIsSettled = async (
  context: Context,
  scope: Scope,
  { after }: Change,
): Promise<readonly Write[]> => {
  if (await isLineWaiting(context, scope, after)) throw new DoesNotCount('settled');
  return [];
};
