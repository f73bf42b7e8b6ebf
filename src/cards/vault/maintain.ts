// The background work of the vault, in steps of bounded size. Each row is changed only from what was
// read (compare and set), so any number of processes may do this at once and any may be killed.

import type { Scope } from '#kit/context';
import { Unavailable } from '#kit/failure';
import type { Uuid } from '#kit/ids';
import { DatabaseUnavailable, spellTime } from '#platform/db';
import { openCardBytes } from './card-cipher.ts';
import { loadCard, refingerprintCard } from './cards.store.ts';
import { dataKeyPurpose, isGoneDataKey } from './data-keys.ts';
import { forgetFingerprints } from './fingerprints.store.ts';
import type { KeyPurpose, WrappedKey } from './key-provider.ts';
import {
  deleteSharedKey,
  destroyDataKey,
  loadDataKey,
  loadSharedKeys,
  loadSharedKeysUnderOther,
  rewrapDataKey,
  rewrapSharedKey,
} from './keys.store.ts';
import { forgetMessages } from './messages.store.ts';
import { note } from './rotate.ts';
import { nameOf } from './seal-card.ts';
import type { SetAside } from './set-aside.ts';
import { sharedKeyPurpose } from './shared-keys.ts';
import {
  type FoundIn,
  findCardsUnderRetiredKeys,
  findCardsUnusedSince,
  findCardsWithOlderFingerprints,
  findDataKeysUnderOther,
  findRetiredKeysWithoutCards,
} from './upkeep.store.ts';
import type { Caller } from './vault.ts';
import type { VaultParts } from './vault-context.ts';
import { type CardWithKey, deleteUnusedCard, moveToCurrentKey, withKey } from './with-card.ts';

type Step = (vault: VaultParts, caller: Caller) => Promise<number>;

const DAY_MS = 86_400_000;

/** What could not be done is reported and skipped: one damaged card must not keep all others waiting. */
export const maintain: Step = async (vault, caller) => {
  let done = 0;
  for (const [name, step] of Object.entries(steps)) {
    try {
      done += await step(vault, caller);
    } catch (error) {
      // Without the database nothing else can be done either, and the worker says so.
      if (error instanceof DatabaseUnavailable) throw error;
      if (vault.reported.add(name)) {
        vault.context.log.error({ operation: name, error }, 'A step of the vault failed');
      }
    }
  }
  return done;
};

type Tally = {
  done: number;
  readonly failures: { readonly id: string; readonly error: unknown }[];
};

/** `culprit` is what gets set aside if the work fails now: the card, or the key it shares with others. */
type Attempt = { culprit: string };
type Work = (row: FoundIn, attempt: Attempt) => Promise<boolean>;

const tryRow = async (
  tally: Tally,
  id: string,
  work: (attempt: Attempt) => Promise<boolean>,
): Promise<void> => {
  const attempt: Attempt = { culprit: id };
  try {
    if (await work(attempt)) tally.done += 1;
  } catch (error) {
    // The world failed and not the row: the next one would fare no better.
    if (error instanceof Unavailable) throw error;
    tally.failures.push({ id: attempt.culprit, error });
  }
};

/** One line for all of them, with the first error; those told of before are not told of again. */
const setAside = (
  vault: VaultParts,
  aside: SetAside,
  operation: string,
  { failures }: Tally,
): void => {
  const fresh = failures.filter(({ id }) => aside.add(id));
  const [first] = fresh;
  if (first === undefined) return;
  vault.context.log.error(
    { operation, rows: fresh.length, error: first.error },
    'Rows of the vault cannot be maintained, and are left alone for an hour',
  );
};

/** A page of nothing but rows that cannot be done is followed by another, so many times in one step. */
const PAGES_MAX = 5;

const inPages = async (
  vault: VaultParts,
  step: {
    readonly name: string;
    readonly find: (skip: readonly string[]) => Promise<FoundIn[]>;
    readonly work: Work;
    readonly atOnce?: boolean;
  },
): Promise<number> => {
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const tally: Tally = { done: 0, failures: [] };
    const rows = await step.find(vault.unreadable.names());
    const tryOne = (row: FoundIn): Promise<void> =>
      tryRow(tally, row.id, (attempt) => step.work(row, attempt));
    try {
      if (step.atOnce === true) await Promise.all(rows.map(tryOne));
      else for (const row of rows) await tryOne(row);
    } finally {
      setAside(vault, vault.unreadable, step.name, tally);
    }
    if (tally.done > 0 || tally.failures.length === 0) return tally.done;
  }
  return 0;
};

/** Wraps what another key-encryption key still wraps. No card is touched. */
const rewrapKeys: Step = async (vault) => {
  const { context, keyRing, settings } = vault;
  const current = await keyRing.currentKeyId();
  const rewrap = async (wrapped: WrappedKey, purpose: KeyPurpose): Promise<WrappedKey> => {
    const clear = await keyRing.unwrap(wrapped, purpose);
    return keyRing.wrap(clear, purpose).finally(() => clear.fill(0));
  };

  const tally: Tally = { done: 0, failures: [] };
  for (const row of await loadSharedKeysUnderOther(context, current)) {
    if (vault.reported.has(row.kid)) continue;
    await tryRow(tally, row.kid, async () => {
      const wrapped = { keyId: row.key_id, sealed: row.sealed };
      const next = await rewrap(wrapped, sharedKeyPurpose(row.kind, row.version));
      return rewrapSharedKey(context, row, next);
    });
  }
  setAside(vault, vault.reported, 'rewrapKeys', tally);

  const ofAccounts = await inPages(vault, {
    name: 'rewrapKeys',
    find: (skip) => findDataKeysUnderOther(context, current, skip, settings.rowsPerStep),
    work: async ({ scope, id }) => {
      const row = await loadDataKey(context, scope, id);
      if (row === undefined) return false;
      const wrapped = { keyId: row.key_id, sealed: row.sealed };
      const next = await rewrap(wrapped, dataKeyPurpose(scope, id));
      return rewrapDataKey(context, scope, row, next);
    },
  });
  return tally.done + ofAccounts;
};

