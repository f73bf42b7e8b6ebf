// Which cards can be asked about at all: the directory server publishes ranges, and they are kept for
// an hour in each process. So no number leaves to learn that its holder cannot be asked.

import type { Context, Reach } from '#kit/context';
import { newUuid } from '#kit/ids';
import { preqOf } from './messages.ts';
import { post } from './post.ts';

export type CardRange = { readonly from: string; readonly to: string };

const KEPT_MS = 3_600_000;
const SERVERS_MAX = 64;
const TIMEOUT_MS = 5_000;

type Kept = { readonly ranges: readonly CardRange[]; readonly untilMs: number };
const kept = new WeakMap<object, Map<string, Kept>>();

/** Null when they cannot be had: then nobody can be asked just now. */
export const cardRanges = async (
  context: Context,
  directoryServer: string,
  reach: Reach,
): Promise<readonly CardRange[] | null> => {
  const known = kept.get(context.database) ?? new Map<string, Kept>();
  kept.set(context.database, known);
  const nowMs = context.clock.monotonicMs();
  const found = known.get(directoryServer);
  if (found !== undefined && found.untilMs > nowMs) return found.ranges;

  const body = JSON.stringify(preqOf(newUuid(context)));
  const posted = await post(context, { url: directoryServer, reach }, body, TIMEOUT_MS);
  const ranges = posted.ok ? readRanges(posted.answer) : null;
  // Yesterday's ranges are better than none.
  if (ranges === null) return found?.ranges ?? null;
  const oldest = known.keys().next().value;
  if (known.size >= SERVERS_MAX && oldest !== undefined) known.delete(oldest);
  known.set(directoryServer, { ranges, untilMs: nowMs + KEPT_MS });
  return ranges;
};

const readRanges = (answer: Readonly<Record<string, unknown>>): readonly CardRange[] | null => {
  const { messageType, cardRangeData } = answer;
  if (messageType !== 'PRes' || !Array.isArray(cardRangeData)) return null;
  const ranges: CardRange[] = [];
  for (const each of cardRangeData as unknown[]) {
    if (typeof each !== 'object' || each === null) continue;
    const { startRange, endRange } = each as Record<string, unknown>;
    if (!isNumber(startRange) || !isNumber(endRange)) continue;
    if (startRange.length === endRange.length) ranges.push({ from: startRange, to: endRange });
  }
  return ranges;
};

const isNumber = (value: unknown): value is string =>
  typeof value === 'string' && /^\d{12,19}$/.test(value);

export const isInRanges = (ranges: readonly CardRange[], number: string): boolean =>
  ranges.some(({ from, to }) => number.length === from.length && number >= from && number <= to);
