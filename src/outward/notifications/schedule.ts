// When a mail that the server did not take is tried again: eight tries in about two days. Grey-listing
// servers want a few minutes; one that is down for a night is still told in the morning.

import type { Random } from '#kit/context';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Before the second try, the third … */
const waitsMs = [
  MINUTE,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  6 * HOUR,
  14 * HOUR,
  24 * HOUR,
] as const;

export const TRIES_MAX = waitsMs.length + 1;
const JITTER = 0.2;

/** Null: it was the last try. */
export const nextTryAtMs = (
  { random }: { readonly random: Random },
  failed: { readonly tries: number; readonly nowMs: number },
): number | null => {
  const wait = waitsMs[failed.tries - 1];
  if (wait === undefined) return null;
  const chance = random.bytes(2).readUInt16BE(0) / 65_535;
  return failed.nowMs + Math.round(wait * (1 + JITTER * (2 * chance - 1)));
};
