// Moves the time of the whole installation. The move is committed with the idempotency key, then waited
// for: whoever has the answer finds every process, and the sandbox, at the new time.

import { type Context, realClock } from '#kit/context';
import { ApiError, lockTimeout, type Outcome, onlyOneOf, type TypedRequest } from '#platform/http';
import { type ClockRow, moveClockFrom, readClock } from './clock.store.ts';
import type { moveParameters } from './clock-parameters.ts';
import { FOLLOW_EVERY_MS, followerOf } from './follow-clock.ts';
import { renderClock } from './render-clock.ts';

const TRIES_MAX = 10;
const DAY_MS = 86_400_000;
/** Of one move: whoever means a date by milliseconds learns of it before it is the year 50000. */
const MOVE_MS_MAX = 400 * DAY_MS;
const OFFSET_MS_MAX = 3_650 * DAY_MS;

export const moveClock = async (
  context: Context,
  request: TypedRequest<typeof moveParameters>,
): Promise<Outcome> => {
  refuseWhereFixed(context, request.scope.livemode);
  const { advance, now } = request.parameters;
  if ((advance === undefined) === (now === undefined)) throw onlyOneOf(['advance', 'now']);

  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    const was = await readClock(context.database);
    if (was.isReal) throw fixed('Live mode has run on this installation, so its time stays real.');
    const offsetMs = offsetAfter(context, was, request.parameters);
    const commit = await request.begin([
      moveClockFrom(was, {
        offsetMs,
        atMs: realClock(context.clock).now(),
        by: context.actor.id,
      }),
    ]);
    if (!commit.ok) continue;
    context.log.info({}, 'The clock of test mode was moved');
    await arrive(context);
    return { body: await renderClock(context) };
  }
  throw lockTimeout();
};

/** By the real time and the offset, not by what this process has read of it so far. */
const offsetAfter = (
  context: Context,
  was: ClockRow,
  { advance, now }: TypedRequest<typeof moveParameters>['parameters'],
): number => {
  const presentMs = realClock(context.clock).now() + was.offsetMs;
  const byMs = now === undefined ? (advance ?? 0) * 1_000 : now * 1_000 - presentMs;
  const param = now === undefined ? 'advance' : 'now';
  // The present second may be named: then nothing happens.
  if (byMs <= -1_000) throw new ApiError(400, 'Time does not go back.', { param });
  if (byMs > MOVE_MS_MAX) {
    throw new ApiError(400, 'The clock moves 400 days at once at the most.', { param });
  }
  const offsetMs = was.offsetMs + Math.max(0, Math.round(byMs));
  if (offsetMs > OFFSET_MS_MAX) {
    throw new ApiError(400, 'The clock is ten years ahead at the most.', { param });
  }
  return offsetMs;
};

/** Twice the time in which every process looks. */
const arrive = async (context: Context): Promise<void> => {
  try {
    await followerOf(context)?.follow();
  } catch (error) {
    // The move is committed; the sandbox is brought along by the next look.
    context.log.warn({ error }, 'The clock was moved, and the sandbox did not follow yet');
  }
  await context.clock.sleep(2 * FOLLOW_EVERY_MS);
};

const refuseWhereFixed = (context: Context, livemode: boolean): void => {
  if (livemode) throw fixed('The clock of live mode cannot be moved.');
  if (followerOf(context)?.isMovable !== true) {
    throw fixed(
      'The clock of this installation cannot be moved: TOLLGATE_MOVABLE_CLOCK=on allows it.',
    );
  }
};

const fixed = (message: string): ApiError => new ApiError(403, message);
