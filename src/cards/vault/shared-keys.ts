// Keys of the whole installation, each kind in versions: for fingerprints, for risk, for browsers.

import type { KeyObject } from 'node:crypto';
import { newUuid } from '#kit/ids';
import type { KeyPurpose } from './key-provider.ts';
import type { KeyRing } from './key-ring.ts';
import {
  insertSharedKey,
  loadSharedKeys,
  type SharedKeyRow,
  type SharedKind,
} from './keys.store.ts';
import type { VaultContext } from './vault-context.ts';

export type VersionedKey = { readonly version: number; readonly key: KeyObject };

export type SharedKeys = {
  /** Every version in use, the newest first. Makes the first one. */
  versions(kind: 'fingerprint' | 'risk'): Promise<readonly VersionedKey[]>;
  addVersion(kind: 'fingerprint' | 'risk'): Promise<void>;
  /** What was read is believed for so long. */
  readonly staleMs: number;
  forget(): void;
};

export const sharedKeyPurpose = (kind: SharedKind, version: number): KeyPurpose => ({
  what: 'tollgate shared key',
  version: '1',
  kind,
  key: String(version),
});

const STALE_MS = 30_000;
const KEY_BYTES = 32;

export const createSharedKeys = (context: VaultContext, keyRing: KeyRing): SharedKeys => {
  const read = new Map<SharedKind, { rows: Promise<SharedKeyRow[]>; untilMs: number }>();

  const add = async (kind: 'fingerprint' | 'risk', version: number): Promise<void> => {
    const clear = context.random.bytes(KEY_BYTES);
    const wrapped = await keyRing
      .wrap(clear, sharedKeyPurpose(kind, version))
      .finally(() => clear.fill(0));
    // Another process may have made this version first; then that one it is.
    await insertSharedKey(context, {
      kind,
      version,
      kid: newUuid(context),
      key_id: wrapped.keyId,
      sealed: wrapped.sealed,
      public_key: null,
      expires_at: null,
    });
    read.delete(kind);
  };

  const rowsOf = async (kind: 'fingerprint' | 'risk'): Promise<SharedKeyRow[]> => {
    const rows = await loadSharedKeys(context, kind);
    if (rows.length > 0) return rows;
    await add(kind, 1);
    return loadSharedKeys(context, kind);
  };

  return {
    staleMs: STALE_MS,
    versions: async (kind) => {
      const nowMs = context.clock.monotonicMs();
      let known = read.get(kind);
      if (known === undefined || known.untilMs <= nowMs) {
        const made = { rows: rowsOf(kind), untilMs: nowMs + STALE_MS };
        made.rows.catch(() => {
          if (read.get(kind) === made) read.delete(kind);
        });
        read.set(kind, made);
        known = made;
      }
      const rows = await known.rows;
      return Promise.all(
        rows.map(async (row) => ({
          version: row.version,
          key: await keyRing.opened(row.kid, async () => ({
            wrapped: { keyId: row.key_id, sealed: row.sealed },
            purpose: sharedKeyPurpose(kind, row.version),
          })),
        })),
      );
    },
    addVersion: async (kind) => {
      const [newest] = await loadSharedKeys(context, kind);
      await add(kind, (newest?.version ?? 0) + 1);
    },
    forget: () => read.clear(),
  };
};
