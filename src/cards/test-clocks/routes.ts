import type { Context } from '#kit/context';
import {
  idWindow,
  listFound,
  listParameters,
  type Outcome,
  parameters,
  route,
  rowsOf,
  type TypedRequest,
} from '#platform/http';
import { advanceParameters, advanceTestClock } from './advance-test-clock.ts';
import { createParameters, createTestClock, refuseLive } from './create-test-clock.ts';
import { findTestClock } from './find-test-clock.ts';
import { renderTestClock, TEST_CLOCK, testClockSchema } from './render-test-clock.ts';
import { listTestClockRows, loadTestClocks } from './test-clocks.store.ts';

const common = {
  group: 'Test helpers',
  object: 'test_helpers.test_clock',
  keys: 'secret',
  answer: testClockSchema,
} as const;
const PATH = '/v1/test_helpers/test_clocks';
const filters = listParameters({});

const listAll = async (
  context: Context,
  request: TypedRequest<typeof filters>,
): Promise<Outcome> => {
  const { scope, parameters: asked } = request;
  refuseLive(scope.livemode);
  const window = await idWindow(asked, { noun: 'test clock', prefix: TEST_CLOCK }, async (id) =>
    (await loadTestClocks(context, scope, [id])).has(id),
  );
  const rows = await listTestClockRows(context, scope, rowsOf(window));
  return { body: listFound(request.url, rows, window, renderTestClock) };
};

export const testClockRoutes = [
  route({
    ...common,
    method: 'POST',
    path: PATH,
    operation: 'test_clocks.create',
    summary: 'Create a test clock',
    description: 'Up to three customers may be made for it. It is deleted after thirty days.',
    parameters: createParameters,
    handle: createTestClock,
  }),
  route({
    ...common,
    method: 'GET',
    path: PATH,
    operation: 'test_clocks.list',
    summary: 'List test clocks',
    list: true,
    parameters: filters,
    handle: listAll,
  }),
  route({
    ...common,
    method: 'GET',
    path: `${PATH}/:test_clock`,
    operation: 'test_clocks.retrieve',
    summary: 'Retrieve a test clock',
    parameters: parameters({}),
    handle: async (context, { scope, path }) => ({
      body: renderTestClock(await findTestClock(context, scope, path['test_clock'] ?? '')),
    }),
  }),
  route({
    ...common,
    method: 'POST',
    path: `${PATH}/:test_clock/advance`,
    operation: 'test_clocks.advance',
    summary: 'Advance a test clock',
    description:
      'Only to a later time. The status is `advancing` until all that came due on the way is done, and then `ready`.',
    parameters: advanceParameters,
    handle: advanceTestClock,
  }),
];
