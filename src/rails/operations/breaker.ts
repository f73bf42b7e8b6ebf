// A circuit breaker: after some failures in a row a provider is left alone for a while, then tried: with one call, then
// with two at once and with four as they are answered, then with all. What it refuses has provably not been sent. Pure:
// time and chance come in with every question.

export type Breaker = {
  /** Counts how often it opened: what was called before it last did proves nothing about now. */
  readonly period: number;
} & (
  | { readonly kind: 'closed'; readonly failures: number }
  | { readonly kind: 'open'; readonly untilMs: number; readonly reopenings: number }
  | {
      readonly kind: 'trying';
      readonly atOnceMax: number;
      readonly underWay: number;
      readonly reopenings: number;
    }
);

export type BreakerSettings = {
  /** So many failures in a row open it. */
  readonly failuresMax: number;
  readonly openMs: number;
  readonly openMsMax: number;
};

export const closed: Breaker = { kind: 'closed', period: 0, failures: 0 };

const TRIALS_AT_ONCE_MAX = 4;
/** So much of a wait may be left out, each time another part, or all processes would try together. */
const CHANCE_SHARE = 0.2;

export type Admission =
  | { readonly admitted: true; readonly breaker: Breaker }
  /** `isBack`: the provider has answered, and more are let through in a moment. */
  | { readonly admitted: false; readonly isBack: boolean };

export const admit = (breaker: Breaker, nowMs: number): Admission => {
  if (breaker.kind === 'closed') return { admitted: true, breaker };
  const { period, reopenings } = breaker;
  if (breaker.kind === 'open') {
    if (nowMs < breaker.untilMs) return { admitted: false, isBack: false };
    const first = { kind: 'trying', period, atOnceMax: 1, underWay: 1, reopenings } as const;
    return { admitted: true, breaker: first };
  }
  const { underWay, atOnceMax } = breaker;
  if (underWay >= atOnceMax) return { admitted: false, isBack: atOnceMax > 1 };
  return { admitted: true, breaker: { ...breaker, underWay: underWay + 1 } };
};

export type Ended = {
  /** The provider said something, or did not; null: it was not asked. */
  readonly answered: boolean | null;
  /** That in which it was let through. */
  readonly period: number;
  readonly nowMs: number;
  /** From nothing to one. */
  readonly chance: number;
};

export const afterCall = (breaker: Breaker, ended: Ended, settings: BreakerSettings): Breaker => {
  const { answered } = ended;
  const { period } = breaker;
  if (ended.period !== period || breaker.kind === 'open') return breaker;
  if (breaker.kind === 'closed') {
    if (answered === null) return breaker;
    const failures = answered ? 0 : breaker.failures + 1;
    return failures < settings.failuresMax
      ? { kind: 'closed', period, failures }
      : opened(breaker, 0, ended, settings);
  }
  if (answered === false) return opened(breaker, breaker.reopenings + 1, ended, settings);
  const underWay = breaker.underWay - 1;
  // Where nothing was learned of the provider another call is the trial.
  if (answered === null) return { ...breaker, underWay };
  return breaker.atOnceMax < TRIALS_AT_ONCE_MAX
    ? { ...breaker, underWay, atOnceMax: breaker.atOnceMax * 2 }
    : { kind: 'closed', period, failures: 0 };
};

const opened = (
  { period }: Breaker,
  reopenings: number,
  { nowMs, chance }: Ended,
  { openMs, openMsMax }: BreakerSettings,
): Breaker => {
  const waitMs = Math.min(openMs * 2 ** Math.min(reopenings, 16), openMsMax);
  const untilMs = nowMs + waitMs * (1 - CHANCE_SHARE * chance);
  return { kind: 'open', period: period + 1, untilMs, reopenings };
};

/** The provider is there again, as is known otherwise: the next call tries it at once. */
export const tryNow = (breaker: Breaker): Breaker =>
  breaker.kind === 'open' ? { ...breaker, untilMs: Number.NEGATIVE_INFINITY } : breaker;
