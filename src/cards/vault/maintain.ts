// The background work of the vault, in steps of bounded size. Each row is changed only from what was
// read (compare and set), so any number of processes may do this at once and any may be killed.

import { openCardBytes } from './card-cipher.ts';
import { dataKeyPurpose, isGoneDataKey } from './data-keys.ts';
import {
  deleteSharedKey,
  destroyDataKey,
  loadDataKey,
  loadSharedKeys,
  loadSharedKeysUnderOther,
  rewrapDataKey,
  rewrapSharedKey,
} from './keys.store.ts';
import { note } from './rotate.ts';
import { nameOf } from './seal-card.ts';
import { sharedKeyPurpose } from './shared-keys.ts';
import {
  findCardsUnderRetiredKeys,
  findCardsUnusedSince,
  findCardsWithOlderFingerprints,
  findDataKeysUnderOther,
  findRetiredKeysWithoutCards,
  forgetFingerprints,
  forgetMessages,
  refingerprintCard,
} from './vault.store.ts';
import type { Caller } from './vault.ts';
import type { VaultParts } from './vault-context.ts';
import { deleteCard, loadWithKey, moveToCurrentKey } from './with-card.ts';

type Step = (vault: VaultParts, caller: Caller) => Promise<number>;

const DAY_MS = 86_400_000;

export const maintain: Step = async (vault, caller) => {
  let done = 0;
  for (const step of steps) done += await step(vault, caller);
  return done;
};

/** Wraps what another key-encryption key still wraps. No card is touched. */
const rewrapKeys: Step = async (vault) => {
  const { context, keyRing, settings } = vault;
  const current = await keyRing.currentKeyId();
  let done = 0;
  for (const { scope, id } of await findDataKeysUnderOther(
    context,
    current,
    settings.rowsPerStep,
  )) {
    const row = await loadDataKey(context, scope, id);
    if (row === undefined) continue;
    const purpose = dataKeyPurpose(scope, id);
    const clear = await keyRing.unwrap({ keyId: row.key_id, sealed: row.sealed }, purpose);
    const wrapped = await keyRing.wrap(clear, purpose).finally(() => clear.fill(0));
    if (await rewrapDataKey(context, scope, row, wrapped)) done += 1;
  }
  for (const row of await loadSharedKeysUnderOther(context, current)) {
    const purpose = sharedKeyPurpose(row.kind, row.version);
    const clear = await keyRing.unwrap({ keyId: row.key_id, sealed: row.sealed }, purpose);
    const wrapped = await keyRing.wrap(clear, purpose).finally(() => clear.fill(0));
    if (await rewrapSharedKey(context, row, wrapped)) done += 1;
  }
  return done;
};

/** Moves cards from retired data keys to current ones. */
const moveCards: Step = async (vault) => {
  let done = 0;
  const found = await findCardsUnderRetiredKeys(vault.context, vault.settings.rowsPerStep);
  const moves = found.map(async ({ scope, id }) => {
    const card = await loadWithKey(vault, scope, id);
    if (card !== null && (await moveToCurrentKey(vault, scope, card))) done += 1;
  });
  await Promise.all(moves);
  return done;
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
  let done = 0;
  const found = await findCardsWithOlderFingerprints(context, newest.version, settings.rowsPerStep);
  for (const { scope, id } of found) {
    const card = await loadWithKey(vault, scope, id);
    if (card === null) continue;
    const { number, wipe } = openCardBytes(scope, card.dataKey, card.row);
    const { writes } = await nameOf(vault, scope, id, number).finally(wipe);
    const unit = [...writes, refingerprintCard(scope, id, newest.version)];
    const outcome = await context.database.commit(scope, unit);
    if (outcome.ok) done += 1;
  }
  return done;
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
  if ((await findCardsWithOlderFingerprints(context, newest.version, 1)).length > 0) return 0;

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

const forget: Step = async (vault) => {
  const { context } = vault;
  const [oldest] = (await loadSharedKeys(context, 'fingerprint')).slice(-1);
  const names = oldest
    ? await forgetFingerprints(context, oldest.version, context.clock.now() - DAY_MS)
    : 0;
  const messages = await forgetMessages(context, context.clock.now());
  return names + messages + (await vault.browserKeys.destroyEnded());
};

/** Retention: a card that nobody used for so long is shredded (PCI DSS 3.2.1). */
const deleteUnused: Step = async (vault, caller) => {
  const { context, settings } = vault;
  if (settings.unusedDaysMax === null) return 0;
  const before = new Date(context.clock.now() - settings.unusedDaysMax * DAY_MS).toISOString();
  let done = 0;
  for (const { scope, id } of await findCardsUnusedSince(context, before, settings.rowsPerStep)) {
    if (await deleteCard(vault, caller, { scope, card: id, why: 'retention' })) done += 1;
  }
  return done;
};

const steps: readonly Step[] = [
  rewrapKeys,
  moveCards,
  destroyDataKeys,
  renewFingerprints,
  endFingerprintVersions,
  forget,
  deleteUnused,
];
