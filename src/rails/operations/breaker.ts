// A circuit breaker: after some failures in a row a provider is left alone for a while, then tried with
// one call. What it refuses has provably not been sent. Pure: time comes in with every question.

export type Breaker =
  | { readonly kind: 'closed'; readonly failures: number }
  | { readonly kind: 'open'; readonly untilMs: number; readonly openings: number }
  | { readonly kind: 'probing'; readonly openings: number };

export type BreakerSettings = {
  /** So many failures in a row open it. */
  readonly failuresMax: number;
  readonly openMs: number;
  readonly openMsMax: number;
};

export const closed: Breaker = { kind: 'closed', failures: 0 };

/** A call that is let through from `open` is the one probe. */
export const admit = (
  breaker: Breaker,
  nowMs: number,
): { readonly admitted: boolean; readonly breaker: Breaker } => {
  if (breaker.kind === 'closed') return { admitted: true, breaker };
  if (breaker.kind === 'probing' || nowMs < breaker.untilMs) return { admitted: false, breaker };
  return { admitted: true, breaker: { kind: 'probing', openings: breaker.openings } };
};

export const afterCall = (
  breaker: Breaker,
  answered: boolean | null,
  nowMs: number,
  settings: BreakerSettings,
): Breaker => {
  if (answered === null) {
    // Nothing was learned of the provider: the next call is the probe.
    return breaker.kind === 'probing' ? { ...breaker, kind: 'open', untilMs: nowMs } : breaker;
  }
  if (answered) {
    // An answer to a call from before it opened is no proof that the provider is back.
    return breaker.kind === 'open' ? breaker : closed;
  }
  if (breaker.kind === 'open') return breaker;
  const openings = breaker.kind === 'probing' ? breaker.openings + 1 : 0;
  if (breaker.kind === 'closed' && breaker.failures + 1 < settings.failuresMax) {
    return { kind: 'closed', failures: breaker.failures + 1 };
  }
  const openMs = Math.min(settings.openMs * 2 ** Math.min(openings, 16), settings.openMsMax);
  return { kind: 'open', untilMs: nowMs + openMs, openings };
};
