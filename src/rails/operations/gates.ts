// The breaker and the bulkhead of every connector account, in one place that calls pass through. What
// is refused here was not sent. A full bulkhead is waited for, and the rest of the trials of a provider that answers
// again: a crowd that arrives together is served a moment later rather than told that nothing could be sent.

import type { Context } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { admit, afterCall, type Breaker, type BreakerSettings, closed, tryNow } from './breaker.ts';
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
  // So long a provider that is back is still left alone by those who come before the next trial.
  openMsMax: 20_000,
  // A thousand a second at a provider that takes a quarter of a second. It bounds what is kept in memory for one that is mute.
  atOnceMax: 256,
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
  /** Those whose breaker is not closed: they are left alone, or being tried. */
  failing(): readonly Uuid[];
  /** Its provider is known to be there again, say by a link that is up: the next call tries it at once. */
  reachable(connectorAccountId: Uuid): void;
};

type Waiting = (passage: Passage) => void;

const tooMany: Passage = { ok: false, why: 'too_many_at_once' };

export const createGates = (
  { clock, random }: Pick<Context, 'clock' | 'random'>,
  settings: GateSettings = usualGates,
): Gates => {
  const breakers = new Map<Uuid, Breaker>();
  const bulkheads = new Map<Uuid, Bulkhead>();
  const queues = new Map<Uuid, Set<Waiting>>();
  const breakerOf = (account: Uuid): Breaker => breakers.get(account) ?? closed;

  const tryPass = (account: Uuid): Passage => {
    const { entered, bulkhead } = enter(bulkheads.get(account) ?? empty, settings.atOnceMax);
    if (!entered) return tooMany;
    const admission = admit(breakerOf(account), clock.monotonicMs());
    if (!admission.admitted) return admission.isBack ? tooMany : { ok: false, why: 'circuit_open' };
    const { breaker } = admission;
    bulkheads.set(account, bulkhead);
    breakers.set(account, breaker);
    return { ok: true, leave: (answered) => left(account, answered, breaker.period) };
  };

  const left = (account: Uuid, answered: boolean | null, period: number): void => {
    bulkheads.set(account, leave(bulkheads.get(account) ?? empty));
    const nowMs = clock.monotonicMs();
    const chance = answered === false ? random.bytes(1).readUInt8(0) / 255 : 0;
    const ended = { answered, period, nowMs, chance };
    breakers.set(account, afterCall(breakerOf(account), ended, settings));
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
    const callOff = clock.alarm(settings.waitMs, () => {
      if (queue.delete(waiting)) waiting(tooMany);
    });
    const passage = await promise;
    callOff();
    return passage;
  };

  return {
    pass: async (account) => {
      const passage = tryPass(account);
      return passage === tooMany ? waitFor(account) : passage;
    },
    shut: () => {
      const nowMs = clock.monotonicMs();
      return [...breakers].flatMap(([account, each]) =>
        admit(each, nowMs).admitted ? [] : [account],
      );
    },
    failing: () =>
      [...breakers].flatMap(([account, { kind }]) => (kind === 'closed' ? [] : [account])),
    reachable: (account) => {
      breakers.set(account, tryNow(breakerOf(account)));
    },
  };
};
