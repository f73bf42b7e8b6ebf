// Seals what was written since the last seal.

import { type Context, realClock, type Tx } from '#kit/context';
import { nextSeal, noteSeal, type Sealing, sealingFor } from '#kit/seals';
import {
  becomeSealer,
  type LastSeal,
  loadLastSeal,
  loadOpenPositions,
  loadToSeal,
  loadUnsealed,
  storeSeal,
} from './audit.store.ts';
import { type AuditEntry, auditLeaf } from './audit-entry.ts';

export const sealingWith = (masterSecret: Buffer, anchorFile: string): Sealing =>
  sealingFor(masterSecret, { purpose: 'audit signature', anchorFile, mark: '' });

export const ENTRIES_PER_SEAL_MAX = 1_000;
/**
 * A transaction that took its position early may commit late: it is waited for until so many were sealed after it. Each payment
 * has an entry, so at some thousands a second it is longer than any batch of them may take.
 */
const POSITIONS_BACK = 50_000n;

/** How many entries were sealed. */
export const sealAudit = async (context: Context, sealing: Sealing): Promise<number> => {
  const seal = await context.database.system(async (tx) => {
    if (!(await becomeSealer(tx))) return null;
    const last = await loadLastSeal(tx);
    const { entries, open } = await loadNew(tx, last);
    if (entries.length === 0) return null;

    const since = last?.upto ?? 0n;
    const sealed = nextSeal(sealing, last, {
      leaves: entries.map(auditLeaf),
      upto: entries.reduce((most, entry) => (entry.position > most ? entry.position : most), since),
      atMs: realClock(context.clock).now(),
    });
    await storeSeal(tx, sealed, {
      entryIds: entries.map((entry) => entry.id),
      open: stillOpen(open, { since, upto: sealed.upto, entries }),
    });
    return sealed;
  });
  if (seal === null) return 0;
  await noteSeal(sealing, seal);
  return seal.entries;
};

type New = { readonly entries: readonly AuditEntry[]; readonly open: ReadonlySet<bigint> };

const loadNew = async (tx: Tx, last: LastSeal | undefined): Promise<New> => {
  const upto = last?.upto ?? 0n;
  if (last === undefined || last.open !== null) {
    const open = last?.open ?? new Set<bigint>();
    return { open, entries: await loadToSeal(tx, open, upto, ENTRIES_PER_SEAL_MAX) };
  }
  // In this order: what commits in between is then both open and to be sealed, and never neither.
  const back = upto > POSITIONS_BACK ? upto - POSITIONS_BACK : 0n;
  const open = await loadOpenPositions(tx, back, upto);
  return { open, entries: await loadUnsealed(tx, back, ENTRIES_PER_SEAL_MAX) };
};

/** Where nothing was seen up to the end of a seal, and something may still come to light. */
const stillOpen = (
  open: ReadonlySet<bigint>,
  {
    since,
    upto,
    entries,
  }: { readonly since: bigint; readonly upto: bigint; readonly entries: readonly AuditEntry[] },
): Set<bigint> => {
  const seen = new Set(entries.map(({ position }) => position));
  const back = upto - POSITIONS_BACK;
  const left = new Set([...open].filter((position) => position > back));
  const first = since > back ? since + 1n : back + 1n;
  for (let position = first; position <= upto; position += 1n) left.add(position);
  return left.difference(seen);
};
