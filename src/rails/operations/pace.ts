// How often the resolver looks, and how much it may do at once: soon at first, then seldom, never all
// together, and never more than a share of what the providers usually hear from us.

import type { Context } from '#kit/context';
import type { Operation } from './operation.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

/** An operation that is being sent is nobody else's until a little after its deadline. */
const GRACE_MS = 5 * SECOND_MS;

/** 2 s, 4 s, 8 s … up to a minute in the first hour, five minutes on the first day, then an hour. */
export const lookDelayMs = (tries: number, ageMs: number): number => {
  if (ageMs >= 24 * HOUR_MS) return HOUR_MS;
  const longest = ageMs >= HOUR_MS ? 5 * MINUTE_MS : MINUTE_MS;
  return Math.min(2 * SECOND_MS * 2 ** Math.min(tries, 10), longest);
};

/** Moved by up to a quarter either way, so that what failed together is not asked together. */
export const nextLookMs = (
  { clock, random }: Pick<Context, 'clock' | 'random'>,
  operation: Pick<Operation, 'state' | 'tries' | 'firstSentAtMs' | 'deadlineMs'>,
): number => {
  const nowMs = clock.now();
  if (operation.state === 'sending') return operation.deadlineMs + GRACE_MS;
  const chance = random.bytes(1).readUInt8(0) / 255;
  const delay = lookDelayMs(operation.tries, nowMs - operation.firstSentAtMs);
  return nowMs + Math.round(delay * (0.75 + 0.5 * chance));
};

/** A bucket of permissions that fills with time. */
export type Budget = { readonly tokens: number; readonly filledAtMs: number };
export type BudgetSettings = { readonly perSecond: number; readonly burst: number };

export const fullBudget = ({ burst }: BudgetSettings, nowMs: number): Budget => ({
  tokens: burst,
  filledAtMs: nowMs,
});

/** How many of the wanted may go now, and what is left. */
export const spend = (
  budget: Budget,
  { perSecond, burst }: BudgetSettings,
  wanted: number,
  nowMs: number,
): { readonly granted: number; readonly budget: Budget } => {
  const elapsedMs = Math.max(0, nowMs - budget.filledAtMs);
  const tokens = Math.min(burst, budget.tokens + (elapsedMs * perSecond) / 1_000);
  const granted = Math.min(wanted, Math.floor(tokens));
  return { granted, budget: { tokens: tokens - granted, filledAtMs: nowMs } };
};
