// Secrets that live in memory for a few minutes and nowhere else: cards that were received and not yet
// sealed, and CVCs on their way to one operation. A crash loses them, which is the design: what needed
// them ends as not sent.

import type { Clock } from '#kit/context';

export type Held<T> = {
  /** False when there are too many. An older secret of the same name is wiped. */
  put(name: string, secret: T): boolean;
  has(name: string): boolean;
  /** Takes it out: the caller wipes it. */
  take(name: string): T | null;
  drop(name: string): void;
  dropExpired(): void;
  dropAll(): void;
  readonly size: number;
};

export const createHeld = <T>(settings: {
  readonly clock: Clock;
  readonly keepMs: number;
  readonly most: number;
  readonly wipe: (secret: T) => void;
}): Held<T> => {
  // In order of their end, since all are kept for the same time.
  const held = new Map<string, { secret: T; untilMs: number }>();

  const drop = (name: string): void => {
    const entry = held.get(name);
    if (entry === undefined) return;
    held.delete(name);
    settings.wipe(entry.secret);
  };
  const dropExpired = (): void => {
    const nowMs = settings.clock.monotonicMs();
    for (const [name, { untilMs }] of held) {
      if (untilMs > nowMs) return;
      drop(name);
    }
  };

  return {
    put: (name, secret) => {
      dropExpired();
      drop(name);
      if (held.size >= settings.most) {
        settings.wipe(secret);
        return false;
      }
      held.set(name, { secret, untilMs: settings.clock.monotonicMs() + settings.keepMs });
      return true;
    },
    has: (name) => {
      dropExpired();
      return held.size > 0 && held.has(name);
    },
    take: (name) => {
      dropExpired();
      // As mostly: a card that is kept is paid with without its code. A Map keeps a copy of each text it is asked for.
      if (held.size === 0) return null;
      const entry = held.get(name);
      held.delete(name);
      return entry?.secret ?? null;
    },
    drop,
    dropExpired,
    dropAll: () => {
      for (const name of held.keys()) drop(name);
    },
    get size() {
      return held.size;
    },
  };
};
