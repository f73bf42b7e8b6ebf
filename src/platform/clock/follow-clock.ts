// Every process of an installation lives at the same time: it reads several times a second how far the
// clock was moved. The one that has the sandbox beside it moves the sandbox's clock as well.

import type { Context, Database, MovableClock } from '#kit/context';
import { readClock } from './clock.store.ts';
import { bringSandbox } from './sandbox-clock.ts';

export const FOLLOW_EVERY_MS = 250;

export type Follower = {
  /** Reads it now, and brings the sandbox along. */
  follow(): Promise<void>;
  /** Whether a user may move it, by the setting of this process. */
  readonly isMovable: boolean;
  /** The time in the sandbox by its own word; null where none runs beside this process. */
  readonly sandboxNowMs: () => number | null;
};

const followers = new WeakMap<Database, Follower>();

export const provideFollower = (
  context: Pick<Context, 'database'>,
  follower: Follower | undefined,
): void => {
  if (follower !== undefined) followers.set(context.database, follower);
};

export const followerOf = (context: Pick<Context, 'database'>): Follower | undefined =>
  followers.get(context.database);

export const startFollowing = async (
  context: Context,
  clock: MovableClock,
  given: { readonly isMovable: boolean; readonly sandboxUrl?: string },
): Promise<{ stop(): Promise<void> }> => {
  const { sandboxUrl } = given;
  const stopping = new AbortController();
  let sandboxAheadMs: number | null = null;
  let brought: Promise<unknown> = Promise.resolve();

  // One after the other: two who both found it behind would both move it by the difference.
  const bring = (url: string): Promise<void> => {
    const bringing = bringAfter(brought, url);
    brought = bringing.catch(() => {});
    return bringing;
  };
  const bringAfter = async (before: Promise<unknown>, url: string): Promise<void> => {
    await before;
    const reachedMs = await bringSandbox(context, url, clock.now());
    sandboxAheadMs = reachedMs - clock.now();
  };

  const follow = async (): Promise<void> => {
    const { offsetMs } = await readClock(context.database);
    const hasMoved = offsetMs > clock.offsetMs;
    clock.moveTo(offsetMs);
    if (sandboxUrl === undefined || clock.offsetMs === 0) return;
    // Until it has been brought along once: it may have missed moves while this process was away.
    if (hasMoved || sandboxAheadMs === null) await bring(sandboxUrl);
  };

  const loop = async (): Promise<void> => {
    let failures = 0;
    while (!stopping.signal.aborted) {
      await clock.sleep(FOLLOW_EVERY_MS, stopping.signal);
      if (stopping.signal.aborted) return;
      try {
        await follow();
        failures = 0;
      } catch (error) {
        failures += 1;
        if (failures === 1) context.log.warn({ error }, 'The clock could not be read or followed');
      }
    }
  };

  clock.moveTo((await readClock(context.database)).offsetMs);
  const following = loop();
  provideFollower(context, {
    follow,
    isMovable: given.isMovable,
    sandboxNowMs: () => (sandboxAheadMs === null ? null : clock.now() + sandboxAheadMs),
  });
  return {
    stop: async () => {
      stopping.abort();
      await following;
    },
  };
};
