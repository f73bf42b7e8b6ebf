// Every key that the database holds wrapped, opened for a bounded time. Opened keys are KeyObjects:
// their bytes lie outside the heap of JavaScript and are wiped when they are let go.

import { createSecretKey, type KeyObject } from 'node:crypto';
import type { Clock } from '#kit/context';
import { KeyMissing } from './failures.ts';
import type { KeyProvider, KeyPurpose, WrappedKey } from './key-provider.ts';

export type KeyRing = {
  wrap(clear: Buffer, purpose: KeyPurpose): Promise<WrappedKey>;
  /** The caller zeroes what it gets. */
  unwrap(wrapped: WrappedKey, purpose: KeyPurpose): Promise<Buffer>;
  /** As unwrap, but kept open for a while under that name. */
  opened(
    name: string,
    load: () => Promise<{ wrapped: WrappedKey; purpose: KeyPurpose }>,
  ): Promise<KeyObject>;
  forget(name: string): void;
  currentKeyId(): Promise<string>;
  renew(): Promise<void>;
  close(): void;
};

const OPENED_MAX = 10_000;

/** The first provider wraps; the others still open what they once wrapped. */
export const createKeyRing = (settings: {
  readonly providers: readonly [KeyProvider, ...KeyProvider[]];
  readonly clock: Clock;
  readonly keepMs: number;
}): KeyRing => {
  const [current] = settings.providers;
  const opened = new Map<string, { key: Promise<KeyObject>; untilMs: number }>();

  const unwrap = (wrapped: WrappedKey, purpose: KeyPurpose): Promise<Buffer> => {
    const provider = settings.providers.find(({ id }) => wrapped.keyId.startsWith(`${id}:`));
    if (provider === undefined) {
      throw new KeyMissing(wrapped.keyId, 'no key provider of that kind is set up.');
    }
    return provider.unwrap(wrapped, purpose);
  };

  const dropExpired = (nowMs: number): void => {
    for (const [name, { untilMs }] of opened) {
      if (untilMs > nowMs && opened.size <= OPENED_MAX) return;
      opened.delete(name);
    }
  };

  return {
    wrap: (clear, purpose) => current.wrap(clear, purpose),
    unwrap: async (wrapped, purpose) => unwrap(wrapped, purpose),
    opened: (name, load) => {
      const nowMs = settings.clock.monotonicMs();
      dropExpired(nowMs);
      const known = opened.get(name);
      if (known !== undefined && known.untilMs > nowMs) return known.key;

      const key = load().then(async ({ wrapped, purpose }) => {
        const clear = await unwrap(wrapped, purpose);
        const object = createSecretKey(clear);
        clear.fill(0);
        return object;
      });
      opened.delete(name);
      opened.set(name, { key, untilMs: nowMs + settings.keepMs });
      // A key that could not be had is asked for again by the next one who needs it.
      key.catch(() => {
        if (opened.get(name)?.key === key) opened.delete(name);
      });
      return key;
    },
    forget: (name) => {
      opened.delete(name);
    },
    currentKeyId: () => current.currentKeyId(),
    renew: async () => {
      await current.renew?.();
    },
    close: () => opened.clear(),
  };
};
