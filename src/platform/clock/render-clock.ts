import { Type } from 'typebox';
import { type Context, realClock } from '#kit/context';
import { nullable } from '#platform/http';
import { readClock } from './clock.store.ts';
import { followerOf } from './follow-clock.ts';

export const clockSchema = Type.Object({
  object: Type.Literal('test_helpers.clock'),
  livemode: Type.Boolean(),
  movable: Type.Boolean(),
  now: Type.Integer(),
  offset: Type.Integer(),
  sandbox_now: nullable(Type.Integer()),
});

export const renderClock = async (context: Context): Promise<Record<string, unknown>> => {
  const { offsetMs, isReal } = await readClock(context.database);
  const follower = followerOf(context);
  const sandboxNowMs = follower?.sandboxNowMs() ?? null;
  return {
    object: 'test_helpers.clock',
    livemode: false,
    /** Whether it may be moved here. */
    movable: !isReal && follower?.isMovable === true,
    now: Math.floor((realClock(context.clock).now() + offsetMs) / 1000),
    /** How far ahead of the real time it is, in seconds. */
    offset: Math.floor(offsetMs / 1000),
    sandbox_now: sandboxNowMs === null ? null : Math.floor(sandboxNowMs / 1000),
  };
};
