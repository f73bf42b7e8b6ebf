// The breaker and the bulkhead of every connector account, in one place that calls pass through. What
// is refused here was not sent.

import type { Clock } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { admit, afterCall, type Breaker, type BreakerSettings, closed } from './breaker.ts';
import { type Bulkhead, empty, enter, leave } from './bulkhead.ts';

export type GateSettings = BreakerSettings & { readonly atOnceMax: number };

export const usualGates: GateSettings = {
  failuresMax: 5,
  openMs: 5_000,
  openMsMax: 60_000,
  atOnceMax: 64,
};

export type Passage =
  | {
      readonly ok: true;
      /** `answered`: the provider said something, be it a no; null: it was not asked. Called once. */
      readonly leave: (answered: boolean | null) => void;
    }
  | { readonly ok: false; readonly why: 'circuit_open' | 'too_many_at_once' };

export type Gates = {
  pass(connectorAccountId: Uuid): Passage;
};

export const createGates = (clock: Clock, settings: GateSettings = usualGates): Gates => {
  const breakers = new Map<Uuid, Breaker>();
  const bulkheads = new Map<Uuid, Bulkhead>();

  const pass = (account: Uuid): Passage => {
    const { entered, bulkhead } = enter(bulkheads.get(account) ?? empty, settings.atOnceMax);
    if (!entered) return { ok: false, why: 'too_many_at_once' };
    const { admitted, breaker } = admit(breakers.get(account) ?? closed, clock.monotonicMs());
    if (!admitted) return { ok: false, why: 'circuit_open' };
    bulkheads.set(account, bulkhead);
    breakers.set(account, breaker);
    return { ok: true, leave: (answered) => left(account, answered) };
  };

  const left = (account: Uuid, answered: boolean | null): void => {
    bulkheads.set(account, leave(bulkheads.get(account) ?? empty));
    const before = breakers.get(account) ?? closed;
    breakers.set(account, afterCall(before, answered, clock.monotonicMs(), settings));
  };

  return { pass };
};
