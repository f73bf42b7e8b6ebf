// The money of a payment that nobody wants any more goes back: what is held is voided, what was taken is
// refunded. It may run more than once; what is done already is left alone. What its bank has taken for its holder must not
// go to them a second time: while a dispute by which it took something waits to be heard, nothing goes back.

import { assert } from '#kit/assert';
import type { Context, Scope } from '#kit/context';
import { type Charge, loadCharge, releasable } from '#payments/charges';
import { askingByItself, RELEASE_JOB, releaseHeld } from '#payments/intents';
import { lockTimeout } from '#platform/http';
import { enqueue, type JobKind } from '#platform/jobs';
import { loadWaitingDisputes } from '#rails/connectors';
import { loadOperation } from '#rails/operations';
import { failedAlone } from './back-again.ts';
import { endOfIntent, isAllBack } from './end-of-intent.ts';
import { loadRefundsOfIntent } from './refunds.store.ts';
import { sendRefund } from './send-refund.ts';

/** How often somebody else may be faster, whatever they change of it. */
const ROUNDS_MAX = 20;

/** Whoever hears of a dispute has this run as well: nobody waits for that long. */
const AFTER_DISPUTES_MS = 60_000;

export const releaseJob: JobKind = {
  name: RELEASE_JOB,
  run: async (context: Context, payload) => {
    const { accountId, livemode, charge: chargeId, failures } = payload;
    assert(typeof accountId === 'string' && typeof chargeId === 'string', 'Whose, and which');
    const scope = { accountId, livemode: livemode === true };
    const failuresMax = typeof failures === 'number' ? failures : null;
    for (let round = 1; round <= ROUNDS_MAX; round += 1) {
      if (await release(context, scope, chargeId, failuresMax)) return;
    }
    throw lockTimeout();
  },
};

/** False: somebody else was faster, and everything is to be read and decided anew. */
const release = async (
  context: Context,
  scope: Scope,
  chargeId: string,
  failuresMax: number | null,
): Promise<boolean> => {
  const charge = await loadCharge(context, scope, chargeId);
  if (charge === undefined || !charge.isUnwanted) return true;
  // What was only held is let go of; a capture of it may have come too late to be wanted.
  if (charge.kind === 'authorize' && charge.captured === 0n) {
    return releaseHeld(context, scope, charge.id);
  }
  const amount = releasable(charge);
  if (amount === 0n) return isAllBack(charge) ? end(context, scope, charge) : true;
  if (failuresMax !== null && (await failuresOf(context, scope, charge)) > failuresMax) return true;
  if (await isTakenUnheard(context, scope, charge)) {
    const payload = { ...scope, charge: charge.id, failures: failuresMax };
    const runAtMs = context.clock.now() + AFTER_DISPUTES_MS;
    const again = enqueue(context, { name: RELEASE_JOB, payload, runAtMs });
    return (await context.database.commit(scope, [again])).ok;
  }
  const sent = await sendRefund(context, askingByItself(scope), charge, {
    amount,
    reason: null,
    metadata: {},
    instructionsEmail: null,
    isAutomatic: true,
  });
  return sent !== null;
};

const isTakenUnheard = async (
  context: Context,
  scope: Scope,
  { operationId }: Charge,
): Promise<boolean> => {
  const payment = await loadOperation(context, scope, operationId ?? '');
  if (payment === undefined) return false;
  const { connectorAccountId, reference } = payment;
  const waiting = await loadWaitingDisputes(context, scope, { connectorAccountId, reference });
  return waiting === null || waiting.some(({ moved }) => moved < 0n);
};

/** Each that fails has the next one queued: where one has failed since, that is somebody else's. */
const failuresOf = async (context: Context, scope: Scope, charge: Charge): Promise<number> =>
  failedAlone(await loadRefundsOfIntent(context, scope, charge.intentId), charge.id).length;

/** Its bank took it for a dispute before it could be given back. */
const end = async (context: Context, scope: Scope, charge: Charge): Promise<boolean> => {
  const writes = await endOfIntent(context, scope, charge);
  return writes.length === 0 || (await context.database.commit(scope, writes)).ok;
};
