// The key of the day, to which browsers seal. All processes agree on it because its version is the
// day. It is offered for its day and opens for one more, then it is destroyed, and what was sealed to
// it stays sealed for ever.

import { createECDH, createPrivateKey, type KeyObject } from 'node:crypto';
import { present } from '#kit/assert';
import { spellBytes } from '#kit/ids';
import type { KeyRing } from './key-ring.ts';
import {
  deleteSharedKey,
  insertSharedKey,
  loadSharedKeys,
  type SharedKeyRow,
} from './keys.store.ts';
import { sharedKeyPurpose } from './shared-keys.ts';
import type { BrowserKey } from './vault.ts';
import type { VaultContext } from './vault-context.ts';

export type BrowserKeys = {
  today(): Promise<BrowserKey>;
  /** Null when there is no such key, or none any more. */
  privateKey(kid: string): Promise<KeyObject | null>;
  destroyEnded(): Promise<number>;
};

const DAY_MS = 86_400_000;
const OFFERED_AND_OVERLAP_MS = 2 * DAY_MS;
const KID_BYTES = 9;
/** How long a kid that is not known is believed not to exist. */
const REREAD_MS = 1_000;

export const createBrowserKeys = (context: VaultContext, keyRing: KeyRing): BrowserKeys => {
  let known: { rows: SharedKeyRow[]; readMs: number } = {
    rows: [],
    readMs: Number.NEGATIVE_INFINITY,
  };

  const today = async (): Promise<BrowserKey> => {
    const day = Math.floor(context.clock.now() / DAY_MS);
    if (!known.rows.some(({ version }) => version === day)) {
      await reread();
      if (!known.rows.some(({ version }) => version === day)) {
        await make(day);
        await reread();
      }
    }
    const row = present(
      known.rows.find(({ version }) => version === day),
      'the browser key of today',
    );
    const { x, y } = present(row.public_key, 'the public half of a browser key');
    return {
      kid: row.kid,
      publicKey: { kty: 'EC', crv: 'P-256', x, y },
      expiresAt: present(row.expires_at, 'the end of a browser key'),
    };
  };

  const reread = async (): Promise<void> => {
    known = {
      rows: await loadSharedKeys(context, 'browser'),
      readMs: context.clock.monotonicMs(),
    };
  };

  const make = async (day: number): Promise<void> => {
    const { scalar, x, y } = makePair(context);
    const wrapped = await keyRing
      .wrap(scalar, sharedKeyPurpose('browser', day))
      .finally(() => scalar.fill(0));
    // Whoever is first makes the key of the day.
    await insertSharedKey(context, {
      kind: 'browser',
      version: day,
      kid: `bk_${spellBytes(context.random.bytes(KID_BYTES))}`,
      key_id: wrapped.keyId,
      sealed: wrapped.sealed,
      public_key: { x, y },
      expires_at: day * DAY_MS + OFFERED_AND_OVERLAP_MS,
    });
  };

  const privateKey = async (kid: string): Promise<KeyObject | null> => {
    const nowMs = context.clock.monotonicMs();
    const find = (): SharedKeyRow | undefined => known.rows.find((row) => row.kid === kid);
    if (find() === undefined && nowMs - known.readMs >= REREAD_MS) await reread();
    const row = find();
    if (row === undefined || (row.expires_at ?? 0) <= context.clock.now()) return null;
    return openPrivateKey(keyRing, row);
  };

  return {
    today,
    privateKey,
    destroyEnded: async () => {
      await reread();
      const ended = known.rows.filter(({ expires_at }) => (expires_at ?? 0) <= context.clock.now());
      for (const row of ended) await deleteSharedKey(context, row);
      if (ended.length > 0) await reread();
      return ended.length;
    },
  };
};

/** By hand, because node makes key pairs with randomness of its own. */
const makePair = (context: Pick<VaultContext, 'random'>) => {
  const pair = createECDH('prime256v1');
  for (;;) {
    const scalar = Buffer.from(context.random.bytes(32));
    try {
      pair.setPrivateKey(scalar);
    } catch {
      // One scalar in 2^32 lies beyond the order of the curve.
      continue;
    }
    const point = pair.getPublicKey();
    const coordinate = (from: number) => point.subarray(from, from + 32).toString('base64url');
    return { scalar, x: coordinate(1), y: coordinate(33) };
  }
};

/** The bytes are kept by nobody; the key object is kept by the ring, through its scalar. */
const openPrivateKey = async (keyRing: KeyRing, row: SharedKeyRow): Promise<KeyObject> => {
  const { x, y } = present(row.public_key, 'the public half of a browser key');
  const scalar = await keyRing.opened(row.kid, async () => ({
    wrapped: { keyId: row.key_id, sealed: row.sealed },
    purpose: sharedKeyPurpose('browser', row.version),
  }));
  const bytes = scalar.export();
  const key = createPrivateKey({
    key: { kty: 'EC', crv: 'P-256', x, y, d: bytes.toString('base64url') },
    format: 'jwk',
  });
  bytes.fill(0);
  return key;
};
