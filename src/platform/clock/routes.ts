import { ApiError, parameters, route } from '#platform/http';
import { moveParameters } from './clock-parameters.ts';
import { moveClock } from './move-clock.ts';
import { clockSchema, renderClock } from './render-clock.ts';

const common = {
  group: 'Test helpers',
  object: 'test_helpers.clock',
  keys: 'secret',
  path: '/v1/test_helpers/clock',
  answer: clockSchema,
} as const;

export const clockRoutes = [
  route({
    ...common,
    method: 'GET',
    operation: 'clock.retrieve',
    summary: 'Retrieve the clock',
    description: 'What time it is in test mode, and how far ahead of the real time that is.',
    parameters: parameters({}),
    handle: async (context, { scope }) => {
      if (scope.livemode) throw new ApiError(403, 'The clock of live mode is the real time.');
      return { body: await renderClock(context) };
    },
  }),
  route({
    ...common,
    method: 'POST',
    operation: 'clock.move',
    example: { advance: 86_400 },
    summary: 'Move the clock',
    description:
      'Of the whole installation and its sandbox, by `advance` or to `now`: authorizations expire, settlement dates come, retries run. Only forwards, only in test mode, and only where `TOLLGATE_MOVABLE_CLOCK` is on.',
    parameters: moveParameters,
    handle: moveClock,
  }),
];
