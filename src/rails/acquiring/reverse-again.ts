// "No such original" ended a reversal, and the original was approved afterwards: it had lain in a queue for
// longer than anybody believed. Money is booked that nobody wants, so its reversal goes out once more,
// under new numbers: to the old ones the host would answer as before.

import type { Context, Scope, Write } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { loadOperation, type Operation, reverseAgainLater } from '#rails/operations';
import { loadMessages, moveMessage } from './acquiring.store.ts';

export const reverseAgain = async (
  context: Context,
  scope: Scope,
  operationId: Uuid,
): Promise<void> => {
  const operation = await loadOperation(context, scope, operationId);
  const writes = operation && (await reverseAgainOf(context, scope, operation));
  // However often the approval comes, one of them moves the message.
  if (writes !== undefined && writes.length > 0) await context.database.commit(scope, writes);
};

/** Nothing where it is under way already, or where its reversal found what it took back. */
export const reverseAgainOf = async (
  context: Context,
  scope: Scope,
  { id, state, code }: Pick<Operation, 'id' | 'state' | 'code'>,
): Promise<readonly Write[]> => {
  if (state !== 'reversed' || code !== 'no_original') return [];
  const last = (await loadMessages(context, scope, id)).at(-1);
  if (last === undefined || last.part === 0 || last.state !== 'stored') return [];
  return [moveMessage(scope, last, 'too_early'), reverseAgainLater(context, scope, id)];
};
