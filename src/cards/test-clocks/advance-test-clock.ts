// Two steps, as Stripe's: the request sets out, and a job arrives once all that came due for the clock's
// customers on the way is done.

import { present } from '#kit/assert';
import type { Context, Scope } from '#kit/context';
import {
  ApiError,
  described,
  type Outcome,
  parameters,
  required,
  type TypedRequest,
  timestamp,
} from '#platform/http';
import { enqueue, type JobPayload } from '#platform/jobs';
import { clockAdvancing, clockReady, tellOfClock } from './events.ts';
import { findTestClock } from './find-test-clock.ts';
import { renderTestClock } from './render-test-clock.ts';
import { advancing, arrived, refusalToAdvance } from './test-clock.ts';
import { loadTestClocks, updateTestClock } from './test-clocks.store.ts';

export const advanceParameters = parameters({
  frozen_time: required(described('Where it shall stand, in Unix seconds.', timestamp())),
});

export const ARRIVE_JOB = 'test_clocks.arrive';

export const advanceTestClock = async (
  context: Context,
  request: TypedRequest<typeof advanceParameters>,
): Promise<Outcome> => {
  const { scope, parameters: asked } = request;
  const before = await findTestClock(context, scope, request.path['test_clock'] ?? '');
  const refusal = refusalToAdvance(before, asked.frozen_time);
  if (refusal !== null) throw new ApiError(400, refusal, { param: 'frozen_time' });
  const clock = advancing(before, asked.frozen_time);
  return {
    body: renderTestClock(clock),
    writes: [
      updateTestClock(scope, clock),
      tellOfClock(context, scope, clock, clockAdvancing, request),
      enqueue(context, {
        name: ARRIVE_JOB,
        payload: { accountId: scope.accountId, clock: clock.id },
      }),
    ],
  };
};

/** Runs again until it is written, and finds nothing to do then. */
export const arrive = async (context: Context, payload: JobPayload): Promise<void> => {
  const scope: Scope = {
    accountId: present(payload['accountId'], 'The account') as string,
    livemode: false,
  };
  const id = present(payload['clock'], 'The clock') as string;
  const before = (await loadTestClocks(context, scope, [id])).get(id);
  if (before === undefined || before.deleted || before.status !== 'advancing') return;
  const clock = arrived(before);
  const commit = await context.database.commit(scope, [
    updateTestClock(scope, clock),
    tellOfClock(context, scope, clock, clockReady, null),
  ]);
  if (!commit.ok) throw new Error('The clock was changed meanwhile');
};
