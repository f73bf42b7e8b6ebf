// The sandbox keeps a time of its own, which its control API moves forwards by so much at once at the
// most. It is asked for its time and moved by the difference, so that a move that was missed is made
// good by the next, and one that is repeated does nothing.

import type { Context } from '#kit/context';

const TIMEOUT_MS = 5_000;
const STEP_MS_MAX = 400 * 86_400_000;
const STEPS_MAX = 20;
/** What lies between asking and answering. */
const CLOSE_ENOUGH_MS = 1_000;

/** The time it is there afterwards. */
export const bringSandbox = async (
  context: Pick<Context, 'network'>,
  url: string,
  toMs: number,
): Promise<number> => {
  let nowMs = await ask(context, url, {});
  for (let step = 0; step < STEPS_MAX && toMs - nowMs > CLOSE_ENOUGH_MS; step += 1) {
    nowMs = await ask(context, url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ advance_ms: Math.min(STEP_MS_MAX, toMs - nowMs) }),
    });
  }
  return nowMs;
};

const ask = async (
  { network }: Pick<Context, 'network'>,
  url: string,
  init: RequestInit,
): Promise<number> => {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const response = await network.fetch(`${url}/clock`, { ...init, signal });
  const { now } = (await response.json()) as { now?: string };
  const ms = Date.parse(now ?? '');
  if (!response.ok || Number.isNaN(ms)) throw new Error('The sandbox did not tell its time');
  return ms;
};
