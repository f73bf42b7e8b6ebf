// Rate limits: a bucket of tokens per key that fills at a steady rate. Buckets live in the memory of
// each process; with several processes a key may use each one's share.

import type { Clock } from '#kit/context';

export type Limits = {
  /** Null: go ahead. A number: refused, try again after that many seconds. */
  take(key: string, cost?: number): number | null;
};

type Bucket = { tokens: number; atMs: number };

const BUCKETS_MAX = 50_000;

export const createLimits = (
  clock: Pick<Clock, 'monotonicMs'>,
  settings: { readonly perSecond: number; readonly burst: number },
): Limits => {
  const buckets = new Map<string, Bucket>();
  /** Whose bucket was used last, and so is the last one. */
  let latest = '';

  return {
    take: (key, asked = 1) => {
      // What costs more than anybody may ever have costs all of it: else it could never be had.
      const cost = Math.min(asked, settings.burst);
      const nowMs = clock.monotonicMs();
      const bucket = buckets.get(key) ?? { tokens: settings.burst, atMs: nowMs };
      const filled = bucket.tokens + ((nowMs - bucket.atMs) / 1000) * settings.perSecond;
      const tokens = Math.min(settings.burst, filled);

      bucket.tokens = tokens < cost ? tokens : tokens - cost;
      bucket.atMs = nowMs;
      // The least recently used keys are forgotten first; a forgotten key starts with a full bucket.
      if (key !== latest) {
        buckets.delete(key);
        if (buckets.size >= BUCKETS_MAX) buckets.delete(buckets.keys().next().value as string);
        buckets.set(key, bucket);
        latest = key;
      }
      return tokens < cost ? Math.max(1, Math.ceil((cost - tokens) / settings.perSecond)) : null;
    },
  };
};
