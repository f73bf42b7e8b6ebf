// When a delivery that failed is tried again: ten tries in three days, as Standard Webhooks advises.
// Chance moves each by up to a fifth, so that what failed together does not come back together.

import type { Random } from '#kit/context';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Before the second try, the third … */
export const waitsMs = [
  5 * SECOND,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR,
] as const;

export const TRIES_MAX = waitsMs.length + 1;
const JITTER = 0.2;
/** A receiver may ask for patience, but not for ever. */
const PATIENCE_MAX_MS = 24 * HOUR;

/** Null: it was the last try. */
export const nextTryAtMs = (
  { random }: { readonly random: Random },
  failed: { readonly tries: number; readonly nowMs: number; readonly retryAfterMs: number | null },
): number | null => {
  const wait = waitsMs[failed.tries - 1];
  if (wait === undefined) return null;
  const chance = random.bytes(2).readUInt16BE(0) / 65_535;
  const moved = Math.round(wait * (1 + JITTER * (2 * chance - 1)));
  return failed.nowMs + Math.max(moved, Math.min(failed.retryAfterMs ?? 0, PATIENCE_MAX_MS));
};
