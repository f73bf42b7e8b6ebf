// The breaker and the bulkhead of every connector account, in one place that calls pass through. What
// is refused here was not sent. A full bulkhead is waited for: a crowd that arrives together is served a
// moment later rather than told that nothing could be sent.

import type { Clock } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { admit, afterCall, type Breaker, type BreakerSettings, closed } from './breaker.ts';
import { type Bulkhead, empty, enter, leave } from './bulkhead.ts';

export type GateSettings = BreakerSettings & {
  readonly atOnceMax: number;
  /** So long a call waits for a place. */
  readonly waitMs: number;
  /** More than that do not wait for one account. */
  readonly waitingMax: number;
};

export const usualGates: GateSettings = {
  failuresMax: 5,
  openMs: 5_000,
  // So long a provider that is back is still left alone by those who come before the next probe.
  openMsMax: 20_000,
  atOnceMax: 64,
  waitMs: 2_000,
  waitingMax: 1_000,
};

export type Passage =
  | {
      readonly ok: true;
      /** `answered`: the provider said something, be it a no; null: it was not asked. Called once. */
      readonly leave: (answered: boolean | null) => void;
    }
  | { readonly ok: false; readonly why: 'circuit_open' | 'too_many_at_once' };

export type Gates = {
  pass(connectorAccountId: Uuid): Promise<Passage>;
  /** The connector accounts whose breaker lets nothing through now. */
  shut(): readonly Uuid[];
};

type Waiting = (passage: Passage) => void;

const tooMany: Passage = { ok: false, why: 'too_many_at_once' };

export const createGates = (clock: Clock, settings: GateSettings = usualGates): Gates => {
  const breakers = new Map<Uuid, Breaker>();
  const bulkheads = new Map<Uuid, Bulkhead>();
  const queues = new Map<Uuid, Set<Waiting>>();

  const tryPass = (account: Uuid): Passage => {
    const { entered, bulkhead } = enter(bulkheads.get(account) ?? empty, settings.atOnceMax);
    if (!entered) return tooMany;
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
    const queue = queues.get(account);
    for (const waiting of queue ?? []) {
      const passage = tryPass(account);
      if (passage === tooMany) return;
      queue?.delete(waiting);
      waiting(passage);
    }
  };

  const waitFor = async (account: Uuid): Promise<Passage> => {
    const queue = queues.get(account) ?? new Set();
    if (queue.size >= settings.waitingMax) return tooMany;
    queues.set(account, queue);
    const { promise, resolve: waiting } = Promise.withResolvers<Passage>();
    queue.add(waiting);
    const inTime = clock.alarm(settings.waitMs, () => {
      if (queue.delete(waiting)) waiting(tooMany);
    });
    const passage = await promise;
    inTime();
    return passage;
  };

  return {
    pass: async (account) => {
      const passage = tryPass(account);
      return passage === tooMany ? waitFor(account) : passage;
    },
    shut: () => {
      const nowMs = clock.monotonicMs();
      return [...breakers.keys()].filter(
        (account) => !admit(breakers.get(account) ?? closed, nowMs).admitted,
      );
    },
  };
};
