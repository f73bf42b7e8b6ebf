// The data keys of accounts: one at a time wraps the keys of new cards, for a counted number of times.
// Uses are reserved in blocks, so that counting costs one write in many and a crash only overcounts.

import type { KeyObject } from 'node:crypto';
import type { Scope } from '#kit/context';
import { newUuid, type Uuid } from '#kit/ids';
import { isServerError } from '#platform/db';
import { VaultUnavailable } from './failures.ts';
import type { KeyPurpose } from './key-provider.ts';
import type { KeyRing } from './key-ring.ts';
import { addDataKey, type DataKeyRow, reserveDataKey } from './keys.store.ts';
import type { VaultContext, VaultSettings } from './vault-context.ts';

export type DataKey = { readonly id: Uuid; readonly key: KeyObject };

export type DataKeys = {
  /** For sealing one card: counts a use. */
  current(scope: Scope): Promise<DataKey>;
  open(scope: Scope, row: DataKeyRow): Promise<KeyObject>;
  /** The next use asks the database which key is current. */
  forgetCurrent(scope: Scope): void;
  forgetAll(): void;
};

export const dataKeyPurpose = (scope: Scope, id: Uuid): KeyPurpose => ({
  what: 'tollgate data key',
  version: '1',
  account: scope.accountId,
  mode: scope.livemode ? 'live' : 'test',
  key: id,
});

const FOREIGN_KEY_VIOLATION = '23503';

/** A rotation came to its end, and destroyed the key, while this process still wrapped with it. */
export const isGoneDataKey = (error: unknown): boolean =>
  isServerError(error) && error.code === FOREIGN_KEY_VIOLATION;

const BLOCK_MAX = 1024;
const CURRENT_MAX = 10_000;
const KEY_BYTES = 32;
const TRIES_MAX = 8;

type Block = { readonly row: DataKeyRow; readonly untilMs: number; usesLeft: number };

const nameOf = (scope: Scope): string => `${scope.accountId} ${scope.livemode}`;

export const createDataKeys = (
  context: VaultContext,
  settings: Pick<VaultSettings, 'usesPerDataKey' | 'keepKeysMs'>,
  keyRing: KeyRing,
): DataKeys => {
  const usesPerBlock = Math.min(BLOCK_MAX, settings.usesPerDataKey);
  const blocks = new Map<string, Promise<Block>>();

  const reserve = async (scope: Scope): Promise<Block> => {
    for (let attempt = 1; attempt <= TRIES_MAX; attempt += 1) {
      const row = await reserveDataKey(context, scope, {
        uses: usesPerBlock,
        usesMax: settings.usesPerDataKey,
      });
      if (row !== undefined) {
        const untilMs = context.clock.monotonicMs() + settings.keepKeysMs;
        return { row, untilMs, usesLeft: usesPerBlock };
      }
      // Wrapping may be a call to the outside, so it lies between two transactions.
      const id = newUuid(context);
      const clear = context.random.bytes(KEY_BYTES);
      const wrapped = await keyRing
        .wrap(clear, dataKeyPurpose(scope, id))
        .finally(() => clear.fill(0));
      const usesFrom = settings.usesPerDataKey - usesPerBlock + 1;
      await addDataKey(context, scope, { id, wrapped, usesFrom });
    }
    throw new VaultUnavailable('No data key could be made current: others keep replacing it.');
  };

  const takeUse = async (scope: Scope): Promise<DataKeyRow> => {
    const name = nameOf(scope);
    for (;;) {
      let block = blocks.get(name);
      if (block === undefined) {
        if (blocks.size >= CURRENT_MAX) blocks.clear();
        block = reserve(scope);
        blocks.set(name, block);
        const made = block;
        made.catch(() => {
          if (blocks.get(name) === made) blocks.delete(name);
        });
      }
      const found = await block;
      if (found.usesLeft > 0 && found.untilMs > context.clock.monotonicMs()) {
        found.usesLeft -= 1;
        return found.row;
      }
      if (blocks.get(name) === block) blocks.delete(name);
    }
  };

  const open = (scope: Scope, row: DataKeyRow): Promise<KeyObject> =>
    keyRing.opened(row.id, async () => ({
      wrapped: { keyId: row.key_id, sealed: row.sealed },
      purpose: dataKeyPurpose(scope, row.id),
    }));

  return {
    current: async (scope) => {
      const row = await takeUse(scope);
      return { id: row.id, key: await open(scope, row) };
    },
    open,
    forgetCurrent: (scope) => {
      blocks.delete(nameOf(scope));
    },
    forgetAll: () => blocks.clear(),
  };
};
