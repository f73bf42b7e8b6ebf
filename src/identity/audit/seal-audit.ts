// Seals what was written since the last seal.

import type { Context } from '#kit/context';
import { nextSeal, noteSeal, type Sealing, sealingFor } from '#kit/seals';
import { becomeSealer, loadLastSeal, loadUnsealed, storeSeal } from './audit.store.ts';
import { auditLeaf } from './audit-entry.ts';

export const sealingWith = (masterSecret: Buffer, anchorFile: string): Sealing =>
  sealingFor(masterSecret, { purpose: 'audit signature', anchorFile, mark: '' });

export const ENTRIES_PER_SEAL_MAX = 1_000;
/** A transaction that took its position early may commit late: the sealer looks that far back. */
const POSITIONS_BACK = 10_000n;

/** How many entries were sealed. */
export const sealAudit = async (context: Context, sealing: Sealing): Promise<number> => {
  const seal = await context.database.system(async (tx) => {
    if (!(await becomeSealer(tx))) return null;
    const last = await loadLastSeal(tx);
    const upto = last?.upto ?? 0n;
    const entries = await loadUnsealed(tx, upto - POSITIONS_BACK, ENTRIES_PER_SEAL_MAX);
    if (entries.length === 0) return null;

    const sealed = nextSeal(sealing, last, {
      leaves: entries.map(auditLeaf),
      upto: entries.reduce((most, entry) => (entry.position > most ? entry.position : most), upto),
      atMs: context.clock.now(),
    });
    await storeSeal(
      tx,
      sealed,
      entries.map((entry) => entry.id),
    );
    return sealed;
  });
  if (seal === null) return 0;
  await noteSeal(sealing, seal);
  return seal.entries;
};
