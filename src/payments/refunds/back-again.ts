// What nobody wants goes back by itself, however often its bank refuses that: soon at first, then once a day. From then on
// a person knows of it too, since a bank that has refused for so long will not take that money by itself.

import type { Context, Scope } from '#kit/context';
import type { Charge } from '#payments/charges';
import { waitAgainMs } from '#payments/intents';
import { loadOfIntent, type Operation, spellOperation } from '#rails/operations';
import type { Refund } from './refund.ts';
import { loadRefundsOfIntent } from './refunds.store.ts';

/** Some three days after the first. */
export const TRIES_ALONE = 10;

export type NextTry = {
  readonly runAtMs: number;
  /** Of those that nobody asked for: once there is one more, somebody else is at it. */
  readonly failures: number;
};

/** When it is given back once more, after a refund of it that came to nothing. */
export const nextTry = async (
  context: Context,
  scope: Scope,
  failed: Refund,
  operation: Operation,
): Promise<NextTry> => {
  const refunds = await loadRefundsOfIntent(context, scope, failed.intentId);
  const before = failedAlone(refunds, failed.chargeId).filter(({ id }) => id !== failed.id);
  const alone = failed.isAutomatic ? [...before, failed] : before;
  const neverSent = await ordinalsNeverSent(context, scope, operation);
  const refused = alone.filter(({ ordinal }) => !neverSent.has(ordinal)).length;
  const wasSent = !failed.isAutomatic || operation.state !== 'not_sent';
  if (failed.isAutomatic && wasSent && refused >= TRIES_ALONE) {
    context.log.error(
      { about: spellOperation(operation.id), accountId: scope.accountId },
      'Again and again a bank does not give back what nobody wants: a person has to look at it',
    );
  }
  const times = wasSent ? refused : alone.length - refused;
  return {
    runAtMs: context.clock.now() + waitAgainMs(times, { wasSent }),
    failures: alone.length,
  };
};

/** The refunds of a charge that nobody asked for, and that came to nothing. */
export const failedAlone = (refunds: readonly Refund[], chargeId: Charge['id']): Refund[] =>
  refunds.filter(
    (refund) => refund.chargeId === chargeId && refund.isAutomatic && refund.status === 'failed',
  );

/** Nobody refused those: no bank was asked. `now` is not stored yet. */
const ordinalsNeverSent = async (
  context: Context,
  scope: Scope,
  now: Operation,
): Promise<ReadonlySet<number>> => {
  const stored = await loadOfIntent(context, scope, now.intentId);
  const operations = [...stored.filter(({ id }) => id !== now.id), now];
  return new Set(
    operations
      .filter(({ kind, state }) => kind === 'refund' && state === 'not_sent')
      .map(({ ordinal }) => ordinal),
  );
};
