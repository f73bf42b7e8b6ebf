// Takes back what a provider had never heard of when it was reversed, and approved afterwards. Repeated
// until that is acknowledged; a person sees it when that takes long, because a job then waits for one.

import { assert } from '#kit/assert';
import type { Context } from '#kit/context';
import type { JobKind } from '#platform/jobs';
import { callOut, loadOperation, REVERSE_AGAIN_JOB, recordEvidence } from '#rails/operations';
import { portOf } from './port.ts';
import { partsOf } from './rails-of.ts';
import { listenersWrites } from './send.ts';

const TIMEOUT_MS = 30_000;

export const reverseAgainJob: JobKind = {
  name: REVERSE_AGAIN_JOB,
  // It moves money: the call of a worker that has died is over before the next one.
  leaseIsWaitedOut: true,
  run: async (context: Context, payload) => {
    const { accountId, livemode, operation: id } = payload;
    assert(typeof accountId === 'string' && typeof id === 'string', 'Whose, and which');
    const scope = { accountId, livemode: livemode === true };
    const operation = await loadOperation(context, scope, id);
    if (operation?.state !== 'reversed' || operation.code !== 'no_original') return;

    const parts = partsOf(context);
    const deadlineMs = context.clock.now() + Math.min(TIMEOUT_MS, parts.timeoutMsMax);
    const says = await callOut(context, parts.outgoing, {
      scope,
      operation: { ...operation, deadlineMs },
      port: portOf(parts, context, scope, 'reverse'),
      deadlineMs,
      movesMoney: true,
      points: { journaled: 'resolve.journaled', answered: 'resolve.answered' },
    });
    if (says.outcome !== 'reversed' || says.code === 'no_original') {
      throw new Error('A payment that was approved after its reversal is not taken back yet');
    }
    await recordEvidence(context, scope, {
      operationId: id,
      evidence: { kind: 'answer', says },
      writes: listenersWrites(parts, context, scope),
    });
  },
};
