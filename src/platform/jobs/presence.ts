// A process that runs no jobs, and of which others are to know all the same whether it lives: what it holds goes
// on without it when it has died. A worker tells it of its own process.

import type { Context } from '#kit/context';
import { newUuid } from '#kit/ids';
import { BEAT_MS } from './job.ts';
import { endHeartbeats, heartbeat } from './jobs.store.ts';
import { type Apart, createLife } from './life.ts';

export type Presence = {
  stop(): Promise<void>;
};

/** Resolves when it is told, or cannot be for now: then that is tried again. */
export const showPresence = async (
  context: Context,
  own: { readonly role: string; readonly version: string; readonly apart: Apart },
): Promise<Presence> => {
  const id = newUuid(context);
  const life = createLife(context, id, own.apart);
  const stopping = new AbortController();
  const beat = (): Promise<unknown> =>
    context.database.system((tx) => heartbeat(tx, id, own.role, own.version));

  const keepBeating = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await context.clock.sleep(BEAT_MS, stopping.signal);
      // Without the database there is nobody to tell.
      await beat().catch(() => {});
    }
  };

  await life.begin();
  await beat().catch(() => {});
  const beating = keepBeating();
  return {
    stop: async () => {
      stopping.abort();
      await beating;
      await life.end();
      await context.database.system((tx) => endHeartbeats(tx, [id])).catch(() => {});
    },
  };
};
