// A pause for who was refused often. Whoever pauses holds a connection, so only so many do at once: the
// others are told to come back.

import type { Context } from '#kit/context';
import { rateLimited } from '#platform/http';

const LEAST_MS = 400;
const JITTER_MS = 800;
const AT_ONCE_MAX = 100;
const COME_BACK_S = 2;

let paused = 0;

export const slowDown = async ({ clock, random }: Pick<Context, 'clock' | 'random'>) => {
  if (paused >= AT_ONCE_MAX) throw rateLimited(COME_BACK_S);
  paused += 1;
  try {
    await clock.sleep(LEAST_MS + (random.bytes(2).readUInt16BE() / 0xffff) * JITTER_MS);
  } finally {
    paused -= 1;
  }
};
