// Who calls. A key is found by its public part and proven by comparing hashes in constant time. What
// was found is remembered for a second, so a revoked key ends at once here and within a second
// elsewhere.

import { BlockList, isIPv4, isIPv6 } from 'node:net';
import { type Context, realClock } from '#kit/context';
import { sameBytes } from '#kit/crypto';
import { type ApiKey, isMistyped, readKeyText } from './api-key.ts';
import { type FoundKey, loadKey, noteKeyUse } from './keys.store.ts';

export type Authenticated =
  | { readonly ok: true; readonly key: ApiKey; readonly apiVersion: string | null }
  | { readonly ok: false; readonly why: 'unknown' | 'expired' | 'address' };

export type Authenticator = {
  authenticate(context: Context, text: string, address: string): Promise<Authenticated>;
  /** After a key was changed in this process. */
  forget(): void;
};

const REMEMBERED_MS = 1_000;
const REMEMBERED_MAX = 10_000;
const USE_NOTED_EVERY_MS = 60_000;

type Remembered = { readonly found: Promise<FoundKey | null>; readonly atMs: number };

export const createAuthenticator = (): Authenticator => {
  const remembered = new Map<string, Remembered>();
  const useNotedAtMs = new Map<string, number>();

  const find = (context: Context, lookup: string, text: string): Promise<FoundKey | null> => {
    const nowMs = context.clock.monotonicMs();
    const known = remembered.get(lookup);
    if (known && nowMs - known.atMs < REMEMBERED_MS) return known.found;
    if (isMistyped(text)) return Promise.resolve(null);

    const found = loadKey(context, lookup);
    if (remembered.size >= REMEMBERED_MAX) remembered.clear();
    remembered.set(lookup, { found, atMs: nowMs });
    found.catch(() => remembered.delete(lookup));
    return found;
  };

  // Once a minute per key is enough to see which keys are still in use, and costs nothing.
  const noteUse = (context: Context, key: ApiKey): void => {
    const nowMs = realClock(context.clock).now();
    const noted = useNotedAtMs.get(key.id);
    if (noted !== undefined && Math.abs(nowMs - noted) < USE_NOTED_EVERY_MS) return;
    useNotedAtMs.set(key.id, nowMs);
    noteKeyUse(context, key, nowMs).catch(() => useNotedAtMs.delete(key.id));
  };

  return {
    authenticate: async (context, text, address) => {
      const read = readKeyText(text);
      if (read === null) return { ok: false, why: 'unknown' };
      const found = await find(context, read.lookup, text);
      if (found === null || !sameBytes(found.hash, read.hash)) return { ok: false, why: 'unknown' };

      const { key, apiVersion } = found;
      // A key ends by the real time: who tries out next month does not lose the key to do it with.
      const nowMs = realClock(context.clock).now();
      const ended = key.revokedAtMs ?? key.expiresAtMs;
      if (ended !== null && ended <= nowMs) return { ok: false, why: 'expired' };
      if (!isAllowed(key.allowedAddresses, address)) return { ok: false, why: 'address' };
      noteUse(context, key);
      return { ok: true, key, apiVersion };
    },
    forget: () => remembered.clear(),
  };
};

const isAllowed = (allowed: readonly string[], address: string): boolean => {
  if (allowed.length === 0) return true;
  const list = new BlockList();
  for (const range of allowed) {
    const [network = '', bits] = range.split('/');
    const family = isIPv4(network) ? 'ipv4' : 'ipv6';
    list.addSubnet(network, Number(bits ?? (family === 'ipv4' ? 32 : 128)), family);
  }
  return list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
};