/** Moves cards from retired data keys to current ones. */
const moveCards: Step = (vault) =>
  inPages(vault, {
    name: 'moveCards',
    find: (skip) => findCardsUnderRetiredKeys(vault.context, skip, vault.settings.rowsPerStep),
    work: async ({ scope, id }, attempt) => {
      const card = await openKeyOf(vault, scope, id, attempt);
      return card !== null && (await moveToCurrentKey(vault, scope, card));
    },
    atOnce: true,
  });

/** A key that does not open is to blame for all of its cards, which need not be tried one by one. */
const openKeyOf = async (
  vault: VaultParts,
  scope: Scope,
  card: Uuid,
  attempt: Attempt,
): Promise<CardWithKey | null> => {
  const row = await loadCard(vault.context, scope, card);
  if (row === undefined) return null;
  attempt.culprit = row.data_key_id;
  const found = await withKey(vault, scope, row);
  attempt.culprit = card;
  return found;
};

/** A retired key that no card needs is destroyed, and the audit log says so. */
const destroyDataKeys: Step = async (vault, caller) => {
  const { context, settings } = vault;
  let done = 0;
  for (const { scope, id } of await findRetiredKeysWithoutCards(context, settings.rowsPerStep)) {
    try {
      if (!(await destroyDataKey(context, scope, id))) continue;
    } catch (error) {
      // A process that had not heard of the rotation has just used it.
      if (isGoneDataKey(error)) continue;
      throw error;
    }
    vault.keyRing.forget(id);
    await note(vault, caller, { action: 'vault.data_key.destroy', scope, target: id });
    done += 1;
  }
  return done;
};

/** Gives each card the name it already has, under the newest version of the key too. */
const renewFingerprints: Step = async (vault) => {
  const { context, sharedKeys, settings } = vault;
  const keys = await sharedKeys.versions('fingerprint');
  const newest = keys[0];
  if (newest === undefined || keys.length === 1) return 0;
  return inPages(vault, {
    name: 'renewFingerprints',
    find: (skip) =>
      findCardsWithOlderFingerprints(context, newest.version, skip, settings.rowsPerStep),
    work: async ({ scope, id }, attempt) => {
      const card = await openKeyOf(vault, scope, id, attempt);
      if (card === null) return false;
      const { number, wipe } = openCardBytes(scope, card.dataKey, card.row);
      const { writes } = await nameOf(vault, scope, id, number).finally(wipe);
      const unit = [...writes, refingerprintCard(scope, id, newest.version)];
      return (await context.database.commit(scope, unit)).ok;
    },
  });
};

/**
 * An older version ends when no card needs it and every process has long heard of the newer one; a
 * process that seals under the old version alone would otherwise give a known number a second name.
 */
const endFingerprintVersions: Step = async (vault, caller) => {
  const { context, sharedKeys } = vault;
  const rows = await loadSharedKeys(context, 'fingerprint');
  const [newest, ...older] = rows;
  if (newest === undefined || older.length === 0) return 0;
  if (context.clock.now() - newest.created_at < 2 * sharedKeys.staleMs) return 0;
  // Also a card that cannot be read for now still needs it.
  if ((await findCardsWithOlderFingerprints(context, newest.version, [], 1)).length > 0) return 0;

  let done = 0;
  for (const row of older) {
    if (!(await deleteSharedKey(context, row))) continue;
    const details = { version: row.version };
    await note(vault, caller, { action: 'vault.fingerprint_key.destroy', scope: null, details });
    done += 1;
  }
  sharedKeys.forget();
  return done;
};

const forgetNames: Step = async ({ context }) => {
  const [oldest] = (await loadSharedKeys(context, 'fingerprint')).slice(-1);
  if (oldest === undefined) return 0;
  return forgetFingerprints(context, oldest.version, context.clock.now() - DAY_MS);
};

/** Retention: a card that nobody used for so long is shredded (PCI DSS 3.2.1). */
const deleteUnused: Step = async (vault, caller) => {
  const { context, settings } = vault;
  if (settings.unusedDaysMax === null) return 0;
  const unusedSince = spellTime(context.clock.now() - settings.unusedDaysMax * DAY_MS);
  let done = 0;
  const found = await findCardsUnusedSince(context, unusedSince, settings.rowsPerStep);
  for (const { scope, id } of found) {
    if (await deleteUnusedCard(vault, caller, { scope, card: id, unusedSince })) done += 1;
  }
  return done;
};

/** What is deleted stands first: it must not wait for keys that may be away. */
const steps: Readonly<Record<string, Step>> = {
  deleteUnused,
  forgetMessages: ({ context }) => forgetMessages(context, context.clock.now()),
  destroyBrowserKeys: (vault) => vault.browserKeys.destroyEnded(),
  rewrapKeys,
  moveCards,
  destroyDataKeys,
  renewFingerprints,
  endFingerprintVersions,
  forgetNames,
};
