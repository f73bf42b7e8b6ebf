// What nobody wants goes back by itself, however often its bank refuses that: soon at first, then once a day. From then on
// a person knows of it too, since a bank that has refused for so long will not take that money by itself.

import type { Context, Scope } from '#kit/context';
import { type Operation, spellOperation } from '#rails/operations';
import type { Refund } from './refund.ts';
import { loadRefundsOfIntent } from './refunds.store.ts';

export const FIRST_MS = 600_000;
const DAY_MS = 24 * 60 * 60 * 1000;
/** Some three days after the first. */
export const TRIES_ALONE = 10;

const waitMs = (failures: number): number => Math.min(FIRST_MS * 2 ** (failures - 1), DAY_MS);

/** When it is given back once more, after a refund of it that came to nothing. */
export const nextTryMs = async (
  context: Context,
  scope: Scope,
  failed: Refund,
  operation: Operation,
): Promise<number> => {
  const refunds = await loadRefundsOfIntent(context, scope, failed.intentId);
  const before = refunds.filter(
    ({ id, chargeId, isAutomatic, status }) =>
      id !== failed.id && chargeId === failed.chargeId && isAutomatic && status === 'failed',
  ).length;
  const failures = failed.isAutomatic ? before + 1 : Math.max(before, 1);
  if (failed.isAutomatic && failures === TRIES_ALONE) {
    context.log.error(
      { about: spellOperation(operation.id), accountId: scope.accountId },
      'Again and again a bank does not give back what nobody wants: a person has to look at it',
    );
  }
  return context.clock.now() + waitMs(failures);
};
