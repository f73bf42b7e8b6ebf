import type { Context } from '#kit/context';
import { newUuid } from '#kit/ids';
import {
  ApiError,
  described,
  type Outcome,
  parameters,
  required,
  type TypedRequest,
  text,
  timestamp,
} from '#platform/http';
import { enqueue } from '#platform/jobs';
import { clockCreated, tellOfClock } from './events.ts';
import { renderTestClock } from './render-test-clock.ts';
import { LIVES_S, type TestClock } from './test-clock.ts';
import { insertTestClock } from './test-clocks.store.ts';

export const createParameters = parameters({
  frozen_time: required(described('Where it stands at first, in Unix seconds.', timestamp())),
  name: text(300),
});

/** Served by `cards/customers`, whose customers go with it. */
export const DELETE_JOB = 'test_clocks.delete';

export const createTestClock = async (
  context: Context,
  request: TypedRequest<typeof createParameters>,
): Promise<Outcome> => {
  const { scope, parameters: asked } = request;
  refuseLive(scope.livemode);
  const clock: TestClock = {
    id: newUuid(context),
    version: 1,
    events: 1,
    deleted: false,
    name: asked.name ?? null,
    frozenTime: asked.frozen_time,
    targetTime: null,
    status: 'ready',
  };
  return {
    body: renderTestClock(clock),
    writes: [
      insertTestClock(scope, clock),
      tellOfClock(context, scope, clock, clockCreated, request),
      enqueue(context, {
        name: DELETE_JOB,
        payload: { accountId: scope.accountId, clock: clock.id },
        runAtMs: context.clock.now() + LIVES_S * 1_000,
      }),
    ],
  };
};

export const refuseLive = (livemode: boolean): void => {
  if (livemode) throw new ApiError(400, 'Test clocks are of test mode: use a test key.');
};
