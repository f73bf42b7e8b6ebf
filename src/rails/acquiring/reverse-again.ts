// "No such original" ended a reversal, and the original was approved afterwards: it had lain in a queue for
// longer than anybody believed. Money is booked that nobody wants, so its reversal goes out once more,
// under new numbers: to the old ones the host would answer as before.

import type { Context, Scope } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { loadOperation, reverseAgainLater } from '#rails/operations';
import { loadMessages, moveMessage } from './acquiring.store.ts';

export const reverseAgain = async (
  context: Context,
  scope: Scope,
  operationId: Uuid,
): Promise<void> => {
  const operation = await loadOperation(context, scope, operationId);
  if (operation?.state !== 'reversed' || operation.code !== 'no_original') return;
  const messages = await loadMessages(context, scope, operationId);
  const last = messages.at(-1);
  if (last === undefined || last.part === 0 || last.state !== 'stored') return;
  // However often the approval comes, one of them moves it.
  await context.database.commit(scope, [
    moveMessage(scope, last, 'too_early'),
    reverseAgainLater(context, scope, operationId),
  ]);
};
